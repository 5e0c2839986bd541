import Base
import Model

/// What links read: what is held of a channel, where in the log it stands, and what has become of it.
extension Engine {
    package func holdings(of channel: DestinationID, with peer: RelayID, whoseEpoch theirs: PeerEpoch) async throws -> [StreamHolding] {
        guard let member = routing.member(channel) else { return [] }
        var holdings: [StreamHolding] = []
        for row in streams.rows(of: member.bridge) where row.introduction.owner == relay || row.introduction.owner == peer {
            let isOpen = theirs == PeerEpoch(row.introduction.epoch) || row.introduction.epoch == epoch
            let holes = row.holes.wanted(of: index(of: peer))
            guard isOpen || !holes.isEmpty || row.changed.seconds(until: loop.time) <= CoreLimits.resumed else { continue }
            let digest = try await digest(of: row.index, row.prefix)
            holdings.append(
                StreamHolding(introduction: row.introduction, prefix: row.prefix, digest: digest, holes: holes))
        }
        return holdings
    }

    package func streams(of channel: DestinationID, for peer: RelayID) -> (streams: [PassedStream], end: Position) {
        guard let member = routing.member(channel) else { return ([], recent.end) }
        return (streams.rows(of: member.bridge).compactMap { passed($0, to: peer) }, recent.end)
    }

    package func bridge(of channel: DestinationID) -> BridgeIndex? { routing.member(channel)?.bridge }

    package func stream(_ index: StreamIndex, for peer: RelayID) -> (stream: PassedStream, bridge: BridgeIndex)? {
        guard streams.contains(index) else { return nil }
        let row = streams[index]
        return passed(row, to: peer).map { ($0, row.bridge) }
    }

    private func passed(_ row: StreamRow, to peer: RelayID) -> PassedStream? {
        guard row.introduction.owner == relay || row.introduction.owner == peer else { return nil }
        return PassedStream(index: row.index, introduction: row.introduction, prefix: row.prefix)
    }

    /// From where on a channel is shared with a peer; nil if it never was.
    func knownBase(of channel: DestinationID) -> Position? {
        guard let known = sources[channel], known.count == 8 else { return nil }
        return Position(known.firstUInt64)
    }

    package func base(of channel: DestinationID) async throws -> Position {
        if let known = knownBase(of: channel) { return known }
        let base = recent.end
        sources[channel] = base.rawValue.bigEndianBytes
        changedDestinations.insert(channel)
        // Until it is durable, a crash would move it.
        try await waitForCommit()
        return base
    }

    /// A peer that was shut out may come back: what was said meanwhile in the channels that were shared with it is not for it. Returns when
    /// that is durable.
    package func shareAnew(with peer: String) async throws {
        for member in routing.all where member.settings.isPeer && member.settings.endpoint == peer {
            guard knownBase(of: member.destination) != nil else { continue }
            sources[member.destination] = recent.end.rawValue.bigEndianBytes
            changedDestinations.insert(member.destination)
        }
        try await waitForCommit()
    }

    package func position(of stream: StreamIndex, from number: UInt64) async throws -> Position? {
        let (end, all) = (committedEnd, recent.end)
        if let start = try await journal.reader.start(of: stream, from: number) { return start }
        // Perhaps it is about to be written.
        return end < all ? end : nil
    }

    package func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) async throws -> [Position] {
        try await journal.reader.positions(of: stream, numbers: numbers)
    }

    package func committed(from position: Position) async throws -> EntryRun? {
        if position >= committedEnd { return nil }
        let run = try await run(at: position)
        return run.entries.isEmpty ? nil : run
    }

    package var committedBefore: Position { committedEnd }

    package func profiles(of stream: StreamIndex) -> [AuthorRow] {
        streams.profiles(of: stream).map { number, profile in
            AuthorRow(stream: stream, number: number, record: RecordEncoder.encode(.profile(profile), author: number))
        }
    }

    package func acknowledged(_ channel: DestinationID, before position: Position, count: UInt64) {
        guard let known = peerCursors[channel], known < position else { return }
        peerCursors[channel] = position
        acknowledgements[channel, default: CursorTimes(from: known)].note(position, count, at: loop.time, loop.now)
        changedDestinations.insert(channel)
    }

    // MARK: Followers

    package func follow(_ body: @escaping @Sendable () -> Void) -> UInt64 {
        lastFollower += 1
        followers[lastFollower] = body
        return lastFollower
    }

    package func unfollow(_ follower: UInt64) { followers[follower] = nil }
}
