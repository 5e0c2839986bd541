import Base
import Core
import Model
import WireIRC

/// What the session's machine asks for, and what is due by the clock.
extension IRCEndpoint {
    /// Does what needs no engine.
    func perform(_ actions: [SessionMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let message): send(message)
            case .ready: becomeReady()
            case .end(let reason): end(reason)
            default: preconditionFailure("an action that only the server's words can lead to: \(action)")
            }
        }
    }

    func perform(_ action: SessionMachine.Action, _ port: any RelayPort) async {
        switch action {
        case .send, .ready, .end: perform([action])
        case .joined(let name): await joined(name, port)
        case .left(let name, let reason): await left(name, reason, port)
        case .joinRefused(let name, let code, let text): refusedToJoin(name, code, text)
        case .modesChanged: break
        case .line(let line): await said(line, port)
        case .history(let name, let lines): played(name, lines)
        case .replayAnnounced(let name): channels[name]?.catchUp.isReplaying = true
        case .pong(let token): await ponged(token, port)
        case .refused(let label, let channel, let code, let text): await refused(label, channel, code, text, port)
        case .swallowed(let label): await refused(label, nil, IRCEndpoint.swallowed, OperatorTexts(.en).swallowed, port)
        case .failed(let command, let code, let context, let text): failed(command, code, context, text)
        case .servicesSaid(let text): log.info("NickServ says", ["text": secrets.hidden(in: text)])
        case .nickChanged(let nick):
            log.info("nick changed", ["nick": nick])
            connectWhereCaughtUp()
        }
    }

    private func becomeReady() {
        readySince = loop.now
        log.notice(
            "registered",
            ["nick": machine.nick, "network": machine.features.network, "caps": machine.capabilities.sorted().joined(separator: ",")])
        outgoing.answering = !machine.has("echo-message") ? .pings : machine.has("labeled-response") ? .labels : .echoes
        nextRegain = loop.now
        joinSome()
    }

    /// Joins what is due, a few channels at a time: servers take many lines at once for a flood.
    func joinSome() {
        guard machine.isReady, !isStopping else { return }
        var busy = channels.values.count { $0.phase == .joining || $0.phase == .catchingUp }
        for key in channels.keys.sorted() where busy < EndpointLimits.joinsAtOnce {
            guard let channel = channels[key], channel.phase == .absent, channel.rejoinAt.map({ $0 <= loop.now }) ?? true else { continue }
            busy += 1
            channels[key]?.phase = .joining
            channels[key]?.askedAt = loop.now
            channels[key]?.rejoinAt = nil
            perform(machine.join(key, key: secrets.keys[channel.settings.folded]))
        }
    }

    private func end(_ reason: SessionMachine.Ending) {
        switch reason {
        case .byServer(let words):
            let lower = words.lowercased()
            wasThrownOut = lower.contains("flood") || lower.contains("recvq")
            hangUp(words.isEmpty ? "closed by the server, which gives no reason" : words)
        case .saslRefused(let words): refusedToRegister("SASL refused: \(words)")
        case .passwordRefused(let words): refusedToRegister("password refused: \(words)")
        case .banned(let words): refusedToRegister("banned: \(words)")
        case .nickRefused(let words): refusedToRegister("nick refused: \(words)")
        }
    }

    /// The nick that is to be ours is held: by an earlier connection of this relay's, as it seems from where it comes, which is waited for; or by
    /// somebody else who keeps it. Nothing is said of one that is gone in a moment.
    private func noteNickHeld(_ now: Instant) {
        guard let readySince, machine.hasOtherNick else { return }
        let since = readySince.distance(to: now)
        let isWaiting = machine.mayHaveFormerSession && since <= EndpointLimits.formerSession
        if isWaiting ? toldOfNick != .none || since < EndpointLimits.heldNick : toldOfNick == .stranger { return }
        toldOfNick = isWaiting ? .former : .stranger
        let words =
            isWaiting
            ? operatorTexts.nickIsAwaited(settings.nick, seconds: EndpointLimits.formerSession.seconds)
            : operatorTexts.nickIsHeld(settings.nick, instead: machine.nick)
        log.warning("the nick is held", ["nick": settings.nick, "instead": machine.nick, "former": isWaiting ? "perhaps" : "no"])
        lastErrors.note(words, at: loop.time)
    }

    private func refusedToRegister(_ words: String) {
        log.error("the server refuses this account", ["reason": secrets.hidden(in: words)])
        hangUp(words)
    }

    private func left(_ name: String, _ reason: String, _ port: any RelayPort) async {
        guard let channel = channels[name] else { return }
        log.warning("left a channel", ["channel": name, "reason": reason])
        lastErrors.note(operatorTexts.leftChannel(reason), in: channel.destination, at: loop.time)
        if channel.catchUp.joinedAt + EndpointLimits.settled.milliseconds < loop.time.seconds * 1000 { channels[name]?.rejoin.reset() }
        noteWhatWasRead()
        outgoing.drop(channel.destination)
        channels[name]?.reset()
        await port.disconnected(channel.destination)
        rejoinLater(name)
    }

    private func refusedToJoin(_ name: String, _ code: String, _ text: String) {
        let reason = secrets.hidden(in: text)
        log.warning("can't join a channel", ["channel": name, "code": code, "reason": reason])
        if let destination = channels[name]?.destination {
            lastErrors.note(operatorTexts.cannotJoin(code, reason), in: destination, at: loop.time)
        }
        channels[name]?.phase = .absent
        rejoinLater(name)
    }

    private func rejoinLater(_ name: String) {
        guard let wait = channels[name]?.rejoin.wait(entropy.bytes(8).firstUInt64) else { return }
        let due = loop.now + wait
        channels[name]?.rejoinAt = due
        _ = loop.schedule(at: due) { [weak self] in self?.assumeIsolated { $0.joinSome() } }
        joinSome()
    }

    // MARK: The clock

    /// Once a second while something is waited for, else seldom.
    func tick() {
        guard stream != nil, ending == nil else { return }
        let now = loop.now
        let silence = lastHeard.distance(to: now)
        if silence > EndpointLimits.death { return hangUp("no sign of life for \(silence.seconds) s") }
        if let readySince {
            if silence > EndpointLimits.silence { send(IRCMessage("PING", "alive")) }
            noteNickHeld(now)
            if now >= nextRegain {
                perform(machine.regainNick())
                nextRegain = now + (machine.mayHaveFormerSession ? EndpointLimits.regainSoon : EndpointLimits.regainLater)
            }
            if readySince.distance(to: now) > EndpointLimits.formerSession { connectWhereCaughtUp(isWaitOver: true) }
            giveUpWaiting(now)
            writeSources()
        } else {
            let since = connectedAt.distance(to: now)
            if since > EndpointLimits.registering { return hangUp("registration took longer than \(EndpointLimits.registering.seconds) s") }
            if machine.isIdentifying && since > EndpointLimits.identifying { perform(machine.identifyTimedOut()) }
        }
        let isWaiting = readySince == nil || machine.mayHaveFormerSession
        let next = now + (isWaiting ? .seconds(1) : .seconds(15))
        let mine = connectedAt
        _ = loop.schedule(at: next) { [weak self] in
            self?.assumeIsolated { if $0.connectedAt == mine { $0.tick() } }
        }
    }

    /// Deadlines of what a server that is alive never answered.
    private func giveUpWaiting(_ now: Instant) {
        if let oldest = outgoing.oldest, oldest.distance(to: now) > EndpointLimits.death {
            return hangUp("a line was not answered for \(EndpointLimits.death.seconds) s")
        }
        for name in channels.keys.sorted() {
            guard let channel = channels[name], channel.askedAt.distance(to: now) > EndpointLimits.answer else { continue }
            switch channel.phase {
            case .joining: refusedToJoin(name, "no-answer", "the server says nothing")
            case .catchingUp:
                log.warning("history does not come", ["channel": name])
                historyFailed(name)
            case .absent, .caughtUp, .connected: break
            }
        }
    }

    /// What the server's clock says, where it tells.
    func noteServerTime(_ message: IRCMessage) {
        guard message.command == "JOIN" || message.command == "PONG", message.tags["batch"] == nil,
            let time = message.tags["time"].flatMap(ServerTime.milliseconds)
        else { return }
        serverTime = time
    }

    /// A channel without history has been read up to the last sign of life; what comes later is a gap.
    func noteWhatWasRead() {
        let silence = lastHeard.distance(to: loop.now).seconds
        // A clock that was never set may be younger than the silence.
        let time = (loop.time.seconds - min(loop.time.seconds, silence)) * 1000
        for key in channels.keys.sorted() where channels[key]?.phase == .connected && channels[key]?.catchUp.hasHistory == false {
            guard var source = channels[key]?.source, source.time < time, let destination = channels[key]?.destination else { continue }
            source.time = time
            channels[key]?.source = source
            channels[key]?.written = source
            take(.read(source), from: destination)
        }
    }

    /// Has the journal know how far channels were read where nobody but this client has spoken lately.
    private func writeSources() {
        for key in channels.keys.sorted() {
            guard let channel = channels[key], channel.phase == .connected, var source = channel.source else { continue }
            let now = loop.time.seconds * 1000
            let isQuiet = source.time + EndpointLimits.sources.milliseconds < now
            // Where the server keeps nothing, a gap begins when the channel was last known to be read.
            if !channel.catchUp.hasHistory && isQuiet { source.time = now }
            guard source != channel.written,
                isQuiet || source.time > (channel.written?.time ?? 0) + EndpointLimits.sources.milliseconds
            else { continue }
            channels[key]?.source = source
            channels[key]?.written = source
            take(.read(source), from: channel.destination)
        }
    }
}
