/// One connection of a client to an IRC server, from the first line to the last: capabilities, SASL, nick, channels, batches.
///
/// A value that decides. Its driver feeds it what the server sends and does what it answers, in order.
package struct SessionMachine: Hashable, Sendable {
    /// Who this client is.
    package struct Identity: Hashable, Sendable {
        package var nick: String
        package var username: String
        package var realname: String
        package var password: String?
        package var sasl: SASL?
        package var nickServ: String?

        package struct SASL: Hashable, Sendable {
            package let account: String
            package let password: String

            package init(account: String, password: String) {
                self.account = account
                self.password = password
            }
        }

        package init(
            nick: String, username: String, realname: String, password: String? = nil, sasl: SASL? = nil, nickServ: String? = nil
        ) {
            self.nick = nick
            self.username = username
            self.realname = realname
            self.password = password
            self.sasl = sasl
            self.nickServ = nickServ
        }
    }

    package enum Action: Hashable, Sendable {
        case send(IRCMessage)
        /// Registered and identified: channels can be joined. The server's limits are known.
        case ready
        case joined(String)
        case left(String, reason: String)
        case joinRefused(String, code: String, text: String)
        case modesChanged(String)
        case line(ChannelLine)
        /// What a server played again, as one batch or the next piece of a long one.
        case history(String, [ChannelLine])
        /// A server without batches plays lines again: those that come next may be old.
        case replayAnnounced(String)
        case pong(String)
        /// The server's word about a line of this client's: by its label if it has one, else by its channel.
        case refused(label: String?, channel: String?, code: String, text: String)
        /// A line with this label was taken in, and nothing comes of it.
        case swallowed(label: String)
        /// What NickServ says while it is asked to identify this client.
        case servicesSaid(String)
        /// A command of this client's failed (IRCv3 standard replies).
        case failed(command: String, code: String, context: [String], text: String)
        case nickChanged(String)
        /// The session can't go on; the connection is to be closed.
        case end(Ending)
    }

    /// Why a session ended.
    package enum Ending: Hashable, Sendable {
        /// The server said so (ERROR), in its words.
        case byServer(String)
        case saslRefused(String)
        case passwordRefused(String)
        case banned(String)
        case nickRefused(String)
    }

    enum Phase: Hashable, Sendable { case registering, identifying, ready, ended }

    package let identity: Identity
    package internal(set) var features = ServerFeatures()
    /// What the server granted.
    package internal(set) var capabilities: Set<String> = []
    package internal(set) var nick: String
    /// As others see this client; nil until the server has said.
    package internal(set) var ownUser: String?
    package internal(set) var ownHost: String?
    var phase = Phase.registering
    var offered: [String: String] = [:]
    var requested: [String] = []
    var isAskingOneByOne = false
    var isNegotiating = true
    var nickAttempts = 0
    var channels: [String: ChannelState] = [:]
    var batches: [String: Batch] = [:]
    var formerSession = FormerSession.none
    /// Lines that no rule of the protocol explains.
    package internal(set) var malformed: UInt64 = 0

    /// Whether the wanted nick may be held by an earlier connection of this client's that the server still prints lines of.
    enum FormerSession: Hashable, Sendable { case none, unknown, stranger }

    struct Batch: Hashable, Sendable {
        let kind: String
        let channel: String
        let label: String?
        let parent: String?
        var lines: [ChannelLine] = []
        /// Of the lines.
        var bytes = 0
    }

    package init(_ identity: Identity) {
        self.identity = identity
        nick = identity.nick
    }

    package var isReady: Bool { phase == .ready }
    /// Registered, and waiting for NickServ's word.
    package var isIdentifying: Bool { phase == .identifying }
    package func channel(_ name: String) -> ChannelState? { channels[features.caseMapping.fold(name)] }
    package func has(_ capability: String) -> Bool { capabilities.contains(capability) }
    /// CHATHISTORY under either of its names.
    package var hasHistory: Bool { has("draft/chathistory") || has("chathistory") }

    // MARK: What the driver asks for

    package mutating func begin() -> [Action] {
        var actions: [Action] = [.send(IRCMessage("CAP", "LS", "302"))]
        if let password = identity.password { actions.append(.send(IRCMessage("PASS", password))) }
        actions.append(.send(IRCMessage("NICK", identity.nick)))
        actions.append(.send(IRCMessage("USER", identity.username, "0", "*", identity.realname)))
        return actions
    }

    package mutating func join(_ name: String, key: String?) -> [Action] {
        let folded = features.caseMapping.fold(name)
        if channels[folded]?.isJoined != true { channels[folded] = ChannelState(name: name, key: key) }
        return [.send(IRCMessage("JOIN", key.map { [name, $0] } ?? [name]))]
    }

    package mutating func part(_ name: String) -> [Action] {
        guard channels.removeValue(forKey: features.caseMapping.fold(name))?.isJoined == true else { return [] }
        return [.send(IRCMessage("PART", name))]
    }

    /// NickServ has had long enough to answer.
    package mutating func identifyTimedOut() -> [Action] { phase == .identifying ? becomeReady() : [] }

    /// Whether the nick that was asked for is another's, who may be this client's own earlier connection.
    package var mayHaveFormerSession: Bool { formerSession == .unknown }

    /// Whether it has another nick than the wanted one, and not for its length.
    package var hasOtherNick: Bool { !isSame(nick, String(identity.nick.prefix(nick.count))) }

    /// Tries to get the wanted nick back.
    package mutating func regainNick() -> [Action] {
        guard phase == .ready, !isSame(nick, identity.nick) else { return [] }
        return [.send(IRCMessage("NICK", identity.nick))]
    }

    func isSame(_ left: String, _ right: String) -> Bool { features.caseMapping.fold(left) == features.caseMapping.fold(right) }

    // MARK: What the server sends

    package mutating func received(_ message: IRCMessage) -> [Action] {
        if phase == .ended { return [] }
        if let actions = receivedInBatch(message) { return actions }
        switch message.command {
        case "PING": return [.send(IRCMessage("PONG", message.trailing))]
        case "PONG": return [.pong(message.trailing)]
        case "ERROR": return end(.byServer(message.trailing))
        case "CAP": return capability(message)
        case "AUTHENTICATE": return authenticate(message)
        case "BATCH": return batch(message)
        case "NICK": return nickChanged(message)
        case "JOIN": return joined(message)
        case "PART": return left(message, who: message.source?.nick ?? "", channel: message.parameter(0), "parted")
        case "KICK": return left(message, who: message.parameter(1), channel: message.parameter(0), "kicked: \(message.parameter(2))")
        case "QUIT": return quit(message)
        case "CHGHOST": return hostChanged(message)
        case "MODE": return modes(message.parameters[...])
        case "PRIVMSG", "NOTICE", "TAGMSG", "TOPIC": return said(message)
        case "FAIL": return failed(message)
        case "ACK": return message.tags["label"].map { [.swallowed(label: $0)] } ?? []
        default: return message.numeric.map { numeric($0, message) } ?? []
        }
    }

    mutating func end(_ reason: Ending) -> [Action] {
        phase = .ended
        return [.end(reason)]
    }

    private func failed(_ message: IRCMessage) -> [Action] {
        let (command, code) = (message.parameter(0), message.parameter(1))
        if let label = message.tags["label"], command == "PRIVMSG" || command == "NOTICE" || command == "TAGMSG" {
            return [.refused(label: label, channel: nil, code: code, text: message.trailing)]
        }
        return [.failed(command: command, code: code, context: Array(message.parameters.dropFirst(2).dropLast()), text: message.trailing)]
    }

    /// Whether what it holds of the server's words is within the limits: what fuzzing looks at.
    package var isBounded: Bool {
        offered.count <= IRCLimits.capabilities && batches.count <= IRCLimits.batches
            && batches.values.allSatisfy { $0.lines.count <= IRCLimits.batchLines } && batchBytes <= IRCLimits.batchBytes
            && features.isBounded
            && channels.values.allSatisfy { $0.modes.count <= IRCLimits.modes }
    }

    /// A channel of this client's. What goes to `@#channel` is for those of rank alone and belongs to no channel here.
    func known(_ name: String) -> ChannelState? { channels[features.caseMapping.fold(name)] }
}
