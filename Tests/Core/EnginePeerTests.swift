import Base
import Core
import Model
import Simulation
import Store
import Support
import Testing

/// What the engine takes from peers, and what it refuses: the parts that no session is needed for. The rest is in Tests/Links/LyingPeerTests.
@Suite struct EnginePeerTests {
    private static let peer = SimulatedRelay.id(2)
    private static let other = SimulatedRelay.id(3)

    private static func introduction(_ owner: RelayID, ordinal: UInt32 = 1) -> StreamIntroduction {
        StreamIntroduction(
            owner: owner, bridge: BridgeKey(bytes: [UInt8](repeating: 5, count: 16)), epoch: Epoch(ordinal: ordinal, salt: 1, bits: 1))
    }

    private static func passed(_ stream: StreamIndex, from first: UInt64, _ events: Event...) -> PassedOn {
        var passed = PassedOn()
        for (index, event) in events.enumerated() {
            let head = EntryHead(
                stream: stream, number: first + UInt64(index), originTime: UnixTime(seconds: 1_795_000_000), hops: 1, source: PeerIndex(1))
            passed.entries.append(head, record: RecordEncoder.encode(event, author: 1))
        }
        return passed
    }

    private static func skip(_ stream: StreamIndex, _ numbers: ClosedRange<UInt64>, _ reason: SkipReason) -> PassedOn {
        var passed = PassedOn()
        let head = EntryHead(
            stream: stream, number: numbers.lowerBound, originTime: UnixTime(seconds: 0), hops: 1,
            content: .skip(through: numbers.upperBound, reason), source: PeerIndex(1))
        passed.entries.append(head, record: [])
        return passed
    }

    private static func text(_ words: String) -> Event { .posted(Post(RichText(words))) }

    private static func profile(_ name: String) -> Event {
        .profile(Profile(key: AuthorKey(rawValue: 7), name: name, version: 1, home: Home(rawValue: 7)))
    }

    private func fault(_ bench: Bench, _ body: @escaping @Sendable (Engine) async throws -> Void) -> PeerFault? {
        nonisolated(unsafe) var fault: PeerFault?
        bench.does {
            do { try await body($0.engine) } catch let found as PeerFault { fault = found }
        }
        return fault
    }

