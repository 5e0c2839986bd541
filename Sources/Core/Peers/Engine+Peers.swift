import Base
import Model

/// What comes from peers: entries of the log that were numbered elsewhere.
extension Engine: LinkPort {
    package var epoch: Epoch { streams.epoch }

    package func index(of peer: RelayID) -> PeerIndex {
        if let known = peers.firstIndex(of: peer) { return PeerIndex(UInt32(known + 1)) }
        peers.append(peer)
        pending.notes[Engine.peersNote] = peers.flatMap(\.bytes)
        return PeerIndex(UInt32(peers.count))
    }

    /// A peer by its number; nil for this relay itself.
    func relay(of peer: PeerIndex) -> RelayID? {
        peer != .local && Int(peer.rawValue) <= peers.count ? peers[Int(peer.rawValue) - 1] : nil
    }

    /// The note of all peers ever known, 32 bytes each, in the order of their numbers.
    static let peersNote = "peers"

    static func peers(in state: JournalState) -> [RelayID] {
        let bytes = state.notes[peersNote] ?? []
        return stride(from: 0, to: bytes.count - bytes.count % 32, by: 32).map { RelayID(bytes: Array(bytes[$0..<$0 + 32])) }
    }

    // MARK: Taking in

    package func introduce(_ introduction: StreamIntroduction, in channel: DestinationID, by peer: RelayID) throws(PeerFault)
        -> StreamIndex
    {
        guard let member = routing.member(channel), member.settings.isPeer else { throw .unknownChannel }
        if introduction.owner == relay {
            guard introduction.epoch.isGenuine(secret: epochSecret) else { throw .unknownEpoch(introduction.stream) }
        } else if introduction.owner != peer {
            throw .notYours(introduction.stream)
        }
        if let known = streams.index(of: introduction.stream) {
            guard streams[known].bridge == member.bridge else { throw .elsewhere(introduction.stream) }
            return known
        }
        guard streams.count(of: introduction.owner, in: member.bridge).streams < CoreLimits.peerStreams else {
            throw .tooMany(introduction.stream)
        }
        // A bridge has one key. Another one's streams are of a bridge that this journal lost, and few; an invented key costs nobody anything.
        if introduction.owner == relay, let key = routing.bridges[member.bridge]?.key, introduction.bridge != key,
            streams.lost(in: member.bridge, but: key) >= CoreLimits.lostStreams
        {
            throw .elsewhere(introduction.stream)
        }
        return streams.introduce(introduction, bridge: member.bridge)
    }

    package func accept(_ passed: PassedOn, in channel: DestinationID, from peer: RelayID) async throws {
        try await waitForRoom()
        guard let member = routing.member(channel), member.settings.isPeer else { throw PeerFault.unknownChannel }
        if let head = passed.entries.heads.first(where: { !streams.contains($0.stream) }) { throw PeerFault.forgotten(head.stream) }
        var born = EntryBuffer()
        var fault: PeerFault?
        for row in passed.profiles { learn(row) }
        var index = 0
        var known: [Int] = []
        while index < passed.entries.count {
            index += acceptPlain(passed.entries, from: index, into: &born)
            if index == passed.entries.count { break }
            do throws(PeerFault) {
                if try !accept(passed.entries, index, into: &born) { known.append(index) }
                index += 1
            } catch {
                // What came before it is in order and stays.
                fault = error
                break
            }
        }
        add(born, to: member.bridge)
        if !born.isEmpty { for other in routing.destinations(of: member.bridge) { try await fill(other, mayAskJournal: false) } }
        if !pending.isEmpty || recent.end != committedEnd { try await waitForCommit() }
        settleAwaited(channel)
        // Only now, as the log must not grow between what was given its place and what is to have the next.
        try await compare(passed.entries, known, with: peer)
        if case .fork(let id)? = fault, let stream = streams.index(of: id.stream) { try await forked(stream, through: id.number, by: peer) }
        if let fault { throw fault }
    }

