import Glibc

/// A datagram socket in the file system, or in the abstract namespace where the address begins with `@`: what stands in for systemd and journald.
package final class DatagramReceiver {
    private let number: Int32
    package let address: String

    package init(at address: String) {
        self.address = address
        number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        var path = Array(address.utf8)
        if path[0] == UInt8(ascii: "@") { path[0] = 0 } else { path.append(0) }
        withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + path.count)
        let status = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
        }
        precondition(status == 0, "no socket at \(address): error \(errno)")
    }

    deinit {
        close(number)
        if address.hasPrefix("/") { unlink(address) }
    }

    /// The next datagram; nil if none comes for so long.
    package func next(milliseconds: Int32 = 30_000) -> [UInt8]? {
        var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, milliseconds) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = recv(number, &bytes, bytes.count, 0)
        return count < 0 ? nil : Array(bytes[..<count])
    }
}
