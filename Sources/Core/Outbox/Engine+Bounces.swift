import Base
import Model

/// The bounce list: what an operator is told of what did not arrive, or is not as it should be.
extension Engine {
    /// Entries of one kind, about one peer, at one destination are one entry that grows: what a peer can cause has as few entries as there
    /// are peers.
    struct BounceKind: Hashable {
        let code: String
        let destination: DestinationID
        let peer: PeerIndex
    }

    /// Adds an entry to the bounce list, and has it written soon. With a peer it goes into the entry that the peer has already; that one's
    /// words stay.
    func bounce(
        _ code: String, _ text: String, at destination: DestinationID, _ positions: ClosedRange<Position>, count: UInt64,
        of peer: PeerIndex? = nil
    ) {
        measures.bounced(code, at: routing.member(destination)?.settings.endpoint ?? "")
        commitWhenQuiet()
        let kind = peer.map { BounceKind(code: code, destination: destination, peer: $0) }
        if let kind, let known = openBounces[kind] {
            let row = BounceRow(
                id: known.id, destination: destination, positions: joined(known.positions, positions), count: known.count + count,
                code: code, text: known.text, time: loop.time)
            openBounces[kind] = row
            pending.bounces.append(row)
            return
        }
        lastBounce += 1
        let row = BounceRow(
            id: lastBounce, destination: destination, positions: positions, count: count, code: code, text: text, time: loop.time)
        if let kind { openBounces[kind] = row }
        pending.bounces.append(row)
    }

    /// Takes an entry out; what comes of its kind makes a new one.
    func forget(bounce id: UInt64) {
        pending.bounces.removeAll { $0.id == id }
        pending.droppedBounces.append(id)
        if let kind = openBounces.first(where: { $0.value.id == id })?.key { openBounces[kind] = nil }
    }

    /// Position zero stands for nothing in the log.
    private func joined(_ left: ClosedRange<Position>, _ right: ClosedRange<Position>) -> ClosedRange<Position> {
        if left.upperBound == .zero { return right }
        if right.upperBound == .zero { return left }
        return min(left.lowerBound, right.lowerBound)...max(left.upperBound, right.upperBound)
    }

    // MARK: What an entry speaks of

    /// The first events that an entry speaks of and that are still here, and whether there may be more of them.
    package func events(of row: BounceRow) async throws -> (events: [PassingEvent], hasMore: Bool) {
        var events: [PassingEvent] = []
        var position = max(row.positions.lowerBound, oldest)
        var searched = 0
        while position <= row.positions.upperBound, let run = try await committed(from: position) {
            position = max(position, run.first)
            while position <= row.positions.upperBound && position < run.end {
                if events.count == CoreLimits.shownEvents || searched == CoreLimits.searchedEvents { return (events, true) }
                searched += 1
                let entry = LogEntry(run, at: position)
                if try await speaks(row, of: entry), let event = passing(entry) { events.append(event) }
                position = position.next
            }
        }
        return (events, false)
    }

    /// Whether an entry of the bounce list speaks of an entry of the log within its range: others' are among them, and what arrived.
    private func speaks(_ row: BounceRow, of entry: LogEntry) async throws -> Bool {
        if row.positions.lowerBound == row.positions.upperBound { return true }
        guard let member = routing.row(row.destination), streams[entry.head.stream].bridge == member.bridge else { return false }
        let id = streams.id(entry.head.stream, entry.head.number)
        let parts = try await journal.reader.parts(of: id, at: row.destination)
        switch row.code {
        case "unconfirmed": return parts.contains { $0.outcome == .unconfirmed }
        case "parked", "removed":
            // Before its turn has come it has no receipt, or never will.
            if parts.isEmpty, case .posted? = entry.event?.event { return !isAtHome(entry, row.destination) }
            return parts.contains { $0.outcome == .parked && row.code == "parked" }
        case "fork": return streams.isOwn(entry.head.stream)
        case "conflict": return conflicts.contains(id)
        default: return parts.contains { $0.outcome == .bounced }
        }
    }

    /// Whether the author of an entry of this relay's own speaks in a channel.
    func isAtHome(_ entry: LogEntry, _ destination: DestinationID) -> Bool {
        guard let author = entry.event?.author, let home = streams.profile(entry.head.stream, author)?.home else { return false }
        return streams.isOwn(entry.head.stream) && routing.everMember(destination)?.home == home
    }
}
