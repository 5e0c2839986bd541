import Base
import Core
import Model
import Simulation
import Store
import Testing

@testable import EndpointIRCListener

/// A relay with one bridge over the listener's `#ops` and `far:#b`, on a clock that jumps.
/// Sendable unchecked: everything runs on the test's own thread.
final class ListenerBench: @unchecked Sendable {
    let world: SimulatedWorld
    private var host: SimulatedHost
    private var disk = MemoryDisk()
    private var memory: MemoryJournal!
    private var engine: Engine!
    private var listener: IRCListener!
    private var door: Door!
    private let slow: (before: Interval, behind: Interval)
    private let secrets: IRCListenerSecrets
    private let settings: IRCListenerSettings

    init(accounts: [String: String] = [:], seed: UInt64 = 5, slow: (before: Interval, behind: Interval) = (.zero, .zero)) throws {
        self.slow = slow
        world = SimulatedWorld(seed: seed)
        host = world.makeHost()
        let place = ConfigurationPlace(file: "test", line: 1, column: 1)
        func text(_ words: String) -> ConfigurationValue { ConfigurationValue(.string(words), at: place) }
        let references = accounts.mapValues { _ in ConfigurationValue(.table(["env": text("UNUSED")]), at: place) }
        var table = ConfigurationTable(
            ["listen": text("127.0.0.1:0"), "accounts": ConfigurationValue(.table(references), at: place)], name: "endpoint.local",
            at: place)
        settings = try IRCListenerSettings(&table)
        secrets = IRCListenerSecrets(passwords: accounts)
        start()
    }

    private func start() {
        let host = self.host
        memory = MemoryJournal(disk: disk, on: host) { await host.sleep(until: host.now + .milliseconds(2)) }
        door = Door()
        does { bench in
            let state = try await bench.memory.open()
            let engine = Engine(
                loop: host, journal: bench.memory, state: state, relay: RelayID(bytes: [UInt8](repeating: 7, count: 32)),
                epochSecret: [UInt8](repeating: 9, count: 32),
                entropy: SeededEntropy(seed: 4))
            let listener = IRCListener(
                "local", bench.settings, bench.secrets, loop: host, listening: bench.door, history: engine, version: "v", texts: Texts(.en),
                log: Log { _ in })
            (bench.engine, bench.listener) = (engine, listener)
            let members = [
                MemberSettings(endpoint: "local", channel: "#ops", isReader: true), MemberSettings(endpoint: "far", channel: "#b"),
            ]
            try await engine.configure([BridgeSettings(name: "ops", members: members)])
            await engine.attach(listener, as: "local")
            await listener.serve(await engine.channels(of: "local"))
            try await withThrowingTaskGroup { group in
                group.addTask { try await engine.run() }
                let port = SlowPort(engine, on: host, before: bench.slow.before, behind: bench.slow.behind)
                group.addTask { try await listener.run(port) }
                try await group.waitForAll()
            }
        }
    }

    /// The process ends as by a power cut and begins again. What was not synced is there or not, by the seed.
    func restart() {
        world.crash(host)
        disk = world.running(host) { memory.assumeIsolated { $0.disk } }
        disk = disk.afterCrash(keeping: Int(world.pick(0...UInt64(disk.unsynced))))
        host = world.makeHost()
        start()
    }

    /// Does it as code of the process, and lets some time pass.
    private func does(_ milliseconds: UInt64 = 500, _ body: @escaping @Sendable (ListenerBench) async throws -> Void) {
        world.running(host) {
            _ = Task(executorPreference: host) {
                do { try await body(self) } catch { self.world.failures.append("\(error)") }
            }
        }
        pass(milliseconds: milliseconds)
    }

    func pass(milliseconds: UInt64) { world.run(until: world.now + .milliseconds(milliseconds)) }
    func pass(seconds: UInt64) { pass(milliseconds: seconds * 1000) }

    /// Lets so many things happen, whatever they are.
    func step(_ count: UInt64) {
        for _ in 0..<count { _ = world.step(before: world.now + .seconds(1)) }
    }

    func setFull(_ isFull: Bool) {
        let memory = memory!
        does { _ in await memory.setFull(isFull) }
    }

    var counters: IRCListenerCounters { world.running(host) { listener.assumeIsolated { $0.counters } } }

    /// Somebody in the far channel says or does something.
    func far(_ name: String, _ key: String, _ content: Happening.Content) { far(account: .init(id: name, name: name), key, content) }

    func far(account: Happening.Account, _ key: String, _ content: Happening.Content) {
        does(20) { bench in
            guard let destination = await bench.engine.destination(endpoint: "far", channel: "#b") else { return }
            let happening = Happening(key: NativeKey(key), account: account, time: bench.host.time, content: content)
            _ = try await bench.engine.accept([happening], in: destination, source: nil, mayBeKnown: false)
        }
    }

