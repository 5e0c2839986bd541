import Glibc

/// Sends datagrams to one socket in the file system or, where the address begins with `@`, in the abstract namespace (unix(7)).
package final class LocalDatagrams: Sendable {
    private let number: Int32
    private let address: String

    /// nil for an address that no socket can have.
    package init?(to address: String) {
        guard address.utf8.count > 1, address.hasPrefix("/") || address.hasPrefix("@"), address.utf8.count < LocalDatagrams.longestAddress
        else { return nil }
        self.address = address
        number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        // A receiver that hangs holds its sender for so long and no longer.
        var wait = timeval(tv_sec: 0, tv_usec: LocalDatagrams.longestWait)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(number) }

    /// The room for a path in an address, its NUL included.
    private static let longestAddress = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
    /// A quarter of a second, in microseconds: systemd and journald take what is sent in less than a millisecond, and the loop waits meanwhile.
    private static let longestWait = 250_000

    /// False if nobody took it.
    package func send(_ bytes: [UInt8]) -> Bool {
        let status = LocalSocket.withAddress(address) { target, length in
            while true {
                if sendto(number, bytes, bytes.count, Int32(MSG_NOSIGNAL), target, length) == bytes.count { return 0 }
                if errno != EINTR { return -1 }
            }
        }
        return status == 0
    }
}
