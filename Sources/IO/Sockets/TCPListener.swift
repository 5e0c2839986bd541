import Base
import CUV
import Glibc

/// Accepts connections at one address. Belongs to its loop.
package final class TCPListener: Sendable {
    private let descriptor: Descriptor
    private let loop: EventLoop
    /// The port it listens at, also where 0 was asked for.
    package let port: UInt16

    private init(_ descriptor: Descriptor, _ port: UInt16, _ loop: EventLoop) {
        self.descriptor = descriptor
        self.port = port
        self.loop = loop
    }

    /// Listens at a host's first address. Called on the loop.
    package static func listen(at place: HostPort, on loop: EventLoop) async throws(StreamError) -> TCPListener {
        let (number, port) = try await bound(at: place, on: loop)
        return TCPListener(Descriptor(number, on: loop), port, loop)
    }

    /// A socket that listens at a host's first address, and its port.
    static func bound(at place: HostPort, on loop: EventLoop) async throws(StreamError) -> (number: Int32, port: UInt16) {
        let addresses = try await Resolver.addresses(of: place, on: loop, before: loop.now + SocketLimits.ownAddress)
        guard let address = addresses.first else { throw .lost("\(place.host): no address") }
        let number = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if number < 0 { throw .lost(systemWords()) }
        var on: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if address.withSockaddr({ bind(number, $0, $1) }) != 0 || Glibc.listen(number, 128) != 0 {
            let words = systemWords()
            _ = Glibc.close(number)
            throw .lost("\(place): \(words)")
        }
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let port = withUnsafeMutablePointer(to: &bound) { pointer -> UInt16 in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(number, $0, &length) }
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
        return (number, port)
    }

    /// The next connection; nil once `close` was called.
    package func accept() async throws(StreamError) -> TCPStream? {
        while true {
            if descriptor.isClosed { return nil }
            let number = Glibc.accept(descriptor.number, nil, nil)
            if number >= 0 {
                _ = fcntl(number, F_SETFL, O_NONBLOCK)
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
                return TCPStream(Descriptor(number, on: loop))
            }
            switch errno {
            case EAGAIN: await descriptor.readable()
            case EINTR, ECONNABORTED, EPROTO: continue
            // Out of descriptors or memory: the connection stays in the kernel's queue until there is room.
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: await loop.sleep(until: loop.now + .milliseconds(100))
            default: throw .lost(systemWords())
            }
        }
    }

    package func close() { descriptor.close() }
}
