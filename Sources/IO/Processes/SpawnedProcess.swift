import Glibc

/// Another process, started by this one. What it writes goes to a file.
package final class SpawnedProcess: Sendable {
    let id: pid_t

    /// Starts a program of this machine. Throws what the system said if it can't be started.
    package init(_ program: String, _ arguments: [String], log: String) throws(FileError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, program, &actions, nil, &pointers, environ)
        if status != 0 { throw FileError(program, status) }
        id = child
    }

    /// The program that runs here.
    package static var ownProgram: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        return String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package func hangUp() { Glibc.kill(id, SIGHUP) }
    package func terminate() { Glibc.kill(id, SIGTERM) }

    /// Ends it as a power cut would.
    package func kill() { Glibc.kill(id, SIGKILL) }

    /// Waits for its end: its exit code, or minus the signal that ended it.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }
}
