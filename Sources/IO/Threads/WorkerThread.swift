import Glibc

/// A thread of its own as an executor: for actors whose work blocks, such as the journal's writer.
package final class WorkerThread: SerialExecutor {
    private let queue: JobQueue

    /// Starts the thread. It ends when the last reference to the executor is gone and its work is done.
    package init() {
        queue = JobQueue()
        queue.start()
    }

    deinit { queue.stop() }

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), for: asUnownedSerialExecutor())
    }

    package func checkIsolated() {
        precondition(queue.isCurrent, "called from outside its worker thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { queue.isCurrent }
}

/// What executor and thread share. The executor may go while the thread is still ending.
private final class JobQueue: @unchecked Sendable {  // guarded by `lock`
    private let lock = Lock()
    private var waiting: [(job: UnownedJob, executor: UnownedSerialExecutor)] = []
    private var isStopping = false
    private var thread = pthread_t()

    var isCurrent: Bool { lock.withLock { pthread_equal(thread, pthread_self()) != 0 } }

    func start() {
        let argument = Unmanaged.passRetained(self).toOpaque()
        let status = lock.withLock {
            pthread_create(
                &thread, nil,
                {
                    Unmanaged<JobQueue>.fromOpaque($0!).takeRetainedValue().run(); return nil
                }, argument)
        }
        precondition(status == 0, "no thread to be had: error \(status)")
        pthread_detach(thread)
    }

    func append(_ job: UnownedJob, for executor: UnownedSerialExecutor) {
        lock.withLock {
            waiting.append((job, executor))
            lock.signal()
        }
    }

    func stop() {
        lock.withLock {
            isStopping = true
            lock.signal()
        }
    }

    private func run() {
        var batch: [(job: UnownedJob, executor: UnownedSerialExecutor)] = []
        while true {
            let isDone = lock.withLock {
                while waiting.isEmpty && !isStopping { lock.wait() }
                swap(&batch, &waiting)
                return batch.isEmpty
            }
            if isDone { return }
            for (job, executor) in batch { job.runSynchronously(on: executor) }
            batch.removeAll(keepingCapacity: true)
        }
    }
}
