import Base
import Core
import Model
import WireLink

/// What the peer was told it would not get, and can have after all: it came to this relay by another path, or an operator has vouched for it.
extension LinkDriver {
    /// Whether there may be something of it behind what is passed on in the log's order.
    func isLateDue(_ outflow: Outflow, _ confirmations: UInt64) -> Bool {
        outflow.confirmations != confirmations || !outflow.late.isEmpty || !outflow.unsearched.isEmpty
    }

    /// Finds records that the peer lacks and that the channel's outflow has passed: at its beginning, and when somebody has vouched for more.
    /// Those from before the channel was shared are not for the peer. Some at a time, as it may lack millions.
    func lookForLate(_ outflow: Outflow) async throws {
        let confirmations = await port.confirmations
        if outflow.confirmations != confirmations {
            outflow.confirmations = confirmations
            outflow.late = []
            outflow.unsearched = passed.holes(in: outflow.index).reversed()
        }
        guard outflow.late.isEmpty else { return }
        var found: [Position] = []
        var searches = 0
        while found.count < LinkDriverLimits.late, searches < LinkDriverLimits.lateSearches, let hole = outflow.unsearched.popLast() {
            searches += 1
            outflow.searches += 1
            let last = min(hole.numbers.upperBound, hole.numbers.lowerBound + UInt64(LinkDriverLimits.late) - 1)
            if last < hole.numbers.upperBound { outflow.unsearched.append((hole.stream, last + 1...hole.numbers.upperBound)) }
            found += try await port.positions(of: hole.stream, numbers: hole.numbers.lowerBound...last)
        }
        outflow.late = found.filter { $0 >= outflow.base && $0 < outflow.position }.sorted()[...]
    }

    /// Passes them on, as many as fit. The first one that must wait stops those behind it.
    func passLate(_ encoder: inout BatchEncoder, _ outflow: Outflow, _ most: Int, _ mostBytes: Int) async throws {
        var run: EntryRun?
        while let position = outflow.late.first, encoder.count < most, encoder.writer.count < mostBytes {
            if run.map({ position >= $0.end }) ?? true { run = try await port.committed(from: position) }
            // What was erased meanwhile is not there.
            if let run, position >= run.first, position < run.end {
                let isDone = try await passLate(run.entries, position - run.first, &encoder, outflow)
                if !isDone { return }
            }
            outflow.late.removeFirst()
        }
    }

    /// Passes an entry on whose number was passed before, if the peer lacks it. False: it must wait.
    func passLate(_ entries: EntryBuffer, _ index: Int, _ encoder: inout BatchEncoder, _ outflow: Outflow) async throws -> Bool {
        let head = entries.heads[index]
        guard head.isEvent, case .at(let place) = passed.place(of: head.stream), passed[place].lacks(head.number) else { return true }
        switch try await standing(head, place) {
        case nil: return false
        case false?: return true
        case true?: break
        }
        let stream = introduced(head.stream, place, &encoder, outflow)
        encoder.late(
            stream: stream, number: head.number, time: head.originTime.seconds, hops: head.hops,
            entries.bytes[entries.recordRange(index)])
        passed.fill(place, head.number)
        return true
    }

    /// Whether an entry is more than one peer's word; nil as long as nobody knows.
    func standing(_ head: EntryHead, _ place: Int) async throws -> Bool? {
        if !head.isGivenBack { return true }
        return try await port.standing(of: EventID(stream: passed[place].introduction.stream, number: head.number))
    }

    /// The newest profiles of a stream's authors: which of them were told among some numbers nobody knows.
    func profiles(of stream: StreamIndex) async -> [BatchItem.Profile] {
        await port.profiles(of: stream).suffix(LinkLimits.skipProfiles).map { BatchItem.Profile(author: $0.number, record: $0.record) }
    }

    /// Says that numbers will not come, and remembers those that may all the same. `profiles` are those that were told among the numbers.
    func passOver(
        _ place: Int, through last: UInt64, _ reason: SkipReason, _ profiles: [BatchItem.Profile], _ encoder: inout BatchEncoder
    ) {
        encoder.skip(stream: passed[place].index, through: last, reason: reason.rawValue, profiles: profiles)
        let isOwn = passed[place].introduction.owner == mapping.own
        if reason == .unconfirmed || !isOwn && reason != .beforeJoin { passed.open(place, passed[place].sent + 1...last) }
    }
}
