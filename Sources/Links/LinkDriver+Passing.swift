import Base
import Core
import Model
import WireLink

/// What the peer lacks: passed on in the log's order, as far as it gives credit.
extension LinkDriver {
    /// Writes frames: what answers and tells first, then batches of the channels by turns.
    func writeLoop() async {
        var turn = 0
        do {
            while true {
                if !answers.isEmpty {
                    let bytes = answers.take()
                    counters.bytesOut += UInt64(bytes.count)
                    counters.writesOut += 1
                    try await write(bytes)
                    roomSignal.set()
                } else if isEnding {
                    return
                } else if isTellingDue {
                    await tellAcknowledged()
                } else if ending == nil, let outflow = await next(&turn) {
                    try await write(outflow)
                } else {
                    await withUnsafeContinuation { workSignal.wait($0) }
                }
            }
        } catch is StreamError {
            stream.close()
        } catch {
            fail(error)
        }
    }

    /// The next channel that has something to pass on and credit for it.
    private func next(_ turn: inout Int) async -> Outflow? {
        let end = await port.committedBefore
        let confirmations = await port.confirmations
        let turns = self.turns
        for _ in turns.indices {
            turn += 1
            let outflow = turns[turn % turns.count]
            let isPastDue = !outflow.hasSettledPast && outflow.pastEnd <= end
            guard outflow.position < end || isPastDue || isLateDue(outflow, confirmations), !stalled.contains(outflow.name) else {
                continue
            }
            let credit = session.credit(outflow.index)
            if credit.records > 2 && credit.bytes > 0 { return outflow }
        }
        return nil
    }

    private func write(_ outflow: Outflow) async throws {
        let before = (outflow.position, outflow.hasSettledPast, logChanges, outflow.late.count, outflow.searches)
        if await port.isPaused(outflow.destination) {
            if before.2 == logChanges { stalled.insert(outflow.name) }
            return
        }
        let isReset = outflow.packer == nil
        var encoder = BatchEncoder(isReset ? BatchColumns() : outflow.columns)
        try await fill(&encoder, outflow)
        // The channel may have been taken out meanwhile.
        guard outflows[outflow.name] === outflow, ending == nil else { return }
        guard encoder.count > 0 else {
            let after = (outflow.position, outflow.hasSettledPast, logChanges, outflow.late.count, outflow.searches)
            if before == after { stalled.insert(outflow.name) }
            return
        }
        let packer = packer(for: outflow)
        outflow.columns = encoder.columnsAfter
        var body = BatchFrame.head(channel: outflow.index, isReset: isReset)
        packer.pack(encoder.writer.bytes, behind: &body)
        session.sent(outflow.index, records: encoder.count, bytes: encoder.writer.count)
        let bytes = Frame(.batch, body).bytes
        counters.recordsOut += UInt64(encoder.count)
        counters.batchesOut += 1
        counters.writesOut += 1
        counters.bytesOut += UInt64(bytes.count)
        counters.unpackedOut += UInt64(encoder.writer.count)
        try await write(bytes)
    }

    private func write(_ bytes: [UInt8]) async throws {
        writingSince = loop.now
        defer { writingSince = nil }
        try await stream.write(bytes)
    }

    /// The channel's context. There are as many as the peer keeps: the one that was unused longest begins anew for another channel.
    private func packer(for outflow: Outflow) -> Packer {
        batches += 1
        outflow.lastPacked = batches
        if let packer = outflow.packer { return packer }
        let most = Int(min(session.peerHello?.contexts ?? 1, UInt64(LinkLimits.contexts)))
        let busy = turns.filter { $0.packer != nil }
        var packer: Packer?
        if busy.count >= most, let oldest = busy.min(by: { $0.lastPacked < $1.lastPacked }) {
            packer = oldest.packer
            oldest.packer = nil
            packer?.beginAnew()
        }
        let mine = packer ?? Packer()
        outflow.packer = mine
        return mine
    }

    private func fill(_ encoder: inout BatchEncoder, _ outflow: Outflow) async throws {
        let credit = session.credit(outflow.index)
        let most = min(credit.records, LinkDriverLimits.batchItems) - 2
        let mostBytes = min(credit.bytes, LinkLimits.fullBatch)
        try await lookForLate(outflow)
        try await passLate(&encoder, outflow, most, mostBytes)
        var border = Position.zero
        while encoder.count < most && encoder.writer.count < mostBytes {
            if encoder.count == 0 { border = LinkDriverLimits.border(behind: outflow.position) }
            let end = min(await port.committedBefore, encoder.count == 0 ? Position(.max) : border)
            guard outflow.position < end, let run = try await port.committed(from: outflow.position) else { break }
            outflow.position = max(outflow.position, run.first)
            let runEnd = min(run.end, end)
            while outflow.position < runEnd && encoder.count < most && encoder.writer.count < mostBytes {
                passPlain(run, before: runEnd, &encoder, outflow, most, mostBytes)
                guard outflow.position < runEnd && encoder.count < most && encoder.writer.count < mostBytes else { break }
                guard try await pass(run.entries, outflow.position - run.first, &encoder, outflow) else { return }
                outflow.position = outflow.position.next
            }
        }
        if !outflow.hasSettledPast && outflow.position >= outflow.pastEnd && encoder.count < most {
            outflow.hasSettledPast = true
            try await settlePast(&encoder, outflow)
        }
    }

