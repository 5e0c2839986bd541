import Base
import Model

/// What this relay lost and gets back: after a journal was restored, peers hold more of this relay's streams than it does itself
/// (docs/semantics.md, "Backup, restore, fork").
///
/// What a peer gives back is vouched for by that peer alone. It fills the numbers, and is shown nowhere until it was found again on the
/// network where it was born: then it is confirmed, and known under the id that it had. What isn't found is passed on as `unconfirmed`.
extension Engine {
    /// A given-back event that is neither confirmed nor given up.
    struct GivenBack {
        let id: EventID
        let position: Position
        let author: AuthorKey
        let home: DestinationID?
        let second: UnixTime
        /// nil for anything but a message.
        let text: String?
    }

    /// What is awaited of a peer before anything new is numbered.
    enum Awaited: Equatable {
        /// It has not said yet what it holds.
        case word
        /// It holds these streams of ours further than we do.
        case events([StreamIndex: UInt64])
    }

    // MARK: Waiting for peers at the opening

    /// Begins to wait for the peers of every bridge, but for those that had been away for an hour when the journal ended: nothing of this
    /// relay's reached them after that. Once, when the engine opens.
    func awaitPeers(for interval: Interval, isRestored: Bool) async throws {
        let end = try await journal.reader.read(from: Position(max(begin.rawValue, 1) - 1), atMost: 1).accepted.last
        for member in routing.all {
            guard member.settings.isPeer else { continue }
            if !isRestored, let end, let since = away[member.settings.endpoint], since.seconds(until: end) > CoreLimits.longAway {
                continue
            }
            awaited[member.destination] = .word
        }
        if awaited.isEmpty { return }
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
        counters.peersNotAwaited += 1
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
        for waiter in peerWaiters { waiter.resume() }
        peerWaiters = []
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
                try await forked(stream, through: held.prefix)
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
            try await compare(Held(stream: stream, number: held.prefix, digest: held.digest, words: "It said so in its RESUME"), with: peer)
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
        for member in routing.all where member.bridge == streams[entry.head.stream].bridge {
            if try await !journal.reader.parts(of: id, at: member.destination).isEmpty { return true }
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
        let text: String? = if case .posted(let post) = event { post.content.text } else { nil }
        let item = GivenBack(
            id: streams.id(entry.head.stream, entry.head.number), position: entry.position, author: profile?.key ?? AuthorKey(rawValue: 0),
            home: home, second: entry.head.originTime, text: text)
        givenBack.append(item)
        counters.givenBack += 1
        if pending.notes[Engine.givenBackNote] == nil && givenBackStart == nil {
            pending.notes[Engine.givenBackNote] = entry.position.rawValue.bigEndianBytes
            givenBackStart = entry.position
        }
        // What was written on the relay's own listener stands nowhere but in its journal: it can't be found again.
        if let home, routing.member(home)?.settings.isReader == false { scheduleVerdict(home) } else { giveUpSoon(home) }
    }

    /// A message read again on its network: the given-back event that it is, if it is one. Of several the lowest number.
    func confirmed(_ happening: Happening, from member: RoutingTable.Member, of bridge: BridgeRow) -> EventID? {
        guard !givenBack.isEmpty, case .posted(let text, _, _, _) = happening.content else { return nil }
        let key = authorKeys.key(of: happening.account?.id ?? "", at: member.settings.endpoint, in: bridge)
        let matching = givenBack.indices.filter {
            let item = givenBack[$0]
            return item.home == member.destination && item.author == key && item.second == happening.time && item.text == text.text
        }
        guard let index = matching.min(by: { givenBack[$0].id < givenBack[$1].id }) else { return nil }
        let item = givenBack.remove(at: index)
        settle(item, .origin, as: happening.key, at: member.destination)
        counters.confirmed += 1
        return item.id
    }

    private func settle(_ item: GivenBack, _ outcome: Outcome, as key: NativeKey?, at home: DestinationID) {
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
        if givenBack.contains(where: { $0.id == id }) { return nil }
        guard let stream = streams.index(of: id.stream) else { return false }
        for destination in routing.destinations(of: streams[stream].bridge) {
            var parts = ids.parts(id, at: destination) ?? []
            if parts.isEmpty { parts = try await journal.reader.parts(of: id, at: destination) }
            if parts.contains(where: { $0.outcome == .unconfirmed }) { return false }
        }
        return true
    }

    // MARK: Giving up

    /// A channel has been read to its head, or something came back for one that has.
    func scheduleVerdict(_ home: DestinationID) {
        guard givenBack.contains(where: { $0.home == home }), let machine = outboxes[home]?.machine, machine.connection != .down else {
            return
        }
        let wait = hasHistory.contains(home) ? CoreLimits.confirmation : .zero
        _ = loop.schedule(at: loop.now + wait) { [weak self] in self?.assumeIsolated { $0.giveUp(home) } }
    }

    /// What has no home here any more can't be confirmed.
    private func giveUpSoon(_ home: DestinationID?) {
        _ = loop.schedule(at: loop.now) { [weak self] in self?.assumeIsolated { $0.giveUp(home) } }
    }

    /// What was not found again is shown nowhere; one bounce entry says so.
    private func giveUp(_ home: DestinationID?) {
        let lost = givenBack.filter { $0.home == home }
        guard let first = lost.map(\.position).min(), let last = lost.map(\.position).max() else { return }
        givenBack.removeAll { $0.home == home }
        counters.unconfirmed += UInt64(lost.count)
        for item in lost {
            guard let stream = streams.index(of: item.id.stream) else { continue }
            let place = home ?? routing.destinations(of: streams[stream].bridge).first
            if let place { settle(item, .unconfirmed, as: nil, at: place) }
        }
        guard let place = home ?? routing.all.first?.destination else { return }
        bounce("unconfirmed", "given back by a peer and not found again on its network", at: place, first...last, count: UInt64(lost.count))
        commitSignal.set()
    }
}
