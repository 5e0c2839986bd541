import Base
import Core
import Model
import WireLink

/// What the peer lacks: passed on in the log's order, as far as it gives credit.
extension LinkDriver {
    /// Begins to pass a channel on once both sides share it and the peer has said what it holds.
    func beginIfOpen(_ name: String) async {
        guard let index = offered[name], session.isOpen(index), outflows[name] == nil, let destination = channels[name] else { return }
        do {
            let base = try await port.base(of: destination)
            var ledger = Ledger()
            var held: [StreamID: UInt64] = [:]
            var told: [StreamIndex: UInt64] = [:]
            for holding in resumes.removeValue(forKey: name) ?? [] {
                let introduction = mapping.model(holding.introduction)
                held[introduction.stream] = holding.prefix
                // A stream of ours that this journal lost: what the peer holds of it comes back.
                do throws(PeerFault) {
                    told[try await port.introduce(introduction, in: destination, by: mapping.peer)] = holding.prefix
                } catch {
                    return self.end(LinkMapping.failure(error), about: FrameKind.resume.rawValue)
                }
            }
            await port.told(destination, holds: told)
            let (streams, end) = await port.streams(of: destination, for: mapping.peer)
            var outflow = Outflow(destination: destination, name: name, index: index, position: end, base: base, pastEnd: end)
            for stream in streams {
                let prefix = held[stream.introduction.stream] ?? 0
                outflow.streams[stream.index] = Outflow.Passed(introduction: stream.introduction, sent: prefix)
                ledger.open(stream.index, at: prefix)
                outflow.past[stream.index] = stream.prefix
                guard prefix < stream.prefix else { continue }
                outflow.position = min(outflow.position, try await port.position(of: stream.index, from: prefix + 1))
            }
            outflow.position = max(outflow.position, base)
            // The session may have changed meanwhile.
            guard session.isOpen(index), outflows[name] == nil else { return }
            outflows[name] = outflow
            ledgers[name] = ledger
            log.info("a channel flows", ["channel": name, "from": outflow.position.description, "to": end.description])
            workSignal.set()
        } catch {
            fail(error)
        }
    }

