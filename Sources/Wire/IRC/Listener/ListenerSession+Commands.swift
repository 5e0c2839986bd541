/// What a registered client may say.
extension ListenerSession {
    mutating func command(_ message: IRCMessage, _ world: inout ListenerWorld, _ answer: inout Answer) {
        switch message.command {
        case "CAP": negotiate(message, world, &answer)
        case "PING": answer.send(message.parameters.isEmpty ? numeric(409, ["No origin specified"], world) : pong(message, world))
        case "PONG": break
        case "PASS", "USER": answer.send(numeric(462, ["You may not reregister"], world))
        case "NICK": changeNick(message, &world, &answer)
        case "QUIT": answer.actions += end(message.parameters.isEmpty ? "quit" : "Quit: \(message.parameter(0))", in: &world)
        case "JOIN": join(message, &world, &answer)
        case "PART": part(message, &world, &answer)
        case "NAMES": names(message, world, &answer)
        case "TOPIC": topic(message, world, &answer)
        case "LIST": list(world, &answer)
        case "PRIVMSG", "NOTICE": say(message, world, &answer)
        case "TAGMSG": tag(message, world, &answer)
        case "CHATHISTORY": history(message, world, &answer)
        case "AWAY": away(message, &world, &answer)
        case "KICK", "INVITE": answer.send(numeric(482, [shownWord(message.parameter(0)), "Nobody is an operator here"], world))
        case "OPER": answer.send(numeric(491, ["No O-lines for your host"], world))
        default: ask(message, world, &answer)
        }
    }

    private mutating func changeNick(_ message: IRCMessage, _ world: inout ListenerWorld, _ answer: inout Answer) {
        let wanted = message.parameter(0)
        if let problem = problem(of: wanted, world) { return answer.send(problem) }
        if wanted == nick { return }
        // An account's name is who somebody is, also elsewhere.
        if let account { return answer.send(numeric(447, ["Your nickname is that of your account, \(account)"], world)) }
        guard let before = world.person(nick) else { return }
        let change = IRCMessage("NICK", wanted, source: before.source)
        let old = nick
        nick = wanted
        world.rename(old, to: localPerson(world))
        answer.send(change)
        answer.actions.append(.tellAll(channels: channels, change))
    }

    private func away(_ message: IRCMessage, _ world: inout ListenerWorld, _ answer: inout Answer) {
        let words = String(message.parameter(0).prefix(ListenerLimits.away))
        world.setAway(words.isEmpty ? nil : words, nick)
        answer.send(
            words.isEmpty
                ? numeric(305, ["You are no longer marked as being away"], world)
                : numeric(306, ["You have been marked as being away"], world))
    }

    // MARK: Channels

    private mutating func join(_ message: IRCMessage, _ world: inout ListenerWorld, _ answer: inout Answer) {
        let names = message.parameter(0).split(separator: ",").map(String.init)
        if names.isEmpty { return answer.send(missing("JOIN", world)) }
        if names == ["0"] {
            for channel in channels { leave(channel, "", &world, &answer) }
            return
        }
        for name in names.prefix(ListenerLimits.targets) {
            guard let channel = world.channel(name), let person = world.person(nick) else {
                answer.send(numeric(403, [shownWord(name), "No such channel; the relay's bridges say which there are"], world))
                continue
            }
            if isIn(channel.name) { continue }
            channels.append(channel.name)
            let isNew = world.enter(channel.name, nick)
            let line = IRCMessage("JOIN", channel.name, source: person.source)
            answer.send(line)
            if isNew { answer.actions.append(.tell(channel: channel.name, line)) }
            if channel.topic != nil { sendTopic(of: channel, world, &answer) }
            sendNames(of: channel, world, &answer)
        }
    }

    private mutating func part(_ message: IRCMessage, _ world: inout ListenerWorld, _ answer: inout Answer) {
        let names = message.parameter(0).split(separator: ",").map(String.init)
        if names.isEmpty { return answer.send(missing("PART", world)) }
        for name in names.prefix(ListenerLimits.targets) {
            guard let channel = known(name, world, &answer) else { continue }
            leave(channel, message.parameter(1), &world, &answer)
        }
    }

