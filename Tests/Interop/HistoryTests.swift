import Support
import Testing

/// What was said while the relay was away, and what of it nobody has any more.
@Suite(.serialized) struct HistoryTests {
    private func inspIRCd(keeping lines: Int) -> ForeignServer {
        var options = ForeignServer.Options()
        options.keptLines = lines
        return ForeignServer(.inspIRCd, options)
    }

    /// InspIRCd's default: 50 lines. 49 are missed and the one that was read last is still there.
    @Test func asMuchAsTheServerKeepsIsReadWithoutAGap() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), inspIRCd(keeping: 50))
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(between(ng, insp))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.go(left: 0, right: 3)
        talk.settle()
        #expect(relay.stop() == 0)
        talk.go(left: 0, right: 49)
        relay.start()
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        talk.settle()
        #expect(talk.toLeft.lost == 0 && talk.toLeft.twice == 0 && talk.toLeft.outOfOrder == 0, "\(talk.toLeft) \(relay.log)")
        #expect(!talk.left.probe.said(in: "#a").contains { $0.text.contains("may be missing") })
        #expect(relay.stop() == 0)
    }

    @Test(arguments: [("en", "may be missing here", "What was said in #b from "), ("de", "fehlt hier womöglich", "Was in #b von ")])
    func whatIsBeyondIsToldAsAGap(_ language: String, _ words: String, _ start: String) throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), inspIRCd(keeping: 50))
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(between(ng, insp), language: language)
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.go(left: 0, right: 3)
        talk.settle()
        #expect(relay.stop() == 0)
        // The server's times are whole seconds; so are the notice's.
        for _ in 0..<4 {
            talk.go(left: 0, right: 20)
            talk.listen(milliseconds: 1100)
        }
        relay.start()
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        for _ in 0..<100 where talk.toLeft.lost > 30 { talk.listen(milliseconds: 100) }
        // 83 were said, 3 before, the last 50 were kept.
        #expect(talk.toLeft.lost == 30 && talk.toLeft.twice == 0 && talk.toLeft.outOfOrder == 0, "\(talk.toLeft) \(relay.log)")
        let said = talk.left.probe.said(in: "#a", by: "fairlead")
        let place = try #require(said.firstIndex { $0.contains(words) && $0.contains(start) }, "\(said) \(relay.log)")
        // In its place: behind the last that was read, before the first that was kept.
        #expect(said[place - 1].hasSuffix("right 3") && said[(place + 1)...].first { $0.contains("right") }?.hasSuffix("right 34") == true)
        #expect(said[place].ranges(of: ":").count >= 4 && said.count { $0.contains(words) } == 1, "\(said[place])")
        #expect(relay.stop() == 0)
    }

    /// Where the server has said how much it keeps and has played less, nothing is missing: not where nobody has spoken, nor where only the relay
    /// has.
    @Test func whereNobodySpokeNothingIsMissing() throws {
        let (one, two) = (inspIRCd(keeping: 1000), inspIRCd(keeping: 1000))
        let talk = Conversation(IRCProbe(one, "anna", join: ["#a"]), "#a", IRCProbe(two, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(endpoint("one", one.port) + endpoint("two", two.port) + bridge("ops", "one:#a", "two:#b"))
        for life in 1...4 {
            try #require(relay.waitForLog("connected to a channel", times: 2 * life), "\(relay.log)")
            // In the first two lives nobody says anything, later only anna.
            if life > 2 { talk.go(left: 3, right: 0) }
            talk.listen(milliseconds: 1500)
            relay.kill()
            if life > 2 { talk.go(left: 2, right: 0) }
            relay.start()
        }
        try #require(relay.waitForLog("connected to a channel", times: 10), "\(relay.log)")
        talk.settle()
        #expect(talk.toRight.lost == 0 && talk.toRight.twice == 0 && talk.toRight.outOfOrder == 0, "\(talk.toRight) \(relay.log)")
        for probe in [talk.left.probe, talk.right.probe] {
            #expect(!probe.lines.contains { $0.contains("may be missing") }, "\(relay.log)")
        }
        #expect(!relay.log.contains("history=false") && !relay.log.contains("keeps no history"), "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    /// ngIRCd keeps nothing: after a restart the others are told from when to when.
    @Test func aServerWithoutHistoryLeavesAGap() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(between(ng, insp))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.go(left: 3, right: 3)
        talk.settle()
        #expect(relay.stop() == 0)
        talk.go(left: 5, right: 5)
        talk.listen(milliseconds: 1500)
        relay.start()
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        for _ in 0..<100 where talk.toLeft.lost > 0 { talk.listen(milliseconds: 100) }
        #expect(talk.toLeft.lost == 0 && talk.toRight.lost == 5)
        #expect(talk.right.probe.wait(seconds: 10) { $0.contains { $0.contains("What was said in #a from ") } }, "\(relay.log)")
        #expect(!talk.left.probe.said(in: "#a").contains { $0.text.contains("may be missing") })
        #expect(relay.stop() == 0)
    }

    /// What was said before a channel was bridged stays where it was said.
    @Test func whatWasSaidBeforeTheFirstJoinIsNotRelayed() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        talk.right.probe.say("among ourselves", in: "#b")
        let relay = RelayUnderTest(between(ng, insp))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.go(left: 0, right: 2)
        talk.settle()
        // Nor after a restart, when the server plays it again.
        #expect(relay.stop() == 0)
        talk.go(left: 0, right: 2)
        relay.start()
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        talk.settle()
        #expect(talk.toLeft.lost == 0 && talk.toLeft.twice == 0)
        #expect(!talk.left.probe.said(in: "#a").contains { $0.text.contains("among ourselves") })
        #expect(relay.stop() == 0)
    }
}
