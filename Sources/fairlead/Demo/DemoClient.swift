import Base
import IO
import WireIRC

/// An IRC client as people use them: joins `#ops`, writes, and comes back with CHATHISTORY when its server was away.
actor DemoClient {
    /// Something said in the channel, as this client received it.
    struct Line: Sendable, Hashable {
        let id: String
        let nick: String
        let text: String
        let tags: [String: String]
    }

    static let channel = "#ops"
    private static let page = 100

    nonisolated let nick: String
    private let port: UInt16
    private let loop: EventLoop
    private var stream: (any ByteStream)?
    private var decoder = LineDecoder()
    private var isJoined = false
    private var isCatchingUp = false
    private var held: [Line] = []
    private var pageCount = 0
    private(set) var lines: [Line] = []
    /// By the id of what was sent: history tells them again.
    private(set) var reactions: Set<String> = []
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ nick: String, port: UInt16, on loop: EventLoop) {
        self.nick = nick
        self.port = port
        self.loop = loop
    }

    /// Stays connected until it is closed: after a loss it comes back.
    func run() async {
        while !isClosed {
            await session()
            isJoined = false
            if isClosed { return }
            await loop.sleep(until: loop.now + .milliseconds(200))
        }
    }

    func close() {
        isClosed = true
        stream?.close()
    }
    var isReady: Bool { isJoined && !isCatchingUp }

    private func session() async {
        do {
            let stream = try await TCPConnector(on: loop).connect(
                to: HostPort("127.0.0.1:\(port)")!, .none, from: nil, before: loop.now + .seconds(5))
            self.stream = stream
            decoder = LineDecoder()
            try await send(
                "CAP REQ :message-tags server-time batch echo-message draft/chathistory draft/event-playback", "NICK \(nick)",
                "USER \(nick) 0 * :\(nick)", "CAP END")
            while let bytes = try await stream.read(atMost: 65_536) {
                for line in decoder.feed(bytes) { if let message = try? IRCMessage(line: line) { try await received(message) } }
            }
        } catch {
            // It comes back by itself.
        }
        stream?.close()
        stream = nil
    }

    private func received(_ message: IRCMessage) async throws {
        switch message.command {
        case "PING": try await send("PONG :\(message.trailing)")
        case "376", "422": try await send("JOIN \(DemoClient.channel)")
        case "366":
            isJoined = true
            isCatchingUp = true
            try await askForMore()
        case "BATCH" where message.parameter(0).hasPrefix("+"): pageCount = 0
        case "BATCH":
            if pageCount == 0 || lines.isEmpty {
                isCatchingUp = false
                for line in held where !lines.contains(where: { $0.id == line.id }) { lines.append(line) }
                held = []
            } else {
                try await askForMore()
            }
        case "PRIVMSG" where message.parameter(0) == DemoClient.channel:
            let line = Line(id: message.tags["msgid"] ?? "", nick: message.source?.nick ?? "", text: message.trailing, tags: message.tags)
            if message.tags["batch"] != nil {
                pageCount += 1
                lines.append(line)
            } else if isCatchingUp {
                held.append(line)
            } else {
                lines.append(line)
            }
        case "TAGMSG":
            if message.tags["+draft/react"] != nil, let id = message.tags["msgid"] { reactions.insert(id) }
        default: break
        }
    }

    private func askForMore() async throws {
        let place = lines.last.map { "AFTER \(DemoClient.channel) msgid=\($0.id)" } ?? "LATEST \(DemoClient.channel) *"
        try await send("CHATHISTORY \(place) \(DemoClient.page)")
    }

    private func send(_ lines: String...) async throws {
        try await stream?.write([UInt8](lines.map { "\($0)\r\n" }.joined().utf8))
    }

    /// Says something, and returns the id that the relay gave it, once that is durable: the echo. nil if the server is away.
    func say(_ text: String, tags: String = "") async -> String? {
        let count = lines.count
        do { try await send("\(tags)PRIVMSG \(DemoClient.channel) :\(text)") } catch { return nil }
        for _ in 0..<1000 {
            if let echo = lines.dropFirst(count).first(where: { $0.nick == nick && $0.text == text }) { return echo.id }
            if stream == nil { return nil }
            await loop.sleep(until: loop.now + .milliseconds(5))
        }
        return nil
    }

    func react(_ emoji: String, to id: String) async {
        try? await send("@+draft/reply=\(id);+draft/react=\(emoji) TAGMSG \(DemoClient.channel)")
    }
}
