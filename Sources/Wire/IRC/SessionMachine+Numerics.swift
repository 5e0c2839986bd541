/// Numeric replies (RFC 2812 section 5; modern.ircdocs.horse, "Numerics"; IRCv3 sasl-3.1).
extension SessionMachine {
    mutating func numeric(_ number: Int, _ message: IRCMessage) -> [Action] {
        switch number {
        case 1: return welcomed(message)
        case 5:
            features.take(message)
            return []
        case 376, 422: return registered()
        case 311: return whois(message)
        case 324: return modes(message.parameters.dropFirst())
        case 396:
            ownHost = String(message.parameter(1).split(separator: "@").last ?? "")
            return []
        case 900: return phase == .identifying ? becomeReady() : []
        case 903: return endAuthentication()
        case 902, 904, 905, 906, 908: return end(.saslRefused(message.trailing))
        case 421 where message.parameter(1).uppercased() == "CAP":
            // A server from before capabilities: registration goes on by itself.
            isNegotiating = false
            return identity.sasl == nil ? [] : end(.saslRefused("the server knows no capabilities"))
        case 432: return phase == .registering ? end(.nickRefused(message.trailing)) : []
        case 433, 436, 437: return number == 437 && features.isChannel(message.parameter(1)) ? refused(message) : nickInUse(message)
        case 464: return end(.passwordRefused(message.trailing))
        case 465: return end(.banned(message.trailing))
        case 400...599: return refused(message)
        default: return []
        }
    }

    private mutating func endAuthentication() -> [Action] {
        guard isNegotiating else { return [] }
        isNegotiating = false
        return [.send(IRCMessage("CAP", "END"))]
    }

    /// Where somebody comes from, `nick user host`.
    private mutating func whois(_ message: IRCMessage) -> [Action] {
        let (who, user, host) = (message.parameter(1), message.parameter(2), message.parameter(3))
        if isSame(who, nick) {
            ownUser = user
            ownHost = host
        } else if isSame(who, identity.nick), formerSession == .unknown, let ownUser, let ownHost, (user, host) != (ownUser, ownHost) {
            formerSession = .stranger
        }
        return []
    }

    /// An error that names a channel, or a line by its label.
    private func refused(_ message: IRCMessage) -> [Action] {
        let code = message.command
        let label = message.tags["label"]
        let named = message.parameters.dropFirst().dropLast()
        guard let channel = named.compactMap({ known($0) }).first else {
            return label.map { [.refused(label: $0, channel: nil, code: code, text: message.trailing)] } ?? []
        }
        if label == nil && !channel.isJoined {
            // The late answer to a line from before this client was put out.
            if code == "404" || code == "442" { return [] }
            return [.joinRefused(channel.name, code: code, text: message.trailing)]
        }
        return [.refused(label: label, channel: channel.name, code: code, text: message.trailing)]
    }
}
