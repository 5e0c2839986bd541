import Base
import Core
import Model
import Simulation
import Store
import Testing

/// Reading some streams of a log that has others beside them. Each case runs on each store.
@Suite struct JournalReadingTests {
    /// Blocks of different sizes, a second apart, in which stream 2 has every second position.
    private func filled(_ kind: JournalSubject.Kind) async throws -> (JournalSubject, end: Position) {
        let subject = JournalSubject(kind)
        _ = try await subject.journal.open()
        try await subject.journal.commit(JournalSamples.foundation())
        var next = Position.first
        for (index, count) in [1, 2, 500, 1, 37, 1, 1, 9].enumerated() {
            let time = UnixTime(seconds: JournalSamples.start.seconds + UInt64(index) * 10)
            try await subject.journal.commit(JournalSamples.events(from: next, count: count, time: time))
            next = next + count
        }
        return (subject, next)
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func entriesOfAStreamAreFoundFromAnywhere(kind: JournalSubject.Kind) async throws {
        let (subject, end) = try await filled(kind)
        let even: Set = [StreamIndex(2)]
        let all = (1..<end.rawValue).filter { $0 % 2 == 0 }
        for place in [1, 2, 3, 4, 100, 301, 503, 504, 505, 541, 542, end.rawValue, end.rawValue + 9] as [UInt64] {
            for count in [1, 7, 400] {
                let before = try await subject.journal.reader.entries(of: even, .before(Position(place)), atMost: count)
                #expect(before.map(\.position.rawValue) == all.filter { $0 < place }.suffix(count))
                let from = try await subject.journal.reader.entries(of: even, .from(Position(place)), atMost: count)
                #expect(from.map(\.position.rawValue) == Array(all.filter { $0 >= place }.prefix(count)))
            }
        }
        let both = try await subject.journal.reader.entries(of: [StreamIndex(1), StreamIndex(2)], .before(end), atMost: 60)
        #expect(both.map(\.position.rawValue) == Array((end.rawValue - 60)..<end.rawValue))
        #expect(
            both.allSatisfy {
                $0.record == JournalSamples.record(at: $0.position) && $0.head.stream == JournalSamples.place(of: $0.position).stream
            })
        #expect(try await subject.journal.reader.entries(of: [], .before(end), atMost: 10).isEmpty)
        #expect(try await subject.journal.reader.entries(of: [StreamIndex(3)], .from(.first), atMost: 10).isEmpty)
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func entriesThatCameLateStandWhereTheyCame(kind: JournalSubject.Kind) async throws {
        let (subject, end) = try await filled(kind)
        var batch = JournalBatch(time: JournalSamples.start, first: end)
        // Number 3 of stream 2 comes again by another path, between what is new.
        for (stream, number) in [(2, 900), (2, 3), (1, 900)] as [(UInt32, UInt64)] {
            batch.entries.append(
                EntryHead(stream: StreamIndex(stream), number: number, originTime: JournalSamples.start, hops: 1),
                record: JournalSamples.record(at: .first))
        }
        batch.streams = [JournalSamples.stream(1, prefix: 900), JournalSamples.stream(2, prefix: 900)]
        try await subject.journal.commit(batch)
        let reader = subject.journal.reader
        let last = try await reader.entries(of: [StreamIndex(2)], .before(end + 3), atMost: 3)
        #expect(last.map(\.head.number) == [276, 900, 3])
        let first = try await reader.entries(of: [StreamIndex(2)], .from(end + 1), atMost: 3)
        #expect(first.map(\.position) == [end + 1])
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func whatWasRetiredIsPassedOver(kind: JournalSubject.Kind) async throws {
        let (subject, end) = try await filled(kind)
        #expect(try await subject.journal.retire(before: Position(504), slice: 100) > 0)
        let reader = subject.journal.reader
        let oldest = try await reader.read(from: .first, atMost: 1).first
        #expect(oldest > .first)
        let left = try await reader.entries(of: [StreamIndex(2)], .before(end), atMost: 1000)
        #expect(left.map(\.position.rawValue) == (oldest.rawValue..<end.rawValue).filter { $0 % 2 == 0 })
        #expect(try await reader.entries(of: [StreamIndex(2)], .from(.first), atMost: 1000) == left)
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func aTimeIsFoundInTheLog(kind: JournalSubject.Kind) async throws {
        let (subject, end) = try await filled(kind)
        let reader = subject.journal.reader
        let start = JournalSamples.start.seconds
        let expected: [(after: UInt64, position: UInt64)] = [
            (0, 1), (1, 2), (10, 2), (11, 4), (20, 4), (21, 504), (30, 504), (31, 505), (70, end.rawValue - 9), (71, end.rawValue),
        ]
        for (after, position) in expected {
            #expect(try await reader.position(at: UnixTime(seconds: start + after)) == Position(position), "\(after)")
        }
        #expect(try await reader.position(at: UnixTime(seconds: 0)) == .first)
        let empty = JournalSubject(kind)
        _ = try await empty.journal.open()
        #expect(try await empty.journal.reader.position(at: UnixTime(seconds: 5)) == .first)
    }
}
