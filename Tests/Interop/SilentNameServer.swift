import Glibc
import Support

/// A name server on an address of the loopback that takes questions and answers none, for processes in a mount namespace of their own.
final class SilentNameServer {
    private static let address = "127.7.7.7"
    private let number: Int32
    private let folder = TemporaryFolder()
    private var file: String { "\(folder.path)/resolv.conf" }

    /// nil where there can be none: it needs root, as its port is 53 and it hides the system's own file from who asks it.
    init?() {
        number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(53).bigEndian
        inet_pton(AF_INET, SilentNameServer.address, &address.sin_addr)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        let descriptor = open(file, O_WRONLY | O_CREAT, 0o644)
        let line = "nameserver \(SilentNameServer.address)\n"
        _ = write(descriptor, line, line.utf8.count)
        close(descriptor)
        guard status == 0, ChildProcess("/usr/bin/unshare", arguments + ["/bin/true"], errorsTo: "/dev/null").wait() == 0 else {
            return nil
        }
    }

    deinit { close(number) }

    /// What `unshare` needs before a command that is to know this server alone.
    var arguments: [String] { ["-m", "/bin/sh", "-c", "mount --bind '\(file)' /etc/resolv.conf && exec \"$@\"", "sh"] }

    /// Whether somebody wanted to know something.
    var hasBeenAsked: Bool {
        var descriptor = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 10_000) > 0
    }
}
