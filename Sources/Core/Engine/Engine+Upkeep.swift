import Base
import Model

/// What is looked after now and then: destinations that hold back too much, content that has been kept long enough.
extension Engine {
    func scheduleUpkeep() {
        _ = loop.schedule(at: loop.now + CoreLimits.upkeep) { [weak self] in
            self?.assumeIsolated { engine in
                if engine.isEnding { return }
                engine.look()
                engine.isUpkeepDue = true
                engine.workSignal.set()
                engine.scheduleUpkeep()
            }
        }
    }

    func upkeep() async throws {
        let isDoubted = isClockDoubted
        for destination in outboxes.keys.sorted() {
            if let member = routing.member(destination) { jump(destination, of: member.bridge) }
            if let outbox = outboxes[destination], outbox.machine.cursor - outbox.written > CoreLimits.cursorLag {
                changedDestinations.insert(destination)
                commitWhenQuiet()
            }
            try await parkIfNeeded(destination)
            try await forgetSettled(destination)
        }
        try await forgetEarly()
        if !isDoubted { try await retire() }
    }

    /// Events that were settled ahead of their turn, and whose turn is over, need not be remembered: a mark that was found of something that
    /// had bounced, for one.
    private func forgetSettled(_ destination: DestinationID) async throws {
        guard let settled = outboxes[destination]?.settled, settled.count > CoreLimits.settled else { return }
        for id in settled.sorted() {
            guard let stream = streams.index(of: id.stream), streams.hasCome(id),
                let cursor = outboxes[destination]?.machine.cursor
            else { continue }
            let position = try await journal.reader.positions(of: stream, numbers: id.number...id.number).first
            // What is not there any more had its turn; what is not there yet is about to be written.
            if position.map({ $0 < cursor }) ?? (recent.end == committedEnd) { outboxes[destination]?.settled.remove(id) }
        }
    }

    /// A destination may hold back messages for `hold`, or `holdBytes`. Beyond that everything up to now is parked: messages are
    /// dropped, but neither deletions nor the newest edit of what already stands there.
    private func parkIfNeeded(_ destination: DestinationID) async throws {
        let end = committedEnd
        guard let held = try await firstHeld(destination, before: end) else { return }
        var isTooMuch = !isClockDoubted && held.accepted.seconds(until: loop.time) > limits.hold
        if !isTooMuch, end - held.position > CoreLimits.measuredBacklog {
            isTooMuch = try await journal.reader.byteCount(from: held.position) > limits.holdBytes
        }
        guard isTooMuch, let member = routing.member(destination) else { return }
        let count = try await count(of: member, from: held.position, to: end)
        guard count > 0, outboxes[destination] != nil else { return }
        outboxes[destination]?.parkedBefore = end
        outboxes[destination]?.held = nil
        changedDestinations.insert(destination)
        bounce(
            "parked", texts.heldBack(since: held.accepted), at: destination, held.position...Position(end.rawValue - 1), count: count)
        commitSignal.set()
        wake(destination)
    }

    /// The first message that a destination has not had and still is to get. Each is looked at once.
    private func firstHeld(_ destination: DestinationID, before end: Position) async throws -> (position: Position, accepted: UnixTime)? {
        guard let outbox = outboxes[destination], let member = routing.member(destination) else { return nil }
        let start = max(outbox.machine.cursor, outbox.parkedBefore, outbox.retry?.end ?? .zero)
        if let held = outbox.held, held.position >= start { return held }
        var found: (position: Position, accepted: UnixTime)?
        var position = max(start, outbox.searched)
        while position < end, found == nil, let run = try await run(from: position), run.end > position {
            position = max(position, run.first)
            while position < min(run.end, end), found == nil {
                if try await isMessage(LogEntry(run, at: position), of: member) { found = (position, run.accepted[position - run.first]) }
                position = position.next
            }
        }
        outboxes[destination]?.held = found
        outboxes[destination]?.searched = position
        return found
    }

    /// How many messages of a range a channel would have got.
    func count(of member: RoutingTable.Member, from first: Position, to end: Position) async throws -> UInt64 {
        var count: UInt64 = 0
        var position = first
        while position < end, let run = try await run(from: position), run.end > position {
            position = max(position, run.first)
            while position < min(run.end, end) {
                if try await isMessage(LogEntry(run, at: position), of: member) { count += 1 }
                position = position.next
            }
        }
        return count
    }

    /// Whether an entry is a message that a channel is to get. Of what an earlier life may have settled the journal is asked.
    func isMessage(_ entry: LogEntry, of member: RoutingTable.Member) async throws -> Bool {
        guard case .posted? = entry.event?.event else { return false }
        var answers = DeliveryPlan.Answers()
        while true {
            switch plan(entry, for: member, .first, answers, parked: true) {
            case .finish(.parked): return true
            case .ask(let question): try await answer(question, at: member.destination, in: &answers)
            default: return false
            }
        }
    }

    /// Entries from a position on, from memory or the journal.
    private func run(from position: Position) async throws -> EntryRun? {
        if let run = recent.run(at: position) { return run }
        let run = try await journal.reader.read(from: position, atMost: CoreLimits.coldRead)
        return run.entries.isEmpty ? nil : run
    }

    /// Erases content that every destination has had for long enough. On a full disk that waits.
    private func retire() async throws {
        do {
            try await retireContent()
            let month = UnixTime(seconds: loop.time.seconds - min(loop.time.seconds, limits.keepIDs)).month
            if month != forgottenBefore {
                try await journal.forgetIDs(before: month)
                try await forgetStreams()
                forgottenBefore = month
            }
        } catch JournalError.full {
            counters.full += 1
        }
    }

    /// Forgets streams in which nothing was said for longer than the id map stays, and whose content is gone. What still names one of their
    /// events finds it unknown, as it finds its receipts.
    private func forgetStreams() async throws {
        let kept = limits.keepIDs + CoreLimits.keptStreams
        let month = UnixTime(seconds: loop.time.seconds - min(loop.time.seconds, kept)).month
        var isAwaited: Set<StreamIndex> = []
        for case .events(let owed) in awaited.values { isAwaited.formUnion(owed.keys) }
        for stream in streams.unchanged(since: month) where !isAwaited.contains(stream) {
            guard try await journal.reader.start(of: stream, from: 1) == nil, streams.contains(stream),
                streams[stream].changed.month < month
            else { continue }
            streams.forget(stream)
            pending.forgottenStreams.append(stream)
            counters.streamsForgotten += 1
        }
        forgetOrphans(before: month)
        if !pending.forgottenStreams.isEmpty { commitSignal.set() }
    }

    private func retireContent() async throws {
        let settled =
            outboxes.values.map { outbox in
                outbox.retry.map { min($0.first, outbox.machine.cursor) } ?? max(outbox.machine.cursor, outbox.parkedBefore)
            }.min() ?? committedEnd
        while oldest < settled {
            let run = try await journal.reader.read(from: oldest, atMost: CoreLimits.coldRead)
            // A peer that lacks it holds it back as long as any destination may.
            let isLacked = peerCursors.values.contains { $0 < run.end }
            let keep = isLacked ? max(limits.keepContent, limits.hold) : limits.keepContent
            let old = run.accepted.prefix { $0.seconds(until: loop.time) > keep }.count
            let end = min(run.first + old, settled)
            guard end > oldest, try await journal.retire(before: end, slice: CoreLimits.retentionSlice) > 0 else { return }
            // Whole blocks go: what is still there begins where the journal says.
            let next = try await journal.reader.read(from: oldest, atMost: 1).first
            if next <= oldest { return }
            oldest = next
        }
    }
}
