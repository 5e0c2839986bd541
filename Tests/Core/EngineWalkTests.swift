import Base
import Core
import Simulation
import Support
import Testing

/// One relay, crashed between any two actions, against a naive model.
@Suite struct EngineWalkTests {
    @Test(arguments: SimulatedRelay.Store.allCases)
    func withoutFaultsEverythingArrivesOnce(store: SimulatedRelay.Store) async {
        let walk = EngineWalk(seed: 1, store: store, kinds: [.marks, .plain(.again), .marks])
        walk.runCalmly(seconds: 20)
        #expect(walk.verdict() == [])
        #expect(walk.plainCount() == (0, 0))
    }

    /// Networks with marks and history: never lost, never twice, in order, edits and deletions on the right message.
    @Test(arguments: 0..<testRounds(12)) func marks(seed: Int) async {
        let walk = EngineWalk(seed: UInt64(seed), store: .memory, kinds: [.marks, .marks, .marks])
        await walk.run(seconds: 40)
        #expect(walk.verdict() == [], "seed \(seed)")
    }

    /// Networks without either, `uncertain = "repeat"`: never lost, and twice only what was under way at a cut or crash.
    @Test(arguments: 0..<testRounds(12)) func plainRepeating(seed: Int) async {
        let walk = EngineWalk(seed: UInt64(seed) + 1000, store: .memory, kinds: [.marks, .plain(.again)])
        await walk.run(seconds: 40)
        #expect(walk.verdict() == [], "seed \(seed)")
        let interruptions = walk.relay.crashes + (walk.relay.cuts["s1"] ?? 0)
        #expect(walk.plainCount().twice <= 8 * interruptions, "seed \(seed)")
        #expect(walk.plainCount().twice <= Int(walk.relay.counters.repeated), "seed \(seed)")
        #expect(walk.plainCount().missing == 0, "seed \(seed)")
    }

    /// The same with `uncertain = "skip"`: never twice, and missing only what is counted as uncertain.
    @Test(arguments: 0..<testRounds(12)) func plainSkipping(seed: Int) async {
        let walk = EngineWalk(seed: UInt64(seed) + 2000, store: .memory, kinds: [.marks, .plain(.skip)])
        await walk.run(seconds: 40)
        let complaints = walk.verdict().filter { !$0.hasSuffix("is missing") || $0.contains("s1 -> s0") }
        #expect(complaints == [], "seed \(seed)")
        #expect(walk.plainCount().twice == 0, "seed \(seed)")
        #expect(walk.plainCount().missing <= Int(walk.relay.counters.uncertain), "seed \(seed)")
    }

    @Test(arguments: 0..<testRounds(4)) func onSQLite(seed: Int) async {
        let walk = EngineWalk(seed: UInt64(seed) + 3000, store: .sqlite, kinds: [.marks, .marks, .plain(.again)])
        await walk.run(seconds: 20)
        #expect(walk.verdict() == [], "seed \(seed)")
    }
}
