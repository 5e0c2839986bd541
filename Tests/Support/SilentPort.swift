import CUV
import Glibc

/// A port of the loopback that answers nobody.
package final class SilentPort: Sendable {
    package let port: UInt16
    private let numbers: [Int32]

    package enum Manner: Hashable, Sendable, CaseIterable {
        /// Its queue is full, so that connecting never ends: a server that swallows packets.
        case swallows
        /// Connecting succeeds, and nothing follows.
        case mute
    }

    package init(_ manner: Manner = .swallows) {
        let listener: Int32
        (listener, port) = listenAtLoopback(backlog: manner == .mute ? 16 : 0)
        var numbers = [listener]
        for _ in 0..<(manner == .mute ? 0 : 4) {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            withLoopback(port) { _ = connect(client, $0, $1) }
            numbers.append(client)
        }
        self.numbers = numbers
    }

    package func close() { for number in numbers { Glibc.close(number) } }
}

/// Calls with an address of 127.0.0.1.
@discardableResult
func withLoopback<Result>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}
