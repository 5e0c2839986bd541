/// What a client wants to see again (IRCv3 draft/chathistory).
package struct HistoryRequest: Hashable, Sendable {
    package enum Reference: Hashable, Sendable {
        case messageID(String)
        /// Milliseconds since 1970.
        case time(UInt64)
    }

    package enum Selection: Hashable, Sendable {
        /// The newest, but none up to this one.
        case latest(after: Reference?)
        case before(Reference)
        case after(Reference)
        case around(Reference)
        /// Beginning at the first of the two, which may be the later one; neither of them is meant.
        case between(Reference, Reference)
        /// Which channels had something between two times.
        case targets(UInt64, UInt64)
    }

    package let selection: Selection
    /// As the server spells it; empty for `targets`.
    package let channel: String
    package let limit: Int
    package let label: String?
    /// `LATEST` and so on, for a refusal.
    package let command: String
}

extension ListenerSession {
    func history(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        guard has("draft/chathistory") else { return answer.send(numeric(421, ["CHATHISTORY", "Unknown command"], world)) }
        let command = message.parameter(0).uppercased()
        func fail(_ code: String, _ context: [String], _ words: String) {
            answer.send(self.fail("CHATHISTORY", code, [command.isEmpty ? "*" : shownWord(command)] + context, words, world))
        }
        // Selections have one reference or two, and a limit behind them.
        let counts = ["LATEST": 4, "BEFORE": 4, "AFTER": 4, "AROUND": 4, "BETWEEN": 5, "TARGETS": 4]
        guard let count = counts[command] else { return fail("INVALID_PARAMS", [], "Unknown subcommand") }
        guard message.parameters.count == count, let limit = Int(message.parameter(count - 1)), limit >= 0 else {
            return fail("INVALID_PARAMS", [], "Expected \(count - 1) parameters, the last one a number")
        }
        let names = command == "TARGETS" ? 1..<3 : 2..<count - 1
        var references: [HistoryRequest.Reference] = []
        for word in message.parameters[names] where !(command == "LATEST" && word == "*") {
            guard let reference = HistoryRequest.Reference(word) else {
                let isKind = word.hasPrefix("timestamp=") || word.hasPrefix("msgid=")
                return fail(isKind ? "INVALID_PARAMS" : "INVALID_MSGREFTYPE", [], "\(shownWord(word)) is neither a time nor an id")
            }
            references.append(reference)
        }
        guard let selection = HistoryRequest.Selection(command, references) else { return fail("INVALID_PARAMS", [], "Expected two times") }
        var channel = ""
        if command != "TARGETS" {
            guard let known = world.channel(message.parameter(1)) else {
                return fail("INVALID_TARGET", [shownWord(message.parameter(1))], "No such channel")
            }
            channel = known.name
        }
        let request = HistoryRequest(
            selection: selection, channel: channel, limit: min(limit, ListenerLimits.history), label: answer.takeLabel(), command: command)
        answer.actions.append(.history(request))
    }
}

extension HistoryRequest.Reference {
    fileprivate init?(_ word: String) {
        let halves = word.split(separator: "=", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        switch halves[0] {
        case "msgid" where halves[1].utf8.count <= 64: self = .messageID(String(halves[1]))
        case "timestamp":
            guard let time = ServerTime.milliseconds(String(halves[1])) else { return nil }
            self = .time(time)
        default: return nil
        }
    }
}

extension HistoryRequest.Selection {
    fileprivate init?(_ command: String, _ references: [HistoryRequest.Reference]) {
        switch (command, references.count) {
        case ("LATEST", 0): self = .latest(after: nil)
        case ("LATEST", 1): self = .latest(after: references[0])
        case ("BEFORE", 1): self = .before(references[0])
        case ("AFTER", 1): self = .after(references[0])
        case ("AROUND", 1): self = .around(references[0])
        case ("BETWEEN", 2): self = .between(references[0], references[1])
        case ("TARGETS", 2):
            guard case .time(let first) = references[0], case .time(let second) = references[1] else { return nil }
            self = .targets(first, second)
        default: return nil
        }
    }
}
