import Base
import CUV
import Glibc

/// The loop of a relay: one thread that runs libuv, and the executor of every actor that networks, links and the engine consist of.
///
/// A turn: timers that are due, then jobs, then whatever descriptors are ready. Jobs may enqueue jobs; after `jobsPerTurn` of them, or
/// `turnLength`, descriptors and timers get their turn.
///
/// Sendable unchecked: `inbox`, `isWoken` and `isStopping` are guarded by `lock`, everything else is the loop thread's alone.
package final class EventLoop: Loop, SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Jobs run before descriptors are looked at again: some hundred microseconds of them.
    private static let jobsPerTurn = 1024
    /// Jobs that take longer than most. The clock is read after every so many.
    private static let turnLength = Interval.milliseconds(5)
    private static let jobsPerReading = 16

    private let lock = Lock()
    private var inbox: [UnownedJob] = []
    private var isWoken = false
    private var isStopping = false

    private var jobs: [UnownedJob] = []
    private var nextJob = 0
    private var timers = TimerHeap()
    private var thread = pthread_t()
    private var turn = Instant(nanoseconds: 0)

    let handle: UnsafeMutablePointer<uv_loop_t>
    private let waker: UnsafeMutablePointer<uv_async_t>
    private let timer: UnsafeMutablePointer<uv_timer_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let check: UnsafeMutablePointer<uv_check_t>
    private let idle: UnsafeMutablePointer<uv_idle_t>

    /// Makes the loop; `start` gives it its thread.
    package init() {
        handle = .allocate(capacity: 1)
        waker = .allocate(capacity: 1)
        timer = .allocate(capacity: 1)
        prepare = .allocate(capacity: 1)
        check = .allocate(capacity: 1)
        idle = .allocate(capacity: 1)
        precondition(uv_loop_init(handle) == 0, "libuv has no loop to give")
        let owner = Unmanaged.passUnretained(self).toOpaque()
        uv_async_init(handle, waker) { EventLoop.of($0!.pointee.data).takeInbox() }
        uv_timer_init(handle, timer)
        uv_prepare_init(handle, prepare)
        uv_check_init(handle, check)
        uv_idle_init(handle, idle)
        waker.pointee.data = owner
        timer.pointee.data = owner
        prepare.pointee.data = owner
        check.pointee.data = owner
        idle.pointee.data = owner
        uv_prepare_start(prepare) { EventLoop.of($0!.pointee.data).runJobs() }
        uv_check_start(check) { EventLoop.of($0!.pointee.data).readClock() }
        readClock()
    }

    deinit {
        waker.deallocate()
        timer.deallocate()
        prepare.deallocate()
        check.deallocate()
        idle.deallocate()
        handle.deallocate()
    }

    /// Runs the loop on a thread of its own until `stop`. The thread keeps the loop alive.
    package func start() {
        let argument = Unmanaged.passRetained(self).toOpaque()
        let status = lock.withLock {
            pthread_create(
                &thread, nil,
                {
                    Unmanaged<EventLoop>.fromOpaque($0!).takeRetainedValue().run(); return nil
                }, argument)
        }
        precondition(status == 0, "no thread to be had: error \(status)")
    }

    /// Ends the loop after the turn that is running, and returns when its thread has ended. Not to be called on the loop.
    package func stop() {
        precondition(!isCurrent, "a loop can't wait for its own end")
        lock.withLock { isStopping = true }
        uv_async_send(waker)
        pthread_join(thread, nil)
    }

    private func run() {
        // `thread` is written by the creator, who may not have done so yet.
        lock.withLock {}
        uv_run(handle, UV_RUN_DEFAULT)
        closeHandles()
    }

    private func closeHandles() {
        uv_walk(handle, { handle, _ in if uv_is_closing(handle) == 0 { uv_close(handle, nil) } }, nil)
        while uv_run(handle, UV_RUN_NOWAIT) != 0 {}
        uv_loop_close(handle)
    }

    private static func of(_ data: UnsafeMutableRawPointer?) -> EventLoop { Unmanaged<EventLoop>.fromOpaque(data!).takeUnretainedValue() }

    // MARK: Executor

    package var executor: any SerialExecutor & TaskExecutor { self }
    package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

    package func checkIsolated() { precondition(isCurrent, "called from outside its loop") }
    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
            return
        }
        let mustWake = lock.withLock {
            inbox.append(job)
            defer { isWoken = true }
            return !isWoken
        }
        if mustWake { uv_async_send(waker) }
    }

    private func takeInbox() {
        let mustStop = lock.withLock {
            jobs += inbox
            inbox.removeAll(keepingCapacity: true)
            isWoken = false
            return isStopping
        }
        if mustStop { uv_stop(handle) }
    }

    private func runJobs() {
        readClock()
        let begin = turn
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var count = 0
        while nextJob < jobs.count && count < EventLoop.jobsPerTurn {
            let job = jobs[nextJob]
            nextJob += 1
            count += 1
            job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            if count % EventLoop.jobsPerReading == 0 {
                readClock()
                if begin.distance(to: turn) > EventLoop.turnLength { break }
            }
        }
        if nextJob == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            nextJob = 0
            uv_idle_stop(idle)
        } else {
            jobs.removeFirst(nextJob)
            nextJob = 0
            // An idle handle that is active keeps the loop from sleeping.
            uv_idle_start(idle) { _ in }
        }
    }

    // MARK: Time

    package var now: Instant { turn }

    package var time: UnixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixTime(seconds: UInt64(max(0, time.tv_sec)))
    }

    private func readClock() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        turn = Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    package func schedule(at deadline: Instant, _ body: @escaping @Sendable () -> Void) -> TimerID {
        precondition(isCurrent, "timers are set on the loop")
        let (id, isFirst) = timers.insert(deadline, body)
        if isFirst { armTimer() }
        return id
    }

    package func cancel(_ timer: TimerID) {
        precondition(isCurrent, "timers are cancelled on the loop")
        timers.remove(timer)
    }

    private func armTimer() {
        guard let deadline = timers.earliest else {
            uv_timer_stop(timer)
            return
        }
        uv_update_time(handle)
        readClock()
        // libuv counts milliseconds: rounded up, a timer never fires early.
        let wait = (turn.distance(to: deadline).nanoseconds + 999_999) / 1_000_000
        uv_timer_start(timer, { EventLoop.of($0!.pointee.data).fireTimers() }, wait, 0)
    }

    private func fireTimers() {
        readClock()
        let due = turn
        while let body = timers.takeDue(due) { body() }
        armTimer()
    }
}