    /// A channel that this session is in; else says why not.
    private func known(_ name: String, _ world: ListenerWorld, _ answer: inout Answer) -> String? {
        guard let channel = world.channel(name) else {
            answer.send(numeric(403, [shownWord(name), "No such channel"], world))
            return nil
        }
        if isIn(channel.name) { return channel.name }
        answer.send(numeric(442, [channel.name, "You're not on that channel"], world))
        return nil
    }

    private mutating func leave(_ channel: String, _ reason: String, _ world: inout ListenerWorld, _ answer: inout Answer) {
        guard let person = world.person(nick) else { return }
        channels.removeAll { $0 == channel }
        let line = IRCMessage("PART", reason.isEmpty ? [channel] : [channel, reason], source: person.source)
        answer.send(line)
        if world.leave(channel, nick) { answer.actions.append(.tell(channel: channel, line)) }
    }

    /// A channel is closed by the server.
    package mutating func closed(_ channel: String, in world: ListenerWorld) -> [Action] {
        guard isIn(channel), let person = world.person(nick) else { return [] }
        channels.removeAll { $0 == channel }
        return [.send(IRCMessage("PART", channel, "no longer bridged", source: person.source))]
    }

    private func topic(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        if message.parameters.isEmpty { return answer.send(missing("TOPIC", world)) }
        if message.parameters.count == 1 {
            guard let channel = world.channel(message.parameter(0)) else {
                return answer.send(numeric(403, [shownWord(message.parameter(0)), "No such channel"], world))
            }
            return sendTopic(of: channel, world, &answer)
        }
        guard let channel = known(message.parameter(0), world, &answer) else { return }
        let utterance = Utterance(
            channel: channel, kind: .topic(message.parameter(1)), target: nil, label: answer.takeLabel(), command: "TOPIC")
        answer.actions.append(.utter(utterance))
    }

    private func sendTopic(of channel: ListenerWorld.Channel, _ world: ListenerWorld, _ answer: inout Answer) {
        guard let topic = channel.topic, !topic.text.isEmpty else {
            return answer.send(numeric(331, [channel.name, "No topic is set"], world))
        }
        answer.send(numeric(332, [channel.name, topic.text], world))
        answer.send(numeric(333, [channel.name, topic.setter, String(topic.time)], world))
    }

    private func names(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        let wanted = message.parameters.isEmpty ? channels : message.parameter(0).split(separator: ",").map(String.init)
        for name in wanted.prefix(ListenerLimits.targets) {
            if let channel = world.channel(name) {
                sendNames(of: channel, world, &answer)
            } else {
                answer.send(numeric(366, [shownWord(name), "End of /NAMES list"], world))
            }
        }
        if wanted.isEmpty { answer.send(numeric(366, ["*", "End of /NAMES list"], world)) }
    }

    private func sendNames(of channel: ListenerWorld.Channel, _ world: ListenerWorld, _ answer: inout Answer) {
        var line = ""
        for person in world.members(of: channel.name) {
            let name = has("userhost-in-names") ? person.source.text : person.nick
            if line.utf8.count + name.utf8.count > ListenerLimits.namesLine {
                answer.send(numeric(353, ["=", channel.name, line], world))
                line = ""
            }
            line += line.isEmpty ? name : " \(name)"
        }
        if !line.isEmpty { answer.send(numeric(353, ["=", channel.name, line], world)) }
        answer.send(numeric(366, [channel.name, "End of /NAMES list"], world))
    }

    private func list(_ world: ListenerWorld, _ answer: inout Answer) {
        answer.send(numeric(321, ["Channel", "Users  Name"], world))
        for name in world.channelNames {
            guard let channel = world.channel(name) else { continue }
            answer.send(numeric(322, [name, String(channel.members.count), channel.topic?.text ?? ""], world))
        }
        answer.send(numeric(323, ["End of /LIST"], world))
    }
}