    @Test func aChannelThatIsNoneOfThePeersAnyMore() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let (channel, peer) = (bench.destination("a"), bench.destination("peer"))
        #expect(
            fault(bench) { _ = try await $0.introduce(Self.introduction(Self.peer), in: channel, by: Self.peer) } == .unknownChannel)
        #expect(fault(bench) { try await $0.accept(PassedOn(), in: channel, from: Self.peer) } == .unknownChannel)
        // Taken out by a reload while the session lives.
        bench.does { try await $0.engine.configure([BridgeSettings(name: "bridge0", members: [])]) }
        let before = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }
        #expect(fault(bench) { _ = try await $0.introduce(Self.introduction(Self.peer), in: peer, by: Self.peer) } == .unknownChannel)
        #expect(fault(bench) { try await $0.accept(PassedOn(), in: peer, from: Self.peer) } == .unknownChannel)
        #expect(bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } } == before)
    }

    /// What is said in one bridge does not turn up in another.
    @Test func aStreamStaysInItsBridge() {
        let bench = Bench([["a", "peer1"], ["b", "peer2"]])
        bench.start()
        let (one, two) = (bench.destination("peer1"), bench.destination("peer2"))
        let introduction = Self.introduction(Self.peer)
        #expect(fault(bench) { _ = try await $0.introduce(introduction, in: one, by: Self.peer) } == nil)
        #expect(fault(bench) { _ = try await $0.introduce(introduction, in: two, by: Self.peer) } == .elsewhere(introduction.stream))
    }

    @Test func streamsOfOneRelayHaveABound() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let channel = bench.destination("peer")
        let fault = fault(bench) { engine in
            for ordinal in 1...UInt32(CoreLimits.peerStreams) {
                _ = try await engine.introduce(Self.introduction(Self.peer, ordinal: ordinal), in: channel, by: Self.peer)
            }
            // One that is known costs nothing.
            _ = try await engine.introduce(Self.introduction(Self.peer, ordinal: 1), in: channel, by: Self.peer)
            _ = try await engine.introduce(Self.introduction(Self.peer, ordinal: 70_000), in: channel, by: Self.peer)
        }
        #expect(fault == .tooMany(Self.introduction(Self.peer, ordinal: 70_000).stream))
    }

    @Test func authorsOfOneRelayHaveABound() {
        let bench = Bench([["peer"]])
        bench.start()
        let channel = bench.destination("peer")
        let record = RecordEncoder.encode(Self.profile("x"), author: 1)
        bench.does(60_000) { bench in
            let stream = try await bench.engine.introduce(Self.introduction(Self.peer), in: channel, by: Self.peer)
            var passed = PassedOn()
            for number in 1...UInt64(CoreLimits.peerAuthors) + 5 {
                passed.profiles.append(AuthorRow(stream: stream, number: number, record: record))
            }
            try await bench.engine.accept(passed, in: channel, from: Self.peer)
            // Those that are known may still change.
            passed.profiles = [AuthorRow(stream: stream, number: 1, record: record)]
            try await bench.engine.accept(passed, in: channel, from: Self.peer)
        }
        #expect(bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters.authorsRefused } } == 5)
    }

    /// A peer that passes over every second number keeps no more open than there is room for.
    @Test func openHolesHaveABound() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let channel = bench.destination("peer")
        nonisolated(unsafe) var named = 0
        bench.does(600_000) { bench in
            _ = await bench.engine.index(of: Self.peer)
            for ordinal in 1...UInt32(CoreLimits.peerHoles / OpenHoles.most + 3) {
                let stream = try await bench.engine.introduce(Self.introduction(Self.peer, ordinal: ordinal), in: channel, by: Self.peer)
                var passed = PassedOn()
                for number in UInt64(1)...70 {
                    passed.entries.append(Self.skip(stream, 2 * number - 1...2 * number - 1, .unconfirmed).entries)
                    passed.entries.append(Self.skip(stream, 2 * number...2 * number, .expired).entries)
                }
                try await bench.engine.accept(passed, in: channel, from: Self.peer)
            }
            let epoch = PeerEpoch(ordinal: 1, bits: 1)
            named = try await bench.engine.holdings(of: channel, with: Self.peer, whoseEpoch: epoch).reduce(0) { $0 + $1.holes.count }
        }
        #expect(named == CoreLimits.peerHoles)
        let givenUp = bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters.holesGivenUp } }
        #expect(givenUp == UInt64(3 * 70 + 6 * 256))
    }

    /// Of a peer's own stream a number that it passed over as from before the join, or as unconfirmed, may come late; one that it says is gone
    /// is gone. RESUME asks for what is open.
    @Test func whatWasPassedOverMayComeLate() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        bench.connect("a", 100)
        let channel = bench.destination("peer")
        let introduction = Self.introduction(Self.peer)
        nonisolated(unsafe) var holes: [[ClosedRange<UInt64>]] = []
        bench.does { bench in
            // Its number is given when it is introduced to a link.
            _ = await bench.engine.index(of: Self.peer)
            let stream = try await bench.engine.introduce(introduction, in: channel, by: Self.peer)
            func resume(_ peer: RelayID) async throws {
                let epoch = PeerEpoch(ordinal: 1, bits: 1)
                holes.append(try await bench.engine.holdings(of: channel, with: peer, whoseEpoch: epoch).flatMap(\.holes))
            }
            for passed in [
                Self.passed(stream, from: 1, Self.profile("x")), Self.skip(stream, 2...3, .beforeJoin),
                Self.skip(stream, 4...6, .unconfirmed),
                Self.skip(stream, 7...8, .expired), Self.passed(stream, from: 9, Self.text("nine")),
            ] { try await bench.engine.accept(passed, in: channel, from: Self.peer) }
            try await resume(Self.peer)
            for (number, words) in [(UInt64(5), "five"), (3, "three"), (7, "seven"), (5, "five again")] {
                try await bench.engine.accept(Self.passed(stream, from: number, Self.text(words)), in: channel, from: Self.peer)
            }
            try await resume(Self.peer)
        }
        // The one that shut out what was before the join is not asked for it.
        #expect(holes == [[4...6], [4...4, 6...6]])
        let texts = bench.delivered("a").compactMap { if case .posted(let post) = $0.delivery.event { post.content.text } else { nil } }
        #expect(texts.filter { !$0.isEmpty } == ["nine", "five", "three"])
        let counters = bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters } }
        #expect(counters.late == 2 && counters.duplicates == 2)
        // Nor does a restart forget what is open.
        let open = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }.state.streams.flatMap(\.holes.holes)
        #expect(open.map(\.numbers).sorted { $0.lowerBound < $1.lowerBound } == [2...2, 4...4, 6...6])
    }

    /// Nor does it hide anything: the owner's own edit is delivered, and what the owner deleted is in no history.
    @Test func aForeignChangeHidesNothing() {
        let bench = Bench([["a", "reader", "peer1", "peer2"]])
        bench.start()
        bench.connect("a")
        let (one, two) = (bench.destination("peer1"), bench.destination("peer2"))
        let theirs = Self.introduction(Self.other)
        let (first, second) = (EventID(stream: theirs.stream, number: 2), EventID(stream: theirs.stream, number: 3))
        bench.does {
            let liar = try await $0.engine.introduce(Self.introduction(Self.peer, ordinal: 9), in: one, by: Self.peer)
            let events = Self.passed(liar, from: 1, Self.profile("liar"), .deleted(target: first), .deleted(target: second))
            try await $0.engine.accept(events, in: one, from: Self.peer)
            let stream = try await $0.engine.introduce(theirs, in: two, by: Self.other)
            try await $0.engine.accept(
                Self.passed(stream, from: 1, Self.profile("honest"), .posted(Post(RichText("secret"))), .posted(Post(RichText("wrong")))),
                in: two, from: Self.other)
        }
        for part in bench.delivered("a") { bench.received("a", part, "n\(part.delivery.position)") }
        bench.clear("a")
        bench.does {
            let stream = try await $0.engine.introduce(theirs, in: two, by: Self.other)
            try await $0.engine.accept(
                Self.passed(stream, from: 4, .deleted(target: first), .edited(target: second, content: Post(RichText("right")))), in: two,
                from: Self.other)
        }
        #expect(bench.delivered("a").map(\.delivery.event).contains(.edited(target: second, content: Post(RichText("right")))))
        let reader = bench.destination("reader")
        nonisolated(unsafe) var history: [CommittedEvent] = []
        bench.does { history = try await $0.engine.events(in: reader, .before(Position(1 << 40)), atMost: 100) }
        let texts = history.compactMap { if case .posted(let post) = $0.event { post.content.text } else { nil } }
        #expect(texts == ["wrong"])
    }

    /// Nor does it take the place of the owner's own change: what was deleted before its turn is not shown.
    @Test func aForeignChangeKeepsNoPlaceFromTheOwners() {
        let bench = Bench([["a", "peer1", "peer2"]])
        bench.start()
        let (one, two) = (bench.destination("peer1"), bench.destination("peer2"))
        let theirs = Self.introduction(Self.other)
        let (deleted, edited) = (EventID(stream: theirs.stream, number: 2), EventID(stream: theirs.stream, number: 3))
        let fault = fault(bench) { engine in
            let liar = try await engine.introduce(Self.introduction(Self.peer, ordinal: 9), in: one, by: Self.peer)
            let events = Self.passed(
                liar, from: 1, Self.profile("liar"), .deleted(target: deleted), .edited(target: edited, content: Post(RichText("forged"))))
            try await engine.accept(events, in: one, from: Self.peer)
            let stream = try await engine.introduce(theirs, in: two, by: Self.other)
            try await engine.accept(
                Self.passed(
                    stream, from: 1, Self.profile("honest"), .posted(Post(RichText("a password"))), .posted(Post(RichText("teh"))),
                    .deleted(target: deleted), .edited(target: edited, content: Post(RichText("the")))),
                in: two, from: Self.other)
        }
        #expect(fault == nil)
        bench.connect("a")
        let delivered = bench.delivered("a")
        #expect(delivered.map(\.delivery.id) == [edited])
        #expect(delivered.first?.delivery.event == .posted(Post(RichText("the"))), "\(delivered)")
    }

    /// A change of a message of another relay whose stream nobody had heard of when the change came: it counts no more than one that came later.
    @Test func aChangeThatCameBeforeItsForeignTarget() {
        let bench = Bench([["a", "peer1", "peer2"]])
        bench.start()
        let (one, two) = (bench.destination("peer1"), bench.destination("peer2"))
        let theirs = Self.introduction(Self.other)
        let target = EventID(stream: theirs.stream, number: 2)
        let fault = fault(bench) { engine in
            let liar = try await engine.introduce(Self.introduction(Self.peer), in: one, by: Self.peer)
            let events = Self.passed(
                liar, from: 1, Self.profile("liar"), .edited(target: target, content: Post(RichText("forged"))), .deleted(target: target))
            try await engine.accept(events, in: one, from: Self.peer)
            let stream = try await engine.introduce(theirs, in: two, by: Self.other)
            try await engine.accept(
                Self.passed(stream, from: 1, Self.profile("honest"), .posted(Post(RichText("honest")))), in: two, from: Self.other)
        }
        #expect(fault == nil)
        bench.connect("a")
        let delivered = bench.delivered("a")
        #expect(delivered.map(\.delivery.id) == [target])
        #expect(delivered.first?.delivery.event == .posted(Post(RichText("honest"))))
    }

    /// Spans that break a rule are not shown; the record stays as it came. They are counted, and told of the event that bears them.
    @Test func spansThatBreakARule() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let (channel, id) = (bench.destination("peer"), Self.peer)
        let record = bytes(hex: Vectors.table("record/accepts.tsv").first { $0[0] == "posted-bad-spans-dropped" }![1])!
        let introduction = Self.introduction(Self.peer)
        let fault = fault(bench) { engine in
            await engine.name([id: "peer"])
            let stream = try await engine.introduce(introduction, in: channel, by: Self.peer)
            var events = Self.passed(stream, from: 1, Self.profile("theirs"))
            let head = EntryHead(
                stream: stream, number: 2, originTime: UnixTime(seconds: 1_795_000_000), hops: 1, source: PeerIndex(1))
            events.entries.append(head, record: record)
            try await engine.accept(events, in: channel, from: Self.peer)
        }
        #expect(fault == nil)
        bench.answers = [[.accepted(EventID(stream: introduction.stream, number: 2))]]
        let story = bench.story(0)
        #expect(story?.droppedSpans == 2 && story?.origin == "peer:#c" && story?.isOurs == false && story?.author == "theirs")
        #expect(story?.peers.map(\.state) == [.source])
        #expect(bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters } }.spansDropped == 2)
    }
}
