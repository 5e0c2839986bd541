/// Questions about people, channels and the server.
extension ListenerSession {
    func ask(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        switch message.command {
        case "WHO": who(message.parameter(0), world, &answer)
        case "WHOIS": whois(message.parameters.count > 1 ? message.parameter(1) : message.parameter(0), world, &answer)
        case "WHOWAS":
            answer.send(numeric(406, [shownWord(message.parameter(0)), "There was no such nickname"], world))
            answer.send(numeric(369, [shownWord(message.parameter(0)), "End of WHOWAS"], world))
        case "MODE": mode(message, world, &answer)
        case "USERHOST":
            let people = message.parameters.prefix(5).compactMap { world.person($0) }
            let words = people.map { "\($0.nick)=\($0.away == nil ? "+" : "-")\($0.user)@\($0.host)" }
            answer.send(numeric(302, [words.joined(separator: " ")], world))
        case "ISON":
            let nicks = message.parameters.flatMap { $0.split(separator: " ") }
            answer.send(numeric(303, [nicks.compactMap { world.person(String($0))?.nick }.joined(separator: " ")], world))
        case "MOTD": answer.send(noMOTD(world))
        case "LUSERS": for line in userCounts(world) { answer.send(line) }
        case "VERSION": answer.send(numeric(351, [world.version, world.server, "a relay between chat networks"], world))
        case "ADMIN": answer.send(numeric(423, [world.server, "No administrative info available"], world))
        case "INFO":
            answer.send(numeric(371, [world.version], world))
            answer.send(numeric(374, ["End of INFO list"], world))
        default: answer.send(numeric(421, [shownWord(message.command), "Unknown command"], world))
        }
    }

    private func who(_ mask: String, _ world: ListenerWorld, _ answer: inout Answer) {
        let people = world.channel(mask) != nil ? world.members(of: mask) : world.person(mask).map { [$0] } ?? []
        for person in people {
            let flag = person.away == nil ? "H" : "G"
            let channel = world.channel(mask)?.name ?? "*"
            answer.send(numeric(352, [channel, person.user, person.host, world.server, person.nick, flag, "0 \(person.realname)"], world))
        }
        answer.send(numeric(315, [shownWord(mask), "End of WHO list"], world))
    }

    private func whois(_ nick: String, _ world: ListenerWorld, _ answer: inout Answer) {
        if nick.isEmpty { return answer.send(numeric(431, ["No nickname given"], world)) }
        if let person = world.person(nick) {
            answer.send(numeric(311, [person.nick, person.user, person.host, "*", person.realname], world))
            let channels = world.channelNames.filter { world.isIn(person.nick, $0) }
            if !channels.isEmpty { answer.send(numeric(319, [person.nick, channels.joined(separator: " ")], world)) }
            answer.send(numeric(312, [person.nick, world.server, world.network], world))
            if let away = person.away { answer.send(numeric(301, [person.nick, away], world)) }
        } else {
            answer.send(numeric(401, [shownWord(nick), "No such nick/channel"], world))
        }
        answer.send(numeric(318, [shownWord(nick), "End of /WHOIS list"], world))
    }

    /// Modes can be asked for; nobody can change any.
    private func mode(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        let target = message.parameter(0)
        if target.isEmpty { return answer.send(missing("MODE", world)) }
        let change = message.parameter(1)
        if let channel = world.channel(target) {
            switch change {
            case "": answer.send(numeric(324, [channel.name, "+n"], world))
            case "b", "+b": answer.send(numeric(368, [channel.name, "End of channel ban list"], world))
            default: answer.send(numeric(482, [channel.name, "Nobody is an operator here"], world))
            }
        } else if ListenerWorld.fold(target) == ListenerWorld.fold(nick) {
            if change.isEmpty { answer.send(numeric(221, ["+"], world)) }
        } else if world.person(target) != nil {
            answer.send(numeric(502, ["Cant change mode for other users"], world))
        } else {
            answer.send(numeric(target.hasPrefix("#") ? 403 : 401, [shownWord(target), "No such nick/channel"], world))
        }
    }
}
