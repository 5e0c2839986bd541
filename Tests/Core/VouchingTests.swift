import Base
import Core
import Model
import Simulation
import Testing

/// `bounces retry` of `unconfirmed`: an operator vouches for what one peer gave back for one channel, and for nothing else.
@Suite struct VouchingTests {
    private static func introduction(_ bridge: UInt8) -> StreamIntroduction {
        StreamIntroduction(
            owner: SimulatedRelay.id(7), bridge: BridgeKey(bytes: [UInt8](repeating: bridge, count: 16)),
            epoch: Epoch(ordinal: 50, salt: 1, secret: [UInt8](repeating: 9, count: 32)))
    }

    /// A peer gives back the next event of a stream of ours.
    private func giveBack(_ bench: Bench, _ text: String, number: UInt64, bridge: UInt8, by peer: UInt8, over name: String) {
        let channel = bench.destination(name)
        bench.does {
            let id = SimulatedRelay.id(peer)
            let source = await $0.engine.index(of: id)
            let stream = try await $0.engine.introduce(Self.introduction(bridge), in: channel, by: id)
            var passed = PassedOn()
            let head = EntryHead(stream: stream, number: number, originTime: UnixTime(seconds: 1_795_000_000), hops: 1, source: source)
            passed.entries.append(head, record: RecordEncoder.encode(.posted(Post(RichText(text))), author: 1))
            try await $0.engine.accept(passed, in: channel, from: id)
        }
    }

    private func entries(_ bench: Bench) -> [BounceRow] {
        bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows.bounces } }
    }

    private func texts(_ bench: Bench, _ name: String) -> Set<String> {
        Set(
            bench.delivered(name).compactMap { part in
                if case .posted(let post) = part.delivery.event { post.content.text } else { nil }
            })
    }

    /// Also where a peer is the first member of the bridge, and nothing tells in which channel it was said.
    @Test func nothingIsShownBeforeTheWord() throws {
        let bench = Bench([["peer1", "a", "b"]])
        bench.start()
        for name in ["a", "b"] { bench.connect(name) }
        giveBack(bench, "perhaps", number: 1, bridge: 5, by: 1, over: "peer1")
        bench.run(milliseconds: 5000)
        #expect(texts(bench, "a") == [] && texts(bench, "b") == [])
        let row = try #require(entries(bench).first)
        bench.does { _ = try await $0.engine.retryBounce(row.id) }
        #expect(texts(bench, "a") == ["perhaps"] && texts(bench, "b") == ["perhaps"])
    }

    /// Nor when the channel in whose name that was found out is taken out of the bridge.
    @Test func nothingIsShownWhenItsChannelIsGone() throws {
        let bench = Bench([["a", "b", "peer1"]])
        bench.start()
        giveBack(bench, "perhaps", number: 1, bridge: 5, by: 1, over: "peer1")
        bench.run(milliseconds: 5000)
        let members = bench.bridges[0].members.filter { $0.endpoint != "a" }
        bench.does { try await $0.engine.configure([BridgeSettings(name: "bridge0", members: members)]) }
        bench.connect("b")
        #expect(texts(bench, "b") == [])
        let row = try #require(entries(bench).first)
        bench.does { _ = try await $0.engine.retryBounce(row.id) }
        #expect(texts(bench, "b") == ["perhaps"])
    }

    @Test(arguments: [false, true]) func eachPeersWordIsDecidedForItself(isRestarted: Bool) throws {
        let bench = Bench([["a", "b", "peer1", "peer2"], ["c", "d", "peer3"]])
        bench.start()
        // All between the first and the last of the first peer's.
        giveBack(bench, "first 1", number: 1, bridge: 5, by: 1, over: "peer1")
        giveBack(bench, "second", number: 2, bridge: 5, by: 2, over: "peer2")
        giveBack(bench, "elsewhere", number: 1, bridge: 6, by: 1, over: "peer3")
        giveBack(bench, "first 2", number: 3, bridge: 5, by: 1, over: "peer1")
        bench.run(milliseconds: 5000)
        let rows = entries(bench)
        #expect(rows.map(\.code) == ["unconfirmed", "unconfirmed", "unconfirmed"])
        #expect(rows.map(\.count) == [2, 1, 1])
        if isRestarted { bench.restart() }
        for name in ["a", "b", "c", "d"] { bench.connect(name) }
        let first = try #require(rows.first)
        bench.does { _ = try await $0.engine.retryBounce(first.id) }
        for name in ["a", "b"] { #expect(texts(bench, name) == ["first 1", "first 2"], "\(name)") }
        for name in ["c", "d"] { #expect(texts(bench, name) == [], "\(name)") }
        #expect(entries(bench).map(\.id) == rows.dropFirst().map(\.id))
        // The others' entries still have their effect.
        for row in rows.dropFirst() { bench.does { _ = try await $0.engine.retryBounce(row.id) } }
        for name in ["a", "b"] {
            for part in bench.delivered(name) { bench.received(name, part, "n\(part.delivery.position)") }
            #expect(texts(bench, name) == ["first 1", "first 2", "second"], "\(name)")
        }
        #expect(texts(bench, "d") == ["elsewhere"])
        #expect(entries(bench).isEmpty)
    }
}