    /// Takes in what needs no thought, up to the first entry that does: the next events of one stream of the peer's, sound, and neither a
    /// change nor a profile. Says how many.
    private func acceptPlain(_ entries: EntryBuffer, from first: Int, into born: inout EntryBuffer) -> Int {
        let stream = entries.heads[first].stream
        if streams.isOwn(stream) || !orphans.isEmpty { return 0 }
        let known = streams.prefix(of: stream)
        var count = 0
        while first + count < entries.count {
            let head = entries.heads[first + count]
            guard head.stream == stream, head.isEvent, head.number == known + UInt64(count) + 1, !head.isGivenBack,
                let outline = try? entries.withRecord(first + count, { record throws(RecordError) in try RecordOutline(checking: record) }),
                !outline.isOwnersOnly, !outline.isProfile
            else { break }
            countDroppedSpans(entries, first + count, outline)
            count += 1
        }
        if count == 0 { return 0 }
        born.append(entries, first..<first + count)
        counters.passedOn += UInt64(count)
        streams.advance(stream, to: known + UInt64(count))
        return count
    }

    /// Spans that break a rule are left out wherever the text is shown; the record stays as it came (docs/record.md).
    private func countDroppedSpans(_ entries: EntryBuffer, _ index: Int, _ outline: RecordOutline) {
        guard outline.hasSpans else { return }
        var dropped = 0
        _ = try? entries.withRecord(index) { record throws(RecordError) in try Event.decode(record, droppedSpans: &dropped) }
        counters.spansDropped += UInt64(dropped)
    }

    /// False: it is known already.
    private func accept(_ entries: EntryBuffer, _ index: Int, into born: inout EntryBuffer) throws(PeerFault) -> Bool {
        let head = entries.heads[index]
        let known = streams.prefix(of: head.stream)
        let last = if case .skip(let through, _) = head.content { through } else { head.number }
        let id = streams.id(head.stream, head.number)
        let isLate = last <= known
        if isLate && !(head.isEvent && streams[head.stream].holes.contains(head.number)) {
            counters.duplicates += 1
            return false
        }
        guard head.number <= known + 1 else { throw .gap(id, expected: known + 1) }
        let isGivenBack = streams.isOwn(head.stream)
        if isGivenBack && streams[head.stream].introduction.epoch == epoch { throw .fork(streams.id(head.stream, last)) }
        let position = pending.first + pending.entries.count + born.count
        let taken: EntryHead
        var returned: LogEntry?
        if case .skip(let through, let reason) = head.content {
            taken = EntryHead(
                stream: head.stream, number: known + 1, originTime: head.originTime, hops: head.hops,
                content: .skip(through: through, reason),
                source: head.source)
            born.append(taken, record: [])
            if !isFinal(reason, of: head.stream, by: head.source) {
                let hole = OpenHoles.Hole(numbers: known + 1...through, saidBy: head.source, reason: reason)
                counters.holesGivenUp += streams.open(hole, in: head.stream)
            }
        } else {
            let range = entries.recordRange(index)
            let outline: RecordOutline
            switch check(entries, index, id) {
            case .sound(let checked): outline = checked
            case .refused(let fault): throw fault
            case .stub:
                stub(head, position, into: &born)
                follow(head.stream, to: last, isLate: isLate)
                return true
            }
            taken = EntryHead(
                stream: head.stream, number: head.number, originTime: head.originTime, hops: head.hops, source: head.source,
                isGivenBack: isGivenBack)
            born.append(taken, record: entries.bytes[range])
            countDroppedSpans(entries, index, outline)
            take(outline, entries, index, id, position)
            takeOverOrphans(id, head.stream, author: nil, second: head.originTime)
            if isGivenBack { returned = LogEntry(taken, Array(entries.bytes[range]), position, loop.time) }
        }
        counters.passedOn += 1
        follow(head.stream, to: last, isLate: isLate)
        if let returned { awaitConfirmation(returned) }
        return true
    }

