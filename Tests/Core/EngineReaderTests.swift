import Base
import Core
import Model
import Simulation
import Store
import Testing

/// A channel without an outbox beside one that has one.
@Suite struct EngineReaderTests {
    private func texts(_ events: [CommittedEvent]) -> [String] {
        events.map { event in
            switch event.event {
            case .posted(let post): post.content.text
            case .edited(_, let post): "edited: \(post.content.text)"
            case .reacted(let reaction): reaction.emoji
            case .deleted: "deleted"
            default: "other"
            }
        }
    }

    private func history(_ bench: Bench, _ place: ReadingPlace, _ count: Int) -> [CommittedEvent] {
        let destination = bench.destination("reader")
        let found = Found()
        bench.does { bench in
            let events = try await bench.engine.events(in: destination, place, atMost: count)
            await found.set(events)
        }
        return found.events
    }

    @Test func aReaderIsToldOfEverythingInOrderWithItsPlace() {
        let bench = Bench([["a", "reader"], ["b"]])
        bench.start()
        bench.post("a", "1", "from a")
        bench.post("b", "1", "from another bridge")
        bench.post("reader", "x", "from here")
        bench.accept("a", "1/e", .edited(NativeKey("1"), RichText("from a, better")))
        let read = bench.read("reader")
        #expect(texts(read) == ["from a", "from here", "edited: from a, better"])
        #expect(read.map(\.place) == [.endpoint("a"), .here, .endpoint("a")])
        #expect(read.map(\.position) == read.map(\.position).sorted())
    }

    /// A network's clock that is far ahead: its envelope and mark say what it said, people see when it came.
    @Test(arguments: [300, 301, 86_400 * 365]) func aTimeFarAheadIsShownAsThatOfItsComing(_ ahead: Int64) {
        let isCorrected = ahead > 300
        let bench = Bench([["a", "b", "reader"]])
        bench.start()
        bench.connect("b")
        let now = bench.time
        let said = UnixTime(seconds: UInt64(Int64(now.seconds) + ahead))
        let happening = Happening(
            key: NativeKey("1"), account: .init(id: "u", name: "u"), time: said,
            content: .posted(RichText("hello"), style: .plain, reply: nil, thread: nil))
        let a = bench.destination("a")
        bench.does { _ = try await $0.engine.accept([happening], in: a, source: nil, mayBeKnown: false) }
        let delivery = bench.delivered("b").first?.delivery
        #expect(delivery?.originTime == said && delivery?.shownTime == (isCorrected ? now : said))
        #expect(bench.read("reader").first?.time == (isCorrected ? now : said))
    }

    @Test func peopleInItReferToEventsByTheirIDs() {
        let bench = Bench([["a", "reader"]])
        bench.start()
        bench.connect("a")
        bench.post("a", "1", "question")
        let id = bench.read("reader")[0].id
        bench.accept("reader", "n1", .posted(RichText("answer"), style: .plain, reply: NativeKey(id.description), thread: nil))
        bench.accept("reader", "n2", .reacted(NativeKey(id.description), emoji: "👍", isOn: true))
        // What was never said, and what is no id.
        let unknown = EventID(stream: id.stream, number: 999)
        bench.accept("reader", "n3", .reacted(NativeKey(unknown.description), emoji: "👍", isOn: true))
        bench.accept("reader", "n4", .reacted(NativeKey("nonsense"), emoji: "👍", isOn: true))
        #expect(bench.answers.suffix(2) == [[.withoutTarget], [.withoutTarget]])
        let sent = bench.delivered("a").map(\.delivery)
        guard sent.count == 2, case .posted(let post) = sent[0].event, case .reacted(let reaction) = sent[1].event else {
            Issue.record("delivered: \(sent)")
            return
        }
        #expect(post.reply == id && reaction.target == id)
    }

    @Test func itHoldsNothingBack() {
        let bench = Bench([["a", "reader"]])
        bench.limits.keepContent = 3600
        bench.start()
        for number in 1...40 { bench.post("a", "\(number)", "message \(number)") }
        bench.connect("a")
        bench.run(milliseconds: 10 * 3600 * 1000)
        let oldest = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.oldest } }
        #expect(oldest > .first)
    }

    @Test func aReaderThatBecomesAnotherKindGetsWhatComesFromThenOn() {
        let bench = Bench([["a", "reader"]])
        bench.start()
        bench.post("a", "1", "before")
        bench.restart(readers: [])
        bench.connect("reader")
        bench.post("a", "2", "after")
        let told = bench.delivered("reader").map(\.delivery.event)
        #expect(told == [.posted(Post(RichText("after")))])
        bench.restart(readers: ["reader"])
        bench.post("a", "3", "and back")
        #expect(texts(bench.read("reader")) == ["and back"])
    }

    @Test func nothingUncommittedIsTold() {
        let bench = Bench([["a", "reader"]])
        bench.start()
        bench.setFull(true)
        bench.post("a", "1", "waits for the disk")
        #expect(bench.read("reader").isEmpty)
        bench.setFull(false)
        bench.run(milliseconds: 5000)
        #expect(texts(bench.read("reader")) == ["waits for the disk"])
    }

    @Test func historyIsReadBothWaysAndWithoutWhatWasDeleted() {
        let bench = Bench([["a", "reader"], ["b"]])
        bench.start()
        for number in 1...30 {
            bench.post("a", "\(number)", "\(number)")
            bench.post("b", "\(number)", "b\(number)")
        }
        bench.accept("a", "29/d", .deleted(NativeKey("29")))
        bench.restart()
        bench.post("a", "31", "31")
        bench.post("reader", "x", "32")
        let read = history(bench, .before(Position(1_000_000)), 5)
        #expect(texts(read) == ["28", "30", "deleted", "31", "32"])
        #expect(texts(history(bench, .before(read[1].position), 3)) == ["26", "27", "28"])
        #expect(texts(history(bench, .from(.first), 3)) == ["1", "2", "3"])
        #expect(texts(history(bench, .from(read[3].position), 9)) == ["31", "32"])
        #expect(history(bench, .before(.first), 9).isEmpty)
    }
}

extension Bench {
    fileprivate func setFull(_ isFull: Bool) {
        let memory = memory!
        does { _ in await memory.setFull(isFull) }
    }
}

/// What a task of the simulated process found.
private final class Found: @unchecked Sendable {
    private(set) var events: [CommittedEvent] = []
    func set(_ events: [CommittedEvent]) async { self.events = events }
}
