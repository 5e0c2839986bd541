import Base
import Core
import Model
import Simulation
import Support
import Testing

/// Single stories, each about one promise.
@Suite struct EngineStoryTests {
    @Test func anIdleMessageCostsOneCommitBeforeItIsSent() {
        let relay = relay(.marks, .marks)
        let before = relay.currentCounters.commits
        relay.servers[0].post("hello", by: "anna", at: relay.time)
        while texts(relay, 1).isEmpty { _ = relay.world.step(before: relay.world.now + .seconds(1)) }
        #expect(relay.currentCounters.commits - before == 1)
    }

    @Test func aPasswordDeletedWhileTheOtherServerIsDownNeverArrives() {
        let relay = relay(.marks, .marks)
        relay.setUp(1, false)
        let post = relay.servers[0].post("secret!!", by: "anna", at: relay.time)
        relay.run(seconds: 1)
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 60)
        relay.setUp(1, true)
        relay.run(seconds: 10)
        #expect(relay.servers[1].posts.allSatisfy { !$0.text.contains("secret") })
        #expect(relay.currentCounters.superseded == 2)
    }

    @Test func theSameAfterARestart() async {
        let relay = relay(.marks, .marks)
        relay.setUp(1, false)
        let post = relay.servers[0].post("secret!!", by: "anna", at: relay.time)
        relay.run(seconds: 1)
        await relay.crash()
        relay.start()
        relay.run(seconds: 1)
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 1)
        await relay.crash()
        relay.start()
        relay.run(seconds: 1)
        relay.setUp(1, true)
        relay.run(seconds: 10)
        #expect(relay.servers[1].posts.allSatisfy { !$0.text.contains("secret") })
    }

    @Test func ofManyEditsWhileAwayOnlyTheNewestTextShows() async {
        let relay = relay(.marks, .marks)
        relay.setUp(1, false)
        let post = relay.servers[0].post("draft  1", by: "anna", at: relay.time)
        for version in 2...5 {
            relay.run(seconds: 1)
            relay.servers[0].edit(post, to: "draft  \(version)", by: "anna", at: relay.time)
        }
        relay.run(seconds: 1)
        await relay.crash()
        relay.start()
        relay.setUp(1, true)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == ["draft  5"])
        #expect(relay.servers[1].acts.filter { $0.user == nil }.count == 1)
    }

    @Test func editsReactionsAndDeletionsMonthsLaterHitTheRightMessage() async {
        let relay = relay(.marks, .marks)
        let post = relay.servers[0].post("original", by: "anna", at: relay.time)
        let other = relay.servers[0].post("innocent", by: "anna", at: relay.time)
        relay.run(seconds: 5)
        await relay.crash()
        relay.run(seconds: 90 * 86_400)
        relay.start()
        relay.run(seconds: 5)
        relay.servers[0].edit(post, to: "changed!", by: "anna", at: relay.time)
        relay.servers[0].react(other, "+1", by: "anna", at: relay.time)
        relay.run(seconds: 5)
        #expect(texts(relay, 1) == ["changed!", "innocent"])
        #expect(relay.servers[1].posts.first { $0.text == "innocent" }?.reactions == ["+1"])
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 5)
        #expect(texts(relay, 1) == ["innocent"])
    }

    @Test func aServerThatIsDownNeverStopsTheOthers() {
        let relay = relay(.marks, .marks, .marks)
        relay.setUp(1, false)
        for number in 0..<50 { relay.servers[0].post("line  \(10 + number)", by: "anna", at: relay.time) }
        relay.run(seconds: 20)
        #expect(texts(relay, 2).count == 50 && texts(relay, 1).isEmpty)
        relay.setUp(1, true)
        relay.run(seconds: 20)
        #expect(texts(relay, 1) == texts(relay, 2))
    }

    @Test func whatHoldsBackTooMuchIsParkedButDeletionsStillArrive() async {
        let relay = SimulatedRelay(seed: 6, kinds: [.marks, .marks, .marks])
        relay.limits.hold = 3600
        relay.start()
        relay.run(seconds: 2)
        let shown = relay.servers[0].post("shown...", by: "anna", at: relay.time)
        let kept = relay.servers[0].post("kept....", by: "anna", at: relay.time)
        relay.run(seconds: 5)
        relay.setUp(1, false)
        for number in 0..<7 { relay.servers[0].post("lost   \(number)", by: "anna", at: relay.time) }
        relay.servers[0].delete(shown, by: "anna", at: relay.time)
        relay.servers[0].edit(kept, to: "newest..", by: "anna", at: relay.time)
        relay.run(seconds: 2 * 3600)
        let parked = relay.bounces
        #expect(parked.map(\.code) == ["parked"] && parked.first?.count == 7)
        relay.servers[0].post("after...", by: "anna", at: relay.time)
        relay.run(seconds: 60)
        await relay.crash()
        relay.start()
        relay.setUp(1, true)
        relay.run(seconds: 30)
        #expect(texts(relay, 1) == ["newest..", "after..."])
        #expect(texts(relay, 2).count == 9)
        #expect(relay.currentCounters.parked == 7)
    }

    @Test func whatIsPutOffForTooLongIsBouncedAndTheNextGoesOn() {
        let relay = SimulatedRelay(seed: 7, kinds: [.marks, .marks])
        relay.servers[1].deferral = 600
        relay.start()
        relay.run(seconds: 2)
        relay.servers[1].refusesUntil = relay.world.now + .seconds(700)
        relay.servers[0].post("too late", by: "anna", at: relay.time)
        relay.run(seconds: 500)
        #expect(relay.bounces.isEmpty && relay.currentCounters.deferred > 100)
        relay.run(seconds: 150)
        relay.servers[0].post("in time.", by: "anna", at: relay.time)
        relay.run(seconds: 120)
        #expect(texts(relay, 1) == ["in time."])
        #expect(relay.bounces.map(\.code) == ["deferred-too-long"])
    }

    @Test func aReplyToWhatIsNotShownHereHasAQuote() {
        let relay = SimulatedRelay(seed: 8, kinds: [.marks, .marks])
        relay.limits.hold = 60
        relay.start()
        relay.run(seconds: 2)
        relay.setUp(1, false)
        let post = relay.servers[0].post("question", by: "anna", at: relay.time)
        relay.run(seconds: 300)
        relay.servers[0].post("answer..", by: "ben", reply: post, at: relay.time)
        relay.setUp(1, true)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == ["answer.."])
        #expect(relay.servers[1].quotes == ["question"])
    }

    @Test func aFullDiskStopsIntakeAndLosesNothing() {
        let relay = relay(.marks, .marks)
        relay.setFull(true)
        for number in 0..<20 { relay.servers[0].post("line  \(10 + number)", by: "anna", at: relay.time) }
        relay.run(seconds: 30)
        #expect(texts(relay, 1).isEmpty && relay.currentCounters.full > 0)
        relay.setFull(false)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == (0..<20).map { "line  \(10 + $0)" })
    }

    @Test func contentGoesAfterItsTimeAndTheIDMapStays() async {
        let relay = SimulatedRelay(seed: 9, kinds: [.marks, .marks])
        relay.limits.keepContent = 3600
        relay.start()
        relay.run(seconds: 2)
        var posts: [Int] = []
        for number in 0..<30 {
            posts.append(relay.servers[0].post("line  \(10 + number)", by: "anna", at: relay.time))
            relay.run(seconds: 2)
        }
        relay.run(seconds: 3 * 3600)
        #expect(relay.oldestPosition > Position(25))
        await relay.crash()
        relay.start()
        relay.run(seconds: 5)
        relay.servers[0].edit(posts[0], to: "line  xx", by: "anna", at: relay.time)
        relay.run(seconds: 5)
        #expect(texts(relay, 1).first == "line  xx")
    }

    /// While an endpoint looks up what became of old claims the connection goes and comes back: the new one is asked too.
    @Test func aConnectionReplacedWhileReconcilingIsReconciledItself() {
        let relay = relay(.marks, .plain(.again))
        relay.servers[1].lookUpTime = .seconds(2)
        relay.servers[0].post("message.", by: "anna", at: relay.time)
        while relay.servers[1].underWay == 0 { _ = relay.world.step(before: relay.world.now + .seconds(1)) }
        relay.cut(1)
        relay.run(milliseconds: 700)  // reconnected, and looking up
        relay.cut(1)
        relay.run(milliseconds: 700)  // reconnected again, the first look-up still under way
        relay.run(seconds: 10)
        relay.servers[0].post("another.", by: "anna", at: relay.time)
        relay.run(seconds: 5)
        // Nobody knows whether the first arrived, so it came again; and the outbox went on.
        #expect(texts(relay, 1) == ["message.", "message.", "another."])
    }
}
