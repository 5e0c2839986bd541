import Base
import Core
import Model
import Simulation
import Support
import WireIRC

@testable import EndpointIRC

/// A server such as Debian has none of: with CHATHISTORY, or with only parts of what makes history trustworthy.
/// Sendable unchecked, like its streams: all on the one thread that drives the simulated world.
final class ScriptedServer: Connecting, @unchecked Sendable {
    struct Line: Hashable {
        let nick: String
        let text: String
        let time: UInt64
        let id: Int
        var tags = ""
        var command = "PRIVMSG"
        var source: String { nick.contains(".") ? nick : "\(nick)!u@h" }
    }

    var capabilities = ["message-tags", "server-time", "batch", "echo-message", "labeled-response", "draft/chathistory"]
    var pageLimit = 3
    var hasIDs = true
    var knowsIDs = true
    var answersHistory = true
    /// Whether it says when somebody joins.
    var tellsTime = false
    /// Whether it says anything.
    var answers = true
    /// What is played at joining, and whether as a batch.
    var playsAtJoin: Bool?
    /// Called before each page is made.
    var beforePage: (Int) -> Void = { _ in }
    /// Whether history holds topics.
    var keepsTopics = true
    private var unkept = 0
    private(set) var lines: [Line] = []
    private(set) var received: [String] = []
    private(set) var connects = 0
    private(set) var stream: ScriptedStream?
    private var pages = 0
    private var batches = 0
    private var isIn = false
    private var topic: String?
    /// 1,795,000,000 s is when the simulated world begins.
    var now: UInt64 = 1_795_000_000_000

    func connect(to server: HostPort, _ security: StreamSecurity, from local: String?, before deadline: Instant) async throws(StreamError)
        -> any ByteStream
    {
        isIn = false
        connects += 1
        let stream = ScriptedStream { [self] in handle($0) }
        self.stream = stream
        return stream
    }

    /// Somebody says something.
    func say(_ text: String, by nick: String = "anna", after milliseconds: UInt64 = 1000, tags: String = "") {
        now += milliseconds
        let line = Line(nick: nick, text: text, time: now, id: lines.count + unkept + 1, tags: tags)
        lines.append(line)
        if isIn { send(shown(line)) }
    }

    /// Somebody, or a server by its name, sets the topic; a client that joins is told of it.
    func setTopic(_ text: String, by nick: String = "anna") {
        now += 1000
        let line = Line(nick: nick, text: text, time: now, id: lines.count + unkept + 1, command: "TOPIC")
        if keepsTopics { lines.append(line) } else { unkept += 1 }
        topic = text
        if isIn { send(shown(line)) }
    }

    var historyAsked: [String] { received.filter { $0.hasPrefix("CHATHISTORY") } }

    private func send(_ line: String) { stream?.arrive([UInt8]((line + "\r\n").utf8)) }

    private func shown(_ line: Line, _ more: String = "") -> String {
        var tags: [String] = []
        if capabilities.contains("server-time") { tags.append("time=\(ServerTime.text(line.time))") }
        if hasIDs { tags.append("msgid=m\(line.id)") }
        if !line.tags.isEmpty { tags.append(line.tags) }
        if !more.isEmpty { tags.append(more) }
        let before = tags.isEmpty ? "" : "@\(tags.joined(separator: ";")) "
        return "\(before):\(line.source) \(line.command) #a :\(line.text)"
    }

    private func handle(_ text: String) {
        guard let message = try? IRCMessage(line: [UInt8](text.utf8)) else { return }
        received.append(text)
        guard answers else { return }
        switch message.command {
        case "CAP" where message.parameter(0) == "LS": send(":s CAP * LS :\(capabilities.joined(separator: " "))")
        case "CAP" where message.parameter(0) == "REQ": send(":s CAP * ACK :\(message.trailing)")
        case "CAP":
            send(":s 001 fairlead :Welcome")
            send(":s 005 fairlead CHATHISTORY=\(pageLimit) CASEMAPPING=ascii :are supported")
            send(":s 376 fairlead :End")
        case "JOIN":
            isIn = true
            send("\(tellsTime ? "@time=\(ServerTime.text(now)) " : ""):fairlead!u@h JOIN \(message.parameter(0))")
            if let topic { send(":s 332 fairlead #a :\(topic)") }
            if let asBatch = playsAtJoin { play(lines, asBatch: asBatch) }
        case "PING": send(":s PONG s :\(message.parameter(0))")
        case "CHATHISTORY" where answersHistory: history(message)
        case "PRIVMSG":
            now += 10
            var line = Line(nick: "fairlead", text: message.trailing, time: now, id: lines.count + unkept + 1)
            line.tags = message.tags["+fairlead/mark"].map { "+fairlead/mark=\($0)" } ?? ""
            lines.append(line)
            send(shown(line, "label=\(message.tags["label"] ?? "")"))
        default: break
        }
    }

