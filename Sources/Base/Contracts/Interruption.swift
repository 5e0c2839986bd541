/// Lets an actor of the loop end early what another of its tasks waits for: a connection that does not come, above all.
///
/// Work that knows of cancellation (whatever connects does) ends at once; other work has its time.
package actor Interruption {
    private let loop: any Loop
    private var signal = Signal()
    private var isInterrupted = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    package init(on loop: any Loop) { self.loop = loop }

    /// Cancels the work of now, and whatever work comes later as soon as it begins.
    package func interrupt() {
        isInterrupted = true
        signal.set()
    }

    /// Does `work` in a child task. One at a time.
    package func guarding<Answer: Sendable, Failure>(_ work: @escaping @Sendable () async throws(Failure) -> Answer) async throws(Failure)
        -> Answer
    {
        let result = await guarded { () -> Result<Answer, Failure> in
            do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func guarded<Answer: Sendable>(_ work: @escaping @Sendable () async -> Answer) async -> Answer {
        signal = Signal()
        if isInterrupted { signal.set() }
        return await withTaskGroup(of: Answer?.self) { group in
            group.addTask {
                let answer = await work()
                await self.wake()
                return answer
            }
            group.addTask {
                await self.waitForSignal()
                return nil
            }
            var answer: Answer?
            for await next in group {
                answer = next ?? answer
                group.cancelAll()
            }
            guard let answer else { preconditionFailure("work that ended without an answer") }
            return answer
        }
    }

    private func wake() { signal.set() }
    private func waitForSignal() async { await withUnsafeContinuation { signal.wait($0) } }
}
