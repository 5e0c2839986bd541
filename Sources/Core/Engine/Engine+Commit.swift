import Base
import Model

extension Engine {
    /// Writes batch after batch, in order, as long as there is something to write.
    func commitLoop() async throws {
        var earliest = Instant(nanoseconds: 0)
        while !isEnding || !pending.isEmpty {
            await withUnsafeContinuation { commitSignal.wait($0) }
            if loop.now < earliest { await loop.sleep(until: earliest) }
            earliest = loop.now + CoreLimits.linger
            let (closed, number) = closeBatch()
            if !closed.isEmpty {
                let begin = loop.now
                try await write(closed)
                counters.commits += 1
                let entries = closed.entries.count
                measures.committed(entries, before: closed.first + entries, since: begin, at: loop.now)
            }
            committedBatch = number
            committedEnd = max(committedEnd, closed.first + closed.entries.count)
            try await tellDurable(closed)
            if !closed.entries.isEmpty { for follower in followers.values { follower() } }
        }
        hasWrittenAll = true
        for waiter in commitWaiters { waiter.continuation.resume() }
        commitWaiters.removeAll()
    }

    /// Ends the batch that is being filled and begins the next one.
    private func closeBatch() -> (JournalBatch, UInt64) {
        var closed = pending
        closed.time = loop.time
        closed.streams = streams.takeChanged(at: closed.time)
        closed.destinations = changedDestinations.sorted().compactMap { row(of: $0) }
        for row in closed.destinations {
            routing.store(row)
            outboxes[row.id]?.written = row.cursor
        }
        changedDestinations.removeAll(keepingCapacity: true)
        if let quietTimer { loop.cancel(quietTimer) }
        quietTimer = nil
        defer {
            pending = JournalBatch(time: loop.time, first: closed.first + closed.entries.count)
            batch += 1
        }
        return (closed, batch)
    }

    /// A destination as it stands, with what its outbox knows.
    func row(of destination: DestinationID) -> DestinationRow? {
        guard var row = routing.row(destination) else { return nil }
        if row.cursor > .zero, let outbox = outboxes[destination] {
            row.cursor = outbox.machine.cursor
            row.received = outbox.machine.received
            row.deferredSince = outbox.machine.deferredSince
            row.parkedBefore = outbox.parkedBefore
        }
        if let cursor = peerCursors[destination] { row.cursor = max(row.cursor, cursor) }
        row.source = sources[destination] ?? row.source
        return row
    }

    /// A full disk is tried again with the same batch; anything else ends the process, as nobody knows what is on the disk. When the relay stops
    /// it is not tried for ever: nobody was told that the batch was accepted, and what was sent is asked for at the next start.
    private func write(_ closed: JournalBatch) async throws {
        var triesAtTheEnd = 0
        while try await !hasRoom(for: closed) {
            if isStopping || isEnding { triesAtTheEnd += 1 }
            if triesAtTheEnd == CoreLimits.fullAtTheEnd { throw JournalError.full }
            await loop.sleep(until: loop.now + CoreLimits.fullRetry)
        }
    }

    /// Tries to write a batch. False: the disk is full, and nothing was written.
    private func hasRoom(for closed: JournalBatch) async throws -> Bool {
        do {
            try await journal.commit(closed)
        } catch JournalError.full {
            if !isFull { log.error("the disk is full; nothing is taken in or sent") }
            isFull = true
            counters.full += 1
            return false
        }
        if isFull {
            isFull = false
            log.notice("the journal can be written again")
            tellOfChange()
        }
        return true
    }

    /// Whoever waited for the batch goes on, and parts whose claims it held are sent.
    private func tellDurable(_ closed: JournalBatch) async throws {
        let waiting = commitWaiters
        commitWaiters.removeAll()
        for waiter in waiting {
            if waiter.batch <= committedBatch { waiter.continuation.resume() } else { commitWaiters.append(waiter) }
        }
        tellOfChange()
        for destination in Set(closed.claims.map(\.destination)).sorted() {
            outboxes[destination]?.machine.committed(batch: committedBatch)
            await send(to: destination)
        }
        try await tellReaders(closed)
    }

    /// Returns when the batch that is being filled is durable.
    func waitForCommit() async throws {
        let number = batch
        commitSignal.set()
        if failure == nil && !hasWrittenAll { await withUnsafeContinuation { commitWaiters.append((number, $0)) } }
        if let failure { throw failure }
        // An operator's word that came when everything else had ended.
        if hasWrittenAll && number > committedBatch { throw EngineEnded() }
    }

    /// Returns when there is room for more, in memory and on the disk.
    func waitForRoom() async throws {
        await waitForReserve()
        while isFull || pending.entries.byteCount > CoreLimits.pendingBytes {
            measures.intakeWaits += 1
            try await waitForCommit()
        }
    }

    /// Receipts were added to the batch: a commit follows when it has been quiet for a while.
    func commitWhenQuiet() {
        if quietTimer != nil { return }
        quietTimer = loop.schedule(at: loop.now + CoreLimits.receiptQuiet) { [weak self] in
            self?.assumeIsolated { $0.commitSignal.set() }
        }
    }
}
