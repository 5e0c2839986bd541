import Base
import Core
import Model
import Simulation
import Store
import Testing

/// People without end: somebody who changes nick with every line, a server that invents them.
@Suite struct CrowdTests {
    /// Says one line by each of some people, 256 at once as an endpoint does.
    private func speak(_ bench: Bench, _ people: Range<Int>, _ style: Post.Style = .plain, milliseconds: UInt64 = 10_000) {
        let destination = bench.destination("a")
        let time = bench.time
        bench.does(milliseconds) { bench in
            for first in stride(from: people.lowerBound, to: people.upperBound, by: 256) {
                let happenings = (first..<min(first + 256, people.upperBound)).map { number in
                    Happening(
                        key: NativeKey("k\(number)\(style)"), account: .init(id: "nick\(number)", name: "Nick\(number)"), time: time,
                        content: .posted(RichText("says \(number)"), style: style, reply: nil, thread: nil))
                }
                bench.answers.append(try await bench.engine.accept(happenings, in: destination, source: nil, mayBeKnown: false))
            }
        }
    }

    private func crowd(_ bench: Bench) -> UInt64 { bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters.crowd } } }

    private func authorRows(_ bench: Bench) -> Int {
        bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows.state.authors.count } }
    }

    private func read(_ bench: Bench) -> [String] {
        bench.read("reader").map { event in
            guard case .posted(let post) = event.event else { return "?" }
            return "<\(event.name)> \(post.content.text)"
        }
    }

    @Test func whoChangesNickAllTheTimeIsOneOfACrowd() {
        let bench = Bench([["a", "reader"]])
        bench.start()
        let many = CoreLimits.newAuthors
        speak(bench, 0..<many + 1000)
        let lost = bench.answers.joined().filter { !$0.isNew }
        #expect(lost.isEmpty)
        #expect(crowd(bench) == 1000)
        let said = read(bench)
        #expect(said.count == many + 1000)
        #expect(said[many - 1] == "<Nick\(many - 1)> says \(many - 1)")
        #expect(said[many] == "<> Nick\(many): says \(many)")
        #expect(said.last == "<> Nick\(many + 999): says \(many + 999)")
        #expect(authorRows(bench) == many + 1)
        // Whoever is known speaks on as themselves; an act names who does it.
        speak(bench, many - 1..<many + 1, .action)
        #expect(read(bench).suffix(2) == ["<Nick\(many - 1)> says \(many - 1)", "<> Nick\(many) says \(many)"])
    }

    /// A minute later one more is told apart, and after a restart nobody who has spoken is a stranger.
    @Test func thereIsRoomForOneMoreAMinute() {
        let bench = Bench([["a", "reader"]])
        bench.start()
        let many = CoreLimits.newAuthors
        speak(bench, 0..<many + 1)
        bench.run(milliseconds: CoreLimits.newAuthorPace.milliseconds * 2)
        speak(bench, many + 1..<many + 2)
        #expect(read(bench).last == "<Nick\(many + 1)> says \(many + 1)")
        bench.restart()
        speak(bench, many + 2..<many * 2 + 3)
        #expect(crowd(bench) == 1)
        speak(bench, 0..<1, .notice)
        #expect(read(bench).last == "<Nick0> says 0")
    }

    /// Over years: a bridge has a bound for all its channels and starts.
    @Test func aBridgeHasABoundToo() {
        let bench = Bench([["a", "reader"]])
        bench.start()
        let introduction = StreamIntroduction(
            owner: SimulatedRelay.id(7), bridge: BridgeKey(bytes: [UInt8](repeating: 5, count: 16)),
            epoch: Epoch(ordinal: 1, salt: 1, secret: [UInt8](repeating: 9, count: 32)))
        let profile = Profile(key: AuthorKey(rawValue: 1), name: "x", version: 1, home: Home(rawValue: 1))
        let record = RecordEncoder.encode(.profile(profile), author: 1)
        var earlier = JournalBatch(time: bench.time, first: .first)
        earlier.streams = [StreamRow(index: StreamIndex(1), introduction: introduction, bridge: BridgeIndex(1), prefix: 1_000_000)]
        earlier.authors = (2...UInt64(CoreLimits.ownAuthors)).map { AuthorRow(stream: StreamIndex(1), number: $0, record: record) }
        let batch = earlier
        bench.does { try await $0.memory.commit(batch) }
        bench.restart()
        speak(bench, 0..<3)
        #expect(crowd(bench) == 2)
        #expect(read(bench) == ["<Nick0> says 0", "<> Nick1: says 1", "<> Nick2: says 2"])
    }
}
