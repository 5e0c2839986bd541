import Base
import Model

extension Engine {
    /// Does whatever there is to do for a destination: reconcile, claim, send.
    func dispatch(_ destination: DestinationID) async throws {
        if outboxes[destination]?.machine.connection == .reconciling, outboxes[destination]?.isReconciling == false {
            try await reconcile(destination)
        }
        try await fill(destination, mayAskJournal: true)
        await send(to: destination)
    }

    /// Takes events as long as the destination wants more, and claims their parts. Without the journal's help it goes only as far as
    /// memory reaches, and leaves the rest to the dispatcher.
    func fill(_ destination: DestinationID, mayAskJournal: Bool) async throws {
        guard let isFilling = outboxes[destination]?.isFilling else { return }
        if isFilling {
            outboxes[destination]?.mustFillAgain = true
            return
        }
        outboxes[destination]?.isFilling = true
        defer {
            outboxes[destination]?.isFilling = false
            // Whoever came meanwhile may have had what this call did not: the journal's help, or newer entries.
            if outboxes[destination]?.mustFillAgain == true {
                outboxes[destination]?.mustFillAgain = false
                wake(destination)
            }
        }
        repeat {
            followRetry(destination)
            if mayAskJournal {
                try await takeRest(destination)
            } else if outboxes[destination]?.machine.rest != nil {
                wake(destination)
                return
            }
            try await takeAll(destination, mayAskJournal)
            claim(destination)
            // What was settled at once may be what the next one waits for.
        } while settle(destination) && outboxes[destination]?.machine.connection == .up
        followRetry(destination)
    }

    /// Takes events until the window is full, the journal is needed and may not be asked, or one must wait for another.
    private func takeAll(_ destination: DestinationID, _ mayAskJournal: Bool) async throws {
        while outboxes[destination]?.machine.wantsMore == true, !mustGoBack(destination), !isPaused(destination),
            let head = outboxes[destination]?.machine.head, head < recent.end
        {
            let step = try await takeNext(destination, mayAskJournal)
            if step == .needsJournal { wake(destination) }
            if step != .taken { return }
            claim(destination)
        }
    }

    private func claim(_ destination: DestinationID) {
        guard let claims = outboxes[destination]?.machine.claim(batch: batch), !claims.isEmpty else { return }
        pending.claims += claims
        commitSignal.set()
    }

    /// Lets a destination that has had everything of its bridge go over what others said since.
    func jump(_ destination: DestinationID, of bridge: BridgeIndex) {
        guard let head = outboxes[destination]?.machine.head, outboxes[destination]?.machine.isIdle == true, head >= ends[bridge] ?? begin
        else { return }
        outboxes[destination]?.machine.jump(to: recent.end)
    }

    private enum Step { case taken, needsJournal, mustWait }

    /// Decides about the entry at the outbox's head.
    private func takeNext(_ destination: DestinationID, _ mayAskJournal: Bool) async throws -> Step {
        guard let member = routing.member(destination), let rest = outboxes[destination]?.machine.headRest,
            endpoints[member.settings.endpoint] != nil
        else { return .mustWait }
        if isRetried(rest.position, at: destination) == nil, !rest.hasBegun,
            let next = outboxes[destination]?.retry?.next(from: rest.position)
        {
            outboxes[destination]?.machine.jump(to: next)
            return .taken
        }
        if recent.run(at: rest.position) == nil && !mayAskJournal { return .needsJournal }
        guard let entry = try await entry(at: rest.position, for: destination) else { return .taken }
        if !rest.hasBegun { takeOverOrphan(entry, at: destination) }
        guard let plan = try await plan(entry, member, DeliveryPlan.Turn(rest), mayAskJournal) else { return .needsJournal }
        switch plan {
        case .wait:
            return .mustWait
        case .finish where rest.hasBegun:
            // What has arrived of it has its receipts; there is no more to come.
            outboxes[destination]?.machine.pass()
        case .pass, .ask:
            outboxes[destination]?.machine.pass()
            outboxes[destination]?.settled.remove(streams.id(entry.head.stream, entry.head.number))
        case .finish(let outcome):
            outboxes[destination]?.machine.finish(stream: entry.head.stream, number: entry.head.number, outcome)
        case .send(let delivery, let success, let absorbed, let found):
            if delivery.isRetried { counters.retried += 1 }
            await take(delivery, entry.head, success, absorbed, from: rest.start, for: member)
            // What stands there must be known together with what is still to come.
            ids.remember(found, of: delivery.id, at: destination)
            for part in found {
                _ = outboxes[destination]?.machine.found(
                    stream: entry.head.stream, number: entry.head.number, part: part.part, as: part.nativeID)
            }
            if rest.hasBegun { try await findRest(of: delivery.id, entry.head, at: destination) }
            outboxes[destination]?.settled.remove(delivery.id)
        }
        return .taken
    }

