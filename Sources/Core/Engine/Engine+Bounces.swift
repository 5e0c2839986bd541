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
}
