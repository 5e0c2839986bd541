import Base
import Model

/// What endpoints say of their channels and of parts that they were handed.
extension Engine {
    package func connected(_ destination: DestinationID, _ capabilities: Capabilities) {
        guard outboxes[destination] != nil else { return }
        outboxes[destination]?.connection += 1
        // A connection that replaces another tells nothing of what that one had under way.
        if outboxes[destination]?.machine.connection != .down { outboxes[destination]?.machine.disconnected() }
        _ = outboxes[destination]?.machine.connected(capabilities)
        if capabilities.hasHistory { hasHistory.insert(destination) } else { hasHistory.remove(destination) }
        scheduleVerdict(destination)
        wake(destination)
    }

    package func disconnected(_ destination: DestinationID) {
        outboxes[destination]?.connection += 1
        outboxes[destination]?.machine.disconnected()
        if let timer = outboxes[destination]?.retryTimer { loop.cancel(timer) }
        outboxes[destination]?.retryTimer = nil
    }

    package func received(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, as nativeID: NativeKey?) async
    {
        outboxes[destination]?.machine.received(position, part: part, as: nativeID)
        settle(destination)
        // Answers come many at a time: what follows is looked for once for all of them.
        wake(destination)
    }

    package func deferred(
        _ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, after interval: Interval, reason: String
    ) async {
        counters.deferred += 1
        if let place = outboxes[destination]?.place { measures.deferred(at: place) }
        let mayWait = outboxes[destination]?.machine.deferred(position, part: part, at: loop.time) ?? true
        if !mayWait && !isClockDoubted {
            await bounced(id, at: position, part: part, by: destination, BounceReason("deferred-too-long", reason))
            return
        }
        changedDestinations.insert(destination)
        commitWhenQuiet()
        let wait = min(interval, CoreLimits.longestDeferral)
        let before = outboxes[destination]?.putOff.flatMap { $0.position == position ? $0.attempts : nil } ?? 0
        outboxes[destination]?.putOff = PutOff(
            position: position, until: UnixTime(seconds: loop.time.seconds + wait.seconds), reason: LastError(reason, at: loop.time).words,
            attempts: before + 1)
        if let timer = outboxes[destination]?.retryTimer { loop.cancel(timer) }
        outboxes[destination]?.retryTimer = loop.schedule(at: loop.now + wait) { [weak self] in
            self?.assumeIsolated { $0.retryDue(destination) }
        }
    }

    private func retryDue(_ destination: DestinationID) {
        outboxes[destination]?.retryTimer = nil
        outboxes[destination]?.machine.retry()
        wake(destination)
    }

    package func bounced(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, _ reason: BounceReason) async {
        if outboxes[destination]?.machine.bounce(position, part: part) == true {
            bounce(reason.code, reason.text, at: destination, position...position, count: 1)
            await tellAuthor(of: position, at: destination, reason)
        }
        settle(destination)
        await goOn(destination)
    }

    package func found(_ mark: Mark, in destination: DestinationID, as nativeID: NativeKey) async {
        let id = mark.id
        guard let stream = streams.index(of: id.stream), streams.hasCome(id) else {
            if let stream = streams.index(of: id.stream), streams.isOwn(stream), streams[stream].introduction.epoch == epoch {
                do { try await forked(stream, through: id.number, by: nil) } catch { fail(error) }
            }
            return keepOrphan(mark, in: destination, as: nativeID)
        }
        if ids.parts(id, at: destination) == nil, let known = try? await journal.reader.parts(of: id, at: destination) {
            ids.remember(known, of: id, at: destination)
        }
        if ids.parts(id, at: destination)?.contains(where: { $0.part == mark.part && ($0.outcome.isShown || $0.outcome == .hidden) })
            == true
        {
            return
        }
        counters.found += 1
        if outboxes[destination]?.machine.found(stream: stream, number: id.number, part: mark.part, as: nativeID) == true {
            settle(destination)
            return
        }
        settleFound(id, stream, mark.part, at: destination, as: nativeID)
    }

    func settleFound(_ id: EventID, _ stream: StreamIndex, _ part: UInt32, at destination: DestinationID, as nativeID: NativeKey) {
        outboxes[destination]?.settled.insert(id)
        write(
            Receipt(
                destination: destination, position: .zero, stream: stream, number: id.number, part: part, outcome: .found, time: loop.time,
                nativeID: nativeID))
    }

    /// A word came from an endpoint: there may be room for more. Nobody can be told here what went wrong, so the dispatcher finds it again.
    private func goOn(_ destination: DestinationID) async {
        do {
            try await fill(destination, mayAskJournal: false)
        } catch {
            wake(destination)
        }
        await send(to: destination)
    }

    /// Writes the receipts that are next in order, and forgets what is no longer under way. Whether anything came to its end.
    @discardableResult
    func settle(_ destination: DestinationID) -> Bool {
        guard let before = outboxes[destination]?.machine.cursor, let receipts = outboxes[destination]?.machine.receipts(at: loop.time),
            let cursor = outboxes[destination]?.machine.cursor
        else { return false }
        for receipt in receipts {
            counters.count(receipt.outcome)
            measure(receipt)
            write(receipt)
            if receipt.outcome == .asMessage { showTarget(receipt) }
        }
        if before == cursor && receipts.isEmpty { return false }
        let finished = outboxes[destination]?.deliveries.keys.filter { $0 < cursor } ?? []
        for position in finished { outboxes[destination]?.deliveries[position] = nil }
        if let putOff = outboxes[destination]?.putOff, putOff.position < cursor { outboxes[destination]?.putOff = nil }
        if !receipts.isEmpty { changedDestinations.insert(destination) }
        return true
    }

    /// An edit that came as a message stands for the message it edited: what refers to that one means it from now on.
    private func showTarget(_ receipt: Receipt) {
        guard let edit = outboxes[receipt.destination]?.deliveries[receipt.position], let target = edit.event.target,
            let stream = streams.index(of: target.stream)
        else { return }
        // One that is still to come must not be shown beside it.
        if !streams.hasCome(target) { outboxes[receipt.destination]?.settled.insert(target) }
        write(
            Receipt(
                destination: receipt.destination, position: .zero, stream: stream, number: target.number, part: receipt.part,
                outcome: .asMessage, time: receipt.time, nativeID: receipt.nativeID))
    }

    /// An arrival; of what an operator had delivered again the age tells nothing.
    private func measure(_ receipt: Receipt) {
        guard [.delivered, .perhapsTwice, .asMessage, .found].contains(receipt.outcome),
            let place = outboxes[receipt.destination]?.place
        else { return }
        outboxes[receipt.destination]?.arrivals.note(at: loop.now)
        let delivery = outboxes[receipt.destination]?.deliveries[receipt.position]
        measures.delivered(
            at: place, receipt.position, accepted: delivery?.isRetried == false ? delivery?.accepted : nil, now: loop.now, time: loop.time)
    }

    func write(_ receipt: Receipt) {
        pending.receipts.append(receipt)
        let part = NativePart(part: receipt.part, outcome: receipt.outcome, time: receipt.time, nativeID: receipt.nativeID)
        ids.remember(part, of: streams.id(receipt.stream, receipt.number), at: receipt.destination)
        commitWhenQuiet()
    }
}
