import Base
import Model
import Simulation
import Store
import Testing

@testable import Core

/// What a relay that runs for years lets go of, and what it is told of things it has let go of.
@Suite struct ForgettingTests {
    private static let peer = SimulatedRelay.id(2)
    private static let day: UInt64 = 86_400_000

    private static func introduction(_ ordinal: UInt32) -> StreamIntroduction {
        StreamIntroduction(
            owner: peer, bridge: BridgeKey(bytes: [UInt8](repeating: 5, count: 16)), epoch: Epoch(ordinal: ordinal, salt: 1, bits: 1))
    }

    private static func passed(_ stream: StreamIndex, _ number: UInt64, _ bench: Bench) -> PassedOn {
        var passed = PassedOn()
        let head = EntryHead(stream: stream, number: number, originTime: bench.time, hops: 1, source: PeerIndex(1))
        passed.entries.append(head, record: RecordEncoder.encode(.posted(Post(RichText("\(number)"))), author: 1))
        return passed
    }

    private func say(_ bench: Bench, epoch: UInt32, _ number: UInt64) {
        let channel = bench.destination("peer")
        bench.does {
            let stream = try await $0.engine.introduce(Self.introduction(epoch), in: channel, by: Self.peer)
            try await $0.engine.accept(Self.passed(stream, number, $0), in: channel, from: Self.peer)
        }
    }

    private func held(_ bench: Bench, in epoch: UInt32) -> [UInt32] {
        let channel = bench.destination("peer")
        nonisolated(unsafe) var holdings: [StreamHolding] = []
        bench.does {
            holdings = try await $0.engine.holdings(
                of: channel, with: Self.peer, whoseEpoch: PeerEpoch(ordinal: UInt64(epoch), bits: 1))
        }
        return holdings.filter { $0.introduction.owner == Self.peer }.map(\.introduction.epoch.ordinal)
    }

