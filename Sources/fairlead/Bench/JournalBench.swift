import Base
import Core
import IO
import Model
import Store

/// `fairlead bench journal`: how fast the journal takes entries, new and with ten million behind it.
struct JournalBench {
    /// Entries of one commit in a flood.
    private static let batch = 1000
    private static let measured = 100_000

    let folder: String
    let isQuick: Bool

    func run(_ report: (Figure) -> Void) async throws {
        let syncs = try SyncProbe.measure(in: folder, count: 200).map { Double($0.nanoseconds) / 1e6 }
        report(Figure("machine.fdatasync_ms", "ms", syncs, isHigherBetter: false))
        let journal = SQLiteJournal(folder: folder)
        var next = try await journal.open().next
        try await journal.commit(foundation(next))
        report(Figure("journal.idle_commit_ms", "ms", try await idleCommits(journal, &next), isHigherBetter: false))
        var young: [Double] = []
        for _ in 0..<5 { young.append(try await rate(journal, &next)) }
        let start = Figure("journal.append_per_second", "1/s", young, isHigherBetter: true)
        report(start)
        let goal = isQuick ? 1_000_000 : 10_000_000
        while next < Position(UInt64(goal)) { try await append(journal, &next) }
        // Ten million came at once here and not over months: the system first writes back what is still dirty of them.
        pause(milliseconds: 10_000)
        var old: [Double] = []
        for _ in 0..<5 { old.append(try await rate(journal, &next)) }
        report(
            Figure("journal.append_per_second_at_\(isQuick ? "1m" : "10m")", "1/s", old, target: start.median * 0.9, isHigherBetter: true))
        await journal.close()
    }

    private func foundation(_ next: Position) -> JournalBatch {
        var batch = JournalBatch(time: UnixTime(seconds: 1_800_000_000), first: next)
        batch.bridges = [BridgeRow(index: BridgeIndex(1), name: "bench", key: bridgeKey, secret: [UInt8](repeating: 3, count: 32))]
        batch.streams = [stream(prefix: 0)]
        return batch
    }

    private var bridgeKey: BridgeKey { BridgeKey(bytes: [UInt8](repeating: 2, count: 16)) }

    private func stream(prefix: UInt64) -> StreamRow {
        let owner = RelayID(bytes: [UInt8](repeating: 1, count: 32))
        let introduction = StreamIntroduction(owner: owner, bridge: bridgeKey, epoch: Epoch(ordinal: 1, salt: 1, bits: 1))
        return StreamRow(index: StreamIndex(1), introduction: introduction, bridge: BridgeIndex(1), prefix: prefix)
    }

    /// A commit of one entry each, with a pause before it in which the device falls asleep.
    private func idleCommits(_ journal: SQLiteJournal, _ next: inout Position) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<(isQuick ? 20 : 100) {
            pause(milliseconds: 50)
            let batch = entries(from: next, count: 1)
            let start = MonotonicClock.now
            try await journal.commit(batch)
            times.append(Double(start.distance(to: MonotonicClock.now).nanoseconds) / 1e6)
            next = next.next
        }
        return times
    }

    private func rate(_ journal: SQLiteJournal, _ next: inout Position) async throws -> Double {
        let start = MonotonicClock.now
        for _ in 0..<JournalBench.measured / JournalBench.batch { try await append(journal, &next) }
        return Double(JournalBench.measured) / (Double(start.distance(to: MonotonicClock.now).nanoseconds) / 1e9)
    }

    private func append(_ journal: SQLiteJournal, _ next: inout Position) async throws {
        try await journal.commit(entries(from: next, count: JournalBench.batch))
        next = next + JournalBench.batch
    }

    /// Records of 60 to 120 bytes.
    private func entries(from first: Position, count: Int) -> JournalBatch {
        let time = UnixTime(seconds: 1_800_000_000 + first.rawValue / 1000)
        var batch = JournalBatch(time: time, first: first)
        for offset in 0..<count {
            let number = first.rawValue + UInt64(offset)
            let head = EntryHead(stream: StreamIndex(1), number: number, originTime: time, hops: 0)
            let length = 52 + Int(number &* 0x9E37_79B9 >> 8 % 60)
            batch.entries.append(head, record: JournalBench.record[..<(8 + length)])
        }
        batch.streams = [stream(prefix: first.rawValue + UInt64(count) - 1)]
        return batch
    }

    private static let record = RecordEncoder.encode(.posted(Post(RichText(String(repeating: "Grüße an alle. ", count: 12)))), author: 1)
}
