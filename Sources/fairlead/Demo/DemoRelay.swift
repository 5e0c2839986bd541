import Base
import Daemon
import IO

/// One of the two organisations of the demonstration: a relay as a process of its own, with an embedded IRC listener.
actor DemoRelay {
    nonisolated let name: String
    nonisolated let folder: String
    nonisolated let ircPort: UInt16
    private let loop: EventLoop
    private var process: SpawnedProcess?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ name: String, in parent: String, ircPort: UInt16, linkPort: UInt16, on loop: EventLoop) throws {
        self.name = name
        self.ircPort = ircPort
        self.loop = loop
        folder = "\(parent)/\(name)"
        try Files.makeFolder(folder)
        try Files.makeFolder("\(folder)/conf.d")
        let text = """
            [relay]
            name = "\(name)"
            state = "\(DemoRelay.quoted(folder))/state"
            listen = ["127.0.0.1:\(linkPort)"]
            advertise = ["127.0.0.1:\(linkPort)"]

            [endpoint.local]
            kind = "irc-listener"
            listen = "127.0.0.1:\(ircPort)"

            """
        try Files.create(configuration, [UInt8](text.utf8))
    }

    /// A path as it stands in a TOML string.
    private static func quoted(_ path: String) -> String {
        String(path.flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) })
    }

    nonisolated var configuration: String { "\(folder)/fairlead.toml" }
    nonisolated var control: String { "\(folder)/state/control" }
    nonisolated var log: String { "\(folder)/log" }

    /// It ends with this process, however that ends.
    func start() throws {
        process = try SpawnedProcess(SpawnedProcess.ownProgram, ["run", "--until-input-ends", "--config", configuration], log: log)
    }

    /// Ends it as a power cut would.
    func kill() {
        process?.kill()
        process?.wait()
        process = nil
    }

    /// Asks it to end; `end` waits for that.
    func terminate() { process?.terminate() }

    var hasEnded: Bool { process?.hasEnded ?? true }

    /// The last words of a relay that has ended by itself; nil of one that runs.
    var lastWords: String? {
        guard process != nil, hasEnded else { return nil }
        let bytes = (try? Files.read(log, atMost: 16 << 20)) ?? []
        let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init)
        return "\(name)'s relay has ended: \(line ?? "it said nothing")"
    }

    /// Shares `#ops` with the peer, and with a mailbox where mail is taken.
    func bridge(to peer: String, mailPort: UInt16?) throws {
        let post = """
            [endpoint.post]
            kind = "email"
            from = "ops@\(name).example"
            submission = "127.0.0.1:\(mailPort ?? 0)"
            tls = "none"

            """
        let text = """
            \(mailPort == nil ? "" : post)
            [[bridge]]
            name = "ops"
            join = ["local:#ops", "\(peer):ops"\(mailPort == nil ? "" : ", \"post:everybody@\(name).example\"")]

            """
        try Files.create("\(folder)/conf.d/bridge.toml", [UInt8](text.utf8))
        process?.hangUp()
    }

    /// Asks the running relay; nil if it does not answer (yet) or refuses.
    func ask<Answer: Decodable>(_ request: ControlRequest, as type: Answer.Type) -> Answer? {
        var answer: Answer?
        LocalSocket.ask(control, ControlJSON.line(request)) { line in
            if let value = ControlJSON.value(line, as: Answer.self) { answer = answer ?? value }
            return ControlJSON.value(line, as: ControlEnding.self) == nil
        }
        return answer
    }
}
