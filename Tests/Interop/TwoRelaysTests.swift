import Glibc
import Support
import Testing

/// Two relays, each beside a real server, with a link between them.
@Suite(.serialized) struct TwoRelaysTests {
    @Test func whatIsSaidAtOneOrganisationIsSeenAtTheOther() {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let pair = LinkedRelays(ng, "#a", insp, "#b")
        #expect(pair.isUp, "\(pair.logs)")
        anna.say("hello from \u{2}ngIRCd\u{2}", in: "#a")
        #expect(bob.sees("<a\u{2060}nna (west)> hello from \u{2}ngIRCd", in: "#b"), "\(bob.lines.suffix(5)) \(pair.logs)")
        bob.say("hello from InspIRCd", in: "#b")
        #expect(anna.sees("<b\u{2060}ob (east)> hello from InspIRCd", in: "#a"), "\(anna.lines.suffix(5)) \(pair.logs)")
        #expect(pair.west.stop() == 0 && pair.east.stop() == 0, "\(pair.logs)")
    }

    /// Both relays are killed three times. ngIRCd keeps no history: its speaker pauses while her relay is away. InspIRCd's never does.
    @Test func bothRelaysKilledThreeTimesLoseNothing() {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let pair = LinkedRelays(ng, "#a", insp, "#b")
        #expect(pair.isUp, "\(pair.logs)")
        var random = SystemRandomNumberGenerator()
        let speaker = Speaker(bob, "b", count: 1000, in: "#b")
        for round in 0..<4 {
            // The other relay, which only receives from her, dies at a random moment of it.
            let moment = Int.random(in: 1...250, using: &random)
            for number in 1...250 {
                anna.say("a \(round * 250 + number)", in: "#a")
                if number % 10 == 0 { speaker.speak(4) }
                if number % 50 == 0 { pumpAll(anna, bob, milliseconds: 20) }
                if number == moment && round < 3 {
                    pair.east.kill()
                    pair.east.start()
                }
            }
            guard round < 3 else { break }
            for _ in 0..<100 {
                speaker.speak(1)
                usleep(10_000)
                pumpAll(anna, bob, milliseconds: 0)
            }
            pair.west.kill()
            for _ in 0..<30 { speaker.speak(1) }
            pair.west.start()
            #expect(pair.west.waitForLog("connected to a channel", times: round + 2), "\(pair.logs)")
        }
        while !speaker.isDone { speaker.speak(10) }
        var (toInsp, toNg) = (Tally("a", sent: 1000, in: []), Tally("b", sent: 1000, in: []))
        for _ in 0..<600 {
            pumpAll(anna, bob, milliseconds: 50)
            toInsp = Tally("a", sent: 1000, in: bob.said(in: "#b", by: "fairlead"))
            toNg = Tally("b", sent: 1000, in: anna.said(in: "#a", by: "fairlead"))
            if toInsp.lost + toNg.lost == 0 { break }
        }
        print("ngIRCd over the link to InspIRCd: \(toInsp)\nInspIRCd over the link to ngIRCd: \(toNg)")
        #expect(toInsp.lost == 0 && toInsp.twice == 0 && toInsp.outOfOrder == 0, "\(toInsp) \(pair.logs)")
        #expect(toNg.lost == 0 && toNg.outOfOrder == 0 && toNg.twice <= 3 * 8, "\(toNg) \(pair.logs)")
        #expect(pair.west.stop() == 0 && pair.east.stop() == 0, "\(pair.logs)")
    }
}

/// Two relays that know each other by configuration, `west` beside one server and `east` beside another; a bridge of one channel each.
final class LinkedRelays {
    let west: RelayUnderTest
    let east: RelayUnderTest

    init(_ westServer: ForeignServer, _ westChannel: String, _ eastServer: ForeignServer, _ eastChannel: String) {
        // Each makes its identity at its first start, and is told of the other afterwards.
        let (westPort, eastPort) = (freePort(), freePort())
        west = RelayUnderTest("listen = [\"127.0.0.1:\(westPort)\"]")
        east = RelayUnderTest("listen = [\"127.0.0.1:\(eastPort)\"]")
        let (westID, eastID) = (west.relayID, east.relayID)
        west.configure(LinkedRelays.configuration(westServer, westChannel, westPort, peer: "east", eastID, eastPort))
        east.configure(LinkedRelays.configuration(eastServer, eastChannel, eastPort, peer: "west", westID, westPort))
        west.reload()
        east.reload()
    }

    private static func configuration(
        _ server: ForeignServer, _ channel: String, _ port: UInt16, peer: String, _ id: String, _ peerPort: UInt16
    ) -> String {
        """
        listen = ["127.0.0.1:\(port)"]
        [endpoint.irc]
        kind = "irc"
        server = "127.0.0.1:\(server.port)"
        tls = false
        [peer.\(peer)]
        id = "\(id)"
        address = ["127.0.0.1:\(peerPort)"]
        [[bridge]]
        name = "ops"
        join = ["irc:\(channel)", "\(peer):ops"]
        """
    }

    var isUp: Bool {
        west.waitForLog("a channel flows") && east.waitForLog("a channel flows") && west.waitForLog("connected to a channel")
            && east.waitForLog("connected to a channel")
    }

    var logs: String { "west:\n\(west.log)\neast:\n\(east.log)" }
}