    /// Many people say something at once.
    func farCrowd(_ count: Int) {
        let post = Happening.Content.posted(RichText("hello"), style: .plain, reply: nil, thread: nil)
        far((0..<count).map { (name: "nick\($0)", key: "crowd\($0)", content: post) })
    }

    /// Somebody says and does much of it at once.
    func far(_ name: String, _ contents: [(key: String, content: Happening.Content)]) {
        far(contents.map { (name: name, key: $0.key, content: $0.content) })
    }

    private func far(_ contents: [(name: String, key: String, content: Happening.Content)]) {
        does(5000) { bench in
            guard let destination = await bench.engine.destination(endpoint: "far", channel: "#b") else { return }
            for start in stride(from: 0, to: contents.count, by: 500) {
                let happenings = contents[start..<min(start + 500, contents.count)].map {
                    Happening(
                        key: NativeKey($0.key), account: .init(id: $0.name, name: $0.name), time: bench.host.time, content: $0.content)
                }
                _ = try await bench.engine.accept(happenings, in: destination, source: nil, mayBeKnown: false)
            }
        }
    }

    func far(_ name: String, says text: String, key: String) {
        far(name, key, .posted(RichText(text), style: .plain, reply: nil, thread: nil))
    }

    // MARK: Clients

    func connect(from address: String = "127.0.0.1") -> Pipe {
        let pipe = Pipe()
        door.knock(pipe, address)
        pass(milliseconds: 1)
        return pipe
    }

    /// Registers and joins.
    func client(_ nick: String, _ capabilities: String = "message-tags batch echo-message draft/chathistory labeled-response") -> Pipe {
        let pipe = connect()
        pipe.say("CAP REQ :\(capabilities)", "NICK \(nick)", "USER \(nick) 0 * :\(nick)", "CAP END", "JOIN #ops")
        pass(milliseconds: 100)
        pipe.forget()
        return pipe
    }
}

/// The server's end of a connection in memory; a test is the other end.
final class Pipe: ByteStream, @unchecked Sendable {
    private var input: [UInt8] = []
    private var reader: UnsafeContinuation<Void, Never>?
    private var writer: UnsafeContinuation<Void, Never>?
    private var output: [UInt8] = []
    private(set) var isClosed = false
    /// The client does not read.
    var isStalled = false

    func read(atMost count: Int) async throws(StreamError) -> [UInt8]? {
        while input.isEmpty {
            if isClosed { throw .closed }
            await withUnsafeContinuation { reader = $0 }
        }
        let bytes = Array(input.prefix(count))
        input.removeFirst(bytes.count)
        return bytes
    }

    func write(_ bytes: [UInt8]) async throws(StreamError) {
        while isStalled && !isClosed { await withUnsafeContinuation { writer = $0 } }
        if isClosed { throw .closed }
        output += bytes
    }

    func close() {
        isClosed = true
        wake()
    }

    private func wake() {
        let waiting = [reader, writer]
        (reader, writer) = (nil, nil)
        for one in waiting { one?.resume() }
    }

    // MARK: The other end

    func say(_ lines: String...) { say(lines) }

    func say(_ lines: [String]) {
        input += [UInt8](lines.map { $0 + "\r\n" }.joined().utf8)
        wake()
    }

    var lines: [String] { String(decoding: output, as: UTF8.self).split(separator: "\r\n").map(String.init) }
    func forget() { output = [] }

    /// What was said to it in the channel, by whom, without tags.
    var heard: [String] {
        lines.compactMap { line in
            let words = line.hasPrefix("@") ? line.drop { $0 != " " }.dropFirst() : line[...]
            guard let place = words.firstRange(of: " PRIVMSG #ops :"), words.hasPrefix(":") else { return nil }
            return "\(words.dropFirst().prefix { $0 != "!" }): \(words[place.upperBound...])"
        }
    }
}

/// Where connections in memory come in.
final class Door: Listening, StreamListener, @unchecked Sendable {
    private var waiting: [(Pipe, String)] = []
    private var acceptor: UnsafeContinuation<Void, Never>?
    private var isClosed = false
    var port: UInt16 { 6667 }

    func listen(at place: HostPort) async throws(StreamError) -> any StreamListener { self }

    func accept() async throws(StreamError) -> (stream: any ByteStream, from: String)? {
        while waiting.isEmpty {
            if isClosed { return nil }
            await withUnsafeContinuation { acceptor = $0 }
        }
        let (pipe, address) = waiting.removeFirst()
        return (pipe, address)
    }

    func close() {
        isClosed = true
        acceptor?.resume()
        acceptor = nil
    }

    func knock(_ pipe: Pipe, _ address: String) {
        waiting.append((pipe, address))
        acceptor?.resume()
        acceptor = nil
    }
}
