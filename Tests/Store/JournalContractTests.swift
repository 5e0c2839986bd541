import Base
import Core
import Model
import Simulation
import Store
import Testing

/// What every journal must do. Each case runs on each store.
@Suite struct JournalContractTests {
    @Test(arguments: JournalSubject.Kind.allCases)
    func aNewJournalIsEmpty(kind: JournalSubject.Kind) async throws {
        let subject = JournalSubject(kind)
        let state = try await subject.journal.open()
        #expect(state == JournalState())
        let run = try await subject.journal.reader.read(from: .first, atMost: 1000)
        #expect(run.entries.isEmpty)
        #expect(try await subject.journal.reader.bounces(from: 0, atMost: 10).isEmpty)
        try await subject.journal.reader.verify()
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func everythingOfABatchIsThereAgain(kind: JournalSubject.Kind) async throws {
        let subject = JournalSubject(kind)
        _ = try await subject.journal.open()
        var batch = JournalSamples.foundation()
        batch.authors = [AuthorRow(stream: StreamIndex(1), number: 1, record: [1, 2, 3])]
        batch.notes = ["restored": [7]]
        batch.claims = [
            Claim(destination: DestinationID(2), position: Position(3), part: 1, range: 10..<20),
            Claim(destination: DestinationID(1), position: Position(3), part: 0, range: 0..<400),
        ]
        batch.bounces = [
            BounceRow(
                id: 4, destination: DestinationID(1), positions: Position(2)...Position(5), count: 3, code: "too-long", text: "zu lang",
                time: JournalSamples.start)
        ]
        var row = JournalSamples.stream(2, prefix: 12)
        row.holes = OpenHoles([
            .init(numbers: 11...11, saidBy: PeerIndex(1), reason: .unconfirmed),
            .init(numbers: 3...9, saidBy: PeerIndex(2), reason: .expired),
        ])
        batch.streams[1] = row
        try await subject.journal.commit(batch)

        let state = try await subject.reopen()
        #expect(state.bridges == batch.bridges)
        #expect(state.streams == batch.streams)
        #expect(state.authors == batch.authors)
        #expect(state.destinations == batch.destinations)
        #expect(state.claims == batch.claims.reversed())
        #expect(state.notes == batch.notes)
        #expect(state.bounceCount == 1 && state.lastBounce == 4)
        #expect(try await subject.journal.reader.bounces(from: 0, atMost: 10) == batch.bounces)
        #expect(try await subject.journal.reader.bounces(from: 5, atMost: 10).isEmpty)

        var change = JournalBatch(time: JournalSamples.start, first: .first)
        change.droppedBounces = [4]
        change.destinations = [
            DestinationRow(id: DestinationID(1), bridge: BridgeIndex(1), name: "libera:#ops", cursor: Position(7), isRemoved: true)
        ]
        change.destinations[0].received = .init(parts: 2, bytes: 900)
        change.destinations[0].deferredSince = UnixTime(seconds: 77)
        change.destinations[0].parkedBefore = Position(5)
        change.streams = [JournalSamples.stream(2, prefix: 13)]
        try await subject.journal.commit(change)
        let later = try await subject.reopen()
        #expect(later.bounceCount == 0)
        #expect(later.destinations[0] == change.destinations[0])
        #expect(later.streams[1] == change.streams[0])
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func entriesComeBackInOrder(kind: JournalSubject.Kind) async throws {
        let subject = JournalSubject(kind)
        _ = try await subject.journal.open()
        try await subject.journal.commit(JournalSamples.foundation())
        var next = Position.first
        for count in [1, 2, 500, 1, 37] {
            let time = UnixTime(seconds: JournalSamples.start.seconds + next.rawValue)
            try await subject.journal.commit(JournalSamples.events(from: next, count: count, time: time))
            next = next + count
        }
        #expect(try await subject.reopen().next == next)
        try await expectSamples(subject.journal.reader, from: .first, to: next)
        // From the middle: what comes first may lie earlier, never later.
        for position in [2, 3, 100, 503, 504, 541] as [UInt64] {
            let run = try await subject.journal.reader.read(from: Position(position), atMost: 1)
            #expect(run.first <= Position(position) && run.end > Position(position))
        }
        #expect(try await subject.journal.reader.read(from: next, atMost: 1).entries.isEmpty)
        try await subject.journal.reader.verify()
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func skipsAndMarksOfEntriesStay(kind: JournalSubject.Kind) async throws {
        let subject = JournalSubject(kind)
        _ = try await subject.journal.open()
        var batch = JournalSamples.foundation()
        let heads = [
            EntryHead(stream: StreamIndex(1), number: 1, originTime: UnixTime(seconds: 5), hops: 3, source: PeerIndex(9)),
            EntryHead(
                stream: StreamIndex(1), number: 2, originTime: UnixTime(seconds: 4_000_000_000), hops: 8,
                content: .skip(through: 40, .beforeJoin), source: PeerIndex(300)),
            EntryHead(stream: StreamIndex(2), number: 7, originTime: UnixTime(seconds: 0), hops: 0, isGivenBack: true),
        ]
        for head in heads { batch.entries.append(head, record: head.isEvent ? JournalSamples.record(at: .first) : []) }
        batch.streams = [JournalSamples.stream(1, prefix: 40), JournalSamples.stream(2, prefix: 7)]
        try await subject.journal.commit(batch)
        _ = try await subject.reopen()
        let run = try await subject.journal.reader.read(from: .first, atMost: 1000)
        #expect(run.entries == batch.entries)
        #expect(run.accepted == [UnixTime](repeating: batch.time, count: 3))
        // Seven arrived after forty would have: a number below what is placed is found as well.
        var late = JournalBatch(time: batch.time, first: Position(4))
        late.entries.append(
            EntryHead(stream: StreamIndex(1), number: 17, originTime: UnixTime(seconds: 5), hops: 1),
            record: JournalSamples.record(at: .first))
        late.streams = [JournalSamples.stream(1, prefix: 40)]
        try await subject.journal.commit(late)
        #expect(try await subject.journal.reader.positions(of: StreamIndex(1), numbers: 2...40) == [Position(4)])
        #expect(try await subject.journal.reader.positions(of: StreamIndex(1), numbers: 1...1) == [.first])
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func eventsAreFoundByNumber(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 600, atOnce: 100)
        #expect(try await subject.journal.reader.positions(of: StreamIndex(1), numbers: 1...1) == [Position(1)])
        #expect(
            try await subject.journal.reader.positions(of: StreamIndex(2), numbers: 148...152)
                == [296, 298, 300, 302, 304].map { Position($0) })
        #expect(try await subject.journal.reader.positions(of: StreamIndex(2), numbers: 300...400) == [Position(600)])
        #expect(try await subject.journal.reader.positions(of: StreamIndex(7), numbers: 1...400).isEmpty)
    }

    /// From where on the log must be read for what a peer lacks of a stream.
    @Test(arguments: JournalSubject.Kind.allCases)
    func theBeginningOfARestIsFound(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 600, atOnce: 100)
        let reader = subject.journal.reader
        for number in [1, 2, 50, 51, 149, 300] as [UInt64] {
            let start = try #require(try await reader.start(of: StreamIndex(1), from: number))
            let event = try #require(try await reader.positions(of: StreamIndex(1), numbers: number...number).first)
            #expect(start <= event && event - start < 100, "number \(number)")
        }
        #expect(try await reader.start(of: StreamIndex(7), from: 1) == nil)
        #expect(try await reader.lastErased(of: StreamIndex(1)) == nil)
        while try await subject.journal.retire(before: Position(301), slice: 8) > 0 {}
        // The first number that is left is 151.
        #expect(try await reader.start(of: StreamIndex(1), from: 1) == Position(301))
        #expect(try await reader.start(of: StreamIndex(1), from: 151) == Position(301))
        // What was erased last is still known by its digest.
        let erased = try #require(try await reader.lastErased(of: StreamIndex(1)))
        let id = JournalSamples.eventID(at: Position(299))
        let digest = Envelope(id: id, originTime: JournalSamples.start, hops: 0).digest(of: JournalSamples.record(at: Position(299)))
        #expect(erased.number == 150 && erased.digest == digest)
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func aForgottenStreamIsGone(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 20, atOnce: 10)
        var batch = JournalBatch(time: JournalSamples.start, first: Position(21))
        batch.authors = [1, 2].map { AuthorRow(stream: StreamIndex($0), number: 1, record: [1, 2, 3]) }
        try await subject.journal.commit(batch)
        batch.authors = []
        batch.forgottenStreams = [StreamIndex(1)]
        try await subject.journal.commit(batch)
        let state = try await subject.reopen()
        #expect(state.streams.map(\.index) == [StreamIndex(2)])
        #expect(state.authors.map(\.stream) == [StreamIndex(2)])
    }

    /// What changed goes with the month's ids.
    @Test(arguments: JournalSubject.Kind.allCases)
    func changesAreForgottenWithTheirMonth(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 10, atOnce: 10)
        let (old, young) = (JournalSamples.eventID(at: Position(1)), JournalSamples.eventID(at: Position(2)))
        let later = UnixTime(seconds: JournalSamples.start.seconds + 40 * 86_400)
        for (time, target) in [(JournalSamples.start, old), (later, young)] {
            var batch = JournalBatch(time: time, first: Position(11))
            batch.changes = [
                ChangeRow(target: target, kind: .deleted, by: JournalSamples.eventID(at: Position(3)), position: Position(3)),
                ChangeRow(target: target, kind: .edited, by: JournalSamples.eventID(at: Position(4)), position: Position(4)),
            ]
            try await subject.journal.commit(batch)
        }
        try await subject.journal.forgetIDs(before: later.month)
        _ = try await subject.reopen()
        #expect(try await subject.journal.reader.changes(of: [old]) == [])
        #expect(try await subject.journal.reader.changes(of: [young]).count == 2)
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func theIDMapAnswersBothWays(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 50, atOnce: 10)
        var batch = JournalBatch(time: UnixTime(seconds: JournalSamples.start.seconds + 40 * 86_400), first: Position(51))
        let event = JournalSamples.eventID(at: Position(7))
        batch.keys = [KeyRow(destination: DestinationID(1), key: NativeKey("native-7@99"), event: event)]
        batch.receipts = [
            Receipt(
                destination: DestinationID(1), position: Position(7), stream: StreamIndex(1), number: 4, part: 1, outcome: .delivered,
                time: batch.time, nativeID: NativeKey("second half"))
        ]
        try await subject.journal.commit(batch)
        _ = try await subject.reopen()
        let journal = subject.journal
        for name in ["native-7", "native-7@99", "second half"] {
            #expect(try await journal.reader.eventID(for: NativeKey(name), at: DestinationID(1)) == event)
            #expect(try await journal.reader.eventID(for: NativeKey(name), at: DestinationID(2)) == nil)
        }
        #expect(try await journal.reader.eventID(for: NativeKey("native-99"), at: DestinationID(1)) == nil)
        let parts = try await journal.reader.parts(of: event, at: DestinationID(1))
        #expect(parts.map(\.nativeID?.text) == ["native-7", "second half"])
        #expect(parts.map(\.outcome) == [.delivered, .delivered])
        #expect(try await journal.reader.parts(of: event, at: DestinationID(2)).isEmpty)
        // Forgetting goes by month.
        try await journal.forgetIDs(before: 202_612)
        #expect(try await journal.reader.eventID(for: NativeKey("native-7"), at: DestinationID(1)) == nil)
        #expect(try await journal.reader.eventID(for: NativeKey("native-7@99"), at: DestinationID(1)) == nil || batch.time.month >= 202_612)
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func aDestinationsRowEndsClaims(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 3, atOnce: 3)
        var claims = JournalBatch(time: JournalSamples.start, first: Position(4))
        for position in [1, 2, 3] as [UInt64] {
            claims.claims += (0..<3).map {
                Claim(destination: DestinationID(2), position: Position(position), part: $0, range: $0 * 10..<$0 * 10 + 10)
            }
        }
        try await subject.journal.commit(claims)
        var batch = JournalBatch(time: JournalSamples.start, first: Position(4))
        batch.destinations = [DestinationRow(id: DestinationID(2), bridge: BridgeIndex(1), name: "post:ops", cursor: Position(2))]
        batch.destinations[0].received = .init(parts: 2, bytes: 20)
        try await subject.journal.commit(batch)
        #expect(try await subject.reopen().claims == Array(claims.claims[5...]))
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func changesAreKeptPerTarget(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 4, atOnce: 4)
        let target = EventID(stream: StreamID(rawValue: .max), number: 3)
        let by = JournalSamples.eventID(at: Position(2))
        let newer = JournalSamples.eventID(at: Position(4))
        var batch = JournalBatch(time: JournalSamples.start, first: Position(5))
        batch.changes = [
            ChangeRow(target: target, kind: .edited, by: by, position: Position(2)),
            ChangeRow(target: target, kind: .deleted, by: by, position: Position(3)),
            ChangeRow(target: target, kind: .edited, by: newer, position: Position(4)),
        ]
        try await subject.journal.commit(batch)
        _ = try await subject.reopen()
        #expect(try await subject.journal.reader.changes(of: [target]) == [batch.changes[2], batch.changes[1]])
        #expect(try await subject.journal.reader.changes(of: [by]).isEmpty)
    }

