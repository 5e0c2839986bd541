import Base
import Core
import Glibc
import Support
import Synchronization

/// Clock, timers and processes of a simulation, all on the thread that calls `step`. Everything in it follows from the seed,
/// but for journals that have threads of their own: the clock waits for those.
package final class SimulatedWorld: @unchecked Sendable {  // all state but `outside` belongs to the driving thread
    package var generator: SeededGenerator
    package private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// What the calendar shows beyond the seconds of `now`: changing it makes it jump.
    package var calendar: UInt64 = 1_795_000_000
    package var failures: [String] = []
    /// What relays have told their servers' people they took over, by server.
    package var accepted: [String: [Happening]] = [:]
    /// Which process is running; what isolation checks compare with.
    private(set) var running: SimulatedHost?
    private var hosts: [SimulatedHost] = []
    private var timers: [UInt64: Timer] = [:]
    private var lastTimer: UInt64 = 0
    private let outside = Mutex(0)

    private struct Timer {
        let deadline: Instant
        let host: SimulatedHost?
        let body: @Sendable () -> Void
    }

    package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    package func makeHost() -> SimulatedHost {
        let host = SimulatedHost(in: self)
        hosts.append(host)
        return host
    }

    /// Ends a process as a power cut would: nothing of it runs any more, its timers are gone.
    package func crash(_ host: SimulatedHost) {
        host.die()
        hosts.removeAll { $0 === host }
        timers = timers.filter { $0.value.host !== host }
    }

    @discardableResult
    package func schedule(at deadline: Instant, for host: SimulatedHost? = nil, _ body: @escaping @Sendable () -> Void) -> TimerID {
        lastTimer += 1
        timers[lastTimer] = Timer(deadline: deadline, host: host, body: body)
        return TimerID(rawValue: lastTimer)
    }

    package func after(_ interval: Interval, _ body: @escaping @Sendable () -> Void) { schedule(at: now + interval, body) }
    package func cancel(_ timer: TimerID) { timers[timer.rawValue] = nil }

    package func chance(_ one: Int, in many: Int) -> Bool { Int.random(in: 0..<many, using: &generator) < one }
    package func pick(_ range: ClosedRange<UInt64>) -> UInt64 { UInt64.random(in: range, using: &generator) }

    /// Something outside the simulation is under way: the clock stands still until it has ended.
    package func enterOutside() { outside.withLock { $0 += 1 } }
    package func forgetOutside() { outside.withLock { $0 = 0 } }
    package func leaveOutside() { outside.withLock { $0 -= 1 } }

    /// Runs `body` as if it were code of that process.
    package func running<Result>(_ host: SimulatedHost?, _ body: () throws -> Result) rethrows -> Result {
        let before = running
        running = host
        defer { running = before }
        return try body()
    }

    /// Runs one job, or lets the next timer fire. False when nothing is left to happen before `limit`.
    package func step(before limit: Instant) -> Bool {
        while true {
            let ready = hosts.filter(\.hasWork)
            if let host = ready.randomElement(using: &generator) {
                running(host) { host.runOne() }
                return true
            }
            if outside.withLock({ $0 }) == 0 && !hosts.contains(where: \.hasWork) { break }
            sched_yield()
        }
        guard let (id, timer) = timers.min(by: { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }), timer.deadline <= limit
        else {
            now = max(now, limit)
            return false
        }
        timers[id] = nil
        now = max(now, timer.deadline)
        running(timer.host, timer.body)
        return true
    }

    package var debug: String { "timers \(timers.mapValues(\.deadline)) hosts \(hosts.map(\.hasWork))" }
    package func run(until limit: Instant) { while step(before: limit) {} }
}
