import CUV
import Glibc
import Support

/// A plain HTTP client over a blocking socket, which shares no code with the program.
final class HTTPProbe {
    private let number: Int32

    /// Connects; nil where nobody listens.
    init?(_ port: UInt16) {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if status != 0 { return nil }
    }

    deinit { close(number) }

    /// False once the other side has closed.
    @discardableResult
    func send(_ text: String) -> Bool { send([UInt8](text.utf8)) }

    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(number, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    /// Everything until the other side closes; nil if it does not within a minute.
    func rest() -> String? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(number, &chunk, chunk.count, 0)
            if count < 0 && errno != ECONNRESET { return nil }
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    struct Answer {
        let status: Int
        let head: String
        let body: String

        init(_ text: String) {
            let end = text.firstRange(of: "\r\n\r\n")
            head = String(text[..<(end?.lowerBound ?? text.endIndex)])
            body = end.map { String(text[$0.upperBound...]) } ?? ""
            status = head.hasPrefix("HTTP/1.1 ") ? Int(head.dropFirst(9).prefix(3)) ?? 0 : 0
        }
    }

    /// The answer to one request; status 0 where there is none.
    static func ask(_ port: UInt16, _ path: String, method: String = "GET", more: String = "", host: String = "127.0.0.1") -> Answer {
        guard let probe = HTTPProbe(port) else { return Answer("") }
        probe.send("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(more)\r\n")
        return Answer(probe.rest() ?? "")
    }
}
