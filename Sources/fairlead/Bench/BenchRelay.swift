import Base
import Daemon
import IO

/// A relay that is measured: a process of its own in a folder of its own.
final class BenchRelay {
    let name: String
    let folder: String
    private let corpus: String?
    private var process: SpawnedProcess?

    /// `text`: the configuration without `[relay]`.
    init(_ name: String, in parent: String, linkPort: UInt16?, corpus: String? = nil, _ text: String) throws {
        self.name = name
        self.corpus = corpus
        folder = "\(parent)/\(name)"
        try Files.makeFolder(folder)
        try Files.makeFolder("\(folder)/conf.d")
        let address = linkPort.map { "listen = [\"127.0.0.1:\($0)\"]\nadvertise = [\"127.0.0.1:\($0)\"]\n" } ?? ""
        try Files.create(configuration, [UInt8]("[relay]\nname = \"\(name)\"\nstate = \"\(state)\"\n\(address)\(text)".utf8))
    }

    private var configuration: String { "\(folder)/fairlead.toml" }
    /// Of its journal and keys.
    var state: String { "\(folder)/state" }
    private var socket: String { "\(folder)/bench" }
    private var log: String { "\(folder)/log" }

    /// Starts it with a `BenchEndpoint`, or as any relay.
    func start(asBench isBench: Bool) throws {
        var arguments = ["run", "--until-input-ends", "--config", configuration]
        if isBench { arguments = [BenchRelayCommand.name, "--config", configuration, "--socket", socket] }
        if isBench, let corpus { arguments += ["--corpus", corpus] }
        process = try SpawnedProcess(SpawnedProcess.ownProgram, arguments, log: log)
    }

    func stop() {
        process?.terminate()
        process?.wait()
        process = nil
    }

    /// Adds to the configuration of the running relay.
    func add(_ name: String, _ text: String) throws {
        try Files.create("\(folder)/conf.d/\(name).toml", [UInt8](text.utf8))
        process?.hangUp()
    }

    /// Asks its `BenchEndpoint`.
    func bench(_ question: String) throws -> [UInt64] {
        var answer: [UInt64]?
        LocalSocket.ask(socket, [UInt8](question.utf8)) { line in
            answer = String(decoding: line, as: UTF8.self).split(separator: " ").compactMap { UInt64($0) }
            return false
        }
        guard let answer else { throw failure("gives no answer to \"\(question)\"") }
        return answer
    }

    /// Asks as commands do; nil if it does not answer (yet) or refuses.
    func ask<Answer: Decodable>(_ request: ControlRequest, as type: Answer.Type) -> Answer? {
        var answer: Answer?
        LocalSocket.ask("\(state)/control", ControlJSON.line(request)) { line in
            if let value = ControlJSON.value(line, as: Answer.self) { answer = answer ?? value }
            return ControlJSON.value(line, as: ControlEnding.self) == nil
        }
        return answer
    }

    func status() throws -> StatusReport {
        guard let report = ask(ControlRequest("status"), as: StatusReport.self) else { throw failure("gives no status") }
        return report
    }

    /// Returns when something holds.
    func wait(_ words: String, until isDone: () -> Bool) throws {
        for _ in 0..<15_000 {
            if isDone() { return }
            pause(milliseconds: 2)
        }
        throw failure(words)
    }

    func waitForStart() throws { try wait("does not start") { ask(ControlRequest("status"), as: StatusReport.self) != nil } }

    /// What the process has used and holds.
    func usage() throws -> ProcessUsage {
        guard let process, let usage = ProcessUsage(of: process) else { throw failure("has ended") }
        return usage
    }

    /// The end of its log says why.
    func failure(_ words: String) -> BenchError { BenchError("\(name) \(words)\n\(logText.suffix(600))") }

    private var logText: String { (try? Files.read(log, atMost: 64 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// How often something stands in its log.
    func logged(_ words: String) -> Int { logText.split(separator: words, omittingEmptySubsequences: false).count - 1 }

    /// Introduces two relays that run: `other` dials `self`.
    func pair(with other: BenchRelay) throws {
        let invitation = ControlRequest("link", ["verb": "invite", "name": other.name])
        guard let invite = ask(invitation, as: InviteReport.self) else { throw failure("makes no invite") }
        let acceptance = ControlRequest("link", ["verb": "accept", "code": invite.code])
        guard other.ask(acceptance, as: PairedReport.self) != nil else { throw other.failure("can't accept an invite") }
        for relay in [self, other] {
            try relay.wait("is not linked") { (try? relay.status().links.contains { $0.isUp }) == true }
        }
    }

    /// Waits until so many channels are shared on both sides.
    func waitForChannels(_ count: Int) throws {
        try wait("does not share its channels") {
            var shared = 0
            LocalSocket.ask("\(state)/control", ControlJSON.line(ControlRequest("link", ["verb": "offers"]))) { line in
                if ControlJSON.value(line, as: OfferReport.self)?.state == "shared" { shared += 1 }
                return ControlJSON.value(line, as: ControlEnding.self) == nil
            }
            return shared == count
        }
    }
}
