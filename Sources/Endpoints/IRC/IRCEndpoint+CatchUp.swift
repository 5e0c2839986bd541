import Base
import Core
import Model
import WireIRC

/// From joining a channel to its being read to the head; and what is said in it.
extension IRCEndpoint {
    func joined(_ name: String, _ port: any RelayPort) async {
        guard let destination = channels[name]?.destination else { return }
        if channels[name]?.source == nil {
            let source = SourceCursor(await port.source(of: destination))
            channels[name]?.source = source
            channels[name]?.written = source
        }
        guard channels[name]?.phase == .joining || channels[name]?.phase == .absent else { return }
        log.info("joined", ["channel": name])
        catchUp(name)
    }

    /// What the server has to say of a channel has been said when the answer to the PING comes.
    func catchUp(_ name: String) {
        guard var channel = channels[name] else { return }
        channel.phase = .catchingUp
        channel.askedAt = loop.now
        channel.connected = nil
        channel.catchUp = channel.catchUp.renewed()
        channel.catchUp.joinedAt = loop.time.seconds * 1000
        channel.catchUp.isFirst = channel.source == nil
        channels[name] = channel
        send(IRCMessage("MODE", name))
        barrierCount += 1
        let token = "fairlead-join-\(barrierCount)"
        barriers[token] = name
        send(IRCMessage("PING", token))
    }

    func ponged(_ token: String, _ port: any RelayPort) async {
        if let name = barriers.removeValue(forKey: token) { return passedBarrier(name) }
        let (taken, swallowed) = outgoing.ponged(token, at: loop.now)
        for line in taken { await received(line, as: nil, port) }
        for line in swallowed { await bounce(line, IRCEndpoint.swallowed, OperatorTexts(.en).swallowed, port) }
        pump()
    }

    private func passedBarrier(_ name: String) {
        guard let channel = channels[name], channel.phase == .catchingUp else { return }
        guard machine.hasHistory else {
            noteWhatIsKept(name)
            return finishCatchUp(name)
        }
        channels[name]?.catchUp.hasHistory = true
        guard let source = channel.source else { return finishCatchUp(name) }
        ask(name, .first(after: source))
    }

    /// A server without CHATHISTORY has played what it keeps, if it keeps anything (InspIRCd's +H), and has said how much that may be. Fewer lines
    /// are all that were said.
    private func noteWhatIsKept(_ name: String) {
        guard let channel = channels[name] else { return }
        if let kept = machine.channel(name)?.keptLines, machine.has("batch"), machine.has("message-tags") {
            let played = channel.catchUp.unplacedLines
            let now = (serverTime ?? loop.time.seconds * 1000) / 1000
            let oldest = machine.channel(name)?.keptSeconds.map { now - min(now, $0) } ?? 0
            let isWhole = played < kept && channel.source.map { $0.time / 1000 >= oldest } ?? true
            if !channel.catchUp.hasHistory && !isWhole { tellGap(name, until: oldest * 1000) }
            channels[name]?.catchUp.hasHistory = true
            if isWhole { channels[name]?.catchUp.reachesBack = true }
        }
    }

    /// Takes in what was played, behind a word about what is missing before it.
    private func placeUnplaced(_ name: String) {
        guard let channel = channels[name], let pieces = channels[name]?.catchUp.takeUnplaced(), !pieces.isEmpty else { return }
        if !channel.catchUp.reachesBack { tellGap(name, until: channel.catchUp.oldest ?? channel.catchUp.joinedAt) }
        for piece in pieces { take(piece, in: name) }
    }

    /// IRCv3 chathistory.
    private func ask(_ name: String, _ page: HistoryPage) {
        channels[name]?.catchUp.page = page
        channels[name]?.askedAt = loop.now
        send(IRCMessage("CHATHISTORY", "AFTER", name, page.selector, String(historyPage)))
    }

    private var historyPage: Int { min(machine.features.historyLimit ?? EndpointLimits.historyPage, EndpointLimits.historyPage) }

    /// A server does not know the line that was read last, or no history at all.
    func failed(_ command: String, _ code: String, _ context: [String], _ text: String) {
        log.warning("a command failed", ["command": command, "code": code, "reason": secrets.hidden(in: text)])
        guard command == "CHATHISTORY" else { return }
        let asking = channels.keys.sorted().filter { channels[$0]?.phase == .catchingUp && channels[$0]?.catchUp.page != nil }
        let isNamed = { (name: String) in context.contains { self.machine.channel($0)?.name == name } }
        guard let name = asking.first(where: isNamed) ?? asking.first, let channel = channels[name] else { return }
        if case .afterMessage = channel.catchUp.page, let source = channel.source {
            ask(name, .wholeSecond(of: source.time))
        } else {
            historyFailed(name)
        }
    }

