import Glibc

/// The standard input of a program that somebody else started: whoever holds its other end has closed it, or is gone, when it ends.
package enum InputWatch {
    /// Runs a closure on the loop once, when the standard input has ended. What comes before is read and dropped. An input that can't be waited
    /// for (a file, /dev/null) has ended already. Called on the loop.
    package static func start(on loop: EventLoop, _ body: @escaping @Sendable () -> Void) {
        var status = stat()
        let number = fstat(0, &status) == 0 && canWait(status.st_mode) ? fcntl(0, F_DUPFD_CLOEXEC, 3) : -1
        guard number >= 0 else { return body() }
        wait(Descriptor(number, on: loop), body)
    }

    private static func canWait(_ mode: mode_t) -> Bool { mode & S_IFMT == S_IFIFO || mode & S_IFMT == S_IFSOCK || isatty(0) == 1 }

    /// The closure keeps the descriptor that it waits for.
    private static func wait(_ descriptor: Descriptor, _ body: @escaping @Sendable () -> Void) {
        descriptor.onReadable {
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = descriptor.isClosed ? 0 : read(descriptor.number, &chunk, chunk.count)
            if count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) { return wait(descriptor, body) }
            descriptor.close()
            body()
        }
    }
}
