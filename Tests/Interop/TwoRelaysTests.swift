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
        // The other side is told, and takes it up again when it is back.
        #expect(pair.west.stop() == 0)
        #expect(pair.east.waitForLog("the peer stops soon"), "\(pair.logs)")
        pair.west.start()
        bob.say("welcome back", in: "#b")
        #expect(anna.sees("<b\u{2060}ob (east)> welcome back", in: "#a"), "\(anna.lines.suffix(5)) \(pair.logs)")
        #expect(pair.west.stop() == 0 && pair.east.stop() == 0, "\(pair.logs)")
    }
}

/// Two relays that know each other by configuration, `west` beside one server and `east` beside another; a bridge of one channel each.
final class LinkedRelays {
    let west: RelayUnderTest
    let east: RelayUnderTest

    /// Another endpoint, and its member of the bridge.
    typealias Beside = (endpoint: String, member: String)

    /// `uncertain` is the policy of the two channels.
    init(
        _ westServer: ForeignServer, _ westChannel: String, _ eastServer: ForeignServer, _ eastChannel: String,
        uncertain: String = "repeat",
        besideWest: Beside? = nil,
        besideEast: Beside? = nil
    ) {
        // Each makes its identity at its first start, and is told of the other afterwards.
        let (westPort, eastPort) = (freePort(), freePort())
        west = RelayUnderTest("listen = [\"127.0.0.1:\(westPort)\"]")
        east = RelayUnderTest("listen = [\"127.0.0.1:\(eastPort)\"]")
        let (westID, eastID) = (west.relayID, east.relayID)
        let (westMember, eastMember) = (
            "{ channel = \"irc:\(westChannel)\", uncertain = \"\(uncertain)\" }",
            "{ channel = \"irc:\(eastChannel)\", uncertain = \"\(uncertain)\" }"
        )
        west.configure(LinkedRelays.configuration(westServer, westMember, westPort, peer: "east", eastID, eastPort, besideWest))
        east.configure(LinkedRelays.configuration(eastServer, eastMember, eastPort, peer: "west", westID, westPort, besideEast))
        west.reload()
        east.reload()
    }

    private static func configuration(
        _ server: ForeignServer, _ member: String, _ port: UInt16, peer: String, _ id: String, _ peerPort: UInt16, _ beside: Beside?
    ) -> String {
        """
        listen = ["127.0.0.1:\(port)"]
        [endpoint.irc]
        kind = "irc"
        server = "127.0.0.1:\(server.port)"
        tls = false
        \(beside?.endpoint ?? "")
        [peer.\(peer)]
        id = "\(id)"
        address = ["127.0.0.1:\(peerPort)"]
        [[bridge]]
        name = "ops"
        join = [\(member), "\(peer):ops"\(beside.map { ", " + $0.member } ?? "")]
        """
    }

    var isUp: Bool {
        west.waitForLog("a channel flows") && east.waitForLog("a channel flows") && west.waitForLog("connected to a channel endpoint=irc")
            && east.waitForLog("connected to a channel endpoint=irc")
    }

    var logs: String { "west:\n\(west.log)\neast:\n\(east.log)" }
}