    private func follow(_ stream: StreamIndex, to last: UInt64, isLate: Bool) {
        if !isLate { return streams.advance(stream, to: last) }
        counters.late += 1
        counters.holesGivenUp += streams.fill(last, in: stream)
    }

    /// Whether what a SKIP speaks of can't come any more: its owner says so, and not of this link alone, nor of now (semantics 2).
    private func isFinal(_ reason: SkipReason, of stream: StreamIndex, by source: PeerIndex) -> Bool {
        relay(of: source) == streams[stream].introduction.owner && reason != .beforeJoin && reason != .unconfirmed
    }

    private enum Verdict {
        case sound(RecordOutline)
        case refused(PeerFault)
        /// It was unreadable before: it can't be had, and must not stop what follows.
        case stub
    }

    private func check(_ entries: EntryBuffer, _ index: Int, _ id: EventID) -> Verdict {
        do {
            let outline = try entries.withRecord(index) { record throws(RecordError) in try RecordOutline(checking: record) }
            guard outline.isOwnersOnly, let target = outline.target, let stream = streams.index(of: target.stream) else {
                return .sound(outline)
            }
            // Only the relay that a message's author belongs to changes it, or tells more of it.
            return streams[stream].introduction.owner == owner(of: id) ? .sound(outline) : .refused(.notAllowed(id))
        } catch {
            if unreadable.remove(id) != nil { return .stub }
            // One of a thousand that comes a third time is no harm; memory that a peer can fill is.
            if unreadable.count >= CoreLimits.unreadable { unreadable.removeAll() }
            unreadable.insert(id)
            return .refused(.recordInvalid(id, "\(error.reason) at byte \(error.offset)"))
        }
    }

    private func owner(of id: EventID) -> RelayID? { streams.index(of: id.stream).map { streams[$0].introduction.owner } }

    private func stub(_ head: EntryHead, _ position: Position, into born: inout EntryBuffer) {
        let stub = EntryHead(
            stream: head.stream, number: head.number, originTime: head.originTime, hops: head.hops,
            content: .skip(through: head.number, .refused), source: head.source)
        born.append(stub, record: [])
        for member in routing.all where member.bridge == streams[head.stream].bridge && !member.settings.isPeer {
            bounce(
                "undecodable", texts.unreadable("\(streams.id(head.stream, head.number))"), at: member.destination,
                position...position, count: 1, of: head.source)
        }
    }

    /// What an accepted record changes: profiles and the look-ahead.
    private func take(_ outline: RecordOutline, _ entries: EntryBuffer, _ index: Int, _ id: EventID, _ position: Position) {
        guard outline.isChange || outline.isProfile else { return }
        let record = entries.record(index)
        var dropped = 0
        guard let (event, author) = try? Event.decode(record.span.bytes, droppedSpans: &dropped) else { return }
        if case .profile = event {
            learn(AuthorRow(stream: entries.heads[index].stream, number: author, record: record))
        } else {
            note(event, id, position)
        }
    }

    /// A profile that a peer told: one of a lower version changes nothing. Of this relay's own authors it tells only those that the journal
    /// has lost: who speaks here is not for a peer to say.
    private func learn(_ row: AuthorRow) {
        let known = streams.profile(row.stream, row.number)
        if streams.isOwn(row.stream) && (known != nil || streams[row.stream].introduction.epoch == epoch) { return }
        let stream = streams[row.stream]
        if known == nil && streams.count(of: stream.introduction.owner, in: stream.bridge).authors >= CoreLimits.peerAuthors {
            counters.authorsRefused += 1
            return
        }
        var dropped = 0
        guard case .profile(let profile)? = try? Event.decode(row.record.span.bytes, droppedSpans: &dropped).event else { return }
        if let known, known.version > profile.version { return }
        streams.learn(profile, number: row.number, stream: row.stream)
        pending.authors.append(row)
    }
}
