import Testing
import WireIRC

/// A listener's world with as many clients as a script names.
struct ListenerScript {
    var world = ListenerWorld(server: "s", network: "local", version: "v1", created: "today")
    private var sessions: [Character: ListenerSession] = [:]
    /// What came of the last step, by client, in words.
    private var outcome: [Character: [String]] = [:]

    init() { world.open("#ops") }

    mutating func line(_ words: String, from client: Character) -> [ListenerSession.Action] {
        let actions = sessions[client, default: ListenerSession()].received([UInt8](words.utf8), in: &world)
        outcome[client, default: []] += actions.map(text)
        return actions
    }

    /// What the driver says: `admit`, `admit ACCOUNT`, `refuse`, or `register NICK CAPABILITY…` for all of it at once.
    mutating func driver(_ words: [String], _ client: Character) {
        switch words[0] {
        case "admit":
            let actions = sessions[client]!.admitted(as: words.count > 1 ? words[1] : nil, in: &world)
            outcome[client, default: []] += actions.map(text)
        case "refuse": outcome[client, default: []] += sessions[client]!.refused(in: world).map(text)
        default:
            if words.count > 2 { _ = line("CAP REQ :\(words[2...].joined(separator: " "))", from: client) }
            for line in ["NICK \(words[1])", "USER \(words[1]) 0 * :\(words[1])", "CAP END"] { _ = self.line(line, from: client) }
            driver(["admit"], client)
            outcome[client] = []
        }
    }

    /// What is next of what came for a client.
    mutating func next(_ client: Character) -> String? {
        guard let first = outcome[client]?.first else { return nil }
        outcome[client]?.removeFirst()
        return first
    }

    /// Whether some line of what came for a client has these words in it; nothing of it is left then.
    mutating func any(_ client: Character, has words: String) -> Bool {
        defer { outcome[client] = [] }
        return outcome[client]?.contains { $0.contains(words) } ?? false
    }

    var isEmpty: Bool { outcome.values.allSatisfy(\.isEmpty) }
    var left: String { "\(outcome)" }

    private func text(_ action: ListenerSession.Action) -> String {
        func line(_ message: IRCMessage) -> String { String(decoding: message.bytes.dropLast(2), as: UTF8.self) }
        switch action {
        case .send(let message): return "> \(line(message))"
        case .tell(let channel, let message): return "= tell \(channel) \(line(message))"
        case .tellAll(let channels, let message): return "= tell all \(channels.joined(separator: ",")) \(line(message))"
        case .authenticate(let nick, let password): return "= authenticate \(nick)" + (password.map { " \($0)" } ?? "")
        case .utter(let said):
            let kind =
                switch said.kind {
                case .message(let text): "message(\(text))"
                case .notice(let text): "notice(\(text))"
                case .action(let text): "action(\(text))"
                case .topic(let text): "topic(\(text))"
                case .reaction(let emoji, let isOn): "reaction(\(emoji), \(isOn))"
                }
            return "= utter \(said.channel) \(kind)" + (said.target.map { " to \($0)" } ?? "") + (said.label.map { " label \($0)" } ?? "")
        case .history(let request): return "= history \(request.channel) \(words(request.selection)) \(request.limit)"
        case .end: return "= end"
        }
    }

    private func words(_ selection: HistoryRequest.Selection) -> String {
        func words(_ reference: HistoryRequest.Reference) -> String {
            switch reference {
            case .messageID(let id): "messageID(\(id))"
            case .time(let time): "time(\(time))"
            }
        }
        return switch selection {
        case .latest(let reference): "latest(after: \(reference.map(words) ?? "nil"))"
        case .before(let reference): "before(\(words(reference)))"
        case .after(let reference): "after(\(words(reference)))"
        case .around(let reference): "around(\(words(reference)))"
        case .between(let first, let second): "between(\(words(first)), \(words(second)))"
        case .targets(let first, let second): "targets(\(first), \(second))"
        }
    }
}

/// Plays a script. `*` wants words somewhere in what came, and passes over the rest of it.
func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) {
    var play = ListenerScript()
    for row in script.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
        let client: Character = row.first!.isNumber ? row.first! : "1"
        let rest = row.first!.isNumber ? row.dropFirst() : row
        let words = String(rest.dropFirst(2))
        switch rest.first {
        case "<":
            #expect(play.isEmpty, "left before \(row): \(play.left)", sourceLocation: sourceLocation)
            _ = play.line(words, from: client)
        case "+":
            #expect(play.isEmpty, "left before \(row): \(play.left)", sourceLocation: sourceLocation)
            play.driver(words.split(separator: " ").map(String.init), client)
        case "*":
            let found = play.any(client, has: words)
            #expect(found, "not seen: \(row)", sourceLocation: sourceLocation)
        default:
            let next = play.next(client)
            #expect(next == String(rest), sourceLocation: sourceLocation)
        }
    }
    #expect(play.isEmpty, "left at the end: \(play.left)", sourceLocation: sourceLocation)
}