    /// Passes on what needs no thought, up to the first entry that does: the next numbers of streams that were introduced, and what is another
    /// channel's.
    private func passPlain(
        _ run: EntryRun, before end: Position, _ encoder: inout BatchEncoder, _ outflow: Outflow, _ most: Int, _ mostBytes: Int
    ) {
        if let only = run.entries.onlyStream, isForeign(only, to: outflow) { return outflow.position = end }
        var position = outflow.position
        defer { outflow.position = position }
        while position < end && encoder.count < most && encoder.writer.count < mostBytes {
            let index = position - run.first
            let head = run.entries.heads[index]
            switch passed.place(of: head.stream) {
            case .unknown: return
            case .foreign: break
            case .at(let place):
                let stream = passed[place]
                if stream.channel != outflow.index { break }
                guard head.isEvent, head.number == stream.sent + 1 else { return }
                if head.source == source {
                    guard isFromPeer(head) else { return }
                    passed.raise(place, to: head.number)
                    break
                }
                guard stream.index > 0, !head.isGivenBack else { return }
                encoder.record(
                    stream: stream.index, time: head.originTime.seconds, hops: head.hops, run.entries.bytes[run.entries.recordRange(index)])
                passed.raise(place, to: head.number)
                outflow.ledger.sent(head.stream, head.number, at: position)
            }
            position = position.next
        }
    }

    /// Whether a stream is known to be another channel's.
    private func isForeign(_ stream: StreamIndex, to outflow: Outflow) -> Bool {
        switch passed.place(of: stream) {
        case .unknown: false
        case .foreign: true
        case .at(let place): passed[place].channel != outflow.index
        }
    }

    /// Passes an entry on, if the peer lacks it. False: it must wait, and so must what follows.
    private func pass(_ entries: EntryBuffer, _ index: Int, _ encoder: inout BatchEncoder, _ outflow: Outflow) async throws -> Bool {
        let head = entries.heads[index]
        guard let place = await place(of: head.stream), passed[place].channel == outflow.index else { return true }
        let last = if case .skip(let through, _) = head.content { through } else { head.number }
        let sent = passed[place].sent
        guard last > sent else { return try await passLate(entries, index, &encoder, outflow) }
        if head.number == sent + 1, head.isEvent, isFromPeer(head) {
            passed.raise(place, to: last)
            return true
        }
        // What another peer gave back holds back what follows until it is settled.
        guard let isConfirmed = try await standing(head, place) else { return false }
        let stream = introduced(head.stream, place, &encoder, outflow)
        if head.number > sent + 1 { try await skip(head.stream, place, through: head.number - 1, &encoder, outflow) }
        switch head.content {
        case .event where !isConfirmed: passOver(place, through: last, .unconfirmed, [], &encoder)
        case .event:
            encoder.record(
                stream: stream, time: head.originTime.seconds, hops: head.hops, entries.bytes[entries.recordRange(index)])
        case .skip(_, let reason):
            // What peers did not have of ours is not gone for good: another may give it back. Whose word it was is nobody else's concern.
            let isForeign = head.source != .local && passed[place].introduction.owner == mapping.own
            let reason = isForeign ? .unconfirmed : reason
            passOver(place, through: last, reason, await profiles(of: head.stream), &encoder)
        }
        note(head.stream, place, last, outflow)
        return true
    }

    /// Whether the peer has passed an event on in this session: it has it.
    private func isFromPeer(_ head: EntryHead) -> Bool { cameIn[head.stream]?.contains(head.number) == true }

    /// Where the session keeps a stream; nil for one of a bridge that is not shared with this peer.
    private func place(of stream: StreamIndex) async -> Int? {
        if case .unknown = passed.place(of: stream) {
            // Born since the session began, or another bridge's.
            let known = await port.stream(stream, for: mapping.peer)
            // The channel may have begun meanwhile.
            if case .unknown = passed.place(of: stream) {
                if let known, let outflow = turns.first(where: { $0.bridge == known.bridge }) {
                    add(known.stream, to: outflow, sent: 0)
                } else {
                    passed.setForeign(stream)
                }
            }
        }
        if case .at(let place) = passed.place(of: stream) { return place }
        return nil
    }

    private func note(_ stream: StreamIndex, _ place: Int, _ number: UInt64, _ outflow: Outflow) {
        passed.raise(place, to: number)
        outflow.ledger.sent(stream, number, at: outflow.position)
    }

    func introduced(_ stream: StreamIndex, _ place: Int, _ encoder: inout BatchEncoder, _ outflow: Outflow) -> UInt64 {
        if passed[place].index > 0 { return passed[place].index }
        let index = session.introduce()
        encoder.introduction(mapping.wire(passed[place].introduction), prefix: passed[place].sent)
        passed[place].index = index
        outIndexes[index] = (outflow.name, stream)
        return index
    }

    /// Numbers that the peer lacks and that are not passed on: from before the channel was shared, or gone from the journal.
    private func skip(_ stream: StreamIndex, _ place: Int, through last: UInt64, _ encoder: inout BatchEncoder, _ outflow: Outflow)
        async throws
    {
        let first = passed[place].sent + 1
        let start = try await port.position(of: stream, from: first)
        let reason: SkipReason = start.map { $0 < outflow.base } == true ? .beforeJoin : .expired
        passOver(place, through: last, reason, await profiles(of: stream), &encoder)
        note(stream, place, last, outflow)
    }

    /// Streams whose end is gone: nothing in the log says so any more.
    private func settlePast(_ encoder: inout BatchEncoder, _ outflow: Outflow) async throws {
        for stream in await port.streams(of: outflow.destination, for: mapping.peer).streams.sorted(by: { $0.index < $1.index }) {
            // What was born since comes by itself.
            guard case .at(let place) = passed.place(of: stream.index), let past = outflow.past[stream.index], passed[place].sent < past
            else { continue }
            _ = introduced(stream.index, place, &encoder, outflow)
            try await skip(stream.index, place, through: past, &encoder, outflow)
        }
    }
}
