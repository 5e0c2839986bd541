/// What a client says to a channel.
extension ListenerSession {
    func say(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        if message.parameters.isEmpty { return answer.send(numeric(411, ["No recipient given (\(message.command))"], world)) }
        let text = message.parameter(1)
        if text.isEmpty { return answer.send(numeric(412, ["No text to send"], world)) }
        guard let channel = audience(message.parameter(0), world, &answer) else { return }
        let kind: Utterance.Kind
        if let action = ListenerSession.action(in: text), message.command == "PRIVMSG" {
            kind = .action(action)
        } else if text.hasPrefix("\u{01}") {
            // Any other CTCP asks programs something, and programs elsewhere don't understand it.
            return
        } else {
            kind = message.command == "NOTICE" ? .notice(text) : .message(text)
        }
        utter(kind, message, channel, world, &answer)
    }

    /// A line of tags alone: a reaction, or nothing that anybody elsewhere can be told (`+typing`).
    func tag(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        if message.parameters.isEmpty { return answer.send(numeric(411, ["No recipient given (TAGMSG)"], world)) }
        guard let channel = audience(message.parameter(0), world, &answer) else { return }
        guard has("message-tags"), message.answered != nil else { return }
        if let emoji = message.tags["+draft/react"] { return utter(.reaction(emoji: emoji, isOn: true), message, channel, world, &answer) }
        if let emoji = message.tags["+draft/unreact"] { utter(.reaction(emoji: emoji, isOn: false), message, channel, world, &answer) }
    }

    /// The relay did not take it: it answers to what is not known here, or the channel only shows what is said elsewhere.
    package func refusal(of utterance: Utterance, isTargetUnknown: Bool, in world: ListenerWorld) -> IRCMessage {
        if isTargetUnknown, let target = utterance.target {
            return fail(utterance.command, "UNKNOWN_MSGID", [utterance.channel, shownWord(target)], "There is no such message here", world)
        }
        return numeric(404, [utterance.channel, "Cannot send to channel: the relay takes nothing like it from here"], world)
    }

    private func utter(
        _ kind: Utterance.Kind, _ message: IRCMessage, _ channel: String, _ world: ListenerWorld, _ answer: inout Answer
    ) {
        if message.tags[RelayedLine.tag] != nil || RelayedLine.isMarked(message.parameter(1)) {
            return answer.send(numeric(404, [channel, "Cannot send to channel: another relay's copy is not taken in"], world))
        }
        let target = has("message-tags") ? message.answered : nil
        answer.actions.append(
            .utter(Utterance(channel: channel, kind: kind, target: target, label: answer.takeLabel(), command: message.command)))
    }

    /// The channel that is spoken to; else says why it can't be.
    private func audience(_ target: String, _ world: ListenerWorld, _ answer: inout Answer) -> String? {
        if target.contains(",") {
            answer.send(numeric(407, [shownWord(target), "Too many recipients"], world))
        } else if target.hasPrefix("#") {
            guard let channel = world.channel(target) else {
                answer.send(numeric(403, [shownWord(target), "No such channel"], world))
                return nil
            }
            if isIn(channel.name) { return channel.name }
            answer.send(numeric(404, [channel.name, "Cannot send to channel: you are not in it"], world))
        } else if let person = world.person(target) {
            answer.send(numeric(531, [person.nick, "Private messages are not carried by this relay"], world))
        } else {
            answer.send(numeric(401, [shownWord(target), "No such nick/channel"], world))
        }
        return nil
    }

    /// The words of `\x01ACTION words\x01`.
    private static func action(in text: String) -> String? {
        guard text.hasPrefix("\u{01}ACTION ") else { return nil }
        let words = text.dropFirst(8)
        return String(words.hasSuffix("\u{01}") ? words.dropLast() : words)
    }
}

extension IRCMessage {
    /// The message that this one answers: `+draft/reply`, or by the name it is to get.
    fileprivate var answered: String? {
        [tags["+draft/reply"], tags["+reply"]].compactMap(\.self).first { !$0.isEmpty && $0.utf8.count <= 64 }
    }
}