    private func streams(_ bench: Bench) -> [UInt32] {
        let rows = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }
        return rows.state.streams.filter { $0.introduction.owner == Self.peer }.map(\.introduction.epoch.ordinal)
    }

    /// A relay comes back after more than a year, and a peer says at once that it holds more of an old stream of ours than this relay: the
    /// stream is not forgotten while that is awaited, and whatever the peer says later finds a relay that works.
    @Test func whatIsAwaitedOfAStreamKeepsIt() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        bench.connect("a")
        let channel = bench.destination("peer")
        func greet() { bench.does { try await $0.engine.told(channel, holds: [:], by: Self.peer) } }
        greet()
        bench.post("a", "k1", "of an old epoch")
        nonisolated(unsafe) var old: StreamHolding?
        bench.does {
            old = try await $0.engine.holdings(of: channel, with: Self.peer, whoseEpoch: PeerEpoch(ordinal: 0, bits: 0)).first
        }
        for text in ["of a newer epoch", "of a newer epoch still"] {
            bench.restart()
            bench.connect("a")
            greet()
            bench.post("a", text, text)
            bench.does { await $0.engine.acknowledged(channel, before: Position(1000), count: 1) }
            bench.run(milliseconds: 160 * Self.day)
        }
        bench.world.crash(bench.host)
        let disk = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.disk } }
        bench.world.run(until: bench.world.now + .milliseconds(400 * Self.day))
        bench.disk = disk.afterCrash(keeping: disk.unsynced)
        bench.host = bench.world.makeHost()
        bench.start()
        bench.connect("a")
        bench.does {
            let stream = try await $0.engine.introduce(old!.introduction, in: channel, by: Self.peer)
            try await $0.engine.told(channel, holds: [stream: PeerHolding(prefix: old!.prefix + 5, digest: 0)], by: Self.peer)
        }
        bench.run(milliseconds: 90_000)
        say(bench, epoch: 1, 1)
        #expect(bench.world.failures == [])
        #expect(streams(bench) == [1])
        // Nobody waits any more: now it goes.
        bench.run(milliseconds: 40 * Self.day)
        let rows = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }
        #expect(!rows.state.streams.contains { $0.introduction == old!.introduction }, "\(rows.state.streams)")
    }

    /// Marks of what had bounced are found in a channel: that is remembered in the journal, and in memory only as long as it is of use.
    @Test func whatWasFoundAfterItsTurnTakesNoMemory() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b", 2000)
        let (from, to) = (bench.destination("a"), bench.destination("b"))
        let count = CoreLimits.settled + 200
        bench.does(5000) { bench in
            let happenings = (0..<count).map { number in
                Happening(
                    key: NativeKey("k\(number)"), account: .init(id: "u", name: "u"), time: bench.time,
                    content: .posted(RichText("\(number)"), style: .plain, reply: nil, thread: nil))
            }
            bench.answers.append(try await bench.engine.accept(happenings, in: from, source: nil, mayBeKnown: false))
        }
        let parts = bench.delivered("b")
        #expect(parts.count == count)
        bench.does(5000) { bench in
            for part in parts {
                await bench.engine.bounced(part.delivery.id, at: part.delivery.position, part: 0, by: to, BounceReason("x", "refused"))
            }
            for part in parts {
                let mark = Mark(id: part.delivery.id, part: 0, author: AuthorKey(rawValue: 1), second: bench.time)
                await bench.engine.found(mark, in: to, as: NativeKey("n\(part.delivery.position)"))
            }
        }
        let settled = { bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.outboxes[to]?.settled.count } } }
        #expect(settled() == count)
        bench.run(milliseconds: 61_000)
        #expect(settled() == 0)
        #expect(bench.world.failures == [])
    }

    /// A peer is told of what is open, and of what it spoke in lately.
    @Test func aPeerIsToldOfTheStreamsOfThirtyDays() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        say(bench, epoch: 1, 1)
        bench.run(milliseconds: 20 * Self.day)
        say(bench, epoch: 2, 1)
        #expect(held(bench, in: 2) == [1, 2])
        bench.run(milliseconds: 11 * Self.day)
        #expect(held(bench, in: 2) == [2])
        bench.run(milliseconds: 20 * Self.day)
        #expect(held(bench, in: 2) == [2])
        #expect(held(bench, in: 3) == [])
    }

    @Test func aSilentStreamIsForgottenAndMayComeAgain() async {
        let bench = Bench([["a", "peer"]])
        bench.start()
        bench.connect("a")
        bench.post("a", "k1", "ours")
        say(bench, epoch: 1, 1)
        say(bench, epoch: 2, 1)
        let channel = bench.destination("peer")
        nonisolated(unsafe) var old: StreamIndex?
        bench.does { old = try await $0.engine.introduce(Self.introduction(1), in: channel, by: Self.peer) }
        for number in 2...8 as ClosedRange<UInt64> {
            for part in bench.delivered("a") { bench.received("a", part, "n\(part.delivery.position)") }
            bench.clear("a")
            bench.run(milliseconds: 80 * Self.day)
            say(bench, epoch: 2, number)
        }
        #expect(streams(bench) == [2], "\(bench.world.failures)")
        #expect(bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters.streamsForgotten } } == 1)
        // This relay's own newest stream stays: the next epoch must be above it.
        let rows = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }
        #expect(rows.state.streams.contains { $0.introduction.owner == SimulatedRelay.id(7) })

        // A session that is older than that has to introduce it again.
        let before = rows.state.next
        nonisolated(unsafe) var fault: PeerFault?
        bench.does {
            do {
                try await $0.engine.accept(Self.passed(old!, 2, $0), in: channel, from: Self.peer)
            } catch let found as PeerFault { fault = found }
        }
        #expect(fault == .forgotten(old!))
        #expect(bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows } }.state.next == before)
        say(bench, epoch: 1, 1)
        #expect(streams(bench) == [2, 1])
        // And all of it is so after a restart.
        bench.restart()
        #expect(held(bench, in: 2) == [2, 1])
        #expect(bench.world.failures == [])
    }
}
