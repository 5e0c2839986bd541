/// The server's side of one client's connection as a value: what the client says goes in, what is to be done comes out (modern.ircdocs.horse;
/// IRCv3 where a line names it). SASL and STARTTLS would be further steps of the registration.
package struct ListenerSession: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// To this client.
        case send(IRCMessage)
        /// To the other clients in a channel.
        case tell(channel: String, IRCMessage)
        /// To the other clients in any of these channels, once each.
        case tellAll(channels: [String], IRCMessage)
        /// Everything is said; `admitted` or `refused` is to follow.
        case authenticate(nick: String, password: String?)
        /// What this client wants to say; its own echo comes once it is accepted.
        case utter(Utterance)
        case history(HistoryRequest)
        /// The connection is to be closed once everything is sent.
        case end
    }

    /// Something said or done in a channel, to be accepted.
    package struct Utterance: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case message(String)
            case notice(String)
            case action(String)
            case reaction(emoji: String, isOn: Bool)
            case topic(String)
        }

        /// As the server spells it.
        package let channel: String
        package let kind: Kind
        /// The message it answers or reacts to, by its id.
        package let target: String?
        /// What the answer is to bear (IRCv3 labeled-response).
        package let label: String?
        /// The command, for a refusal.
        package let command: String
    }

    enum Phase: Hashable, Sendable { case registering, authenticating, registered, ended }

    /// Capabilities that clients may ask for.
    static let offered = [
        "batch", "cap-notify", "draft/chathistory", "draft/event-playback", "echo-message", "labeled-response", "message-tags",
        "multi-prefix",
        "server-time", "standard-replies", "userhost-in-names",
    ]

    package internal(set) var nick = "*"
    /// Who was admitted; nil where there are no accounts.
    package internal(set) var account: String?
    var username = ""
    var realname = ""
    var password: String?
    var phase = Phase.registering
    var isNegotiating = false
    var capabilities: Set<String> = []
    /// Channels it is in, as the server spells them.
    package internal(set) var channels: [String] = []
    var batches: UInt64 = 0
    /// Lines that are no message or too long.
    package internal(set) var malformed: UInt64 = 0

    package init() {}

    package var isRegistered: Bool { phase == .registered }
    package func has(_ capability: String) -> Bool { capabilities.contains(capability) }
    package func isIn(_ channel: String) -> Bool { channels.contains { ListenerWorld.fold($0) == ListenerWorld.fold(channel) } }

    // MARK: Lines

    /// A line without its end.
    package mutating func received(_ line: [UInt8], in world: inout ListenerWorld) -> [Action] {
        if phase == .ended { return [] }
        let tags = line.first == UInt8(ascii: "@") ? line.prefix { $0 != 0x20 }.count - 1 : 0
        let rest = tags == 0 ? line.count : line.count - tags - 1
        guard tags <= ListenerLimits.tags, rest <= ListenerLimits.text else { return refused(line, "Input line was too long", world) }
        guard String(validating: line, as: UTF8.self) != nil else {
            malformed += 1
            return [.send(fail("*", "INVALID_UTF8", [], "Only UTF-8 is understood here", world))]
        }
        do throws(IRCDecodeError) {
            let message = try IRCMessage(line: line)
            if message.tagsDropped > 0 { return refused(line, "Input line has too many tags", world) }
            return received(message, in: &world)
        } catch {
            switch error.reason {
            case .tooManyParameters: return refused(line, "Input line has too many parameters", world)
            case .noCommand:
                malformed += 1
                return []
            }
        }
    }

    /// A line that is not taken for its length; who wrote it knows by its label which one (ERR_INPUTTOOLONG of IRCv3 message-tags).
    private mutating func refused(_ line: [UInt8], _ words: String, _ world: ListenerWorld) -> [Action] {
        malformed += 1
        return answer([numeric(417, [words], world)], label: label(IRCMessage.tags(of: line)), in: world).map { .send($0) }
    }

    /// What the answer to a line is to bear (IRCv3 labeled-response).
    private func label(_ tags: [String: String]) -> String? {
        guard has("labeled-response"), let label = tags["label"], !label.isEmpty, label.utf8.count <= 64 else { return nil }
        return label
    }

    /// A line that was longer than anybody keeps.
    package mutating func tooLong(in world: ListenerWorld) -> [Action] {
        malformed += 1
        return [.send(numeric(417, ["Input line was too long"], world))]
    }

    package mutating func received(_ message: IRCMessage, in world: inout ListenerWorld) -> [Action] {
        if phase == .ended { return [] }
        var answer = Answer(label: label(message.tags))
        if phase == .registered {
            command(message, &world, &answer)
        } else {
            registration(message, world, &answer)
        }
        return labelled(answer, world)
    }

    /// What a command leads to, while it is collected.
    struct Answer {
        /// What the answer has to bear, until something takes it along.
        var label: String?
        var actions: [Action] = []

        mutating func send(_ message: IRCMessage) { actions.append(.send(message)) }

        /// The label goes with an action whose answer comes later.
        mutating func takeLabel() -> String? {
            defer { label = nil }
            return label
        }
    }

    /// IRCv3 labeled-response: one line bears the label itself, several are a batch, none is an ACK.
    private mutating func labelled(_ answer: Answer, _ world: ListenerWorld) -> [Action] {
        guard let label = answer.label else { return answer.actions }
        let lines = answer.actions.compactMap { if case .send(let message) = $0 { message } else { nil } }
        let others = answer.actions.filter { if case .send = $0 { false } else { true } }
        return self.answer(lines, label: label, in: world).map { .send($0) } + others
    }

    /// Lines that answer one command of this client's.
    package mutating func answer(_ lines: [IRCMessage], label: String?, in world: ListenerWorld) -> [IRCMessage] {
        guard let label else { return lines }
        switch lines.count {
        case 0: return [IRCMessage("ACK", tags: ["label": label], source: world.source)]
        case 1:
            var line = lines[0]
            line.tags["label"] = label
            return [line]
        default: return batch("labeled-response", [], lines, label: label, in: world)
        }
    }

    /// Lines as a batch (IRCv3 batch), for clients that know what it is.
    package mutating func batch(_ type: String, _ parameters: [String], _ lines: [IRCMessage], label: String?, in world: ListenerWorld)
        -> [IRCMessage]
    {
        guard has("batch") else { return lines }
        batches += 1
        let name = String(batches)
        let begin = IRCMessage("BATCH", ["+\(name)", type] + parameters, tags: label.map { ["label": $0] } ?? [:], source: world.source)
        let inside = lines.map { line in
            var line = line
            line.tags["batch"] = name
            return line
        }
        return [begin] + inside + [IRCMessage("BATCH", "-\(name)", source: world.source)]
    }

    /// A line as this client may see it: without tags that it did not ask for; nil if nothing is left of it.
    package func shaped(_ message: IRCMessage) -> IRCMessage? {
        if message.command == "TAGMSG" && !has("message-tags") { return nil }
        var shaped = message
        shaped.tags = message.tags.filter { name, _ in
            switch name {
            case "time": has("server-time")
            case "batch": has("batch")
            case "label": has("labeled-response")
            default: has("message-tags")
            }
        }
        return shaped
    }

    // MARK: Ends

    /// The connection has ended, whatever was said before.
    package mutating func disconnected(_ reason: String, in world: inout ListenerWorld) -> [Action] {
        defer { phase = .ended }
        guard phase == .registered, let person = world.person(nick) else { return [] }
        let left = channels.filter { world.leave($0, nick) }
        channels = []
        return world.depart(nick) ? [.tellAll(channels: left, IRCMessage("QUIT", reason, source: person.source))] : []
    }

    /// The server ends the connection.
    package mutating func end(_ reason: String, in world: inout ListenerWorld) -> [Action] {
        let before = disconnected(reason, in: &world)
        return before + [.send(IRCMessage("ERROR", "Closing link: \(reason)")), .end]
    }

    // MARK: Replies

    func numeric(_ number: Int, _ parameters: [String], _ world: ListenerWorld) -> IRCMessage {
        let digits = String(number)
        return IRCMessage(String(repeating: "0", count: 3 - digits.count) + digits, [nick] + parameters, source: world.source)
    }

    /// IRCv3 standard-replies.
    package func fail(_ command: String, _ code: String, _ context: [String], _ words: String, _ world: ListenerWorld) -> IRCMessage {
        IRCMessage("FAIL", [command, code] + context + [words], source: world.source)
    }
}
