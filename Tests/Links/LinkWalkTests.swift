import Base
import Core
import Simulation
import Support
import Testing

/// Two relays with a link between them, or a hub with two: each crashed between any two actions, the link cut, servers and disks failing, against a naive model.
@Suite struct LinkWalkTests {
    @Test func withoutFaultsEverythingArrivesOnce() {
        let walk = EngineWalk(seed: 1, west: [.marks, .plain(.again)], east: [.marks])
        walk.runCalmly(seconds: 20)
        #expect(walk.verdict() == [])
        #expect(walk.plainCount() == (0, 0))
    }

    @Test(arguments: 0..<testRounds(6)) func crashesAndCuts(seed: Int) async {
        let walk = EngineWalk(seed: UInt64(seed), west: [.marks, .marks], east: [.marks])
        await walk.run(seconds: 40)
        #expect(walk.verdict() == [], "seed \(seed)")
    }

    /// Journals are put back to earlier states as well.
    @Test(arguments: 0..<testRounds(6)) func restores(seed: Int) async {
        let walk = EngineWalk(seed: UInt64(seed) + 1000, west: [.marks], east: [.marks], restores: true)
        await walk.run(seconds: 40)
        #expect(walk.verdict() == [], "seed \(seed), \(walk.restored) restores")
    }

    /// A hub with two others: each gives back what it holds, and gets what the other one gave.
    @Test(arguments: 0..<testRounds(6)) func aHubIsRestored(seed: Int) async {
        let walk = EngineWalk(seed: UInt64(seed) + 2000, hub: [.marks], spokes: [[.marks], [.marks]])
        await walk.run(seconds: 40)
        #expect(walk.verdict() == [], "seed \(seed), \(walk.restored) restores")
    }
}
