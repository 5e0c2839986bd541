import Base

/// Capabilities, SASL, nick: what happens before channels are joined.
extension SessionMachine {
    /// What is asked for wherever it is offered.
    static let wanted = [
        "message-tags", "server-time", "batch", "echo-message", "labeled-response", "draft/chathistory", "chathistory", "chghost",
        "standard-replies",
    ]

    /// IRCv3 capability negotiation, version 302.
    mutating func capability(_ message: IRCMessage) -> [Action] {
        let words = message.trailing.split(separator: " ").map(String.init)
        switch message.parameter(1).uppercased() {
        case "LS":
            for word in words {
                let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                offer(String(halves[0]), halves.count > 1 ? String(halves[1]) : "")
            }
            // `CAP * LS * :…`: more lines follow.
            return message.parameters.count > 3 && message.parameter(2) == "*" ? [] : request()
        case "ACK":
            for word in words {
                if word.hasPrefix("-") {
                    capabilities.remove(String(word.dropFirst()))
                } else if requested.contains(word) {
                    capabilities.insert(word)
                }
            }
            return answered(words)
        case "NAK":
            // All or nothing: what was asked for together is asked for one by one.
            if isAskingOneByOne || requested.count == 1 { return answered(words) }
            isAskingOneByOne = true
            return requested.map { .send(IRCMessage("CAP", "REQ", $0)) }
        case "NEW":
            for word in words { offer(String(word.prefix { $0 != "=" }), "") }
            return []
        case "DEL":
            for word in words { capabilities.remove(word) }
            return []
        default:
            return []
        }
    }

    private mutating func offer(_ capability: String, _ value: String) {
        if offered.count < IRCLimits.capabilities || offered[capability] != nil { offered[capability] = value } else { malformed += 1 }
    }

    private mutating func request() -> [Action] {
        requested = SessionMachine.wanted.filter { offered[$0] != nil }
        if identity.sasl != nil {
            let mechanisms = offered["sasl"].map { $0.isEmpty ? ["PLAIN"] : $0.uppercased().split(separator: ",").map(String.init) } ?? []
            guard mechanisms.contains("PLAIN") else { return end(.saslRefused("the server does not offer SASL PLAIN")) }
            requested.append("sasl")
        }
        if requested.isEmpty { return endNegotiation() }
        return [.send(IRCMessage("CAP", "REQ", requested.joined(separator: " ")))]
    }

    private mutating func answered(_ words: [String]) -> [Action] {
        for word in words { requested.removeAll { $0 == word } }
        if !requested.isEmpty || !isNegotiating { return [] }
        guard identity.sasl != nil else { return endNegotiation() }
        guard has("sasl") else { return end(.saslRefused("the server refuses the capability")) }
        return [.send(IRCMessage("AUTHENTICATE", "PLAIN"))]
    }

    private mutating func endNegotiation() -> [Action] {
        isNegotiating = false
        return [.send(IRCMessage("CAP", "END"))]
    }

    /// SASL PLAIN (RFC 4616) in pieces (IRCv3 sasl-3.1).
    mutating func authenticate(_ message: IRCMessage) -> [Action] {
        guard message.parameter(0) == "+", let sasl = identity.sasl else { return [] }
        let plain = [UInt8](sasl.account.utf8) + [0] + [UInt8](sasl.account.utf8) + [0] + [UInt8](sasl.password.utf8)
        var rest = Base64.encode(plain)[...]
        var actions: [Action] = []
        repeat {
            let piece = rest.prefix(IRCLimits.saslChunk)
            rest = rest.dropFirst(piece.count)
            actions.append(.send(IRCMessage("AUTHENTICATE", piece.isEmpty ? "+" : String(piece))))
            // A last piece of full length is told apart from more to come by an empty one.
            if rest.isEmpty && piece.count == IRCLimits.saslChunk { actions.append(.send(IRCMessage("AUTHENTICATE", "+"))) }
        } while !rest.isEmpty
        return actions
    }

    mutating func welcomed(_ message: IRCMessage) -> [Action] {
        nick = message.parameter(0)
        isNegotiating = false
        if isSame(nick, identity.nick) { formerSession = .none } else { formerSession = .unknown }
        return []
    }

    /// The end of the message of the day: everything the server says of itself has been said.
    mutating func registered() -> [Action] {
        guard phase == .registering else { return [] }
        phase = .identifying
        var actions: [Action] = []
        // Whether an earlier connection holds the nick shows by where it comes from.
        if mayHaveFormerSession { actions += [.send(IRCMessage("WHOIS", nick)), .send(IRCMessage("WHOIS", identity.nick))] }
        guard let password = identity.nickServ else { return actions + becomeReady() }
        // With another nick than the account's its name goes before the password.
        let account = isSame(nick, identity.nick) ? "" : "\(identity.nick) "
        return actions + [.send(IRCMessage("PRIVMSG", "NickServ", "IDENTIFY \(account)\(password)"))]
    }

    mutating func becomeReady() -> [Action] {
        phase = .ready
        return [.ready]
    }

    /// The nick is another's (433, 436, 437): another one is tried. One that was asked for later, to get it back, is left for now.
    mutating func nickInUse(_ message: IRCMessage) -> [Action] {
        guard phase == .registering else { return [] }
        nickAttempts += 1
        if nickAttempts > 50 { return end(.nickRefused(message.trailing)) }
        let suffix = nickAttempts <= 2 ? String(repeating: "_", count: nickAttempts) : String(nickAttempts)
        // A server that has not said its NICKLEN yet may cut at nine letters, which would be the same nick again: every other try is short.
        let stem = nickAttempts % 2 == 1 ? identity.nick : String(identity.nick.prefix(9 - suffix.count))
        nick = stem + suffix
        return [.send(IRCMessage("NICK", nick))]
    }
}
