import Base
import Model

/// What this relay lost and gets back: after a journal was restored, peers hold more of this relay's streams than it does itself
/// (docs/semantics.md, "Backup, restore, fork").
///
/// What a peer gives back is vouched for by that peer alone. It fills the numbers, and is shown nowhere until it was found again on the
/// network where it was born: then it is confirmed, and known under the id that it had. What isn't found is passed on as `unconfirmed`.
extension Engine {
    /// What is awaited of a peer before anything new is numbered.
    enum Awaited: Equatable {
        /// It has not said yet what it holds.
        case word
        /// It holds these streams of ours further than we do.
        case events([StreamIndex: UInt64])
    }

    // MARK: Waiting for peers at the opening

    /// Begins to wait for the peers of every bridge, but for those that had been away for an hour when the journal ended: nothing of this
    /// relay's reached them after that. Once, when the engine opens. `end`: when the journal's last entry was accepted.
    func awaitPeers(for interval: Interval, isRestored: Bool, end: UnixTime?) {
        for member in routing.all {
            guard member.settings.isPeer else { continue }
            if !isRestored, let end, let since = away[member.settings.endpoint], since.seconds(until: end) > CoreLimits.longAway {
                continue
            }
            awaited[member.destination] = .word
        }
        if awaited.isEmpty { return }
        isAwaiting = true
        log.notice(
            "nothing is taken in before peers have said what they hold",
            ["peers": awaitedPeers().joined(separator: ", "), "at_most_s": String(interval.seconds)])
        _ = loop.schedule(at: loop.now + interval) { [weak self] in
            self?.assumeIsolated { engine in for (channel, what) in engine.awaited where what == .word { engine.awaitNoMore(channel) } }
        }
    }

    /// The notes of peers that are away, by our names for them: since when, in seconds.
    private static let awayNote = "away "

    static func away(in state: JournalState) -> [String: UnixTime] {
        var away: [String: UnixTime] = [:]
        for (note, value) in state.notes where note.hasPrefix(awayNote) && value.count == 8 {
            away[String(note.dropFirst(awayNote.count))] = UnixTime(seconds: value.firstUInt64)
        }
        return away
    }

    package func left(_ channels: [DestinationID]) {
        for peer in Set(channels.compactMap { routing.member($0)?.settings.endpoint }) where away[peer] == nil { noteAway(peer) }
    }

    /// One that is new in the configuration is away as well.
    func noteAway(_ peer: String) {
        away[peer] = loop.time
        pending.notes[Engine.awayNote + peer] = loop.time.seconds.bigEndianBytes
        commitWhenQuiet()
    }

    private func noteHeard(in channel: DestinationID) {
        guard let peer = routing.member(channel)?.settings.endpoint, away.removeValue(forKey: peer) != nil else { return }
        pending.notes[Engine.awayNote + peer] = []
        commitWhenQuiet()
    }

    private func awaitNoMore(_ channel: DestinationID) {
        guard awaited.removeValue(forKey: channel) != nil else { return }
        // Each peer counts once, whatever is shared with it.
        if let peer = routing.member(channel)?.settings.endpoint, notAwaited.insert(peer).inserted { counters.peersNotAwaited += 1 }
        goOnAfterPeers()
    }

    /// Returns when nothing more is to be expected of a bridge's peers.
    func waitForPeers(of bridge: BridgeIndex) async throws {
        while failure == nil && !isEnding && !isStopping && routing.destinations(of: bridge).contains(where: { awaited[$0] != nil }) {
            await withUnsafeContinuation { peerWaiters.append($0) }
        }
        if let failure { throw failure }
    }

    /// The relay stops: nobody is waited for any more, and what has not been numbered is not taken in.
    package func prepareToEnd() {
        isStopping = true
        goOnAfterPeers()
        goOnWithRoom()
    }

    func goOnAfterPeers() {
        if isAwaiting && awaited.isEmpty {
            isAwaiting = false
            log.notice("peers are awaited no more", ["in_vain": notAwaited.sorted().joined(separator: ", ")])
        }
        for waiter in peerWaiters { waiter.resume() }
        peerWaiters = []
        tellOfChange()
    }

    /// Peers whose word, or whose events, are awaited before anything is taken in: in a bridge, or anywhere.
    func awaitedPeers(of bridge: BridgeIndex? = nil) -> [String] {
        let members = awaited.keys.compactMap { routing.member($0) }.filter { bridge == nil || $0.bridge == bridge }
        return Set(members.map(\.settings.endpoint)).sorted()
    }

