import Glibc
import Support

/// A `fairlead` command about a relay under test that is told apart from others that run, with what it says on standard error.
final class Command {
    private let process: ChildProcess
    private let errors: String
    private let folder = TemporaryFolder()

    init(_ relay: RelayUnderTest, _ words: String...) {
        errors = "\(folder.path)/errors"
        process = ChildProcess("fairlead", words + ["--config", "\(relay.folder.path)/fairlead.toml"], errorsTo: errors)
    }

    /// What was said on standard error until now.
    var said: String { ForeignServer.text(of: errors) }

    /// Waits until it has said something on standard error. False if it never does, in ten seconds.
    func says(_ words: String) -> Bool {
        for _ in 0..<200 {
            if said.contains(words) { return true }
            usleep(50_000)
        }
        return false
    }

    /// The next line of its output.
    func line() -> String? { process.line() }

    func signal(_ number: Int32) { process.signal(number) }

    /// Waits for its end.
    func end() -> (output: String, errors: String, exit: Int32) {
        var output = ""
        while let line = process.line() { output += line + "\n" }
        let exit = process.wait()
        return (output, said, exit)
    }
}
