import Base
import Core
import Simulation
import Testing

/// What an operator says: taken in at once, or told why not; and who is awaited before anything is.
@Suite struct SayingTests {
    /// What `say` answers now.
    private func say(_ bench: Bench, _ bridge: String = "bridge0") -> Engine.SayAnswer? {
        let box = Box()
        bench.does(10) { box.answer = try await $0.engine.say("words", in: bridge) }
        return box.answer
    }

    private final class Box: @unchecked Sendable {  // the simulated host's alone
        var answer: Engine.SayAnswer?
        var isOver = false
    }

    @Test func aPeerIsAwaitedAndCountedOnce() {
        // One peer with whom two channels are shared.
        let bench = Bench([["a", "peer"], ["b", "peer"], ["c", "d"]])
        bench.start()
        #expect(say(bench) == .waits(.peers(["peer"])))
        #expect(bench.log.lines == ["nothing is taken in before peers have said what they hold peers=peer at_most_s=30"])
        guard case .said? = say(bench, "bridge2") else { Issue.record("a bridge without the peer waits"); return }
        #expect(say(bench, "nowhere") == .noBridge)
        // Whoever waits goes on as soon as the wait is over, and not before.
        let box = Box()
        bench.does(0) { bench in
            while await bench.engine.hindrance() != nil { await bench.engine.waitForChange() }
            box.isOver = true
        }
        bench.run(milliseconds: 20_000)
        #expect(!box.isOver)
        bench.run(milliseconds: 10_000)
        #expect(box.isOver)
        guard case .said? = say(bench) else { Issue.record("it waits for ever"); return }
        let counters = bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters } }
        #expect(counters.peersNotAwaited == 1 && counters.accepted == 2)
        #expect(bench.log.lines.last == "peers are awaited no more in_vain=peer" && bench.log.lines.count == 2)
    }

    @Test func aRelayThatEndsTakesNothingMoreIn() {
        let bench = Bench([["a", "peer"]])
        bench.start()
        let box = Box()
        bench.does(100) { bench in
            while true {
                let answer = try await bench.engine.say("words", in: "bridge0")
                box.answer = answer
                guard case .waits = answer else { return }
                await bench.engine.waitForChange()
            }
        }
        #expect(box.answer == .waits(.peers(["peer"])))
        // At once, not when it would have looked again.
        bench.does(1) { await $0.engine.prepareToEnd() }
        #expect(box.answer == .ending)
        let counters = bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters } }
        #expect(counters.accepted == 0)
    }

    /// A word of the operator's that comes when the engine has written its last is refused, and holds nobody up.
    @Test func aCommandAfterTheEndIsRefused() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.does { await $0.engine.end() }
        let box = Box()
        bench.does { bench in
            do { _ = try await bench.engine.dropBounce(1) } catch is EngineEnded { box.isOver = true }
        }
        #expect(box.isOver)
    }

    /// These words are the first to find the disk full.
    @Test func aDiskThatTurnsOutToBeFull() {
        let bench = Bench([["a", "b"]])
        bench.start()
        let (memory, box) = (bench.memory!, Box())
        bench.does { _ in await memory.setFull(true) }
        bench.does(0) { box.answer = try await $0.engine.say("words", in: "bridge0") { box.isOver = true } }
        bench.run(milliseconds: 3000)
        #expect(box.isOver && box.answer == nil && say(bench) == .waits(.full))
        bench.does { _ in await memory.setFull(false) }
        guard case .said? = box.answer else { Issue.record("\(box.answer as Any)"); return }
        #expect(bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters } }.accepted == 1)
    }

    /// Nor does a disk that is full: what could not be written was not told to be accepted.
    @Test func aFullDiskDoesNotHoldUpTheEnd() {
        let bench = Bench([["a", "b"]])
        bench.start()
        let memory = bench.memory!
        bench.does { _ in await memory.setFull(true) }
        bench.post("a", "1", "never accepted")
        bench.run(milliseconds: 20_000)
        #expect(bench.answers.isEmpty && bench.world.failures.isEmpty)
        bench.does { await $0.engine.prepareToEnd() }
        bench.run(milliseconds: 3000)
        #expect(bench.answers.isEmpty && Set(bench.world.failures) == ["\(JournalError.full)"])
    }

    @Test func noRoomOnTheDisk() {
        let relay = relay(.marks, .marks)
        relay.gauge.now = DiskRoom(free: 0, size: 100_000_000_000)
        relay.run(seconds: 2)
        #expect(relay.hindrance == .reserve)
        relay.gauge.now = DiskRoom(free: 90_000_000_000, size: 100_000_000_000)
        relay.run(seconds: 2)
        #expect(relay.hindrance == nil)
        relay.setFull(true)
        relay.servers[0].post("a line", by: "anna", at: relay.time)
        relay.run(seconds: 3)
        #expect(relay.hindrance == .full)
        relay.setFull(false)
        relay.run(seconds: 3)
        #expect(relay.hindrance == nil && texts(relay, 1) == ["a line"])
    }
}