    package func told(_ channel: DestinationID, holds: [StreamIndex: PeerHolding], by peer: RelayID) async throws {
        noteHeard(in: channel)
        // A stream of ours of an epoch not below the running one: this relay was rolled back, and begins above both.
        for (stream, held) in holds.sorted(by: { $0.key < $1.key }) where streams.contains(stream) && streams.isOwn(stream) {
            let theirs = streams[stream].introduction.epoch
            if theirs.ordinal < streams.epoch.ordinal { continue }
            if theirs != streams.epoch {
                streams.openEpoch(salt: entropy.bytes(8).firstUInt64, secret: epochSecret)
            } else if held.prefix > streams[stream].prefix {
                try await forked(stream, through: held.prefix, by: peer)
            }
        }
        if awaited[channel] != nil {
            let owed = holds.mapValues(\.prefix).filter {
                streams.contains($0.key) && streams.isOwn($0.key) && streams[$0.key].prefix < $0.value
            }
            awaited[channel] = owed.isEmpty ? nil : .events(owed)
            if owed.isEmpty {
                goOnAfterPeers()
            } else {
                _ = loop.schedule(at: loop.now + CoreLimits.givingBack) { [weak self] in self?.assumeIsolated { $0.awaitNoMore(channel) } }
            }
        }
        for (stream, held) in holds.sorted(by: { $0.key < $1.key }) {
            try await compare(Held(stream: stream, number: held.prefix, digest: held.digest, words: texts.saidInResume), with: peer)
        }
    }

    /// Something came from a peer: perhaps everything that was awaited of it.
    func settleAwaited(_ channel: DestinationID) {
        guard case .events(let owed)? = awaited[channel] else { return }
        let rest = owed.filter { streams.contains($0.key) && streams[$0.key].prefix < $0.value }
        awaited[channel] = rest.isEmpty ? nil : .events(rest)
        if rest.isEmpty { goOnAfterPeers() }
    }

    // MARK: Taking back

    /// The note under which the first position that may be unconfirmed is kept.
    static let givenBackNote = "given-back"

    /// Finds what an earlier life got back and did not settle.
    func recallGivenBack() async throws {
        guard let note = givenBackStart else { return }
        var position = max(note, oldest)
        while position < recent.end, let entry = try await entry(at: position) {
            if entry.head.isGivenBack, try await !isSettledGivenBack(entry) { awaitConfirmation(entry) }
            position = position.next
        }
        if givenBack.isEmpty { forgetGivenBackNote() }
    }

    private func isSettledGivenBack(_ entry: LogEntry) async throws -> Bool {
        let id = streams.id(entry.head.stream, entry.head.number)
        for destination in routing.everyDestination(of: streams[entry.head.stream].bridge) {
            if try await !journal.reader.parts(of: id, at: destination).isEmpty { return true }
        }
        return false
    }

    /// A given-back event was journaled: it waits until its home channel has been read again.
    func awaitConfirmation(_ entry: LogEntry) {
        guard let (event, number) = entry.event else { return }
        if case .profile = event { return }
        let profile = streams.profile(entry.head.stream, number)
        let bridge = streams[entry.head.stream].bridge
        let home = routing.member(of: profile?.home, in: bridge)?.destination
        let text: [UInt8]? = if case .posted(let post) = event { GivenBackList.digest(of: post.content.text) } else { nil }
        let item = GivenBackList.Item(
            id: streams.id(entry.head.stream, entry.head.number), position: entry.position, author: profile?.key ?? AuthorKey(rawValue: 0),
            home: home, second: entry.head.originTime, text: text, source: entry.head.source, since: loop.now)
        counters.givenBack += 1
        if givenBackStart == nil {
            pending.notes[Engine.givenBackNote] = entry.position.rawValue.bigEndianBytes
            givenBackStart = entry.position
        }
        if givenBack.count >= CoreLimits.givenBack { return giveUp([item], home) }
        givenBack.add(item)
        // One that comes later is not due before those that wait.
        if verdicts[home] == nil { awaitVerdict(home) }
    }

