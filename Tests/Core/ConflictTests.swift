import Base
import Core
import Model
import Simulation
import Store
import Testing

/// One name for two things: what comes twice with two contents, and a running epoch that is known elsewhere.
@Suite struct ConflictTests {
    private static let peer = SimulatedRelay.id(2)

    private static let introduction = StreamIntroduction(
        owner: peer, bridge: BridgeKey(bytes: [UInt8](repeating: 5, count: 16)), epoch: Epoch(ordinal: 1, salt: 1, bits: 1))

    private static func head(_ stream: StreamIndex, _ number: UInt64) -> EntryHead {
        EntryHead(stream: stream, number: number, originTime: UnixTime(seconds: 1_795_000_000), hops: 1, source: PeerIndex(1))
    }

    private static func record(_ text: String) -> [UInt8] { RecordEncoder.encode(.posted(Post(RichText(text))), author: 1) }

    private static func passed(_ stream: StreamIndex, _ texts: [String]) -> PassedOn {
        var passed = PassedOn()
        for (index, text) in texts.enumerated() { passed.entries.append(head(stream, UInt64(index + 1)), record: record(text)) }
        return passed
    }

    private static func digest(_ number: UInt64, _ text: String) -> UInt64 {
        Envelope(id: EventID(stream: introduction.stream, number: number), originTime: UnixTime(seconds: 1_795_000_000), hops: 1)
            .digest(of: record(text))
    }

