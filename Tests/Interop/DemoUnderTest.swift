import Glibc
import IO
import Support

/// `fairlead demo` as somebody starts it who has just come.
final class DemoUnderTest {
    private let scratch = TemporaryFolder()
    private let process: ChildProcess
    /// What is typed goes in here; held open, as the end of it would be the end of the terminal's input.
    private var keys: Int32 = -1

    /// Without a terminal it plays its conversation. With one, that of script(1), its whole output is in `shown`.
    init(_ arguments: [String] = [], onTerminal: Bool = false) {
        if onTerminal {
            mkfifo("\(scratch.path)/keys", 0o600)
            keys = open("\(scratch.path)/keys", O_RDWR | O_CLOEXEC)
            // Without `exec` a shell would stand between, and die of the Ctrl-C itself.
            let words = (["exec \(ChildProcess.folder)/fairlead", "demo"] + arguments).joined(separator: " ")
            let command = "exec script -qfec '\(words)' /dev/null <'\(scratch.path)/keys'"
            process = ChildProcess("/bin/sh", ["-c", command], everythingTo: "\(scratch.path)/shown")
        } else {
            process = ChildProcess("fairlead", ["demo"] + arguments, errorsTo: "\(scratch.path)/shown")
        }
    }

    deinit {
        process.kill()
        if keys >= 0 { close(keys) }
    }

    /// What it has said so far: on standard error, or on its terminal.
    var shown: String { ForeignServer.text(of: "\(scratch.path)/shown") }

    func shows(_ words: String, seconds: Int = 60) -> Bool {
        for _ in 0..<seconds * 20 {
            if shown.contains(words) { return true }
            usleep(50_000)
        }
        return false
    }

    func type(_ key: UInt8) {
        var key = key
        _ = write(keys, &key, 1)
    }

    func signal(_ number: Int32) { process.signal(number) }

    /// Everything on standard output, and how it ended.
    func end() -> (lines: [String], exit: Int32) {
        var lines: [String] = []
        while let line = process.line() { lines.append(line) }
        return (lines, process.wait())
    }

    /// Where it says that its relays are.
    var folder: String {
        _ = shows("two relays start in ")
        guard let place = shown.firstRange(of: "two relays start in ") else { return "" }
        return String(shown[place.upperBound...].prefix { !$0.isWhitespace })
    }

    /// The port of one side, from its instructions.
    func port(of side: String) -> UInt16? {
        guard shows("Ctrl-C ends it"), let place = shown.firstRange(of: "\(side): 127.0.0.1 port ") else { return nil }
        return UInt16(shown[place.upperBound...].prefix { $0.isNumber })
    }

    /// How many processes run relays below a folder.
    static func relays(in folder: String) -> Int {
        fileNames(in: "/proc").count { name in
            Int32(name) != nil && ForeignServer.text(of: "/proc/\(name)/cmdline").contains("--config\0\(folder)/")
        }
    }

    /// Waits until so many relays run below a folder.
    static func runs(_ count: Int, in folder: String, seconds: Int = 30) -> Bool {
        for _ in 0..<seconds * 20 {
            if relays(in: folder) == count { return true }
            usleep(50_000)
        }
        return false
    }
}
