import Base
import Core
import IO
import Model

/// One `fairlead tail`: tells whoever asked of each event that is committed, until they go. It reads the journal, so a slow reader holds up
/// nobody.
actor EventTail {
    private let engine: Engine
    private let bridge: String?
    private let answer: ControlAnswer
    private let loop: EventLoop
    private var changed = Signal()
    private var isGone = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(of engine: Engine, bridge: String?, to answer: ControlAnswer, on loop: EventLoop) {
        self.engine = engine
        self.bridge = bridge
        self.answer = answer
        self.loop = loop
    }

    func run() async throws {
        let me = self
        let follower = await engine.follow { me.assumeIsolated { $0.changed.set() } }
        var failure: (any Error)?
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watch() }
            do {
                try await pass()
            } catch is StreamError {
                // Whoever asked is gone.
            } catch {
                failure = error
            }
            // Ends the watcher too.
            answer.close()
        }
        await engine.unfollow(follower)
        if let failure { throw failure }
    }

    private func watch() async {
        await answer.waitUntilGone()
        isGone = true
        changed.set()
    }

    private func pass() async throws {
        var position = await engine.committedBefore
        while !isGone {
            let (events, next) = try await engine.passing(from: position, in: bridge)
            for event in events { try await answer.line(report(event)) }
            if next == position { await withUnsafeContinuation { changed.wait($0) } }
            position = next
        }
    }

    private func report(_ event: Engine.PassingEvent) -> PassingReport {
        PassingReport(
            event: event.id.description, kind: event.kind, bridge: event.bridge, from: event.from, author: event.author,
            happened: event.originTime.text, journaled: event.accepted.text, text: event.text)
    }
}