    private func history(_ message: IRCMessage) {
        beforePage(pages)
        pages += 1
        let selector = message.parameter(2)
        var later: [Line]
        if selector.hasPrefix("msgid=") {
            guard knowsIDs, let place = lines.firstIndex(where: { "msgid=m\($0.id)" == selector }) else {
                return send(":s FAIL CHATHISTORY INVALID_MSGREFTYPE AFTER #a :unknown")
            }
            later = Array(lines[(place + 1)...])
        } else {
            let time = ServerTime.milliseconds(String(selector.dropFirst("timestamp=".count))) ?? 0
            later = lines.filter { $0.time > time }
        }
        later = Array(later.prefix(min(pageLimit, Int(message.parameter(3)) ?? 0)))
        play(later, asBatch: true)
    }

    private func play(_ lines: [Line], asBatch: Bool) {
        guard asBatch else {
            send(":s NOTICE #a :Replaying up to \(lines.count) lines of pre-join history")
            for line in lines { send(shown(line)) }
            return
        }
        batches += 1
        send(":s BATCH +b\(batches) chathistory #a")
        for line in lines { send(shown(line, "batch=b\(batches)")) }
        send(":s BATCH -b\(batches)")
    }
}

final class ScriptedStream: ByteStream, @unchecked Sendable {
    private let handle: (String) -> Void
    /// What was said to the client and is not read.
    private(set) var arrived: [UInt8] = []
    private var decoder = LineDecoder()
    private var isClosed = false
    private var signal = Signal()
    /// It takes nothing of what is written.
    var isDeaf = false { didSet { writing.set() } }
    private var writing = Signal()

    init(_ handle: @escaping (String) -> Void) { self.handle = handle }

    func arrive(_ bytes: [UInt8]) {
        if isClosed { return }
        arrived += bytes
        signal.set()
    }

    func read(atMost count: Int) async throws(StreamError) -> [UInt8]? {
        while arrived.isEmpty {
            if isClosed { throw .closed }
            await withUnsafeContinuation { signal.wait($0) }
        }
        defer { arrived.removeFirst(min(count, arrived.count)) }
        return Array(arrived.prefix(count))
    }

    func write(_ bytes: [UInt8]) async throws(StreamError) {
        while isDeaf && !isClosed { await withUnsafeContinuation { writing.wait($0) } }
        if isClosed { throw .closed }
        for line in decoder.feed(bytes) { handle(String(decoding: line, as: UTF8.self)) }
    }

    func close() {
        isClosed = true
        signal.set()
        writing.set()
    }
}

/// An engine that takes in everything once, by its key.
actor ScriptedPort: RelayPort {
    private let host: SimulatedHost
    struct Topic: Hashable {
        let text: String
        let by: String?
        let at: UInt64
    }

    private(set) var texts: [String] = []
    private(set) var topics: [Topic] = []
    private(set) var connections: [Capabilities] = []
    /// How often the channel was told to be disconnected.
    private(set) var disconnections = 0
    private var keys: Set<NativeKey> = []
    /// Nothing is taken in.
    var isHeld = false
    private var sources: [DestinationID: [UInt8]] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }

    init(_ host: SimulatedHost) { self.host = host }

    func connected(_ destination: DestinationID, _ capabilities: Capabilities) async { connections.append(capabilities) }
    func disconnected(_ destination: DestinationID) async { disconnections += 1 }
    func source(of destination: DestinationID) async -> [UInt8] { sources[destination] ?? [] }

    func accept(_ happenings: [Happening], in destination: DestinationID, source: [UInt8]?, mayBeKnown: Bool) async throws -> [Acceptance] {
        while isHeld { await host.sleep(until: host.now + .milliseconds(100)) }
        if let source { sources[destination] = source }
        return happenings.map { happening in
            if let key = happening.key, !keys.insert(key).inserted {
                return .duplicate(EventID(stream: StreamID(rawValue: 1), number: 1))
            }
            switch happening.content {
            case .posted(let text, _, _, _): texts.append(text.text)
            case .topic(let text): topics.append(Topic(text: text, by: happening.account?.name, at: happening.time.seconds))
            case .edited, .deleted, .reacted: break
            }
            return .accepted(EventID(stream: StreamID(rawValue: 1), number: 1))
        }
    }

    func received(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, as nativeID: NativeKey?) async {}
    func deferred(
        _ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, after interval: Interval, reason: String
    ) async {}
    func bounced(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, _ reason: BounceReason) async {}
    func found(_ mark: Mark, in destination: DestinationID, as nativeID: NativeKey) async {}
}