    /// Writes frames: what answers and tells first, then batches of the channels by turns.
    func writeLoop() async {
        var turn = 0
        do {
            while true {
                if !control.isEmpty {
                    var bytes: [UInt8] = []
                    swap(&bytes, &control)
                    counters.bytesOut += UInt64(bytes.count)
                    counters.writesOut += 1
                    try await stream.write(bytes)
                } else if isEnding {
                    return
                } else if ending == nil, let name = try await next(&turn) {
                    try await write(name)
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
    private func next(_ turn: inout Int) async throws -> String? {
        let names = outflows.keys.sorted()
        let end = await port.committedBefore
        for _ in names.indices {
            turn += 1
            let name = names[turn % names.count]
            guard let outflow = outflows[name] else { continue }
            let credit = session.credit(outflow.index)
            let isPastDue = !outflow.hasSettledPast && outflow.pastEnd <= end
            if credit.records > 2 && credit.bytes > 0 && !stalled.contains(name) && (outflow.position < end || isPastDue) { return name }
        }
        return nil
    }

    private func write(_ name: String) async throws {
        guard var outflow = outflows[name] else { return }
        let isReset = outflow.packer == nil
        if isReset {
            try await makeRoom(for: name)
            outflow.packer = Packer()
            outflow.columns = BatchColumns()
        }
        var encoder = BatchEncoder(outflow.columns)
        try await fill(&encoder, &outflow)
        // The channel may have been taken out meanwhile.
        guard outflows[name] != nil, ending == nil else { return }
        outflow.columns = encoder.columnsAfter
        packerUse.removeAll { $0 == name }
        packerUse.append(name)
        guard encoder.count > 0, let packer = outflow.packer else {
            if outflow.position == outflows[name]?.position && !outflow.hasSettledPast == !(outflows[name]?.hasSettledPast ?? false) {
                stalled.insert(name)
            }
            if isReset { outflow.packer = nil }
            outflows[name] = outflow
            return
        }
        var body = BatchFrame.head(channel: outflow.index, isReset: isReset)
        packer.pack(encoder.writer.bytes, behind: &body)
        session.sent(outflow.index, records: encoder.count, bytes: encoder.writer.count)
        outflows[name] = outflow
        let bytes = Frame(.batch, body).bytes
        counters.recordsOut += UInt64(encoder.count)
        counters.batchesOut += 1
        counters.writesOut += 1
        counters.bytesOut += UInt64(bytes.count)
        counters.unpackedOut += UInt64(encoder.writer.count)
        try await stream.write(bytes)
    }

    /// As many contexts as the peer keeps: the one that was unused longest begins anew when its channel comes again.
    private func makeRoom(for name: String) async throws {
        let most = Int(min(session.peerHello?.contexts ?? 1, UInt64(LinkLimits.contexts)))
        while outflows.values.count(where: { $0.packer != nil }) >= most, let oldest = packerUse.first {
            packerUse.removeFirst()
            outflows[oldest]?.packer = nil
        }
    }

    private func fill(_ encoder: inout BatchEncoder, _ outflow: inout Outflow) async throws {
        let credit = session.credit(outflow.index)
        let most = min(credit.records, LinkDriverLimits.batchItems) - 2
        let mostBytes = min(credit.bytes, LinkLimits.fullBatch)
        while encoder.count < most && encoder.writer.count < mostBytes {
            let end = await port.committedBefore
            guard outflow.position < end, let run = try await port.committed(from: outflow.position) else { break }
            outflow.position = max(outflow.position, run.first)
            while outflow.position < min(run.end, end) && encoder.count < most && encoder.writer.count < mostBytes {
                let index = outflow.position - run.first
                guard try await pass(run.entries, index, &encoder, &outflow) else { return }
                outflow.position = outflow.position.next
            }
        }
        if !outflow.hasSettledPast && outflow.position >= outflow.pastEnd && encoder.count < most {
            outflow.hasSettledPast = true
            try await settlePast(&encoder, &outflow)
        }
    }

    /// Passes an entry on, if the peer lacks it. False: it must wait, and so must what follows.
    private func pass(_ entries: EntryBuffer, _ index: Int, _ encoder: inout BatchEncoder, _ outflow: inout Outflow) async throws
        -> Bool
    {
        let head = entries.heads[index]
        if outflow.foreign.contains(head.stream) { return true }
        if outflow.streams[head.stream] == nil {
            // Born since the session began, or another bridge's.
            guard
                let stream = await port.streams(of: outflow.destination, for: mapping.peer).streams.first(where: { $0.index == head.stream }
                )
            else {
                outflow.foreign.insert(head.stream)
                return true
            }
            outflow.streams[head.stream] = Outflow.Passed(introduction: stream.introduction, sent: 0)
            ledgers[outflow.name]?.open(head.stream, at: 0)
        }
        let last = if case .skip(let through, _) = head.content { through } else { head.number }
        guard let sent = outflow.streams[head.stream]?.sent, last > sent else { return true }
        if head.number == sent + 1, head.isEvent, cameIn[head.stream]?.contains(head.number) == true {
            outflow.streams[head.stream]?.sent = last
            return true
        }
        var isUnconfirmed = false
        if head.isGivenBack {
            // It was given back by another peer, and holds back what follows until it is settled.
            let id = EventID(stream: outflow.streams[head.stream]!.introduction.stream, number: head.number)
            guard let isConfirmed = try await port.standing(of: id) else { return false }
            isUnconfirmed = !isConfirmed
        }
        let stream = try introduced(head.stream, &encoder, &outflow)
        if head.number > sent + 1 { try await skip(head.stream, stream, through: head.number - 1, &encoder, &outflow) }
        switch head.content {
        case .event where isUnconfirmed:
            encoder.skip(stream: stream, through: head.number, reason: SkipReason.unconfirmed.rawValue, profiles: [])
        case .event:
            encoder.record(
                stream: stream, time: head.originTime.seconds, hops: head.hops, entries.bytes[entries.recordRange(index)])
        case .skip(let through, let reason): encoder.skip(stream: stream, through: through, reason: reason.rawValue, profiles: [])
        }
        note(head.stream, last, &outflow)
        return true
    }

    private func note(_ stream: StreamIndex, _ number: UInt64, _ outflow: inout Outflow) {
        outflow.streams[stream]?.sent = number
        ledgers[outflow.name]?.sent(stream, number, at: outflow.position)
    }

    private func introduced(_ stream: StreamIndex, _ encoder: inout BatchEncoder, _ outflow: inout Outflow) throws -> UInt64 {
        if let index = outflow.streams[stream]?.index { return index }
        guard let passed = outflow.streams[stream] else { preconditionFailure("a stream that is not passed on") }
        let index = session.introduce()
        encoder.introduction(mapping.wire(passed.introduction), prefix: passed.sent)
        outflow.streams[stream]?.index = index
        outIndexes[index] = (outflow.name, stream)
        return index
    }

    /// Numbers that the peer lacks and that are not passed on: from before the channel was shared, or gone from the journal.
    private func skip(
        _ stream: StreamIndex, _ index: UInt64, through last: UInt64, _ encoder: inout BatchEncoder, _ outflow: inout Outflow
    ) async throws {
        guard let sent = outflow.streams[stream]?.sent else { return }
        let reason: SkipReason = try await port.position(of: stream, from: sent + 1) < outflow.base ? .beforeJoin : .expired
        let profiles = await port.profiles(of: stream).suffix(LinkLimits.skipProfiles).map {
            BatchItem.Profile(author: $0.number, record: $0.record)
        }
        encoder.skip(stream: index, through: last, reason: reason.rawValue, profiles: Array(profiles))
        note(stream, last, &outflow)
    }

    /// Streams whose end is gone: nothing in the log says so any more.
    private func settlePast(_ encoder: inout BatchEncoder, _ outflow: inout Outflow) async throws {
        for stream in await port.streams(of: outflow.destination, for: mapping.peer).streams.sorted(by: { $0.index < $1.index }) {
            // What was born since comes by itself.
            guard let passed = outflow.streams[stream.index], let past = outflow.past[stream.index], passed.sent < past else { continue }
            let index = try introduced(stream.index, &encoder, &outflow)
            try await skip(stream.index, index, through: past, &encoder, &outflow)
        }
    }

    func acknowledged(_ entries: [Acknowledgement.Entry]) async throws(LinkFailure) {
        for entry in entries {
            guard let (name, stream) = outIndexes[entry.stream] else { continue }
            try ledgers[name]?.acknowledge(stream, entry.prefix)
        }
        if lastAcknowledged.distance(to: loop.now) < LinkDriverLimits.acknowledged { return }
        await tellAcknowledged()
    }

    func tellAcknowledged() async {
        lastAcknowledged = loop.now
        for (name, outflow) in outflows {
            await port.acknowledged(outflow.destination, before: ledgers[name]?.firstOpen ?? outflow.position)
        }
    }
}
