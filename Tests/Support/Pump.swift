import Glibc

/// A server on the loopback that writes to whoever connects, one after the other, as fast as is read and without end; on a thread of its own.
package final class Pump: Sendable {
    package let port: UInt16
    private let listener: Int32

    package init() {
        (listener, port) = listenAtLoopback(backlog: 4)
        detachThread { self.run() }
    }

    /// Waits until more has come than is read at once; holds up whoever calls.
    package func fill() { usleep(1000) }

    /// Takes nobody more; who is connected ends it by hanging up.
    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func run() {
        let block = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        while case let connection = accept(listener, nil, nil), connection >= 0 {
            while send(connection, block, block.count, Int32(MSG_NOSIGNAL)) > 0 {}
            close(connection)
        }
        close(listener)
    }
}
