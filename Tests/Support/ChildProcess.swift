import Glibc
import IO

/// A program of this package's own, started by a test, whose output the test reads line by line.
package final class ChildProcess {
    package let id: pid_t
    private let output: Int32
    private var buffer: [UInt8] = []
    private var isReaped = false

    /// Starts `program`: a path, or what lies beside the test bundle. What it writes to standard error, or
    /// everything it writes, is added to a file, if one is named. `environment` is added to this process's own.
    package init(
        _ program: String, _ arguments: [String], errorsTo errors: String? = nil, everythingTo everything: String? = nil,
        environment: [String: String] = [:]
    ) {
        var pipes: [Int32] = [0, 0]
        precondition(pipe(&pipes) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_addclose(&actions, pipes[0])
        posix_spawn_file_actions_addclose(&actions, pipes[1])
        for (descriptor, file) in [(2, errors ?? everything), (1, everything)] {
            if let file { posix_spawn_file_actions_addopen(&actions, Int32(descriptor), file, O_WRONLY | O_CREAT | O_APPEND, 0o600) }
        }
        let path = program.hasPrefix("/") ? program : ChildProcess.folder + "/" + program
        var pointers: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let names: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for name in names { free(name) } }
        var variables = names
        var next = environ
        while let variable = next.pointee {
            let name = String(cString: variable).prefix { $0 != "=" }
            if environment[String(name)] == nil { variables.append(variable) }
            next += 1
        }
        variables.append(nil)
        // The threads of a test block most signals, and a child would inherit that: some servers do not hear then that they are to end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var child: pid_t = 0
        let status = posix_spawn(&child, path, &actions, &attributes, &pointers, &variables)
        precondition(status == 0, "can't start \(path): error \(status)")
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        close(pipes[1])
        id = child
        output = pipes[0]
    }

    deinit {
        kill()
        close(output)
    }

    /// The next line; nil when the program has closed its output.
    package func line() -> String? {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                return line
            }
            let count = read(output, &chunk, chunk.count)
            if count <= 0 { return nil }
            buffer += chunk[..<count]
        }
    }

    /// Ends the program as a power cut would, and waits until it is gone.
    package func kill() {
        if isReaped { return }
        Glibc.kill(id, SIGKILL)
        _ = wait()
    }

    /// Sends it a signal.
    package func signal(_ number: Int32) { if !isReaped { Glibc.kill(id, number) } }

    /// Waits for its end; its exit code, or minus the signal that ended it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        waitpid(id, &status, 0)
        isReaped = true
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }

    package static var folder: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let executable = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The bundle may be loaded by a runner that lies elsewhere.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? executable
        return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
}

/// A folder of a test's own that goes with it.
package final class TemporaryFolder: Sendable {
    private let scratch: ScratchFolder

    package init() {
        guard let scratch = try? ScratchFolder(in: "/tmp") else { preconditionFailure("no temporary folder to be had") }
        self.scratch = scratch
    }

    deinit { scratch.remove() }

    package var path: String { scratch.path }
}

/// How often tests that kill or walk at random do so: FAIRLEAD_TEST_ROUNDS, or this.
package func testRounds(_ usual: Int) -> Int {
    getenv("FAIRLEAD_TEST_ROUNDS").flatMap { Int(String(cString: $0)) } ?? usual
}