    private func counters(_ bench: Bench) -> EngineCounters {
        bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters } }
    }
    private func bounces(_ bench: Bench) -> [BounceRow] {
        bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.currentBounces } }
    }

    private func told(_ bench: Bench) -> (StreamIndex, DestinationID) {
        bench.start()
        let channel = bench.destination("peer")
        nonisolated(unsafe) var stream: StreamIndex?
        bench.does {
            stream = try await $0.engine.introduce(Self.introduction, in: channel, by: Self.peer)
            try await $0.engine.accept(Self.passed(stream!, ["one", "two", "three"]), in: channel, from: Self.peer)
        }
        return (stream!, channel)
    }

    /// A peer that has seen one epoch of this relay's can name streams of it under keys that no bridge ever had. A bridge whose row a restore took
    /// away had as many as it had starts; what is more is passed over.
    @Test func streamsOfInventedBridges() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let channel = bench.destination("peer")
        nonisolated(unsafe) var (taken, refused) = (0, 0)
        bench.does { bench in
            for number in 0..<UInt64(CoreLimits.lostStreams + 50) {
                let introduction = StreamIntroduction(
                    owner: SimulatedRelay.id(7), bridge: BridgeKey(bytes: [0, 0, 0, 0, 0, 0, 0, 0] + number.bigEndianBytes),
                    epoch: Epoch(ordinal: 1, salt: 5, secret: [UInt8](repeating: 9, count: 32)))
                do {
                    _ = try await bench.engine.introduce(introduction, in: channel, by: Self.peer)
                    taken += 1
                } catch PeerFault.elsewhere {
                    refused += 1
                }
            }
        }
        #expect(taken == CoreLimits.lostStreams && refused == 50)
        // Its own goes on, once the peer is awaited no more.
        bench.post("a", "1", "hello")
        bench.run(milliseconds: 40_000)
        #expect(bench.answers.last?.count == 1 && bench.world.failures == [])
    }

    /// The first text stays; the operator learns of the second, once.
    @Test func anEventThatComesAgainWithAnotherText() {
        let bench = Bench([["a", "peer"]])
        let (stream, channel) = told(bench)
        bench.does { try await $0.engine.accept(Self.passed(stream, ["one", "two", "three"]), in: channel, from: Self.peer) }
        #expect(counters(bench).duplicates == 3 && counters(bench).conflicts == 0)
        for _ in 1...2 {
            bench.does {
                try await $0.engine.accept(Self.passed(stream, ["one", "forged", "three", "four"]), in: channel, from: Self.peer)
            }
        }
        #expect(counters(bench).conflicts == 2)
        let rows = bounces(bench)
        #expect(rows.map(\.code) == ["conflict"])
        #expect(rows.first?.text.contains("There it says: forged") == true, "\(rows)")
        let texts = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }.entries.map(\.record)
        #expect(texts == ["one", "two", "three", "four"].map(Self.record))
        #expect(rows.first?.positions == Position(2)...Position(2))
    }

    @Test func aPeerThatHoldsAnotherTextSaysSoInItsResume() {
        let bench = Bench([["a", "peer"]])
        let (stream, channel) = told(bench)
        for digest in [Self.digest(3, "three"), 0] {
            bench.does { try await $0.engine.told(channel, holds: [stream: PeerHolding(prefix: 3, digest: digest)], by: Self.peer) }
        }
        #expect(counters(bench).conflicts == 0 && bounces(bench) == [])
        bench.does {
            try await $0.engine.told(channel, holds: [stream: PeerHolding(prefix: 2, digest: Self.digest(2, "other"))], by: Self.peer)
        }
        #expect(counters(bench).conflicts == 1)
        #expect(bounces(bench).map(\.code) == ["conflict"])
        #expect(counters(bench).forks == 0)
    }

    /// The same of an epoch that runs here: somebody numbers in it as well.
    @Test func aDigestOfTheRunningEpochThatDiffersIsAFork() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let channel = bench.destination("peer")
        bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) }
        for number in 1...4 { bench.post("a", "k\(number)", "text \(number)") }
        nonisolated(unsafe) var own: StreamHolding?
        bench.does {
            own = try await $0.engine.holdings(of: channel, with: Self.peer, whoseEpoch: PeerEpoch(ordinal: 0, bits: 0)).first
            let stream = try await $0.engine.introduce(own!.introduction, in: channel, by: Self.peer)
            // The profile and the first message had been acknowledged before.
            await $0.engine.acknowledged(channel, before: Position(3), count: 1)
            try await $0.engine.told(channel, holds: [stream: PeerHolding(prefix: 4, digest: 77)], by: Self.peer)
        }
        #expect(counters(bench).forks == 1 && counters(bench).conflicts == 1)
        let rows = bounces(bench)
        #expect(rows.map(\.code) == ["fork", "conflict"])
        // The range of what may have two contents: numbers 3 to 5.
        #expect(rows.first?.positions == Position(3)...Position(5))
        #expect(rows.first?.count == 3)
        bench.post("a", "k9", "in a new epoch")
        bench.does {
            let held = try await $0.engine.holdings(of: channel, with: Self.peer, whoseEpoch: PeerEpoch(ordinal: 0, bits: 0))
            #expect(held.map(\.prefix) == [5, 2])
            #expect(held.map(\.introduction.epoch.ordinal) == [1, 2])
        }
    }

    /// A mark of ours in a channel that names what this process never numbered.
    @Test func aMarkOfTheRunningEpochIsAFork() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.post("a", "k1", "text")
        let (place, stream) = (
            bench.destination("b"), bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }.state.streams[0]
        )
        bench.does {
            let id = EventID(stream: stream.introduction.stream, number: 50)
            await $0.engine.found(Mark(id: id, part: 0, author: AuthorKey(rawValue: 1), second: $0.time), in: place, as: NativeKey("n"))
        }
        #expect(counters(bench).forks == 1)
        #expect(bounces(bench).map(\.code) == ["fork"])
    }

    /// A peer that tells all it ever told in another way, again and again, makes one entry.
    @Test func conflictsOfAPeerAreOneEntry() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let channel = bench.destination("peer")
        let count = CoreLimits.conflicts + 500
        @Sendable func texts(_ word: String) -> [String] { (0..<count).map { "\(word) \($0)" } }
        nonisolated(unsafe) var stream: StreamIndex?
        bench.does {
            stream = try await $0.engine.introduce(Self.introduction, in: channel, by: Self.peer)
            try await $0.engine.accept(Self.passed(stream!, texts("true")), in: channel, from: Self.peer)
        }
        for _ in 1...3 {
            bench.does(20_000) { try await $0.engine.accept(Self.passed(stream!, texts("lie")), in: channel, from: Self.peer) }
        }
        #expect(counters(bench).conflicts == UInt64(3 * count))
        #expect(bounces(bench).map(\.code) == ["conflict"])
        #expect(bounces(bench).first?.positions == .first...Position(UInt64(count)))
        // An entry that the operator has seen and dropped does not grow: the next one is new.
        bench.does { _ = try await $0.engine.dropBounce(1) }
        bench.does(20_000) { try await $0.engine.accept(Self.passed(stream!, texts("lie")), in: channel, from: Self.peer) }
        #expect(bounces(bench).map(\.id) == [2])
    }

    @Test func aWordOfForksCostsEverFewerEpochs() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        bench.connect("a")
        let channel = bench.destination("peer")
        bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) }
        for minute in 0..<120 {
            bench.post("a", "k\(minute)", "text \(minute)")
            bench.does {
                let own = try await $0.engine.holdings(of: channel, with: Self.peer, whoseEpoch: PeerEpoch(ordinal: 0, bits: 0))
                    .max { $0.introduction.epoch.ordinal < $1.introduction.epoch.ordinal }!
                let stream = try await $0.engine.introduce(own.introduction, in: channel, by: Self.peer)
                try await $0.engine.told(channel, holds: [stream: PeerHolding(prefix: own.prefix + 1, digest: 0)], by: Self.peer)
            }
            bench.run(milliseconds: 58_000)
        }
        // At once, a minute and an hour later; the fourth would come after a day.
        #expect(counters(bench).forks == 3)
        #expect(bounces(bench).map(\.code) == ["fork"])
    }

    /// What a peer gives back: held without its text, with a bound and for a day at most, and one entry tells of all that was not found.
    @Test func whatIsGivenBackHasABound() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        bench.connect("a")
        let channel = bench.destination("peer")
        bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) }
        bench.post("a", "k1", "ours")
        nonisolated(unsafe) var own: StreamHolding?
        bench.does {
            own = try await $0.engine.holdings(of: channel, with: Self.peer, whoseEpoch: PeerEpoch(ordinal: 0, bits: 0)).first
        }
        bench.restart()
        let count = CoreLimits.givenBack + 100
        bench.does(60_000) {
            let stream = try await $0.engine.introduce(own!.introduction, in: channel, by: Self.peer)
            for start in stride(from: 0, to: count, by: 10_000) {
                var passed = PassedOn()
                for number in start..<min(count, start + 10_000) {
                    passed.entries.append(Self.head(stream, own!.prefix + UInt64(number) + 1), record: Self.record("given \(number)"))
                }
                try await $0.engine.accept(passed, in: channel, from: Self.peer)
            }
        }
        #expect(counters(bench).givenBack == UInt64(count))
        #expect(counters(bench).unconfirmed == 100)
        // Their channel never comes back.
        bench.run(milliseconds: 86_500_000)
        #expect(counters(bench).unconfirmed == UInt64(count))
        #expect(bounces(bench).map(\.code) == ["unconfirmed"])
        #expect(bounces(bench).first?.count == UInt64(count))
        #expect(bench.world.failures == [])
    }

    /// Whoever vouches for it is told where it goes: into channels with an outbox, and before the eyes of those who read the journal.
    @Test(arguments: [["a", "b", "reader", "peer"], ["a", "peer"]]) func whatIsVouchedForGoesSomewhere(_ members: [String]) {
        let bench = Bench([members])
        bench.start()
        let channel = bench.destination("peer")
        bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) }
        bench.post("a", "k1", "ours")
        nonisolated(unsafe) var own: StreamHolding?
        bench.does {
            own = try await $0.engine.holdings(of: channel, with: Self.peer, whoseEpoch: PeerEpoch(ordinal: 0, bits: 0)).first
        }
        bench.restart()
        bench.connect("a")
        bench.does {
            let stream = try await $0.engine.introduce(own!.introduction, in: channel, by: Self.peer)
            var passed = PassedOn()
            passed.entries.append(Self.head(stream, own!.prefix + 1), record: Self.record("given back"))
            try await $0.engine.accept(passed, in: channel, from: Self.peer)
        }
        #expect(bounces(bench).map(\.code) == ["unconfirmed"])
        nonisolated(unsafe) var (answer, events): (Engine.RetryAnswer?, [Engine.PassingEvent]) = (nil, [])
        bench.does { bench in
            events = try await bench.engine.events(of: try await bench.engine.bounces(from: 1, atMost: 1)[0]).events
            answer = try await bench.engine.retryBounce(1)
        }
        #expect(events.map(\.text) == ["given back"])
        guard case .retried(1, let places)? = answer else { Issue.record("\(answer as Any)"); return }
        #expect(Set(places) == Set(members.filter { $0 != "a" && $0 != "peer" }.map { "\($0):#c" }), "\(places)")
    }

    private func awaits(_ bench: Bench) -> Bool {
        let before = bench.answers.count
        let place = bench.destination("a")
        let happening = Happening(
            key: NativeKey("w\(before)"), account: .init(id: "u", name: "u"), time: bench.time,
            content: .posted(RichText("x"), style: .plain, reply: nil, thread: nil))
        bench.does(500) { $0.answers.append(try await $0.engine.accept([happening], in: place, source: nil, mayBeKnown: false)) }
        let isWaiting = bench.answers.count == before
        bench.run(milliseconds: 40_000)
        return isWaiting
    }

    /// Nothing was said since it left that it could give back.
    @Test func aPeerThatHadBeenAwayForAnHourIsNotAwaited() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let channel = bench.destination("peer")
        bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) }
        #expect(!awaits(bench))
        bench.restart()
        #expect(awaits(bench), "it was there when the journal ended")
        bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) }
        bench.does { await $0.engine.left([channel]) }
        #expect(!awaits(bench))
        bench.restart()
        #expect(awaits(bench), "it had been away for less than an hour")
        bench.run(milliseconds: 3_700_000)
        #expect(!awaits(bench))
        bench.restart()
        #expect(!awaits(bench), "it had been away for longer")
        bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) }
        bench.restart()
        #expect(awaits(bench), "it was back")
    }
}
