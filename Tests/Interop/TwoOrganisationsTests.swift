import Glibc
import Support
import Testing

/// Everything at once: ngIRCd, relay, link, relay, InspIRCd, and e-mail out of the second relay to Postfix.
///
/// A thousand lines each way by people's connections; each relay is killed and started again three times on the way. InspIRCd keeps history,
/// so who speaks there never pauses. ngIRCd keeps none: there the speaker pauses while her relay is away. Whoever only receives dies at
/// random moments: the west for what is said in the east, the east for what is said in the west.
@Suite(.serialized) struct TwoOrganisationsTests {
    private static let lines = 1000
    private static let kills = 3
    /// Lines that are under way at once where nothing but a PING answers (docs/semantics.md, "Delivery").
    private static let window = 8

    @Test(arguments: ["repeat", "skip"]) func everythingKilledThreeTimes(_ uncertain: String) {
        let story = Story(uncertain)
        #expect(story.pair.isUp, "\(story.pair.logs)")
        story.tell(kills: Self.kills)
        story.settle()
        story.report()

        // In the order of the channel where it was said, everywhere.
        let (toInsp, toNg) = (story.toInsp, story.toNg)
        #expect(toInsp.outOfOrder == 0 && toNg.outOfOrder == 0, "\(toInsp) \(toNg)")
        // Over the link, and on InspIRCd, which keeps history and our marks: exactly once, whatever the policy.
        #expect(toInsp.lost == 0 && toInsp.twice == 0, "\(toInsp) \(story.pair.logs)")
        if uncertain == "repeat" {
            #expect(
                toNg.lost == 0 && toNg.twice <= Self.kills * Self.window && toNg.twiceAtOnce <= Self.window, "\(toNg) \(story.pair.logs)")
        } else {
            #expect(toNg.twice == 0 && toNg.lost <= story.skipped.lines && toNg.lostAtOnce <= Self.window, "\(toNg) \(story.pair.logs)")
            #expect(story.skipped.lines <= Self.kills * Self.window, "\(story.skipped)")
        }
        if let mail = story.mail {
            for tally in [mail.fromNg, mail.fromInsp] {
                #expect(tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(story.pair.east.log)")
            }
            let lost = mail.fromNg.lost + mail.fromInsp.lost
            #expect(uncertain == "repeat" ? lost == 0 : lost <= story.skipped.mails && mail.again == 0, "\(lost) \(mail.again)")
            // One mail is under way at a time, and comes again with the same bytes.
            #expect(mail.again <= Self.kills && story.skipped.mails <= Self.kills && mail.copiesAreTheSame)
        }
        #expect(story.pair.west.stop() == 0 && story.pair.east.stop() == 0, "\(story.pair.logs)")
    }

    /// A line that was journaled long after it was said begins with words; it is counted like any other.
    @Test func lateLinesAreCounted() {
        let late = Tally("a", sent: 3, in: ["<x> a 1", "<x> [late, 2026-11-25 14:03 UTC] a 2", "<x> [late, 2026-11-25 14:03 UTC] a 1"])
        #expect(late.lost == 1 && late.twice == 1 && late.outOfOrder == 0, "\(late)")
        #expect(late.lostAtOnce == 1 && late.twiceAtOnce == 1)
    }

    /// What arrived in the mailbox: once a Message-ID, and how many came again under one.
    private struct Mailbox {
        let fromNg: Tally
        let fromInsp: Tally
        let again: Int
        let copiesAreTheSame: Bool
    }

    private final class Story {
        private let ng = ForeignServer(.ngIRCd)
        private let insp = ForeignServer(.inspIRCd)
        private let postfix: Postfix?
        private let anna: IRCProbe
        private let bob: IRCProbe
        private let uncertain: String
        let pair: LinkedRelays
        /// Of lines to ngIRCd, and of mails.
        private(set) var skipped = (lines: 0, mails: 0)

        init(_ uncertain: String) {
            self.uncertain = uncertain
            let reason = Postfix.reasonToSkip
            if let reason { announce("skipped: e-mail out of the second relay: \(reason)") }
            postfix = reason == nil ? Postfix() : nil
            anna = IRCProbe(ng, "anna", join: ["#a"])
            // He never leaves: his channel, and with it its history, stays.
            bob = IRCProbe(insp, "bob", join: ["#b"])
            let mailbox = postfix.map { postfix in
                (
                    endpoint: """
                    [endpoint.post]
                    kind = "email"
                    from = "channels@relay.example"
                    submission = "127.0.0.1:\(postfix.port)"
                    tls = "none"
                    """, member: "{ channel = \"post:ops@example.org\", uncertain = \"\(uncertain)\" }"
                )
            }
            pair = LinkedRelays(ng, "#a", insp, "#b", uncertain: uncertain, besideEast: mailbox)
        }

        /// So many kills of each relay, with a quarter of what each says between them.
        func tell(kills: Int) {
            var random = SystemRandomNumberGenerator()
            let speaker = Speaker(bob, "b", count: lines, in: "#b")
            let share = lines / (kills + 1)
            for round in 0...kills {
                let moment = Int.random(in: 1...share, using: &random)
                for number in 1...share {
                    anna.say("a \(round * share + number)", in: "#a")
                    if number % 10 == 0 { speaker.speak(4) }
                    if number % 50 == 0 { pumpAll(anna, bob, milliseconds: 20) }
                    if number == moment && round < kills {
                        skipped.mails += pair.east.skippedCount
                        pair.east.kill()
                        speaker.speak(3)
                        pair.east.start()
                    }
                }
                if round == kills { break }
                #expect(anna.hasBeenHeard())
                // A second or a little more after her last line reached her relay it dies, in the middle of what he says.
                for _ in 0..<Int.random(in: 100...150, using: &random) {
                    speaker.speak(1)
                    usleep(10_000)
                    pumpAll(anna, bob, milliseconds: 0)
                }
                skipped.lines += pair.west.skippedCount
                pair.west.kill()
                for _ in 0..<30 { speaker.speak(1) }
                pair.west.start()
                #expect(pair.west.waitForLog("connected to a channel", times: round + 2), "\(pair.logs)")
            }
            while !speaker.isDone { speaker.speak(10) }
        }

        var toInsp: Tally { Tally("a", sent: lines, in: bob.said(in: "#b", by: "fairlead")) }
        var toNg: Tally { Tally("b", sent: lines, in: anna.said(in: "#a", by: "fairlead")) }

        /// Takes note of how much a relay has not sent again, as nobody knew whether it had arrived, before it is killed or stopped.

        var mail: Mailbox? {
            guard let postfix else { return nil }
            let mails = postfix.mails
            var seen: Set<String> = []
            let bodies = mails.filter { seen.insert($0.messageID).inserted }.map(\.body)
            let copies = Dictionary(grouping: mails, by: \.messageID).values
            return Mailbox(
                fromNg: Tally("a", sent: lines, in: bodies), fromInsp: Tally("b", sent: lines, in: bodies), again: mails.count - seen.count,
                copiesAreTheSame: copies.allSatisfy { copy in copy.allSatisfy { $0.text == copy[0].text } })
        }

        /// Waits until everything has come, or, where something may be skipped, until nothing more comes.
        func settle() {
            var before = (lines: -1, mails: -1)
            var quiet = 0
            for _ in 0..<240 where quiet < 6 {
                for _ in 0..<10 { pumpAll(anna, bob, milliseconds: 50) }
                let now = (lines: anna.lines.count + bob.lines.count, mails: postfix?.mailCount ?? 0)
                let isComplete = toInsp.lost + toNg.lost == 0 && (postfix == nil || now.mails >= 2 * lines)
                quiet = isComplete || (uncertain == "skip" && now == before) ? quiet + 1 : 0
                before = now
            }
            skipped.lines += pair.west.skippedCount
            skipped.mails += pair.east.skippedCount
        }

        func report() {
            announce("ngIRCd over the link to InspIRCd (uncertain = \(uncertain)): \(toInsp)")
            announce("InspIRCd over the link to ngIRCd (uncertain = \(uncertain)): \(toNg)")
            if uncertain == "skip" {
                announce("not sent again, as nobody knew whether it had arrived: \(skipped.lines) lines to ngIRCd, \(skipped.mails) mails")
            }
            guard let mail else { return }
            announce("ngIRCd over the link to e-mail (uncertain = \(uncertain)): \(mail.fromNg)")
            announce("InspIRCd to e-mail (uncertain = \(uncertain)): \(mail.fromInsp); again under the same Message-ID \(mail.again)")
        }
    }
}
