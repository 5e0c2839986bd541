import Base
import IO
import Support
import Testing

/// An actor of a loop, as endpoints are.
private actor Member {
    private let loop: EventLoop
    private(set) var log: [Int] = []
    private(set) var strays = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) { self.loop = loop }

    func add(_ value: Int) {
        if !loop.isCurrent { strays += 1 }
        log.append(value)
    }

    func sleepAndAdd(_ value: Int, _ interval: Interval) async {
        await loop.sleep(until: loop.now + interval)
        add(value)
    }

    func setTimers() {
        for value in [30, 10, 20, 10] {
            _ = loop.schedule(at: loop.now + .milliseconds(UInt64(value))) { self.assumeIsolated { $0.add(value) } }
        }
        let never = loop.schedule(at: loop.now + .milliseconds(15)) { self.assumeIsolated { $0.add(-1) } }
        loop.cancel(never)
    }

    /// Child tasks of a group on the loop begin there.
    func children(_ count: Int) async {
        await withTaskExecutorPreference(loop) {
            await withDiscardingTaskGroup { group in
                for value in 0..<count { group.addTask { await self.childAdd(value, self.loop.isCurrent) } }
            }
        }
    }

    private func childAdd(_ value: Int, _ beganHere: Bool) {
        if !beganHere { strays += 1 }
        add(value)
    }

    /// As many calls of another actor of the loop as asked, without leaving this turn.
    func call(_ other: Member, _ count: Int) async {
        await withTaskExecutorPreference(loop) { for value in 0..<count { await other.add(value) } }
    }
}

@Suite struct EventLoopTests {
    private func withLoop(_ body: (EventLoop) async -> Void) async {
        let loop = EventLoop()
        loop.start()
        await body(loop)
        loop.stop()
    }

    @Test func timersFireInOrderAndCancelledOnesDoNot() async {
        await withLoop { loop in
            let member = Member(loop)
            await member.setTimers()
            await member.sleepAndAdd(99, .milliseconds(60))
            let log = await member.log
            #expect(log == [10, 10, 20, 30, 99])
            #expect(await member.strays == 0)
        }
    }

    @Test func callsFromManyThreadsAllArrive() async {
        await withLoop { loop in
            let member = Member(loop)
            await withDiscardingTaskGroup { group in
                for thread in 0..<8 { group.addTask { for value in 0..<500 { await member.add(thread * 1000 + value) } } }
            }
            let log = await member.log
            #expect(log.count == 4000)
            for thread in 0..<8 {
                let own = log.filter { $0 / 1000 == thread }
                #expect(own == own.sorted())
            }
            #expect(await member.strays == 0)
        }
    }

    @Test func childTasksBeginOnTheLoop() async {
        await withLoop { loop in
            let member = Member(loop)
            await member.children(200)
            #expect(await member.log == Array(0..<200))
            #expect(await member.strays == 0)
        }
    }

    @Test func actorsOfOneLoopCallEachOtherInPlace() async {
        await withLoop { loop in
            let (one, other) = (Member(loop), Member(loop))
            await one.call(other, 5000)
            #expect(await other.log.count == 5000)
        }
    }

    @Test func aBusyLoopStillLooksAtItsTimers() async {
        await withLoop { loop in
            let member = Member(loop)
            async let slept: Void = member.sleepAndAdd(-1, .milliseconds(5))
            await withDiscardingTaskGroup { group in
                for _ in 0..<4 { group.addTask { for value in 0..<5000 { await member.add(value) } } }
            }
            await slept
            let log = await member.log
            #expect(log.contains(-1) && log.count == 20_001)
        }
    }
}
