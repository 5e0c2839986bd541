import Base
import Core
import IO
import Model
import Store

/// `fairlead bench journal`: how fast the journal takes entries, new and with ten million behind it, and how soon a relay starts that has them.
///
/// The two are measured in turns, so that both meet the same disk: a virtual one lets some gigabytes pass and then halves its pace, and
/// whatever is measured later would be measured slower.
struct JournalBench {
    /// Entries of one commit in a flood.
    private static let batch = 1000
    /// Entries of one run; enough that each run has nearly as many checkpoints as the next.
    private static let measured = 300_000
    private static let young: UInt64 = 100_000

    let folder: String
    let isQuick: Bool

    func run(_ report: (Figure) -> Void) async throws {
        let syncs = try SyncProbe.measure(in: folder, count: 200).map { Double($0.nanoseconds) / 1e6 }
        report(Figure("machine.fdatasync_ms", "ms", syncs, isHigherBetter: false))
        // What starts on the old journal later: it makes the state folder.
        let relay = try BenchRelay("relay", in: folder, linkPort: nil, "")
        try relay.start(asBench: false)
        try relay.waitForStart()
        relay.stop()
        try Files.makeFolder("\(folder)/young")
        var young = try await filled("\(folder)/young", to: JournalBench.young)
        report(Figure("journal.idle_commit_ms", "ms", try await idleCommits(&young), isHigherBetter: false))
        var old = try await filled(relay.state, to: isQuick ? 1_000_000 : 10_000_000)
        // Ten million came at once here and not over months: the system first writes back what is still dirty of them.
        pause(milliseconds: 10_000)
        var rates = (young: [Double](), old: [Double]())
        for _ in 0..<5 {
            rates.young.append(try await rate(&young))
            rates.old.append(try await rate(&old))
        }
        let start = Figure("journal.append_per_second", "1/s", rates.young, isHigherBetter: true)
        report(start)
        report(
            Figure(
                "journal.append_per_second_at_\(isQuick ? "1m" : "10m")", "1/s", rates.old, target: start.median * 0.9, isHigherBetter: true
            ))
        await young.journal.close()
        await old.journal.close()
        var starts: [Double] = []
        for _ in 0..<5 {
            let start = MonotonicClock.now
            try relay.start(asBench: false)
            try relay.waitForStart()
            starts.append(Double(start.distance(to: MonotonicClock.now).nanoseconds) / 1e6)
            relay.stop()
        }
        report(Figure("start.ready_ms_\(isQuick ? "1m" : "10m")", "ms", starts, target: 300, isHigherBetter: false))
    }

    /// A journal and the position that its next entry gets.
    private struct Subject {
        let journal: SQLiteJournal
        var next: Position
    }

    private func filled(_ folder: String, to count: UInt64) async throws -> Subject {
        let journal = SQLiteJournal(folder: folder)
        var subject = Subject(journal: journal, next: try await journal.open().next)
        try await journal.commit(foundation(subject.next))
        while subject.next < Position(count) { try await append(&subject) }
        return subject
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
    private func idleCommits(_ subject: inout Subject) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<(isQuick ? 20 : 100) {
            pause(milliseconds: 50)
            let batch = entries(from: subject.next, count: 1)
            let start = MonotonicClock.now
            try await subject.journal.commit(batch)
            times.append(Double(start.distance(to: MonotonicClock.now).nanoseconds) / 1e6)
            subject.next = subject.next.next
        }
        return times
    }

    private func rate(_ subject: inout Subject) async throws -> Double {
        let start = MonotonicClock.now
        for _ in 0..<JournalBench.measured / JournalBench.batch { try await append(&subject) }
        return Double(JournalBench.measured) / (Double(start.distance(to: MonotonicClock.now).nanoseconds) / 1e9)
    }

    private func append(_ subject: inout Subject) async throws {
        try await subject.journal.commit(entries(from: subject.next, count: JournalBench.batch))
        subject.next = subject.next + JournalBench.batch
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
