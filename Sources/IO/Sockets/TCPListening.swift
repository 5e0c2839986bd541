import Base
import CUV
import Glibc

/// Accepts connections on real networks. TLS is to be wrapped around the streams here.
package struct TCPListening: Listening {
    private let loop: EventLoop

    package init(on loop: EventLoop) { self.loop = loop }

    package func listen(at place: HostPort) async throws(StreamError) -> any StreamListener {
        PlainListener(try await TCPListener.listen(at: place, on: loop))
    }

    private final class PlainListener: StreamListener {
        private let listener: TCPListener

        init(_ listener: TCPListener) { self.listener = listener }

        var port: UInt16 { listener.port }
        func accept() async throws(StreamError) -> (stream: any ByteStream, from: String)? {
            guard let stream = try await listener.accept() else { return nil }
            return (stream, stream.peerAddress)
        }
        func close() { listener.close() }
    }
}

extension TCPStream {
    /// The address of the other side without its port; empty if the connection is gone already.
    package var peerAddress: String { peerText { _ in } ?? "" }

    /// The same, but of IPv6 only the first 64 bits, followed by `/64`: whoever has one address there has them all (RFC 4291 section 2.5.4).
    package var peerNetwork: String {
        var isWide = false
        let text = peerText { address in
            guard address.pointee.ss_family == sa_family_t(AF_INET6) else { return }
            address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeMutableBytes(of: &address.pointee.sin6_addr) { bytes in
                    // One of IPv4 in IPv6's form stays whole.
                    if bytes[..<10].allSatisfy({ $0 == 0 }) && bytes[10] == 0xFF && bytes[11] == 0xFF { return }
                    isWide = true
                    for index in 8..<16 { bytes[index] = 0 }
                }
            }
        }
        return text.map { isWide ? "\($0)/64" : $0 } ?? ""
    }

    private func peerText(_ change: (UnsafeMutablePointer<sockaddr_storage>) -> Void) -> String? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: 64)
        let status = withUnsafeMutablePointer(to: &address) { storage in
            let isKnown = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) == 0 }
            if !isKnown { return Int32(-1) }
            change(storage)
            return storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getnameinfo($0, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            }
        }
        return status == 0 ? String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
