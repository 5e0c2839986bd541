import Base
import Model

/// What bounced, or was parked, and an operator has delivered again (docs/semantics.md, "Bounces"). It comes before what is still to be
/// delivered there, marked late; what stands there already is not repeated, but for a message of which only a beginning arrived: that comes whole.
extension Engine {
    /// What became of an operator's word.
    package enum RetryAnswer: Hashable, Sendable {
        /// So many events at most go there again.
        case retried(UInt64, to: [String])
        case refused(RetryRefusal)
        case unknown
    }

    /// Why something can't be delivered again.
    package enum RetryRefusal: Hashable, Sendable {
        /// Nothing of an entry with this code could be.
        case nothingThere(code: String)
        case isGone
        /// The channel is not in the bridge any more that the entry speaks of.
        case notInBridge(channel: String, bridge: String)
    }

    private static func retryNote(_ destination: DestinationID) -> String { "retry \(destination.rawValue)" }

    /// Has what a bounce entry speaks of delivered again, and forgets the entry. Returns when that is durable.
    package func retryBounce(_ id: UInt64) async throws -> RetryAnswer {
        guard let row = try await journal.reader.bounces(from: id, atMost: 1).first, row.id == id else { return .unknown }
        if ["undecodable", "fork", "conflict"].contains(row.code) {
            return .refused(.nothingThere(code: row.code))
        }
        let first = max(row.positions.lowerBound, oldest)
        guard first <= row.positions.upperBound else { return .refused(.isGone) }
        let range = first...row.positions.upperBound
        let places: [DestinationID]
        if row.code == "unconfirmed" {
            places = try await confirm(range, of: row)
        } else {
            guard outboxes[row.destination] != nil else {
                return .refused(.notInBridge(channel: name(of: row.destination), bridge: bridge(of: row.destination)))
            }
            unpark(range, at: row.destination)
            retry([range], at: row.destination)
            places = [row.destination]
        }
        forget(bounce: id)
        try await waitForCommit()
        if row.code == "unconfirmed" {
            confirmations += 1
            for follower in followers.values { follower() }
        }
        for place in places { wake(place) }
        if row.code != "unconfirmed" { return .retried(row.count, to: places.map { name(of: $0) }) }
        // Where it was born it is not shown again.
        let isHome = try await entry(at: first).map { isAtHome($0, row.destination) } ?? false
        let shown = (places + readers(beside: row.destination)).filter { !isHome || $0 != row.destination }
        return .retried(row.count, to: shown.map { name(of: $0) })
    }

    /// Channels of the same bridge whose people find in the journal what an operator has vouched for.
    private func readers(beside home: DestinationID) -> [DestinationID] {
        guard let bridge = routing.member(home)?.bridge else { return [] }
        return routing.readers.filter { $0.bridge == bridge && $0.destination != home && $0.settings.direction != .into }.map(\.destination)
    }

    /// An operator vouches for what one peer gave back and was not found at one destination: it is shown everywhere but where it was born. Where
    /// it goes now. Between the first and the last of it may be what others gave back, or this peer for other channels: each has an entry
    /// of its own.
    private func confirm(_ range: ClosedRange<Position>, of row: BounceRow) async throws -> [DestinationID] {
        // An entry of the list begins and ends with what it speaks of.
        let peer = try await entry(at: range.upperBound)?.head.source
        var confirmed: [BridgeIndex: [ClosedRange<Position>]] = [:]
        var receipts: [Receipt] = []
        var position = range.lowerBound
        while position <= range.upperBound {
            defer { position = position.next }
            guard let entry = try await entry(at: position), entry.head.isGivenBack, entry.head.source == peer else { continue }
            let stream = entry.head.stream
            let id = streams.id(stream, entry.head.number)
            let home = entry.event.flatMap { streams.profile(stream, $0.author)?.home }
            guard try await journal.reader.parts(of: id, at: row.destination).contains(where: { $0.outcome == .unconfirmed }) else {
                continue
            }
            // Where its home is gone, the entry stood in another channel's name, which is to get it like the others.
            receipts.append(
                Receipt(
                    destination: row.destination, position: position, stream: stream, number: id.number,
                    outcome: routing.member(row.destination)?.home == home ? .origin : .bounced, time: loop.time))
            confirmed[streams[stream].bridge, default: []].append(position...position)
        }
        for receipt in receipts { write(receipt) }
        counters.confirmed += UInt64(receipts.count)
        var places: [DestinationID] = []
        for (bridge, ranges) in confirmed {
            for destination in routing.destinations(of: bridge) where outboxes[destination] != nil {
                retry(ranges, at: destination)
                places.append(destination)
            }
        }
        return places.sorted()
    }

    private func retry(_ ranges: [ClosedRange<Position>], at destination: DestinationID) {
        if outboxes[destination]?.retry == nil { outboxes[destination]?.retry = Retry() }
        outboxes[destination]?.retry?.ask(for: ranges)
        keepRetry(of: destination)
    }

    /// What is parked and has not had its turn yet is delivered in it; should the destination hold it back on, it is parked anew.
    private func unpark(_ range: ClosedRange<Position>, at destination: DestinationID) {
        guard let outbox = outboxes[destination], range.upperBound >= outbox.machine.head, outbox.parkedBefore > outbox.machine.head else {
            return
        }
        outboxes[destination]?.parkedBefore = .zero
        outboxes[destination]?.held = nil
        outboxes[destination]?.searched = .zero
        changedDestinations.insert(destination)
    }

    private func keepRetry(of destination: DestinationID) {
        pending.notes[Engine.retryNote(destination)] = outboxes[destination]?.retry?.bytes ?? []
        commitSignal.set()
    }

    /// What an earlier life was asked for.
    func recallRetry(of destination: DestinationID) {
        guard let note = openState.notes.removeValue(forKey: Engine.retryNote(destination)) else { return }
        outboxes[destination]?.retry = Retry(bytes: note)
    }

    /// A channel was taken out: nobody waits there any more.
    func forgetRetry(of destination: DestinationID) {
        if outboxes[destination]?.retry != nil { pending.notes[Engine.retryNote(destination)] = [] }
    }

    /// Whether an outbox takes nothing new, as it is to go back first. The rest of an event that has begun comes before.
    func mustGoBack(_ destination: DestinationID) -> Bool {
        guard let outbox = outboxes[destination], outbox.retry?.isDue == true else { return false }
        return !outbox.machine.isIdle || outbox.machine.received.parts == 0
    }

    /// Goes back once nothing is under way, and forgets what was asked for once all of it is settled.
    func followRetry(_ destination: DestinationID) {
        guard let outbox = outboxes[destination], let retry = outbox.retry else { return }
        if retry.isDue {
            guard outbox.machine.isIdle, outbox.machine.received.parts == 0,
                let start = outboxes[destination]?.retry?.goBack(from: outbox.machine.head)
            else { return }
            outboxes[destination]?.machine.goBack(to: start)
        } else if outbox.machine.cursor >= retry.end {
            outboxes[destination]?.retry = nil
        } else {
            return
        }
        changedDestinations.insert(destination)
        keepRetry(of: destination)
    }

    /// Whether the entry at a position is delivered again there; nil if it lies before the end of what is, and is none of it.
    func isRetried(_ position: Position, at destination: DestinationID) -> Bool? {
        guard let retry = outboxes[destination]?.retry, position < retry.end else { return false }
        return retry.contains(position) ? true : nil
    }
}
