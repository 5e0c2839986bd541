import Base
import Core
import Model

/// What a list of operations amounts to.
struct MemoryImage {
    /// The id map of one month.
    struct Month {
        let month: UInt32
        var events: [DestinationID: [NativeKey: EventID]] = [:]
        var parts: [DestinationID: [EventID: [UInt32: NativePart]]] = [:]
    }

    private(set) var blocks: [EntryRun] = []
    private(set) var natives: [Month] = []
    private(set) var changes: [EventID: [ChangeRow.Kind: ChangeRow]] = [:]
    private var changeMonths: [EventID: [ChangeRow.Kind: UInt32]] = [:]
    /// Of the highest erased number of each stream.
    private(set) var erased: [StreamIndex: (number: UInt64, digest: UInt64)] = [:]
    private(set) var bounces: [UInt64: BounceRow] = [:]
    private var bridges: [BridgeIndex: BridgeRow] = [:]
    private var streams: [StreamIndex: StreamRow] = [:]
    private var authors: [AuthorPlace: AuthorRow] = [:]
    private var destinations: [DestinationID: DestinationRow] = [:]
    private var claims: [ClaimPlace: Claim] = [:]
    private var notes: [String: [UInt8]] = [:]

    private struct AuthorPlace: Hashable {
        let stream: StreamIndex
        let number: UInt64
    }

    private struct ClaimPlace: Hashable {
        let destination: DestinationID
        let position: Position
        let part: UInt32
    }

    var state: JournalState {
        var state = JournalState()
        state.next = blocks.last?.end ?? .first
        state.oldest = blocks.first?.first ?? state.next
        state.bridges = bridges.values.sorted { $0.index < $1.index }
        state.streams = streams.values.sorted { $0.index < $1.index }
        state.authors = authors.values.sorted { ($0.stream, $0.number) < ($1.stream, $1.number) }
        state.destinations = destinations.values.sorted { $0.id < $1.id }
        state.claims = claims.values.sorted { ($0.destination, $0.position, $0.part) < ($1.destination, $1.position, $1.part) }
        state.bounceCount = bounces.count
        state.lastBounce = bounces.keys.max() ?? 0
        state.notes = notes
        return state
    }

    var rows: JournalRows {
        var rows = JournalRows()
        rows.state = state
        rows.entries = blocks.flatMap { block in (0..<block.entries.count).map { LogEntry(block, at: block.first + $0) } }
        for month in natives {
            for (place, events) in month.parts {
                rows.parts[place, default: [:]].merge(events) { $0.merging($1) { $1 } }
            }
        }
        rows.changes = changes.values.flatMap { $0.values.map { $0 } }.sorted { $0.position < $1.position }
        rows.bounces = bounces.values.sorted { $0.id < $1.id }
        return rows
    }

    mutating func apply(_ operation: MemoryDisk.Operation) {
        switch operation {
        case .commit(let batch): apply(batch)
        case .retire(let position, let slice): retire(before: position, slice: slice)
        case .forgetIDs(let month): forgetIDs(before: month)
        }
    }

    private mutating func apply(_ batch: JournalBatch) {
        for row in batch.bridges { bridges[row.index] = row }
        for row in batch.streams { streams[row.index] = row }
        for row in batch.authors { authors[AuthorPlace(stream: row.stream, number: row.number)] = row }
        for row in batch.destinations {
            destinations[row.id] = row
            claims = claims.filter { !row.isPast($0.value) }
        }
        for stream in batch.forgottenStreams {
            streams[stream] = nil
            authors = authors.filter { $0.key.stream != stream }
            erased[stream] = nil
        }
        for (name, value) in batch.notes { notes[name] = value.isEmpty ? nil : value }
        if !batch.entries.isEmpty {
            let accepted = [UnixTime](repeating: batch.time, count: batch.entries.count)
            blocks.append(EntryRun(first: batch.first, entries: batch.entries, accepted: accepted))
        }
        for claim in batch.claims {
            claims[ClaimPlace(destination: claim.destination, position: claim.position, part: claim.part)] = claim
        }
        if !batch.receipts.isEmpty || !batch.keys.isEmpty {
            if natives.last?.month != batch.time.month { natives.append(Month(month: batch.time.month)) }
            for receipt in batch.receipts { apply(receipt) }
            for row in batch.keys { natives[natives.count - 1].events[row.destination, default: [:]][row.key] = row.event }
        }
        for change in batch.changes {
            changes[change.target, default: [:]][change.kind] = change
            changeMonths[change.target, default: [:]][change.kind] = batch.time.month
        }
        for row in batch.bounces { bounces[row.id] = row }
        for id in batch.droppedBounces { bounces[id] = nil }
    }

