import Core
import Model
import Simulation
import Testing

/// `bounces retry`: what bounced or was parked comes once more when an operator says so, and nothing else does.
@Suite struct RetryTests {
    private let spam = (1...3).map { "spam \($0)" }

    /// A relay whose second server refused three of six messages.
    private func refused() -> SimulatedRelay {
        let relay = relay(.marks, .marks)
        relay.servers[1].unwanted = "spam"
        for text in ["ham 1", "spam 1", "spam 2", "ham 2", "spam 3", "ham 3"] {
            relay.servers[0].post(text, by: "anna", at: relay.time)
        }
        relay.run(seconds: 5)
        return relay
    }

    @Test func whatBouncedComesOnceMore() {
        let relay = refused()
        #expect(texts(relay, 1) == ["ham 1", "ham 2", "ham 3"] && relay.bounces.count == 3)
        relay.servers[1].unwanted = nil
        relay.retryBounces()
        relay.run(seconds: 5)
        #expect(texts(relay, 1) == ["ham 1", "ham 2", "ham 3"] + spam)
        #expect(relay.bounces.isEmpty && relay.currentCounters.retried == 3)
        // Nothing is left to be asked for, and what is said now comes once.
        relay.retryBounces()
        relay.servers[0].post("ham 4", by: "anna", at: relay.time)
        relay.run(seconds: 5)
        #expect(texts(relay, 1) == ["ham 1", "ham 2", "ham 3"] + spam + ["ham 4"])
    }

    @Test func whatIsRefusedAgainBouncesAgain() {
        let relay = refused()
        relay.retryBounces()
        relay.run(seconds: 5)
        #expect(texts(relay, 1) == ["ham 1", "ham 2", "ham 3"] && relay.bounces.count == 3)
        relay.servers[1].unwanted = nil
        relay.retryBounces()
        relay.run(seconds: 5)
        #expect(texts(relay, 1) == ["ham 1", "ham 2", "ham 3"] + spam && relay.bounces.isEmpty)
    }

    /// What waits already comes behind it; what was deleted meanwhile does not come.
    @Test func itComesBeforeWhatWaits() {
        let relay = refused()
        relay.setUp(1, false)
        relay.run(seconds: 1)
        relay.servers[0].post("ham 4", by: "anna", at: relay.time)
        relay.servers[0].delete(2, by: "anna", at: relay.time)
        relay.servers[1].unwanted = nil
        relay.run(seconds: 1)
        relay.retryBounces()
        relay.run(seconds: 2)
        relay.setUp(1, true)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == ["ham 1", "ham 2", "ham 3", "spam 1", "spam 3", "ham 4"])
    }

    /// Killed at any step after the word: either it was durable, or the entries are still there.
    @Test(arguments: [SimulatedServer.Kind.marks, .plain(.skip)], 0..<12) func aCrashAfterTheWord(
        _ kind: SimulatedServer.Kind, _ tenth: Int
    ) async {
        for steps in tenth * 10..<(tenth + 1) * 10 {
            let relay = SimulatedRelay(seed: UInt64(steps), kinds: [.marks, kind])
            relay.servers[1].unwanted = "spam"
            relay.start()
            relay.run(seconds: 2)
            for text in ["spam 1", "ham 1", "spam 2", "ham 2", "spam 3"] { relay.servers[0].post(text, by: "anna", at: relay.time) }
            relay.run(seconds: 5)
            relay.servers[1].unwanted = nil
            relay.retryBounces()
            await relay.crash(after: UInt64(steps))
            relay.start()
            relay.run(seconds: 40)
            relay.retryBounces()
            relay.run(seconds: 10)
            let arrived = texts(relay, 1)
            #expect(Set(arrived).count == arrived.count, "twice, after \(steps) steps: \(arrived)")
            if kind == .marks { #expect(Set(arrived) == Set(spam + ["ham 1", "ham 2"]), "lost, after \(steps) steps: \(arrived)") }
            #expect(relay.bounces.isEmpty, "after \(steps) steps")
        }
    }

    @Test func whatWasParkedComesWhenTheServerIsBack() {
        let relay = SimulatedRelay(seed: 8, kinds: [.marks, .marks])
        relay.limits.hold = 60
        relay.start()
        relay.run(seconds: 2)
        relay.setUp(1, false)
        for number in 1...30 { relay.servers[0].post("held \(number)", by: "anna", at: relay.time) }
        relay.run(seconds: 200)
        #expect(relay.bounces.map(\.code) == ["parked"])
        relay.setUp(1, true)
        relay.servers[0].post("new", by: "anna", at: relay.time)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == ["new"])
        relay.retryBounces()
        relay.run(seconds: 100)
        #expect(texts(relay, 1) == ["new"] + (1...30).map { "held \($0)" })
        #expect(relay.bounces.isEmpty)
    }
}
