import Base
import CUV
import Glibc

/// A TCP connection. Belongs to its loop: only actors of that loop use it.
package final class TCPStream: ByteStream {
    private let descriptor: Descriptor
    private let reading: Reading
    /// The system's number of the connection.
    var number: Int32 { descriptor.number }

    /// Whether it is read without asking whether there is anything: once at the beginning and after each wait. Somebody who sends faster than
    /// is read would else never let the loop come to anything but this connection. Loop's own, like all of it.
    private final class Reading: @unchecked Sendable { var mayTry = true }

    init(_ descriptor: Descriptor) {
        self.descriptor = descriptor
        reading = Reading()
        var on: Int32 = 1
        setsockopt(descriptor.number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(descriptor.number, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    package func read(atMost count: Int) async throws(StreamError) -> [UInt8]? {
        while true {
            if descriptor.isClosed { throw .closed }
            if reading.mayTry {
                reading.mayTry = false
                var received = 0
                let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
                    received = recv(descriptor.number, buffer.baseAddress, count, 0)
                    used = max(0, received)
                }
                if received > 0 { return bytes }
                if received == 0 { return nil }
                if errno != EAGAIN && errno != EINTR { throw .lost(systemWords()) }
            }
            await descriptor.readable()
            reading.mayTry = true
        }
    }

    package func write(_ bytes: [UInt8]) async throws(StreamError) {
        var done = 0
        while done < bytes.count {
            if descriptor.isClosed { throw .closed }
            let sent = bytes.withUnsafeBytes { send(descriptor.number, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL)) }
            if sent >= 0 {
                done += sent
            } else if errno == EAGAIN {
                await descriptor.writable()
            } else if errno != EINTR {
                throw .lost(systemWords())
            }
        }
    }

    /// Whether the other side has gone, or the stream was closed, as far as is known without waiting. Not for one that somebody reads.
    package var isGone: Bool {
        if descriptor.isClosed { return true }
        var byte: UInt8 = 0
        let received = recv(descriptor.number, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return received == 0 || received < 0 && errno != EAGAIN && errno != EINTR
    }

    package func close() { descriptor.close() }
}
