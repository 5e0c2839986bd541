import Base
import Core
import Model
import Simulation
import Testing

/// Edits of what is not, or not any more, or not wholly shown (docs/semantics.md, "References").
@Suite struct LateChangeTests {
    private static let peer = SimulatedRelay.id(2)

    private static func introduction(_ ordinal: UInt32) -> StreamIntroduction {
        StreamIntroduction(
            owner: peer, bridge: BridgeKey(bytes: [UInt8](repeating: 5, count: 16)), epoch: Epoch(ordinal: ordinal, salt: 1, bits: 1))
    }

    private static func message(_ number: UInt64) -> EventID { EventID(stream: introduction(1).stream, number: number) }

    /// The peer passes on an event in one of its streams.
    private func pass(_ bench: Bench, epoch: UInt32, _ number: UInt64, _ event: Event) {
        let channel = bench.destination("peer")
        bench.does {
            let stream = try await $0.engine.introduce(Self.introduction(epoch), in: channel, by: Self.peer)
            var passed = PassedOn()
            let head = EntryHead(stream: stream, number: number, originTime: $0.time, hops: 1, source: PeerIndex(1))
            passed.entries.append(head, record: RecordEncoder.encode(event, author: 1))
            try await $0.engine.accept(passed, in: channel, from: Self.peer)
        }
    }

    private func edit(_ number: UInt64, _ text: String) -> Event { .edited(target: Self.message(number), content: Post(RichText(text))) }
    private func post(_ text: String) -> Event { .posted(Post(RichText(text))) }

    /// All that was sent arrives; what it was.
    private func arrives(_ bench: Bench) -> [String] {
        var all: [String] = []
        while case let parts = bench.delivered("b"), !parts.isEmpty {
            bench.clear("b")
            for part in parts {
                if part.part == 0 { all.append(Self.words(part.delivery.event)) }
                bench.received("b", part, "n\(part.delivery.position)-\(part.part)")
            }
        }
        return all
    }

    /// What somebody who joins reads.
    private func history(_ bench: Bench) -> [String] {
        let destination = bench.destination("reader")
        nonisolated(unsafe) var found: [String] = []
        bench.does { found = try await $0.engine.events(in: destination, .from(.first), atMost: 50).map { Self.words($0.event) } }
        return found
    }

    private static func words(_ event: Event) -> String {
        switch event {
        case .posted(let post): "said \(post.content.text)"
        case .edited(_, let post): "edited \(post.content.text)"
        case .deleted: "deleted"
        default: "other"
        }
    }

    private func bench() -> Bench {
        let bench = Bench([["a", "b", "reader", "peer"]])
        bench.start()
        begins(bench)
        return bench
    }

    private func comesBack(_ bench: Bench) {
        bench.restart()
        begins(bench)
    }

    private func begins(_ bench: Bench) {
        bench.connect("b")
        let peer = bench.destination("peer")
        bench.does { try await $0.engine.told(peer, holds: [:], by: Self.peer) }
    }

    @Test(arguments: [false, true]) func anEditOfADeletedMessageShowsNothing(isRestarted: Bool) {
        let bench = bench()
        pass(bench, epoch: 1, 1, post("a secret"))
        #expect(arrives(bench) == ["said a secret"])
        pass(bench, epoch: 1, 2, .deleted(target: Self.message(1)))
        #expect(arrives(bench) == ["deleted"])
        if isRestarted { comesBack(bench) }
        pass(bench, epoch: 1, 3, edit(1, "the secret"))
        #expect(arrives(bench) == [])
    }

    /// Nor one that was deleted before its turn.
    @Test(arguments: [false, true]) func anEditOfWhatWasDeletedBeforeItsTurnShowsNothing(isRestarted: Bool) {
        let bench = bench()
        bench.disconnect("b")
        pass(bench, epoch: 1, 1, post("a secret"))
        pass(bench, epoch: 1, 2, .deleted(target: Self.message(1)))
        if isRestarted { comesBack(bench) } else { bench.connect("b") }
        #expect(arrives(bench) == [])
        pass(bench, epoch: 1, 3, edit(1, "the secret"))
        #expect(arrives(bench) == [])
    }

    /// It becomes a message, and its target does not show beside it when it comes at last.
    @Test(arguments: [false, true], [false, true]) func anEditThatComesBeforeItsTarget(isRestarted: Bool, isItsStreamKnown: Bool) {
        let bench = bench()
        let channel = bench.destination("peer")
        if isItsStreamKnown { bench.does { _ = try await $0.engine.introduce(Self.introduction(1), in: channel, by: Self.peer) } }
        pass(bench, epoch: 2, 1, edit(1, "the second text"))
        #expect(arrives(bench) == ["edited the second text"])
        if isRestarted { comesBack(bench) }
        pass(bench, epoch: 1, 1, post("the first text"))
        #expect(arrives(bench) == [])
        // A later one changes what stands there.
        pass(bench, epoch: 2, 2, edit(1, "the third text"))
        #expect(arrives(bench) == ["edited the third text"])
        #expect(history(bench) == ["edited the second text", "edited the third text"])
        // Since the restart, if there was one.
        #expect(bench.read("reader").map { Self.words($0.event) }.suffix(1) == ["edited the third text"])
        #expect(!bench.read("reader").contains { $0.id == Self.message(1) })
    }

    /// Both wait for a destination that is away: it is one message.
    @Test func anEditThatComesBeforeItsTargetWhileNobodyListens() {
        let bench = bench()
        bench.disconnect("b")
        pass(bench, epoch: 2, 1, edit(1, "the second text"))
        pass(bench, epoch: 1, 1, post("the first text"))
        bench.connect("b")
        #expect(arrives(bench) == ["edited the second text"])
    }

    /// A deletion too, over restarts; and when its target has had its turn everywhere nothing of it is kept.
    @Test func aDeletionThatComesBeforeItsTarget() {
        let bench = bench()
        func kept() -> Int {
            bench.world.running(bench.host) {
                bench.memory.assumeIsolated { $0.rows.state.notes.keys.count { $0.hasPrefix("early ") } }
            }
        }
        pass(bench, epoch: 2, 1, .deleted(target: Self.message(1)))
        comesBack(bench)
        #expect(kept() == 1)
        pass(bench, epoch: 1, 1, post("a secret"))
        #expect(arrives(bench) == [])
        #expect(history(bench) == ["deleted"] && bench.read("reader").isEmpty)
        bench.connect("a")
        bench.run(milliseconds: 200_000)
        #expect(kept() == 0)
    }

    /// Somebody in the channel removed the copy, or a part of it: no edit brings it back.
    @Test(arguments: ["short", "a text of two parts"], [false, true]) func anEditOfAHiddenMessage(text: String, isRestarted: Bool) {
        let bench = bench()
        pass(bench, epoch: 1, 1, post(text))
        let first = bench.delivered("b").first
        #expect(arrives(bench) == ["said \(text)"])
        guard let first else { return }
        bench.accept("b", "hide", .deleted(NativeKey("n\(first.delivery.position)-0")))
        #expect(bench.answers.last == [.local])
        if isRestarted { comesBack(bench) }
        pass(bench, epoch: 1, 2, edit(1, "\(text)!"))
        #expect(arrives(bench) == [])
    }
}
