import Support
import Testing

/// Servers that hold back or throw out who sends fast, as their packages set them.
@Suite(.serialized) struct FloodTests {
    @Test func sixtyLinesAtOnce() throws {
        var limited = ForeignServer.Options()
        limited.limitsFloods = true
        let (ng, insp) = (ForeignServer(.ngIRCd, limited), ForeignServer(.inspIRCd, limited))
        // Where lines are said without limits.
        let fast = ForeignServer(.inspIRCd)
        let talker = IRCProbe(fast, "talker", join: ["#fast"])
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(
            endpoint("ng", ng.port) + endpoint("insp", insp.port) + endpoint("fast", fast.port)
                + bridge("ops", "fast:#fast", "ng:#a", "insp:#b"))
        try #require(relay.waitForLog("connected to a channel", times: 3), "\(relay.log)")
        for number in 1...60 { talker.say("n \(number)", in: "#fast") }
        var (toNg, toInsp) = (Tally("n", sent: 60, in: []), Tally("n", sent: 60, in: []))
        for _ in 0..<1500 where toNg.lost + toInsp.lost > 0 {
            pumpAll(talker, anna, bob, milliseconds: 100)
            toNg = Tally("n", sent: 60, in: anna.said(in: "#a", by: "fairlead"))
            toInsp = Tally("n", sent: 60, in: bob.said(in: "#b", by: "fairlead"))
        }
        announce("60 lines at once: to ngIRCd: \(toNg); to InspIRCd: \(toInsp)")
        for tally in [toNg, toInsp] { #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(relay.log)") }
        #expect(!relay.log.contains("disconnected"), "\(relay.log)")
        for probe in [anna, bob] { #expect(!probe.lines.contains { $0.hasPrefix(":fairlead") && $0.contains(" QUIT ") }) }
        #expect(relay.stop() == 0)
    }

    /// Stopped while a server holds lines back: their answers are waited for, so none comes twice.
    @Test func stoppedInTheMiddleOfSixtyLines() throws {
        var limited = ForeignServer.Options()
        limited.limitsFloods = true
        let ng = ForeignServer(.ngIRCd, limited)
        let fast = ForeignServer(.inspIRCd)
        let talk = Conversation(IRCProbe(fast, "talker", join: ["#fast"]), "#fast", IRCProbe(ng, "anna", join: ["#a"]), "#a")
        let relay = RelayUnderTest(endpoint("ng", ng.port) + endpoint("fast", fast.port) + bridge("ops", "fast:#fast", "ng:#a"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.go(left: 60, right: 0)
        for _ in 0..<200 where talk.toRight.arrived < 20 { talk.listen(milliseconds: 50) }
        #expect(relay.stop() == 0)
        relay.start()
        talk.settle(seconds: 60)
        announce("stopped within 60 lines: \(talk.toRight)")
        #expect(talk.toRight.lost == 0 && talk.toRight.twice == 0 && talk.toRight.outOfOrder == 0, "\(talk.toRight) \(relay.log)")
        #expect(relay.stop() == 0)
    }

    /// Eight channels are some thirty lines before anything is said.
    @Test func manyChannelsAreJoinedWithoutAFlood() throws {
        var limited = ForeignServer.Options()
        limited.limitsFloods = true
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd, limited))
        let bridges = (1...8).map { bridge("b\($0)", "ng:#n\($0)", "insp:#i\($0)") }.joined()
        let relay = RelayUnderTest(endpoint("ng", ng.port) + endpoint("insp", insp.port) + bridges)
        try #require(relay.waitForLog("connected to a channel", times: 16, seconds: 120), "\(relay.log)")
        #expect(!relay.log.contains("disconnected"), "\(relay.log)")
        #expect(relay.stop() == 0)
    }
}
