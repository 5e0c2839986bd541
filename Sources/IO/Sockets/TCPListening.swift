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
    package var peerAddress: String {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: 64)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                getpeername(number, plain, &length) == 0
                    ? getnameinfo(plain, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) : -1
            }
        }
        return status == 0 ? String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }
}