    /// Nothing is known of what was said before.
    func historyFailed(_ name: String) {
        channels[name]?.catchUp.hasHistory = false
        finishCatchUp(name)
    }

    /// What a server played again: at joining, or because it was asked for.
    func played(_ name: String, _ lines: [ChannelLine]) {
        guard let channel = channels[name], channel.phase == .catchingUp else { return }
        let page = channel.catchUp.page
        // Where history can be asked for, what comes unasked says nothing of what lies before it.
        if machine.hasHistory && page == nil { return }
        channels[name]?.catchUp.hasHistory = true
        if channel.catchUp.oldest == nil {
            channels[name]?.catchUp.oldest = lines.first?.time
            channels[name]?.catchUp.reachesBack = page != nil || channel.source == nil || reachesBack(lines, to: channel.source)
        }
        if channels[name]?.catchUp.reachesBack == false {
            // How much the server keeps it says in a moment.
            let isHeld = channels[name]?.catchUp.hold(lines) == true
            if !isHeld {
                placeUnplaced(name)
                channels[name]?.catchUp.reachesBack = true
            }
            return
        }
        take(lines, in: name)
        guard let page else { return }
        channels[name]?.catchUp.readByTime = channel.catchUp.readByTime || page.isByTime
        if let next = page.next(behind: lines, isFull: lines.count >= historyPage) { ask(name, next) } else { finishCatchUp(name) }
    }

    /// What was played again, in its turn.
    private func take(_ lines: [ChannelLine], in name: String) {
        guard let channel = channels[name] else { return }
        let page = channel.catchUp.page
        if page?.isWholeSecond == true { channels[name]?.kinds = (0, [:]) }
        let old = page == nil ? oldLines(lines, channel) : 0
        for (index, line) in lines.enumerated() { take(line, isReplayed: true, isOld: index < old) }
        // What was said in that second before the channel was served is not taken for missed later.
        if channel.catchUp.isFirst, let time = channels[name]?.source?.time { channels[name]?.source?.time = (time / 1000 + 1) * 1000 }
    }

    /// Whether what a server plays at joining begins with something that was read before.
    private func reachesBack(_ lines: [ChannelLine], to source: SourceCursor?) -> Bool {
        guard let source else { return false }
        let isKnown = lines.contains { $0.messageID != nil && $0.messageID == source.messageID }
        return isKnown || (lines.first?.time).map { $0 <= source.time } ?? false
    }

    /// How many of the lines that are played at joining were there when the channel was read last: known, or from before it was served.
    private func oldLines(_ lines: [ChannelLine], _ channel: IRCChannel) -> Int {
        if channel.catchUp.isFirst { return lines.count }
        guard let source = channel.source else { return 0 }
        if let place = lines.lastIndex(where: { $0.messageID != nil && $0.messageID == source.messageID }) { return place + 1 }
        return lines.prefix { ($0.time ?? .max) / 1000 < source.time / 1000 }.count
    }

    /// Everything that was said before has been read; what came meanwhile follows.
    private func finishCatchUp(_ name: String) {
        placeUnplaced(name)
        guard let channel = channels[name], channel.phase == .catchingUp else { return }
        if !channel.catchUp.hasHistory { tellGap(name, until: channel.catchUp.joinedAt) }
        channels[name]?.phase = .caughtUp
        channels[name]?.catchUp.isReplaying = false
        let held = channel.catchUp.held
        channels[name]?.catchUp.held = []
        // Pages of history held these lines too, so they are counted as there.
        if channel.catchUp.readByTime { channels[name]?.kinds = (0, [:]) }
        for line in held { take(line, isReplayed: channel.catchUp.hasHistory && (line.messageID ?? line.tags["time"]) != nil) }
        if channel.catchUp.isFirst {
            // From here on it is served, so this is durable before anybody is told that it is connected.
            // By the server's clock, as its history goes by that: this machine's may be years off.
            let source = channels[name]?.source ?? SourceCursor(time: serverTime ?? loop.time.seconds * 1000)
            channels[name]?.source = source
            channels[name]?.written = source
            take(.read(source), from: channel.destination)
        }
        connectWhereCaughtUp()
        joinSome()
    }

