import Base
import IO
import WireIRC

/// A small IRC server for measurements: registers clients, passes lines on within channels with message ids and times, echoes and answers
/// labels, and keeps nothing: whoever asks for history gets an empty page. It says nothing of how fast real servers are; `bench irc --server`
/// does.
actor BenchIRCServer {
    private static let capabilities = "message-tags server-time echo-message labeled-response batch draft/chathistory"
    private static let name = "bench.invalid"

    /// A connection.
    private final class Client {
        let stream: TCPStream
        var nick = ""
        var user = ""
        var capabilities: Set<Substring> = []
        var isNegotiating = false
        var isRegistered = false
        var channels: Set<String> = []
        var outgoing: [UInt8] = []
        var outgoingSignal = Signal()
        var isClosed = false

        init(_ stream: TCPStream) { self.stream = stream }
    }

    private let loop: EventLoop
    private let listener: TCPListener
    private var clients: [ObjectIdentifier: Client] = [:]
    private var count: UInt64 = 0

    nonisolated let port: UInt16
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop) async throws {
        self.loop = loop
        listener = try await TCPListener.listen(at: HostPort("127.0.0.1:0", mayBeAnyPort: true)!, on: loop)
        port = listener.port
    }

    /// Serves until `stop`.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let stream = try? await listener.accept() {
                let client = Client(stream)
                let id = ObjectIdentifier(client)
                clients[id] = client
                group.addTask { await self.write(id) }
                group.addTask { await self.read(id) }
            }
        }
    }

    func stop() {
        listener.close()
        for client in clients.values { client.stream.close() }
    }

    private func read(_ id: ObjectIdentifier) async {
        guard let client = clients[id] else { return }
        var decoder = LineDecoder()
        while let bytes = try? await client.stream.read(atMost: 65_536) {
            for line in decoder.feed(bytes) { if let message = try? IRCMessage(line: line) { received(message, client) } }
        }
        client.isClosed = true
        client.stream.close()
        client.outgoingSignal.set()
        clients[id] = nil
    }

    private func write(_ id: ObjectIdentifier) async {
        guard let client = clients[id] else { return }
        while !client.isClosed {
            var bytes: [UInt8] = []
            swap(&bytes, &client.outgoing)
            if bytes.isEmpty {
                await withUnsafeContinuation { client.outgoingSignal.wait($0) }
            } else if (try? await client.stream.write(bytes)) == nil {
                return client.stream.close()
            }
        }
    }

    private func send(_ line: String, to client: Client) {
        client.outgoing += line.utf8
        client.outgoing += [0x0D, 0x0A]
        client.outgoingSignal.set()
    }

    private func received(_ message: IRCMessage, _ client: Client) {
        switch message.command {
        case "CAP": negotiate(message, client)
        case "NICK":
            client.nick = message.parameter(0)
            register(client)
        case "USER":
            client.user = message.parameter(0)
            register(client)
        case "PING": send(":\(BenchIRCServer.name) PONG \(BenchIRCServer.name) :\(message.trailing)", to: client)
        case "JOIN": join(message.parameter(0), client)
        case "MODE": send(":\(BenchIRCServer.name) 324 \(client.nick) \(message.parameter(0)) +n", to: client)
        case "WHOIS": send(":\(BenchIRCServer.name) 318 \(client.nick) \(message.parameter(0)) :End of WHOIS", to: client)
        case "CHATHISTORY":
            count += 1
            send(":\(BenchIRCServer.name) BATCH +h\(count) chathistory \(message.parameter(1))", to: client)
            send(":\(BenchIRCServer.name) BATCH -h\(count)", to: client)
        case "PRIVMSG", "NOTICE", "TAGMSG": say(message, client)
        default: break
        }
    }

    private func negotiate(_ message: IRCMessage, _ client: Client) {
        switch message.parameter(0) {
        case "LS":
            client.isNegotiating = true
            send(":\(BenchIRCServer.name) CAP * LS :\(BenchIRCServer.capabilities)", to: client)
        case "REQ":
            client.capabilities.formUnion(message.trailing.split(separator: " "))
            send(":\(BenchIRCServer.name) CAP * ACK :\(message.trailing)", to: client)
        default:
            client.isNegotiating = false
            register(client)
        }
    }

    private func register(_ client: Client) {
        guard !client.nick.isEmpty, !client.user.isEmpty, !client.isNegotiating, !client.isRegistered else { return }
        client.isRegistered = true
        send(":\(BenchIRCServer.name) 001 \(client.nick) :Welcome", to: client)
        send(
            ":\(BenchIRCServer.name) 005 \(client.nick) NETWORK=bench CHANTYPES=# CASEMAPPING=ascii CHATHISTORY=100 :are supported",
            to: client)
        send(":\(BenchIRCServer.name) 422 \(client.nick) :No message of the day", to: client)
    }

    private func join(_ channel: String, _ client: Client) {
        client.channels.insert(channel)
        for other in clients.values where other.channels.contains(channel) { send(":\(source(client)) JOIN \(channel)", to: other) }
        send(":\(BenchIRCServer.name) 366 \(client.nick) \(channel) :End of NAMES", to: client)
    }

    private func source(_ client: Client) -> String { "\(client.nick)!\(client.user)@bench" }

    private func say(_ message: IRCMessage, _ client: Client) {
        count += 1
        let channel = message.parameter(0)
        let text = message.command == "TAGMSG" ? "" : " :\(message.trailing)"
        let body = ":\(source(client)) \(message.command) \(channel)\(text)"
        var tags = "msgid=\(count);time=\(loop.time.text.dropLast()).000Z"
        for (name, value) in message.tags where name.hasPrefix("+") { tags += ";\(name)=\(TagEscape.escape(value))" }
        for other in clients.values where other.channels.contains(channel) {
            if other === client && !other.capabilities.contains("echo-message") { continue }
            guard other.capabilities.contains("message-tags") else {
                if message.command != "TAGMSG" { send(body, to: other) }
                continue
            }
            let label = other === client ? message.tags["label"].map { ";label=\($0)" } ?? "" : ""
            send("@\(tags)\(label) \(body)", to: other)
        }
    }
}

/// IRCv3 message-tags, "Escaping values", as far as the relay's own tags need it.
private enum TagEscape {
    static func escape(_ value: String) -> String {
        value.utf8.contains { $0 == 0x3B || $0 == 0x20 || $0 == 0x5C }
            ? value.replacing("\\", with: "\\\\").replacing(";", with: "\\:").replacing(" ", with: "\\s") : value
    }
}
