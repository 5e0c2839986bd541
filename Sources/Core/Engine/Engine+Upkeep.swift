import Base
import Model

/// What is looked after now and then: destinations that hold back too much, content that has been kept long enough.
extension Engine {
    func upkeepLoop() async throws {
        while !Task.isCancelled {
            await loop.sleep(until: loop.now + CoreLimits.upkeep)
            for destination in outboxes.keys.sorted() { try await parkIfNeeded(destination) }
            try await retire()
        }
    }

    /// A destination may hold back `hold` or `holdBytes`. Beyond that everything up to now is parked: messages are dropped, but neither
    /// deletions nor the newest edit of what already stands there.
    private func parkIfNeeded(_ destination: DestinationID) async throws {
        guard let cursor = outboxes[destination]?.machine.cursor, let parkedBefore = outboxes[destination]?.parkedBefore else { return }
        let first = max(cursor, parkedBefore)
        let end = committedEnd
        guard first < end, let entry = try await entry(at: first) else { return }
        var isTooMuch = entry.accepted.seconds(until: loop.time) > limits.hold
        if !isTooMuch, end - first > 10_000 { isTooMuch = try await journal.reader.byteCount(from: first) > limits.holdBytes }
        guard isTooMuch else { return }
        let count = try await count(of: destination, from: first, to: end)
        guard count > 0, outboxes[destination] != nil else { return }
        outboxes[destination]?.parkedBefore = end
        changedDestinations.insert(destination)
        lastBounce += 1
        pending.bounces.append(
            BounceRow(
                id: lastBounce, destination: destination, positions: first...Position(end.rawValue - 1), count: count, code: "parked",
                text: "held back since \(entry.accepted.text)", time: loop.time))
        commitSignal.set()
        wake(destination)
    }

    /// How many messages of a range a destination would have got.
    private func count(of destination: DestinationID, from first: Position, to end: Position) async throws -> UInt64 {
        guard let member = routing.member(destination) else { return 0 }
        var count: UInt64 = 0
        var position = first
        while position < end {
            guard let run = try await self.run(from: position), run.end > position else { break }
            while position < min(run.end, end) {
                let entry = LogEntry(run, at: position)
                if case .posted? = entry.event?.event, case .finish(.parked) = plan(entry, for: member, .asClaimed, parked: true) {
                    count += 1
                }
                position = position.next
            }
        }
        return count
    }

    /// Entries from a position on, from memory or the journal.
    private func run(from position: Position) async throws -> EntryRun? {
        if let run = recent.run(at: position) { return run }
        let run = try await journal.reader.read(from: position, atMost: CoreLimits.coldRead)
        return run.entries.isEmpty ? nil : run
    }

    /// Erases content that every destination has had for long enough.
    private func retire() async throws {
        let settled = outboxes.values.map(\.machine.cursor).min() ?? committedEnd
        while oldest < settled {
            let run = try await journal.reader.read(from: oldest, atMost: 1)
            guard let accepted = run.accepted.last, run.end <= settled, accepted.seconds(until: loop.time) > limits.keepContent else {
                break
            }
            let erased = try await journal.retire(before: run.end, slice: CoreLimits.retentionSlice)
            if erased == 0 { break }
            oldest = run.end
        }
        let month = UnixTime(seconds: loop.time.seconds - min(loop.time.seconds, limits.keepIDs)).month
        if month != forgottenBefore {
            try await journal.forgetIDs(before: month)
            forgottenBefore = month
        }
    }
}
