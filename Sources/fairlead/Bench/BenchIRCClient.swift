import Base
import IO
import WireIRC

/// Somebody in a channel of a measured network: says numbered lines, and notes when which of them came.
actor BenchIRCClient {
    static let channel = "#bench"

    private let nick: String
    private let server: HostPort
    private let loop: EventLoop
    private var stream: (any ByteStream)?
    private(set) var isJoined = false
    /// The numbers of lines and when they came, in the order of their coming.
    private var arrived: [(number: Int, at: Instant)] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ nick: String, at server: HostPort, on loop: EventLoop) {
        self.nick = nick
        self.server = server
        self.loop = loop
    }

    /// Stays until it is closed or the server ends it.
    func run() async throws {
        let stream = try await TCPConnector(on: loop).connect(to: server, .none, from: nil, before: loop.now + .seconds(10))
        self.stream = stream
        try await send("NICK \(nick)\r\nUSER \(nick) 0 * :\(nick)\r\n")
        var decoder = LineDecoder()
        while let bytes = try? await stream.read(atMost: 65_536) {
            let now = MonotonicClock.now
            for line in decoder.feed(bytes) { try await received(line, now) }
        }
    }

    func close() { stream?.close() }

    private func received(_ line: [UInt8], _ now: Instant) async throws {
        // A line of the channel ends with its number in brackets: nothing else of it is looked at, so that many can come.
        if line.last == UInt8(ascii: "]"), let open = line.lastIndex(of: UInt8(ascii: "[")),
            let number = Int(String(decoding: line[(open + 1)..<(line.count - 1)], as: UTF8.self))
        {
            return arrived.append((number, now))
        }
        guard let message = try? IRCMessage(line: line) else { return }
        switch message.command {
        case "PING": try await send("PONG :\(message.trailing)\r\n")
        case "376", "422": try await send("JOIN \(BenchIRCClient.channel)\r\n")
        case "366": isJoined = true
        default: break
        }
    }

    private func send(_ text: String) async throws { try await stream?.write([UInt8](text.utf8)) }

    /// Says all of it at once.
    func say(_ texts: [String], from number: Int) async throws {
        var lines = ""
        for (offset, text) in texts.enumerated() { lines += "PRIVMSG \(BenchIRCClient.channel) :\(text) [\(number + offset)]\r\n" }
        try await send(lines)
    }

    /// What has come since this was last asked.
    func take() -> [(number: Int, at: Instant)] {
        defer { arrived = [] }
        return arrived
    }

    var count: Int { arrived.count }
}