    private mutating func apply(_ receipt: Receipt) {
        guard let stream = streams[receipt.stream] else { preconditionFailure("a receipt for a stream that was never introduced") }
        let event = EventID(stream: stream.introduction.stream, number: receipt.number)
        let month = natives.count - 1
        natives[month].parts[receipt.destination, default: [:]][event, default: [:]][receipt.part] = NativePart(
            part: receipt.part, outcome: receipt.outcome, time: receipt.time, nativeID: receipt.nativeID)
        if let native = receipt.nativeID { natives[month].events[receipt.destination, default: [:]][native] = event }
    }

    private mutating func retire(before position: Position, slice: Int) {
        var count = 0
        while count < slice, blocks.count > 1, blocks[0].end <= position {
            noteErased(blocks.removeFirst())
            count += 1
        }
    }

    private mutating func noteErased(_ run: EntryRun) {
        for (index, head) in run.entries.heads.enumerated() where head.isEvent && head.number > erased[head.stream]?.number ?? 0 {
            let id = EventID(stream: StreamID(rawValue: 0), number: head.number)
            let envelope = Envelope(id: id, originTime: head.originTime, hops: head.hops)
            erased[head.stream] = (head.number, envelope.digest(of: run.entries.record(index)))
        }
    }

    private mutating func forgetIDs(before month: UInt32) {
        natives.removeAll { $0.month < month }
        for (target, months) in changeMonths {
            for (kind, changed) in months where changed < month {
                changes[target]?[kind] = nil
                changeMonths[target]?[kind] = nil
            }
        }
    }

    func read(from position: Position, atMost byteCount: Int) -> EntryRun {
        guard let index = blocks.firstIndex(where: { $0.end > position }) else {
            return EntryRun(first: position, entries: EntryBuffer(), accepted: [])
        }
        var run = blocks[index]
        for block in blocks[(index + 1)...] where run.entries.byteCount < byteCount {
            run.entries.append(block.entries)
            run.accepted += block.accepted
        }
        return run
    }

    func entries(of streams: Set<StreamIndex>, _ place: ReadingPlace, atMost count: Int) -> [LogEntry] {
        let all = blocks.lazy.flatMap { block in block.entries.heads.indices.lazy.map { (block, block.first + $0) } }
            .filter { block, position in streams.contains(block.entries.heads[position - block.first].stream) }
        switch place {
        case .before(let end): return all.filter { $1 < end }.suffix(count).map { LogEntry($0, at: $1) }
        case .from(let start): return all.filter { $1 >= start }.prefix(count).map { LogEntry($0, at: $1) }
        }
    }

    func position(at time: UnixTime) -> Position {
        blocks.first { $0.accepted[0] >= time }?.first ?? blocks.last?.end ?? .first
    }

    func start(of stream: StreamIndex, from number: UInt64) -> Position? {
        for block in blocks {
            for head in block.entries.heads where head.stream == stream {
                let last = if case .skip(let through, _) = head.content { through } else { head.number }
                if last >= number { return block.first }
            }
        }
        return nil
    }

    func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) -> [Position] {
        var found: [(number: UInt64, position: Position)] = []
        for block in blocks {
            for (index, head) in block.entries.heads.enumerated()
            where head.stream == stream && head.isEvent && numbers.contains(head.number) {
                found.append((head.number, block.first + index))
            }
        }
        return found.sorted { $0.number < $1.number }.map(\.position)
    }
}