    /// A message read again on its network: the given-back event that it is, if it is one. Of several the lowest number.
    func confirmed(_ happening: Happening, from member: RoutingTable.Member, of bridge: BridgeRow) -> EventID? {
        guard !givenBack.isEmpty, case .posted(let text, let style, _, _) = happening.content else { return nil }
        let account = happening.account ?? Happening.Account(id: "", name: "")
        /// What was born as somebody's, if it is there.
        func take(_ account: Happening.Account, _ text: RichText) -> GivenBackList.Item? {
            let key = authorKeys.key(of: account.id, at: member.settings.endpoint, in: bridge)
            return givenBack.take(home: member.destination, author: key, second: happening.time, text: text.text)
        }
        guard let item = take(account, text) ?? take(Crowd.account, Crowd.says(text, style, as: account.name)) else { return nil }
        settle(item, .origin, as: happening.key, at: member.destination)
        counters.confirmed += 1
        return item.id
    }

    private func settle(_ item: GivenBackList.Item, _ outcome: Outcome, as key: NativeKey?, at home: DestinationID) {
        guard let stream = streams.index(of: item.id.stream) else { return }
        write(
            Receipt(
                destination: home, position: item.position, stream: stream, number: item.id.number, outcome: outcome, time: loop.time,
                nativeID: key))
        for destination in routing.destinations(of: streams[stream].bridge) { wake(destination) }
        if givenBack.isEmpty { forgetGivenBackNote() }
        // Links wait at it as well.
        for follower in followers.values { follower() }
    }

    private func forgetGivenBackNote() {
        givenBackStart = nil
        pending.notes[Engine.givenBackNote] = []
        commitWhenQuiet()
    }

    /// How a given-back event stands: nil as long as it waits.
    package func standing(of id: EventID) async throws -> Bool? {
        if givenBack.contains(id) { return nil }
        guard let stream = streams.index(of: id.stream) else { return false }
        for destination in routing.everyDestination(of: streams[stream].bridge) {
            var parts = ids.parts(id, at: destination) ?? []
            if parts.isEmpty { parts = try await journal.reader.parts(of: id, at: destination) }
            if parts.contains(where: { $0.outcome == .unconfirmed }) { return false }
        }
        return true
    }

    // MARK: Giving up

    /// A channel has been read to its head.
    func scheduleVerdict(_ home: DestinationID) {
        givenBack.renew(home: home, at: loop.now)
        awaitVerdict(home)
    }

    /// How long what came back for a channel may wait to be found: a minute where the channel's past is being read; a day where it can't be
    /// read now, as it holds back what follows; not at all where nothing stands but in this journal, or no more.
    private func patience(with home: DestinationID?) -> Interval {
        guard let home, routing.member(home)?.settings.isReader == false else { return .zero }
        if outboxes[home].map({ $0.machine.connection == .down }) ?? true { return CoreLimits.longestConfirmation }
        return hasHistory.contains(home) ? CoreLimits.confirmation : .zero
    }

    private func awaitVerdict(_ home: DestinationID?) {
        guard let earliest = givenBack.earliest(of: home) else { return }
        let due = max(loop.now, earliest + patience(with: home))
        if let known = verdicts[home] {
            if known.due <= due { return }
            loop.cancel(known.timer)
        }
        let timer = loop.schedule(at: due) { [weak self] in
            self?.assumeIsolated { engine in
                engine.verdicts[home] = nil
                let wait = engine.patience(with: home)
                let latest = Instant(nanoseconds: engine.loop.now.nanoseconds - min(engine.loop.now.nanoseconds, wait.nanoseconds))
                engine.giveUp(engine.givenBack.take(home: home, since: latest), home)
                engine.awaitVerdict(home)
            }
        }
        verdicts[home] = (timer, due)
    }

    /// What was not found again is shown nowhere; one bounce entry a peer says so.
    private func giveUp(_ lost: [GivenBackList.Item], _ home: DestinationID?) {
        counters.unconfirmed += UInt64(lost.count)
        for item in lost {
            guard let stream = streams.index(of: item.id.stream),
                let place = home ?? place(without: streams[stream].bridge)
            else { continue }
            settle(item, .unconfirmed, as: nil, at: place)
            bounce(
                "unconfirmed", texts.notFoundAgain(name(of: item.source)), at: place,
                item.position...item.position, count: 1, of: item.source)
        }
        if !lost.isEmpty { commitSignal.set() }
    }

    /// In whose name it is said of an event of a bridge that nobody can say where it was born.
    private func place(without bridge: BridgeIndex) -> DestinationID? {
        let all = routing.destinations(of: bridge)
        return all.first { routing.member($0)?.settings.isPeer == false } ?? all.first
    }

    /// Our name for a peer by its number, or its id.
    private func name(of peer: PeerIndex) -> String {
        guard let id = relay(of: peer) else { return "a peer" }
        return organisations[id] ?? id.description
    }
}