    /// The engine may deliver, as soon as no earlier connection of this client's can print any more: what that one still had in its
    /// queue shows in the channel first.
    func connectWhereCaughtUp(isWaitOver: Bool = false) {
        if machine.mayHaveFormerSession && !isWaitOver { return }
        for name in channels.keys.sorted() {
            guard let channel = channels[name], channel.phase == .caughtUp else { continue }
            connectedCount += 1
            channels[name]?.phase = .connected
            channels[name]?.connected = connectedCount
            take(.connected(connectedCount, capabilities(of: channel)), from: channel.destination)
        }
    }

    /// How many lines may be unanswered: each of them may come twice where no history settles what became of it.
    private func capabilities(of channel: IRCChannel) -> Capabilities {
        let shared = max(1, EndpointLimits.linesWithoutHistory / max(1, channels.count))
        var window = shared
        if channel.catchUp.hasHistory && machine.has("message-tags") {
            // Half of what the server keeps leaves room for what others say until this client is back.
            let kept = machine.hasHistory ? EndpointLimits.linesWithHistory : (machine.channel(channel.name)?.keptLines ?? 0) / 2
            window = min(EndpointLimits.linesWithHistory, max(shared, kept))
        }
        return Capabilities(partsInFlight: window, hasHistory: channel.catchUp.hasHistory, uncertain: channel.settings.uncertain)
    }

    private func tellGap(_ name: String, until end: UInt64) {
        guard let channel = channels[name], let source = channel.source, source.time / 1000 < end / 1000 else { return }
        channels[name]?.catchUp.hasGap = true
        counters.gaps += 1
        let (start, end) = (UnixTime(seconds: source.time / 1000), UnixTime(seconds: end / 1000))
        log.warning("what was said meanwhile can't be had", ["channel": name, "from": start.text, "to": end.text])
        let words = texts.gap(in: name, from: start, to: end)
        let notice = Happening(
            key: nil, account: .init(id: "", name: "fairlead"), time: loop.time,
            content: .posted(RichText(words), style: .notice, reply: nil, thread: nil))
        if channel.settings.direction != .out {
            take(.line(notice, isReplayed: false, nil), from: channel.destination)
        }
    }

    // MARK: Lines

    /// A line that came live.
    func said(_ line: ChannelLine, _ port: any RelayPort) async {
        if line.isOwn, let answered = outgoing.echoed(line, at: loop.now) {
            channels[line.channel]?.read(line, at: line.time ?? loop.time.seconds * 1000)
            await received(answered, as: line.messageID, port)
            return pump()
        }
        guard let channel = channels[line.channel] else { return }
        switch channel.phase {
        case .absent, .joining: return
        case .catchingUp where channel.catchUp.isReplaying: counters.untrusted += 1
        case .catchingUp:
            channels[line.channel]?.catchUp.held.append(line)
            channels[line.channel]?.catchUp.heldBytes += line.bytes
            if channel.catchUp.held.count > EndpointLimits.held || channel.catchUp.heldBytes > EndpointLimits.heldBytes {
                hangUp("more is said in \(line.channel) than can be held while its history is read")
            }
        case .caughtUp, .connected: take(line, isReplayed: false)
        }
    }

    /// A line in its turn, live or played again. `isOld`: read before, or said before the channel was served; only its mark counts.
    private func take(_ line: ChannelLine, isReplayed: Bool, isOld: Bool = false) {
        let name = line.channel
        guard let channel = channels[name] else { return }
        let time = line.time ?? loop.time.seconds * 1000
        if !isOld || channel.catchUp.isFirst { channels[name]?.read(line, at: time) }
        if let text = line.tags[IRCMark.tag] {
            if let mark = seal.mark(text, in: name), let id = line.messageID {
                take(.found(mark, NativeKey(id)), from: channel.destination)
            } else if line.isOwn {
                channels[name]?.catchUp.addOwn(line)
            } else {
                counters.relayed += 1
            }
            return
        }
        if line.isOwn {
            channels[name]?.catchUp.addOwn(line)
            return
        }
        if RelayedLine.isMarked(line.text) {
            counters.relayed += 1
            return
        }
        if channel.settings.direction == .out || isOld { return }
        let mapping = IRCMapping(caseMapping: machine.features.caseMapping)
        var key = line.messageID.map { NativeKey($0) }
        if key == nil, let time = line.time {
            key = channels[name]?.derivedKey(of: line, nick: mapping.caseMapping.fold(line.source.nick), second: time / 1000)
        } else if key == nil && isReplayed {
            // Nothing tells whether it was read before.
            counters.untrusted += 1
            return
        }
        guard let happening = mapping.happening(line, at: UnixTime(seconds: time / 1000), key: key) else { return }
        let source = channels[name]?.source
        channels[name]?.written = source
        take(.line(happening, isReplayed: isReplayed, source), from: channel.destination)
    }
}
