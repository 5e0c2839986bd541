import Glibc

/// Another process, started by this one. What it writes goes to a file; its input is a pipe that ends when this process does, however that
/// comes about, or forgets it: a program that watches its input by `InputWatch` is never left behind.
package final class SpawnedProcess {
    let id: pid_t
    /// The end of the pipe that nobody ever writes to.
    private let input: Int32
    private var status: Int32?

    /// Starts a program of this machine. Throws what the system said if it can't be started.
    package init(_ program: String, _ arguments: [String], log: String) throws(FileError) {
        var pipe: [Int32] = [-1, -1]
        if Glibc.pipe(&pipe) != 0 { throw FileError(program) }
        // No other child may hold an end of it.
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, program, &actions, nil, &pointers, environ)
        if code != 0 {
            close(pipe[1])
            throw FileError(program, code)
        }
        id = child
        input = pipe[1]
    }

    deinit { close(input) }

    /// The program that runs here.
    package static var ownProgram: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        return String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package func hangUp() { signal(SIGHUP) }
    package func terminate() { signal(SIGTERM) }

    /// Ends it as a power cut would.
    package func kill() { signal(SIGKILL) }

    package var hasEnded: Bool { reap(WNOHANG) != nil }

    /// Waits for its end: its exit code, or minus the signal that ended it.
    @discardableResult
    package func wait() -> Int32 { reap(0) ?? 0 }

    /// One that was waited for has no number any more.
    private func signal(_ number: Int32) { if !hasEnded { Glibc.kill(id, number) } }

    /// How it ended; nil if it has not.
    private func reap(_ options: Int32) -> Int32? {
        if let status { return status }
        var word: Int32 = 0
        var reaped = waitpid(id, &word, options)
        while reaped < 0 && errno == EINTR { reaped = waitpid(id, &word, options) }
        if reaped == id { status = word & 0x7F == 0 ? word >> 8 & 0xFF : -(word & 0x7F) }
        return status
    }
}
