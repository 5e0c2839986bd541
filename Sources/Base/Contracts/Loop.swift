/// The event loop: the executor of every actor that endpoints, links and the engine consist of, and their only clock.
///
/// The real one (IO) drives libuv; the simulated one (tests) runs the same actors on a clock that jumps.
/// All members but `executor` are called on the loop alone.
package protocol Loop: AnyObject, Sendable {
    /// Where actors of this loop run: an actor returns it from `unownedExecutor`. Every task that works on the loop also prefers it
    /// (`withTaskExecutorPreference`), as child tasks would else begin on the global pool. It must run its jobs with itself as both
    /// kinds of executor, or each `await` between two of its actors costs a turn of the loop instead of nothing (decision 0003).
    var executor: any SerialExecutor & TaskExecutor { get }

    /// The monotonic clock, read once a turn of the loop.
    var now: Instant { get }

    /// The calendar.
    var time: UnixTime { get }

    /// Runs `body` on the loop once, not before `deadline`. The timer ends when it has run or when `cancel` was called.
    func schedule(at deadline: Instant, _ body: @escaping @Sendable () -> Void) -> TimerID

    /// Takes a timer back; one that has ended already is no error.
    func cancel(_ timer: TimerID)
}

/// Names one timer of one loop.
package struct TimerID: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

extension Loop {
    /// Suspends the caller, an actor of this loop, until `deadline`. Does not end early when the task is cancelled.
    package func sleep(until deadline: Instant) async {
        await withUnsafeContinuation { continuation in
            _ = schedule(at: deadline) { continuation.resume() }
        }
    }
}
