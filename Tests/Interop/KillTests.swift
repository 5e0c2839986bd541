import Glibc
import Support
import Testing

/// The relay, a server or the line between them ends at random moments while both sides talk.
@Suite(.serialized) struct KillTests {
    /// Both servers keep history with our marks: nothing twice, nothing lost, in order.
    @Test func aRelayKilledBetweenTwoServersWithHistory() throws {
        let (one, two) = (ForeignServer(.inspIRCd), ForeignServer(.inspIRCd))
        let talk = Conversation(IRCProbe(one, "anna", join: ["#a"]), "#a", IRCProbe(two, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(endpoint("one", one.port) + endpoint("two", two.port) + bridge("ops", "one:#a", "two:#b"))
        let rounds = testRounds(6)
        for round in 1...rounds {
            // Sometimes before it has connected again.
            if round % 3 != 0 { try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)") }
            for _ in 0..<Int.random(in: 1...40) { talk.go(left: 4, right: 4) }
            usleep(UInt32.random(in: 0...200_000))
            relay.kill()
            relay.clearLog()
            talk.go(left: 10, right: 10)
            relay.start()
        }
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.settle(seconds: 60)
        announce("killed \(rounds) times: to the right: \(talk.toRight); to the left: \(talk.toLeft)")
        for tally in [talk.toRight, talk.toLeft] {
            #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(relay.log)")
        }
        #expect(relay.stop() == 0)
    }

    /// Messages of two lines each, with formatting and emoji, are whole and once wherever the relay was when it ended.
    @Test func longMessagesAtTheMomentOfAKill() throws {
        let (one, two) = (ForeignServer(.inspIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(one, "anna", join: ["#a"])
        let bob = IRCProbe(two, "bob", join: ["#b"])
        let relay = RelayUnderTest(endpoint("one", one.port) + endpoint("two", two.port) + bridge("ops", "one:#a", "two:#b"))
        var count = 0
        func say(_ messages: Int) {
            for _ in 0..<messages {
                count += 1
                anna.say("from \(count) \u{2}\(String(repeating: "wörd 🙂 👨‍👩‍👧 ", count: 15))\u{2} till \(count) .", in: "#a")
            }
            pumpAll(anna, bob, milliseconds: 10)
        }
        let rounds = testRounds(4)
        for _ in 1...rounds {
            try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
            for _ in 0..<Int.random(in: 1...30) { say(3) }
            relay.kill()
            relay.clearLog()
            say(5)
            relay.start()
        }
        let seen = { (word: String) in Tally(word, sent: count, in: bob.said(in: "#b", by: "fairlead")) }
        for _ in 0..<600 where seen("from").lost + seen("till").lost > 0 { pumpAll(anna, bob, milliseconds: 100) }
        announce("long messages, killed \(rounds) times: beginnings: \(seen("from")); ends: \(seen("till"))")
        for tally in [seen("from"), seen("till")] {
            #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(relay.log)")
        }
        // No line was cut by the server, nor any family in two.
        let lines = bob.said(in: "#b", by: "fairlead")
        #expect(lines.count == 2 * count, "\(lines.prefix(4))")
        #expect(lines.allSatisfy { $0.hasPrefix("<a\u{2060}nna> ") && !$0.contains("\u{FFFD}") && !$0.hasSuffix("\u{200D}") })
        #expect(relay.stop() == 0)
    }

    /// What was under way to a server that died may come twice, as its history died too; nothing is lost.
    @Test func aServerKilledAndStartedAgain() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let relay = RelayUnderTest(between(ng, insp))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        var seen: [String] = []
        var count = 0
        // Whoever joins later is shown what was said before, so there is one witness at a time.
        var bob = IRCProbe(insp, "bob", join: ["#b"])
        for round in 1...3 {
            for _ in 0..<40 {
                count += 3
                for number in count - 2...count { anna.say("n \(number)", in: "#a") }
                pumpAll(anna, bob, milliseconds: 5)
            }
            insp.stop()
            while bob.pump(milliseconds: 100) {}
            seen += bob.said(in: "#b", by: "fairlead")
            count += 5
            for number in count - 4...count { anna.say("n \(number)", in: "#a") }
            insp.start()
            // Somebody has to be there to see what comes.
            bob = IRCProbe(insp, "bob", join: ["#b"])
            try #require(relay.waitForLog("connected to a channel", times: 2 + round, seconds: 60), "\(relay.log)")
            _ = bob.wait(seconds: 20) { _ in Tally("n", sent: count, in: seen + bob.said(in: "#b", by: "fairlead")).lost == 0 }
        }
        seen += bob.said(in: "#b", by: "fairlead")
        let tally = Tally("n", sent: count, in: seen)
        announce("server killed 3 times: \(tally)")
        #expect(tally.lost == 0 && tally.twice <= 3 * 8 && tally.twiceAtOnce <= 8 && tally.outOfOrder == 0, "\(tally) \(relay.log)")
        #expect(relay.stop() == 0)
    }

    @Test func connectionsCutStalledAndDelayed() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let (toNg, toInsp) = (TCPProxy(to: ng.port), TCPProxy(to: insp.port))
        defer {
            toNg.end()
            toInsp.end()
        }
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(endpoint("ng", toNg.port) + endpoint("insp", toInsp.port) + bridge("ops", "ng:#a", "insp:#b"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        let rounds = testRounds(4)
        var cuts = 0
        for round in 1...rounds {
            // What ngIRCd's speaker says is not kept, so she pauses before her relay is cut off.
            talk.go(left: 20, right: 0)
            for _ in 0..<30 {
                talk.go(left: 0, right: 2)
                usleep(20_000)
            }
            relay.clearLog()
            let proxy = round % 2 == 1 ? toNg : toInsp
            if round % 2 == 1 { cuts += 1 }
            let start = time(nil)
            proxy.cut()
            for _ in 0..<10 { talk.go(left: round % 2 == 1 ? 0 : 2, right: 2) }
            try #require(relay.waitForLog("connected to a channel"), "\(relay.log)")
            announce("cut: back after \(time(nil) - start) s")
            #expect(time(nil) - start < 60)
            toNg.delay(milliseconds: 30)
            talk.go(left: 5, right: 20)
            toNg.delay(milliseconds: 0)
            for stalled in [toNg, toInsp] {
                stalled.stall(true)
                talk.go(left: 5, right: 20)
                talk.listen(milliseconds: 1500)
                stalled.stall(false)
            }
        }
        talk.settle(seconds: 60)
        announce("cut \(rounds) times: to InspIRCd: \(talk.toRight); to ngIRCd: \(talk.toLeft)")
        #expect(talk.toRight.lost == 0 && talk.toRight.twice == 0 && talk.toRight.outOfOrder == 0, "\(talk.toRight) \(relay.log)")
        #expect(
            talk.toLeft.lost == 0 && talk.toLeft.twice <= cuts * 8 && talk.toLeft.twiceAtOnce <= 8 && talk.toLeft.outOfOrder == 0,
            "\(talk.toLeft) \(relay.log)")
        #expect(relay.stop() == 0)
    }
}
