/// From the first line to the welcome.
extension ListenerSession {
    mutating func registration(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        switch message.command {
        case "CAP": negotiate(message, world, &answer)
        case "PASS":
            let words = message.parameter(0)
            if words.isEmpty { return answer.send(missing("PASS", world)) }
            if words.utf8.count <= ListenerLimits.password { password = words }
        case "NICK":
            let wanted = message.parameter(0)
            if let problem = problem(of: wanted, world) { return answer.send(problem) }
            nick = wanted
        case "USER":
            if message.parameters.count < 4 { return answer.send(missing("USER", world)) }
            let plain = String(message.parameter(0).filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }.prefix(16))
            username = plain.isEmpty ? "user" : plain
            realname = String(message.parameter(3).prefix(ListenerLimits.realname))
        case "PING": return answer.send(pong(message, world))
        case "PONG": return
        case "QUIT":
            phase = .ended
            answer.actions += [.send(IRCMessage("ERROR", "Closing link: quit")), .end]
            return
        default: return answer.send(numeric(451, ["You have not registered"], world))
        }
        if phase == .registering && !isNegotiating && nick != "*" && !username.isEmpty {
            phase = .authenticating
            answer.actions.append(.authenticate(nick: nick, password: password))
            password = nil
        }
    }

    /// IRCv3 capability negotiation, version 302.
    mutating func negotiate(_ message: IRCMessage, _ world: ListenerWorld, _ answer: inout Answer) {
        func reply(_ words: String...) { answer.send(IRCMessage("CAP", [nick] + words, source: world.source)) }
        let offered = ListenerSession.offered
        switch message.parameter(0).uppercased() {
        case "LS":
            if phase == .registering { isNegotiating = true }
            reply("LS", offered.joined(separator: " "))
        case "LIST": reply("LIST", capabilities.sorted().joined(separator: " "))
        case "REQ":
            if phase == .registering { isNegotiating = true }
            let words = message.parameter(1).split(separator: " ").map(String.init)
            guard words.count <= ListenerLimits.requested,
                words.allSatisfy({ offered.contains($0.hasPrefix("-") ? String($0.dropFirst()) : $0) })
            else { return reply("NAK", message.parameter(1)) }
            for word in words {
                if word.hasPrefix("-") { capabilities.remove(String(word.dropFirst())) } else { capabilities.insert(word) }
            }
            reply("ACK", message.parameter(1))
        case "END": isNegotiating = false
        default: answer.send(numeric(410, [message.parameter(0), "Invalid CAP command"], world))
        }
    }

    /// Whether a nick can be a local one. `/` is for people from elsewhere.
    package static func isNick(_ nick: String) -> Bool {
        guard let first = nick.utf8.first, nick.utf8.count <= ListenerLimits.nick else { return false }
        let isDigit = (0x30...0x39).contains(first) || first == UInt8(ascii: "-")
        return !isDigit && nick.utf8.allSatisfy { isNickByte($0) }
    }

    private static func isNickByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "}"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// Why a nick can't be had; nil if it can.
    func problem(of wanted: String, _ world: ListenerWorld) -> IRCMessage? {
        if wanted.isEmpty { return numeric(431, ["No nickname given"], world) }
        if !ListenerSession.isNick(wanted) { return numeric(432, [shownWord(wanted), "Erroneous nickname"], world) }
        let isOwn = phase == .registered && ListenerWorld.fold(wanted) == ListenerWorld.fold(nick)
        // Whoever has an account gets its nick, which may be here already.
        if world.person(wanted) != nil && !isOwn && password == nil { return numeric(433, [wanted, "Nickname is already in use"], world) }
        return nil
    }

    /// A word of the client's within an answer: one word, not too long.
    func shownWord(_ word: String) -> String {
        let short = String(word.filter { $0 != " " }.prefix(40))
        return short.isEmpty || short.hasPrefix(":") ? "*" : short
    }

    func missing(_ command: String, _ world: ListenerWorld) -> IRCMessage { numeric(461, [command, "Not enough parameters"], world) }

    func pong(_ message: IRCMessage, _ world: ListenerWorld) -> IRCMessage {
        IRCMessage("PONG", world.server, message.parameter(0), source: world.source)
    }

    // MARK: The driver's word

    /// The client is who it says: `account`, whose nick it gets, or anybody where there are no accounts.
    package mutating func admitted(as account: String?, in world: inout ListenerWorld) -> [Action] {
        guard phase == .authenticating else { return [] }
        if account == nil, world.person(nick) != nil {
            // Somebody else was faster.
            phase = .registering
            let taken = numeric(433, [nick, "Nickname is already in use"], world)
            nick = "*"
            return [.send(taken)]
        }
        self.account = account
        nick = account ?? nick
        phase = .registered
        world.arrive(localPerson(world))
        return welcome(world).map { .send($0) }
    }

    /// The password is wrong, or there is none.
    package mutating func refused(in world: ListenerWorld) -> [Action] {
        phase = .ended
        let words = "Password incorrect"
        return [.send(numeric(464, [words], world)), .send(IRCMessage("ERROR", "Closing link: \(words)")), .end]
    }

    /// Every session of an account looks the same.
    func localPerson(_ world: ListenerWorld) -> ListenerWorld.Person {
        ListenerWorld.Person(
            nick: nick, user: account ?? username, host: world.network, realname: realname, isPuppet: false)
    }

    private func welcome(_ world: ListenerWorld) -> [IRCMessage] {
        let features = [
            [
                "CASEMAPPING=ascii", "CHANTYPES=#", "CHANMODES=,,,n", "PREFIX=", "NICKLEN=\(ListenerLimits.nick)",
                "CHANNELLEN=\(ListenerLimits.channelName)", "TOPICLEN=\(ListenerLimits.topic)", "NETWORK=\(world.network)", "UTF8ONLY",
            ],
            [
                "CHATHISTORY=\(ListenerLimits.history)", "MSGREFTYPES=msgid,timestamp", "TARGMAX=PRIVMSG:1,NOTICE:1,TAGMSG:1",
                "CLIENTTAGDENY=*,-draft/reply,-reply,-draft/react,-draft/unreact", "MODES=1", "AWAYLEN=\(ListenerLimits.away)",
            ],
        ]
        return [
            numeric(1, ["Welcome to the relay \(world.network), \(nick)"], world),
            numeric(2, ["Your host is \(world.server), running \(world.version)"], world),
            numeric(3, ["This server began \(world.created)"], world),
            numeric(4, [world.server, world.version, "i", "n"], world),
        ] + features.map { numeric(5, $0 + ["are supported by this server"], world) } + userCounts(world) + [noMOTD(world)]
    }

    func userCounts(_ world: ListenerWorld) -> [IRCMessage] {
        let (local, all) = (world.people.values.count { !$0.isPuppet }, world.people.count)
        return [
            numeric(251, ["There are \(all) users and 0 invisible on 1 servers"], world),
            numeric(254, [String(world.channels.count), "channels formed"], world),
            numeric(255, ["I have \(local) clients and 0 servers"], world),
        ]
    }

    func noMOTD(_ world: ListenerWorld) -> IRCMessage { numeric(422, ["There is no message of the day"], world) }
}
