import Base
import Synchronization

/// One simulated process: the loop of its actors. When it has crashed, nothing of it ever runs again.
/// Sendable unchecked: `jobs` is guarded, the rest is the driving thread's.
package final class SimulatedHost: SerialExecutor, TaskExecutor, Loop, @unchecked Sendable {
    private let world: SimulatedWorld
    private let jobs = Mutex<[UnownedJob]>([])
    private var next = 0
    private var isDead = false

    init(in world: SimulatedWorld) { self.world = world }

    package var executor: any SerialExecutor & TaskExecutor { self }
    package var now: Instant { world.now }
    package var time: UnixTime { UnixTime(seconds: world.calendar &+ world.now.seconds) }

    package func schedule(at deadline: Instant, _ body: @escaping @Sendable () -> Void) -> TimerID {
        world.schedule(at: deadline, for: self, body)
    }

    package func cancel(_ timer: TimerID) { world.cancel(timer) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        jobs.withLock { $0.append(unowned) }
    }

    package func checkIsolated() { precondition(world.running === self, "code of a process runs outside it") }
    package func isIsolatingCurrentContext() -> Bool? { world.running === self }

    var hasWork: Bool { !isDead && jobs.withLock { $0.count > next } }

    func runOne() {
        let job = jobs.withLock { jobs in
            let job = jobs[next]
            next += 1
            if next > 1000 {
                jobs.removeFirst(next)
                next = 0
            }
            return job
        }
        job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }

    func die() { isDead = true }
    var hasCrashed: Bool { isDead }
}

extension Instant {
    var seconds: UInt64 { nanoseconds / 1_000_000_000 }
}
