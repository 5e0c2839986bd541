import Support
import Testing
import WireIRC

/// Whatever clients send, what they get are messages, and the world stays in order.
@Suite struct ListenerNoiseTests {
    private static let words = [
        "NICK", "USER", "CAP", "LS", "REQ", "END", "JOIN", "PART", "#ops", "#OPS", "#none", "anna", "bob", "bob/partner", "PRIVMSG",
        "NOTICE",
        "TAGMSG", "TOPIC", "NAMES", "WHO", "WHOIS", "MODE", "AWAY", "QUIT", "CHATHISTORY", "LATEST", "BETWEEN", "*", "5", "msgid=a.1",
        "timestamp=2026-11-25T07:01:12.345Z", ":some words", ":", "@label=1", "@label=x;+draft/reply=a.1;+draft/react=👍", "0", "a,b",
        "#ops,#none",
        ":batch message-tags labeled-response draft/chathistory echo-message", "\u{01}ACTION x\u{01}", "+b", "PING", "PASS",
    ]

    @Test(arguments: 0..<60) func anyLinesFromThreeClients(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var world = ListenerWorld(server: "s", network: "local", version: "v", created: "c")
        world.open("#ops")
        var sessions = [ListenerSession](repeating: ListenerSession(), count: 3)
        for _ in 0..<400 {
            let index = Int.random(in: 0..<3, using: &random)
            var line = (0..<Int.random(in: 1...5, using: &random)).map { _ in ListenerNoiseTests.words.randomElement(using: &random)! }
                .joined(separator: " ").utf8.map(\.self)
            if Int.random(in: 0..<10, using: &random) == 0 {
                line[Int.random(in: line.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            line.removeAll { $0 == 0x0A }
            for action in sessions[index].received(line, in: &world) {
                switch action {
                case .send(let message), .tell(_, let message), .tellAll(_, let message): check(message)
                case .authenticate(let nick, _):
                    let actions =
                        Bool.random(using: &random)
                        ? sessions[index].admitted(as: Bool.random(using: &random) ? nick : nil, in: &world)
                        : sessions[index].refused(in: world)
                    for case .send(let message) in actions { check(message) }
                case .end:
                    _ = sessions[index].disconnected("gone", in: &world)
                    sessions[index] = ListenerSession()
                case .utter, .history: break
                }
            }
            if Int.random(in: 0..<20, using: &random) == 0 {
                _ = world.show(.init(nick: "bob/partner", user: "u", host: "h", realname: "", isPuppet: true), in: "#ops")
            } else if Int.random(in: 0..<20, using: &random) == 0 {
                _ = world.hide("bob/partner", in: "#ops")
            }
            let present = sessions.filter { $0.isIn("#ops") }
            let local = world.members(of: "#ops").filter { !$0.isPuppet }.map { ListenerWorld.fold($0.nick) }
            #expect(Set(present.map { ListenerWorld.fold($0.nick) }) == Set(local))
        }
        for index in sessions.indices { _ = sessions[index].disconnected("end", in: &world) }
        _ = world.hide("bob/partner", in: "#ops")
        #expect(world.members(of: "#ops").isEmpty && world.person("anna") == nil && world.person("bob") == nil)
    }

    private func check(_ message: IRCMessage) {
        let bytes = message.bytes
        #expect(bytes.dropLast(2).allSatisfy { $0 != 0x0A && $0 != 0x0D })
        #expect((try? IRCMessage(line: Array(bytes.dropLast(2)))) != nil)
    }

    @Test func linesThatAreTooLongOrNoTextAreRefused() {
        var world = ListenerWorld(server: "s", network: "local", version: "v", created: "c")
        var session = ListenerSession()
        func first(_ line: String) -> String? {
            guard case .send(let message)? = session.received([UInt8](line.utf8), in: &world).first else { return nil }
            return message.command
        }
        let full = "PING " + String(repeating: "x", count: 505)
        #expect(first(full) == "PONG" && first(full + "x") == "417")
        let tags = "@a=" + String(repeating: "x", count: 4092)
        #expect(first("\(tags) PING x") == "PONG" && first("\(tags)x PING x") == "417")
        guard case .send(let message)? = session.received([0x50, 0x49, 0x4E, 0x47, 0x20, 0xFF], in: &world).first else {
            Issue.record("no answer")
            return
        }
        #expect(message.command == "FAIL" && message.parameters.prefix(2) == ["*", "INVALID_UTF8"])
        #expect(session.malformed == 3)
    }

    @Test func whoWritesTooMuchIsToldWithTheLabel() {
        var world = ListenerWorld(server: "s", network: "local", version: "v", created: "c")
        var session = ListenerSession()
        func answer(_ line: String) -> IRCMessage? {
            let actions = session.received([UInt8](line.utf8), in: &world)
            guard actions.count == 1, case .send(let message) = actions[0] else { return nil }
            return message
        }
        _ = answer("CAP REQ :labeled-response message-tags")
        let tags = "@" + (2...IRCLimits.tags).map { "k\($0)" }.joined(separator: ";")
        #expect(answer("\(tags);label=a PING x")?.command == "PONG")
        let many = answer("\(tags);k0;k1;label=b PING x")
        #expect(many?.command == "417" && many?.tags == ["label": "b"] && many?.trailing == "Input line has too many tags")
        let parameters = answer("@label=c PING" + String(repeating: " x", count: IRCLimits.parameters + 1))
        #expect(parameters?.command == "417" && parameters?.tags == ["label": "c"])
        let long = answer("@label=d PING " + String(repeating: "x", count: ListenerLimits.text))
        #expect(long?.command == "417" && long?.tags == ["label": "d"] && long?.trailing == "Input line was too long")
        #expect(answer("\(tags);k0;k1 PING x")?.tags == [:] && session.malformed == 4)
    }
}