    /// The entry at an outbox's head. nil: it was retired, and the outbox has gone on to what is still there. Of what was retired
    /// deletions are still known: a message that stands there must not stay because its deletion is old.
    private func entry(at position: Position, for destination: DestinationID) async throws -> LogEntry? {
        if position >= oldest, let entry = try await entry(at: position) { return entry }
        if outboxes[destination]?.retired == nil {
            let rows = try await journal.reader.deletions(from: position, before: oldest)
            outboxes[destination]?.retired = Dictionary(rows.map { ($0.position, $0) }) { first, _ in first }
        }
        if let row = outboxes[destination]?.retired?[position], let stream = streams.index(of: row.by.stream) {
            return LogEntry(deletion: row, stream: stream, at: loop.time)
        }
        let next = outboxes[destination]?.retired?.keys.filter { $0 > position }.min() ?? max(oldest, position.next)
        outboxes[destination]?.machine.jump(to: next)
        if next >= oldest { outboxes[destination]?.retired = nil }
        return nil
    }

    /// A plan with the journal's help; nil if that is needed and not allowed.
    private func plan(_ entry: LogEntry, _ member: RoutingTable.Member, _ turn: DeliveryPlan.Turn, _ mayAskJournal: Bool) async throws
        -> DeliveryPlan?
    {
        var answers = DeliveryPlan.Answers()
        while true {
            let plan = plan(entry, for: member, turn, answers)
            guard case .ask(let question) = plan else { return plan }
            if !mayAskJournal { return nil }
            try await answer(question, at: member.destination, in: &answers)
        }
    }

    private func take(
        _ delivery: Delivery, _ head: EntryHead, _ success: Outcome, _ absorbed: ChangeRow?, from start: UInt32,
        for member: RoutingTable.Member
    ) async {
        let destination = member.destination
        guard let endpoint = endpoints[member.settings.endpoint] else { return }
        let parts = await endpoint.parts(of: delivery, from: start, in: destination)
        // Only `fill` moves the head, and one `fill` runs at a time: the machine still looks at this entry.
        if parts.isEmpty && start == 0 {
            outboxes[destination]?.machine.finish(stream: head.stream, number: head.number, .notExpressible)
            return
        }
        outboxes[destination]?.machine.take(stream: head.stream, number: head.number, parts: parts, success: success, text: delivery.text)
        outboxes[destination]?.deliveries[delivery.position] = delivery
        if let absorbed { absorb(absorbed, at: destination) }
    }

    /// An edit goes with its message and is settled together with the claim: whatever becomes of that, it is not shown apart.
    private func absorb(_ edit: ChangeRow, at destination: DestinationID) {
        // The edit of a message that is delivered again may have had its turn.
        guard let stream = streams.index(of: edit.by.stream), let outbox = outboxes[destination],
            outbox.retry.map({ edit.position >= $0.end }) ?? true,
            outboxes[destination]?.settled.insert(edit.by).inserted == true
        else { return }
        counters.count(.superseded)
        write(
            Receipt(
                destination: destination, position: edit.position, stream: stream, number: edit.by.number, outcome: .superseded,
                time: loop.time))
    }

    /// Parts of an interrupted event may stand there beyond those that are known to have arrived: their marks were found, by this life or an
    /// earlier one.
    private func findRest(of id: EventID, _ head: EntryHead, at destination: DestinationID) async throws {
        for part in try await knownParts(of: id, at: destination) where part.outcome == .found {
            _ = outboxes[destination]?.machine.found(stream: head.stream, number: head.number, part: part.part, as: part.nativeID)
        }
    }

