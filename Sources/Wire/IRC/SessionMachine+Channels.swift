import Base

/// Who is where, what is said, what is played again.
extension SessionMachine {
    mutating func joined(_ message: IRCMessage) -> [Action] {
        guard let source = message.source, isSame(source.nick, nick) else { return [] }
        ownUser = source.user ?? ownUser
        ownHost = source.host ?? ownHost
        let folded = features.caseMapping.fold(message.parameter(0))
        // A channel that is not served any more, or that the server led this client to.
        guard let channel = channels[folded] else { return [.send(IRCMessage("PART", message.parameter(0)))] }
        if channel.isJoined { return [] }
        channels[folded]?.isJoined = true
        return [.joined(channel.name)]
    }

    mutating func left(_ message: IRCMessage, who: String, channel: String, _ reason: String) -> [Action] {
        let folded = features.caseMapping.fold(channel)
        guard isSame(who, nick), let name = channels[folded]?.name, channels[folded]?.isJoined == true else { return [] }
        channels[folded]?.isJoined = false
        channels[folded]?.modes = [:]
        return [.left(name, reason: reason)]
    }

    mutating func nickChanged(_ message: IRCMessage) -> [Action] {
        guard let source = message.source else { return [] }
        let new = message.parameter(0)
        if isSame(source.nick, nick) {
            nick = new
            if isSame(nick, identity.nick) { formerSession = .none }
            return [.nickChanged(nick)]
        }
        return isSame(source.nick, identity.nick) ? holderGone() : []
    }

    func quit(_ message: IRCMessage) -> [Action] {
        guard let source = message.source, !isSame(source.nick, nick), isSame(source.nick, identity.nick) else { return [] }
        return holderGone()
    }

    /// Whoever had the wanted nick has it no more.
    private func holderGone() -> [Action] { phase == .registering ? [] : [.send(IRCMessage("NICK", identity.nick))] }

    mutating func hostChanged(_ message: IRCMessage) -> [Action] {
        guard let source = message.source, isSame(source.nick, nick) else { return [] }
        ownUser = message.parameter(0)
        ownHost = message.parameter(1)
        return []
    }

    /// `#channel +modes parameters…`, from MODE or RPL_CHANNELMODEIS.
    mutating func modes(_ parameters: ArraySlice<String>) -> [Action] {
        guard let name = parameters.first, let channel = known(name) else { return [] }
        channels[features.caseMapping.fold(channel.name)]?.change(parameters.dropFirst(), features)
        return [.modesChanged(channel.name)]
    }

    func said(_ message: IRCMessage) -> [Action] {
        if message.command == "NOTICE", let source = message.source, source.user == nil, isReplay(message.trailing),
            has("batch") == false
        {
            return known(message.parameter(0)).map { [.replayAnnounced($0.name)] } ?? []
        }
        if phase == .identifying, message.command == "NOTICE", message.source?.nick.lowercased() == "nickserv" {
            return [.servicesSaid(message.trailing)]
        }
        return line(message).map { [.line($0)] } ?? []
    }

    /// InspIRCd's words before it plays lines again to a client without batches.
    private func isReplay(_ text: String) -> Bool { text.hasPrefix("Replaying up to") }

    /// What a message says in a channel of this client's; nil for anything else.
    private func line(_ message: IRCMessage) -> ChannelLine? {
        guard let source = message.source, let channel = known(message.parameter(0)) else { return nil }
        var text = message.command == "TAGMSG" ? "" : message.parameter(1)
        let kind: ChannelLine.Kind
        switch message.command {
        case "TAGMSG": kind = .tags
        case "TOPIC": kind = .topic
        case "NOTICE": kind = .notice
        default: kind = text.first == "\u{1}" ? .action : .message
        }
        if text.first == "\u{1}" {
            // The Client-to-Client Protocol: of its words only ACTION is something said.
            let body = text.dropFirst().prefix { $0 != "\u{1}" }
            guard kind == .action, body.hasPrefix("ACTION ") else { return nil }
            text = String(body.dropFirst("ACTION ".count))
        }
        let isOwn = isSame(source.nick, nick) || (mayHaveFormerSession && isSame(source.nick, identity.nick))
        return ChannelLine(kind: kind, channel: channel.name, source: source, text: text, tags: message.tags, isOwn: isOwn)
    }

    // MARK: Batches (IRCv3 batch)

    /// Takes a message that belongs to a batch; nil for one that does not.
    mutating func receivedInBatch(_ message: IRCMessage) -> [Action]? {
        guard let reference = message.tags["batch"], message.command != "BATCH", batches[reference] != nil else { return nil }
        var message = message
        message.tags["batch"] = nil
        if let history = historyBatch(reference) {
            guard ["PRIVMSG", "NOTICE", "TAGMSG", "TOPIC"].contains(message.command), let line = line(message) else { return [] }
            batches[history]?.lines.append(line)
            batches[history]?.bytes += line.bytes
            let isLong = (batches[history]?.lines.count ?? 0) >= IRCLimits.batchLines
            // A long one is handed on piece by piece; so is whichever comes next while others fill what all of them may take.
            return isLong || batchBytes > IRCLimits.batchBytes ? handOn(history) : []
        }
        if message.tags["label"] == nil { message.tags["label"] = label(of: reference) }
        return received(message)
    }

    /// What all open batches hold.
    var batchBytes: Int { batches.values.reduce(0) { $0 + $1.bytes } }

    private mutating func handOn(_ reference: String) -> [Action] {
        guard let batch = batches[reference] else { return [] }
        batches[reference]?.lines = []
        batches[reference]?.bytes = 0
        return known(batch.channel).map { [.history($0.name, batch.lines)] } ?? []
    }

    /// The batch of kind `chathistory` that this one is or lies in.
    private func historyBatch(_ reference: String) -> String? {
        var next: String? = reference
        for _ in 0..<IRCLimits.batches {
            guard let name = next, let batch = batches[name] else { return nil }
            if batch.kind == "chathistory" { return name }
            next = batch.parent
        }
        return nil
    }

    private func label(of reference: String) -> String? {
        var next: String? = reference
        for _ in 0..<IRCLimits.batches {
            guard let name = next, let batch = batches[name] else { return nil }
            if let label = batch.label { return label }
            next = batch.parent
        }
        return nil
    }

    mutating func batch(_ message: IRCMessage) -> [Action] {
        let word = message.parameter(0)
        let reference = String(word.dropFirst())
        if word.hasPrefix("+") {
            guard batches.count < IRCLimits.batches, !reference.isEmpty else {
                malformed += 1
                return []
            }
            batches[reference] = Batch(
                kind: message.parameter(1), channel: message.parameter(2), label: message.tags["label"], parent: message.tags["batch"])
            return []
        }
        guard word.hasPrefix("-"), let batch = batches.removeValue(forKey: reference) else { return [] }
        guard batch.kind == "chathistory", let channel = known(batch.channel) else { return [] }
        return [.history(channel.name, batch.lines)]
    }
}