    @Test(arguments: JournalSubject.Kind.allCases)
    func retentionErasesInSlicesAndKeepsTheRest(kind: JournalSubject.Kind) async throws {
        let subject = try await filled(kind, 100, atOnce: 10)
        #expect(try await subject.journal.retire(before: Position(45), slice: 3) == 3)
        #expect(try await subject.journal.retire(before: Position(45), slice: 3) == 1)
        #expect(try await subject.journal.retire(before: Position(45), slice: 3) == 0)
        let state = try await subject.reopen()
        #expect(state.oldest == Position(41) && state.next == Position(101))
        #expect(state.streams.map(\.prefix) == [50, 50])
        try await expectSamples(subject.journal.reader, from: Position(41), to: Position(101))
        #expect(
            try await subject.journal.reader.positions(of: StreamIndex(1), numbers: 1...30)
                == stride(from: 41, through: 59, by: 2).map { Position(UInt64($0)) })
        #expect(
            try await subject.journal.reader.eventID(for: NativeKey("native-1"), at: DestinationID(1)) == JournalSamples.eventID(at: .first)
        )
        // The newest block stays whatever is asked, so that the next position is never forgotten.
        while try await subject.journal.retire(before: Position(1000), slice: 100) > 0 {}
        #expect(try await subject.reopen().next == Position(101))
    }

    private func filled(_ kind: JournalSubject.Kind, _ total: Int, atOnce: Int) async throws -> JournalSubject {
        let subject = JournalSubject(kind)
        _ = try await subject.journal.open()
        try await subject.journal.commit(JournalSamples.foundation())
        for start in stride(from: 1, through: total, by: atOnce) {
            try await subject.journal.commit(JournalSamples.events(from: Position(UInt64(start)), count: min(atOnce, total + 1 - start)))
        }
        return subject
    }
}

/// Reads a range page by page and compares each entry with what its position must hold.
func expectSamples(_ reader: any JournalReader, from first: Position, to end: Position) async throws {
    var next = first
    while next < end {
        let run = try await reader.read(from: next, atMost: 700)
        try #require(!run.entries.isEmpty, "nothing at \(next)")
        for index in 0..<run.entries.count where run.first + index >= next {
            let position = run.first + index
            let (stream, number) = JournalSamples.place(of: position)
            #expect(run.entries.heads[index].stream == stream && run.entries.heads[index].number == number)
            #expect(run.entries.record(index) == JournalSamples.record(at: position))
        }
        next = run.end
    }
    #expect(next == end)
}
