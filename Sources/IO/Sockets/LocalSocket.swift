import Base
import CUV
import Glibc

/// A socket in the file system (unix(7)) that only its owner and root may connect to. Belongs to its loop.
package final class LocalListener: Sendable {
    private let descriptor: Descriptor
    private let loop: EventLoop
    private let path: String

    /// Takes the place of a socket that nobody listens at any more; whoever calls this holds the lock of the folder it is in.
    package init(at path: String, on loop: EventLoop) throws(FileError) {
        self.loop = loop
        self.path = path
        unlink(path)
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw FileError(path) }
        // The mode is there before anybody can connect.
        let before = umask(0o177)
        let status = LocalSocket.withAddress(path) { bind(number, $0, $1) }
        let code = errno
        umask(before)
        guard status == 0, listen(number, 16) == 0 else {
            _ = Glibc.close(number)
            throw FileError(path, status == 0 ? errno : code)
        }
        descriptor = Descriptor(number, on: loop)
    }

    /// The next connection of somebody who may; others are closed. nil once `close` was called.
    package func accept() async -> TCPStream? {
        while !descriptor.isClosed {
            let number = Glibc.accept(descriptor.number, nil, nil)
            if number >= 0 {
                _ = fcntl(number, F_SETFL, O_NONBLOCK)
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
                if LocalSocket.isAllowed(number) { return TCPStream(Descriptor(number, on: loop)) }
                Glibc.close(number)
            } else if errno == EAGAIN {
                await descriptor.readable()
            } else if errno != EINTR {
                await loop.sleep(until: loop.now + .milliseconds(100))
            }
        }
        return nil
    }

    package func close() {
        descriptor.close()
        unlink(path)
    }
}

/// The other side, for a program that does nothing else meanwhile.
package enum LocalSocket {
    package enum Outcome: Hashable, Sendable {
        case answered
        /// Nobody listens there.
        case absent
        /// The file system keeps this user away from it.
        case forbidden
    }

    /// Sends a line and hands each line of the answer to `body`, as long as that answers true.
    @discardableResult
    package static func ask(_ path: String, _ line: [UInt8], _ body: ([UInt8]) -> Bool) -> Outcome {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(number) }
        guard number >= 0, withAddress(path, { connect(number, $0, $1) }) == 0 else {
            return errno == EACCES || errno == EPERM ? .forbidden : .absent
        }
        let request = line + [0x0A]
        var done = 0
        while done < request.count {
            let sent = request.withUnsafeBytes { send(number, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return .absent }
            done += sent
        }
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(number, &chunk, chunk.count, 0)
            if count <= 0 { return .answered }
            rest += chunk[..<count]
            while let end = rest.firstIndex(of: 0x0A) {
                let line = Array(rest[..<end])
                rest.removeSubrange(...end)
                if !body(line) { return .answered }
            }
        }
    }

    static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        // A name of the abstract namespace begins with NUL and is as long as the address says; a path ends with NUL.
        let isAbstract = bytes.first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        let length = isAbstract ? MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count : MemoryLayout<sockaddr_un>.size
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// Whether the other side runs as root or as this process's user (SO_PEERCRED, socket(7): three 32-bit numbers, the second the user).
    fileprivate static func isAllowed(_ number: Int32) -> Bool {
        var credentials: (pid: Int32, user: UInt32, group: UInt32) = (0, .max, .max)
        var length = socklen_t(12)
        guard getsockopt(number, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return false }
        return credentials.user == 0 || credentials.user == getuid()
    }
}
