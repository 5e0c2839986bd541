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
            state = "\(folder)/state"
            listen = ["127.0.0.1:\(linkPort)"]
            advertise = ["127.0.0.1:\(linkPort)"]

            [endpoint.local]
            kind = "irc-listener"
            listen = "127.0.0.1:\(ircPort)"

            """
        try Files.create(configuration, [UInt8](text.utf8))
    }

    nonisolated var configuration: String { "\(folder)/fairlead.toml" }
    nonisolated var log: String { "\(folder)/log" }

    func start() throws { process = try SpawnedProcess(SpawnedProcess.ownProgram, ["run", "--config", configuration], log: log) }

    func kill() {
        process?.kill()
        process?.wait()
        process = nil
    }

    func stop() {
        process?.terminate()
        process?.wait()
        process = nil
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
        _ = LocalSocket.ask("\(folder)/state/control", ControlJSON.line(request)) { line in
            if let value = ControlJSON.value(line, as: Answer.self) { answer = answer ?? value }
            return ControlJSON.value(line, as: ControlEnding.self) == nil
        }
        return answer
    }
}
