import Core
import Model
import Simulation
import Testing

/// `bridge pause` and `resume`: what is said meanwhile is kept, goes nowhere, and comes in order afterwards.
@Suite struct PauseTests {
    @Test func whatIsSaidMeanwhileComesAfterwards() {
        let relay = relay(.marks, .marks)
        relay.servers[0].post("before", by: "anna", at: relay.time)
        relay.run(seconds: 2)
        relay.setPaused(true)
        relay.run(seconds: 1)
        for number in 1...20 { relay.servers[0].post("held \(number)", by: "anna", at: relay.time) }
        relay.servers[1].post("and back", by: "bob", at: relay.time)
        relay.run(seconds: 60)
        #expect(texts(relay, 1) == ["before"] && texts(relay, 0).isEmpty)
        relay.setPaused(false)
        relay.run(seconds: 20)
        #expect(texts(relay, 1) == ["before"] + (1...20).map { "held \($0)" } && texts(relay, 0) == ["and back"])
    }

    /// Killed at any step after each word.
    @Test(arguments: 0..<6) func aPauseSurvivesACrash(_ tenth: Int) async {
        for steps in tenth * 10..<(tenth + 1) * 10 {
            let relay = SimulatedRelay(seed: UInt64(steps), kinds: [.marks, .marks])
            relay.start()
            relay.run(seconds: 2)
            relay.setPaused(true)
            relay.run(seconds: 1)
            relay.servers[0].post("held 1", by: "anna", at: relay.time)
            await relay.crash(after: UInt64(steps))
            relay.start()
            relay.servers[0].post("held 2", by: "anna", at: relay.time)
            relay.run(seconds: 40)
            #expect(texts(relay, 1).isEmpty, "after \(steps) steps")
            relay.setPaused(false)
            await relay.crash(after: UInt64(steps))
            relay.start()
            relay.run(seconds: 40)
            relay.setPaused(false)
            relay.run(seconds: 10)
            #expect(texts(relay, 1) == ["held 1", "held 2"], "after \(steps) steps")
        }
    }

    /// Over a link: what the other side says is taken in and shown later; what is said here waits.
    @Test func nothingCrossesALink() {
        let walk = EngineWalk(seed: 4, west: [.marks], east: [.marks])
        let (west, east) = (walk.relays[0], walk.relays[1])
        west.start()
        east.start()
        west.run(seconds: 40)
        west.setPaused(true)
        west.run(seconds: 1)
        west.servers[0].post("west 1", by: "anna", at: west.time)
        east.servers[0].post("east 1", by: "bob", at: west.time)
        west.run(seconds: 60)
        #expect(texts(west, 0).isEmpty && texts(east, 0).isEmpty)
        // In the west's journal already: it comes although the other side is gone.
        walk.cables[0].cut()
        west.setPaused(false)
        west.run(seconds: 20)
        #expect(texts(west, 0) == ["east 1"] && texts(east, 0) == ["west 1"])
    }

    /// A reader is told of what is said in its own channel at once, of the rest afterwards.
    @Test func readersAreToldAfterwards() {
        let bench = Bench([["a", "reader"]])
        bench.start()
        bench.does { _ = try await $0.engine.pause("bridge0") }
        bench.post("a", "1", "from a")
        bench.post("reader", "x", "from here")
        bench.post("a", "2", "more")
        #expect(words(bench) == ["from here"])
        bench.does { _ = try await $0.engine.resume("bridge0") }
        #expect(words(bench) == ["from here", "from a", "more"])
        bench.post("a", "3", "again")
        #expect(words(bench) == ["from here", "from a", "more", "again"])
    }

    private func words(_ bench: Bench) -> [String] {
        bench.read("reader").map { if case .posted(let post) = $0.event { post.content.text } else { "" } }
    }
}
