import Base
import Core
import Model
import Simulation
import Store
import Testing

/// Machines whose calendar is wrong: never set since 1970, or set years back or ahead.
@Suite struct ClockTests {
    private static let year: UInt64 = 365 * 86_400
    private static let day: UInt64 = 86_400_000

    private func jumps(_ bench: Bench) -> UInt64 {
        bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.counters.clockJumps } }
    }
    private func entries(_ bench: Bench) -> Int {
        bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows.entries.count } }
    }
    private func bounces(_ bench: Bench) -> [String] {
        bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.rows.bounces.map(\.code) } }
    }

    /// A whole walk with crashes that begins in 1970.
    @Test func aRelayWorksIn1970() async {
        let walk = EngineWalk(seed: 4, store: .memory, kinds: [.marks, .plain(.again)])
        walk.relay.world.calendar = 0
        await walk.run(seconds: 40)
        #expect(walk.verdict() == [])
    }

    /// Somebody sets the calendar years ahead, and back an hour later: what is held back for a destination is still delivered, and what it had
    /// is still known.
    @Test(arguments: [2, 0]) func nothingIsGivenUpForAJump(years: UInt64) {
        let bench = Bench([["a", "b"]])
        if years == 0 { bench.world.calendar = 0 }
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        for part in bench.delivered("b") { bench.received("b", part, "n1") }
        bench.disconnect("b")
        bench.clear("b")
        bench.post("a", "2", "message2")
        bench.run(milliseconds: 120_000)
        let before = bench.world.calendar
        bench.world.calendar = 1_795_000_000 + years * Self.year
        bench.run(milliseconds: 3_600_000)
        #expect(jumps(bench) == 1)
        #expect(bounces(bench) == [])
        #expect(entries(bench) == 3)
        if years > 0 {
            bench.world.calendar = before
            bench.run(milliseconds: 120_000)
            #expect(jumps(bench) == 2)
        }
        bench.connect("b")
        #expect(bench.delivered("b").map(\.delivery.event) == [.posted(Post(RichText("message2")))])
        bench.accept("a", "1/d", .deleted(NativeKey("1")))
        #expect(bench.answers.last?.allSatisfy { $0.isNew } == true, "\(bench.answers)")
    }

    /// The same over a restart: the calendar was right when the journal ended.
    @Test func nothingIsGivenUpAfterAStartWithAWrongCalendar() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.disconnect("b")
        bench.post("a", "1", "message1")
        bench.world.calendar += 2 * Self.year
        bench.restart()
        bench.run(milliseconds: 3_600_000)
        #expect(jumps(bench) == 1)
        #expect(bounces(bench) == [])
        bench.connect("b")
        #expect(bench.delivered("b").count == 1)
    }

    /// A jump that stands for a day is believed.
    @Test func aJumpThatStandsIsBelieved() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.disconnect("b")
        bench.post("a", "1", "message1")
        bench.world.calendar += Self.year
        bench.run(milliseconds: Self.day + 300_000)
        #expect(bounces(bench) == ["parked"])
    }

    /// What a server puts off is neither given up at once nor kept for years.
    @Test func aDeferralOutlivesAJump() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        let destination = bench.destination("b")
        func deferAgain() {
            guard let part = bench.delivered("b").last else { return }
            bench.clear("b")
            bench.does(3_700_000) {
                await $0.engine.deferred(
                    part.delivery.id, at: part.delivery.position, part: 0, by: destination, after: .seconds(3600), reason: "busy")
            }
        }
        deferAgain()
        bench.world.calendar += Self.year
        deferAgain()
        deferAgain()
        #expect(bounces(bench) == [])
        bench.world.calendar -= Self.year * 2
        for _ in 0..<60 { deferAgain() }
        #expect(bounces(bench) == ["deferred-too-long"])
    }
}