    /// Cuts what is left of events that were interrupted. What was deleted meanwhile gets no rest.
    private func takeRest(_ destination: DestinationID) async throws {
        while let rest = outboxes[destination]?.machine.rest {
            guard let member = routing.member(destination), let endpoint = endpoints[member.settings.endpoint],
                let entry = try await entry(at: rest.position), let plan = try await plan(entry, member, DeliveryPlan.Turn(rest), true)
            else {
                outboxes[destination]?.machine.finishRest(nil)
                continue
            }
            // The connection may have gone meanwhile, and the rest begin elsewhere.
            guard outboxes[destination]?.machine.rest == rest else { continue }
            switch plan {
            case .wait:
                return
            case .pass, .ask:
                outboxes[destination]?.machine.finishRest(nil)
            case .finish(let outcome):
                outboxes[destination]?.machine.finishRest(outcome)
            case .send(let delivery, let success, let absorbed, _):
                let parts = await endpoint.parts(of: delivery, from: rest.start, in: destination)
                guard outboxes[destination]?.machine.rest == rest else { continue }
                outboxes[destination]?.deliveries[rest.position] = delivery
                outboxes[destination]?.machine.takeRest(parts, success: success, text: delivery.text)
                try await findRest(of: delivery.id, entry.head, at: destination)
                outboxes[destination]?.settled.remove(delivery.id)
                if let absorbed { absorb(absorbed, at: destination) }
            }
        }
    }

    /// Hands the endpoint the parts whose claims are durable.
    func send(to destination: DestinationID) async {
        guard let member = routing.member(destination), let endpoint = endpoints[member.settings.endpoint] else { return }
        withdrawDeleted(destination)
        guard let parts = outboxes[destination]?.machine.send(), !parts.isEmpty else { return }
        var deliveries: [PartDelivery] = []
        for part in parts {
            guard let delivery = outboxes[destination]?.deliveries[part.position] else {
                preconditionFailure("a part was claimed and its delivery not kept")
            }
            deliveries.append(PartDelivery(delivery: delivery, part: part.part, range: part.range))
        }
        await endpoint.deliver(deliveries, to: destination)
    }

    /// What was deleted since it was taken, or while it was put off, is not sent any more.
    private func withdrawDeleted(_ destination: DestinationID) {
        // Each echo of a flood comes by here.
        guard lookAhead.hasDeletions else { return }
        var hasChanged = false
        for position in outboxes[destination]?.machine.unsent ?? [] {
            guard let delivery = outboxes[destination]?.deliveries[position], case .posted = delivery.event,
                let deletion = lookAhead.later(delivery.id).deletion, isSameOwner(deletion.by, delivery.id)
            else { continue }
            outboxes[destination]?.machine.abandon(position, as: .superseded)
            hasChanged = true
        }
        if hasChanged && settle(destination) { wake(destination) }
    }

    /// Asks what became of parts that may have been sent before.
    private func reconcile(_ destination: DestinationID) async throws {
        guard let member = routing.member(destination), let endpoint = endpoints[member.settings.endpoint],
            let claims = outboxes[destination]?.machine.openClaims, let connection = outboxes[destination]?.connection
        else { return }
        outboxes[destination]?.isReconciling = true
        defer { outboxes[destination]?.isReconciling = false }
        var claimed: [ClaimedPart] = []
        for claim in claims {
            guard let entry = try await entry(at: claim.position),
                case .send(let delivery, let success, _, _)? = try await plan(entry, member, .claimed(text: claim.text), true)
            else { continue }
            outboxes[destination]?.machine.setSuccess(claim.position, success)
            outboxes[destination]?.deliveries[claim.position] = delivery
            claimed.append(ClaimedPart(id: delivery.id, part: claim.part, range: claim.range, delivery: delivery))
        }
        let results = await endpoint.reconcile(claimed, in: destination)
        guard outboxes[destination]?.connection == connection else {
            // The answers are about a connection that is gone; the new one was not asked while this one was.
            wake(destination)
            return
        }
        var answers: [PartID: ClaimResult] = [:]
        for (claim, result) in zip(claimed, results) { answers[PartID(position: claim.delivery.position, part: claim.part)] = result }
        counters.repeated += UInt64(outboxes[destination]?.machine.reconciled(answers) ?? 0)
        settle(destination)
    }
}
