import Glibc
import IO
import Support

/// `fairlead run` as a process of its own, with a state folder that outlives it.
final class RelayUnderTest {
    let folder = TemporaryFolder()
    private var process: ChildProcess?
    /// What `start` adds to the command and to the environment.
    var arguments: [String] = []
    var environment: [String: String] = [:]

    init(_ configuration: String, language: String = "en") {
        configure(configuration, language: language)
        start()
    }

    deinit {
        stop()
        for name in fileNames(in: "\(folder.path)/state") { unlink("\(folder.path)/state/\(name)") }
        rmdir("\(folder.path)/state")
        for name in fileNames(in: "\(folder.path)/conf.d") { unlink("\(folder.path)/conf.d/\(name)") }
        rmdir("\(folder.path)/conf.d")
    }

    /// One that is configured and started later.
    init(unstarted: ()) {}

    /// What stands before what a test adds.
    func configure(_ text: String, language: String = "en", state: String? = nil) {
        let state = state ?? "\(folder.path)/state"
        write("language = \"\(language)\"\n[relay]\nname = \"test\"\nstate = \"\(state)\"\n\(text)\n", to: "fairlead.toml")
    }

    /// A file of its folder that only its owner may read.
    func write(_ text: String, to name: String) {
        let descriptor = open("\(folder.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        _ = Glibc.write(descriptor, text, text.utf8.count)
    }

    func start() {
        process = ChildProcess(
            "fairlead", ["run", "--config", "\(folder.path)/fairlead.toml"] + arguments, errorsTo: "\(folder.path)/log",
            environment: environment)
    }

    func signal(_ number: Int32) { process?.signal(number) }

    /// Starts it where the system knows no name server but this one.
    func start(askingOnly names: SilentNameServer) {
        process = ChildProcess(
            "/usr/bin/unshare",
            names.arguments + ["\(ChildProcess.folder)/fairlead", "run", "--config", "\(folder.path)/fairlead.toml"],
            errorsTo: "\(folder.path)/log")
    }

    /// Its end as by a power cut.
    func kill() { process?.kill() }

    /// Its end as an administrator asks for it; the exit code.
    @discardableResult
    func stop() -> Int32? {
        process?.signal(SIGTERM)
        let code = process?.wait()
        process = nil
        return code
    }

    /// Waits for it to end by itself; the exit code.
    func wait() -> Int32? {
        defer { process = nil }
        return process?.wait()
    }

    func reload() { signal(SIGHUP) }

    /// Its relay id, which it says when it has started.
    var relayID: String {
        _ = waitForLog("started relay=")
        guard let place = log.firstRange(of: "started relay=") else { return "" }
        return String(log[place.upperBound...].prefix { $0 != " " })
    }

    var log: String { ForeignServer.text(of: "\(folder.path)/log") }

    /// Forgets what was logged until now.
    func clearLog() { truncate("\(folder.path)/log", 0) }

    /// Whether nothing was logged for a second.
    var isQuiet: Bool {
        let before = log.utf8.count
        usleep(1_000_000)
        return log.utf8.count == before
    }

    /// Waits until words stand in the log so many times.
    func waitForLog(_ words: String, times: Int = 1, seconds: Int = 30) -> Bool {
        waits(seconds: seconds) { $0.ranges(of: words).count >= times }
    }

    /// Waits until the log is as wanted.
    func waits(seconds: Int = 30, _ isDone: (String) -> Bool) -> Bool {
        for _ in 0..<seconds * 20 {
            if isDone(log) { return true }
            usleep(50_000)
        }
        return false
    }
}
