import Support
import Testing

/// One relay between two real servers.
@Suite(.serialized) struct OneRelayTests {
    @Test func whatIsSaidOnOneServerIsSeenOnTheOther() {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(between(ng, insp))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        anna.say("hello from ngIRCd", in: "#a")
        bob.say("hello from InspIRCd", in: "#b")
        #expect(
            bob.wait(seconds: 10) { _ in bob.said(in: "#b").contains { $0.text == "<a\u{2060}nna> hello from ngIRCd" } },
            "\(bob.lines) \(relay.log)")
        #expect(
            anna.wait(seconds: 10) { _ in anna.said(in: "#a").contains { $0.text == "<b\u{2060}ob> hello from InspIRCd" } },
            "\(anna.lines) \(relay.log)")
        #expect(relay.stop() == 0, "\(relay.log)")
    }
}

func between(_ ng: ForeignServer, _ insp: ForeignServer, members: String = "\"ng:#a\", \"insp:#b\"") -> String {
    """
    [endpoint.ng]
    kind = "irc"
    server = "127.0.0.1:\(ng.port)"
    tls = false
    [endpoint.insp]
    kind = "irc"
    server = "127.0.0.1:\(insp.port)"
    tls = false
    [[bridge]]
    name = "ops"
    join = [\(members)]
    """
}
