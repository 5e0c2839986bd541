import Support
import Testing

/// Channels and nicks as real servers guard them.
@Suite(.serialized) struct ChannelTests {
    /// One relay of `#a` on ngIRCd and some channels on InspIRCd that are made first by `bob`, who is their operator.
    private func world(_ more: String = "") -> (ng: ForeignServer, insp: ForeignServer) {
        var options = ForeignServer.Options()
        options.more = "<module name=\"blockcolor\"><module name=\"muteban\">" + more
        return (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd, options))
    }

    /// `#b{` and `#B[` are one channel to InspIRCd (rfc1459).
    @Test func lettersThatAServerTakesForTheSame() throws {
        let (ng, insp) = world()
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#ops{x"])
        let relay = RelayUnderTest(endpoint("ng", ng.port) + endpoint("insp", insp.port) + bridge("ops", "ng:#A", "insp:#Ops[X"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        bob.say("lower", in: "#ops{x")
        #expect(anna.wait(seconds: 10) { $0.contains { $0.contains("<b\u{2060}ob> lower") } }, "\(relay.log)")
        anna.say("upper", in: "#a")
        #expect(bob.wait(seconds: 10) { $0.contains { $0.contains("<a\u{2060}nna> upper") } }, "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    @Test func keysInvitationsAndBansStopOnlyTheirChannel() throws {
        let (ng, insp) = world()
        let anna = IRCProbe(ng, "anna", join: ["#a", "#c", "#e", "#g"])
        let bob = IRCProbe(insp, "bob", join: ["#key", "#wrong", "#invite", "#ban"])
        bob.send("MODE #key +k sesame", "MODE #wrong +k sesame", "MODE #invite +i", "MODE #ban +b *!*@127.0.0.1")
        #expect(bob.wait(seconds: 10) { $0.contains { $0.contains("MODE #ban +b") } })
        let relay = RelayUnderTest(unstarted: ())
        relay.write("sesame", to: "right")
        relay.write("abracadabra", to: "wrong")
        let keys = "keys = { \"#Key\" = { file = \"\(relay.folder.path)/right\" }, \"#wrong\" = { file = \"\(relay.folder.path)/wrong\" } }"
        relay.configure(
            endpoint("ng", ng.port) + endpoint("insp", insp.port, "tls = false\n\(keys)") + bridge("one", "ng:#a", "insp:#key")
                + bridge("two", "ng:#c", "insp:#wrong") + bridge("three", "ng:#e", "insp:#invite") + bridge("four", "ng:#g", "insp:#ban"))
        relay.start()
        try #require(relay.waitForLog("connected to a channel", times: 5), "\(relay.log)")
        for code in [475, 473, 474] { #expect(relay.waitForLog("code=\(code)"), "\(relay.log)") }
        anna.say("with the key", in: "#a")
        anna.say("behind the door", in: "#e")
        #expect(bob.sees("<a\u{2060}nna> with the key", in: "#key"))
        #expect(!relay.log.contains("sesame") && !relay.log.contains("abracadabra"))
        // The door is opened: what waited arrives.
        bob.send("MODE #invite -i")
        #expect(bob.sees("<a\u{2060}nna> behind the door", in: "#invite", seconds: 60), "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    @Test func kickedModeratedAndBared() throws {
        let (ng, insp) = world()
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        let (anna, bob) = (talk.left.probe, talk.right.probe)
        let relay = RelayUnderTest(between(ng, insp))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        // Without colours and bold where those are refused.
        bob.sets("+c", in: "#b")
        talk.listen(milliseconds: 300)
        anna.say("\u{2}bare\u{2} words", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> bare words", in: "#b"), "\(relay.log)")
        // Thrown out: it comes back, and what was said meanwhile with it, both ways.
        bob.send("KICK #b fairlead :out")
        try #require(relay.waitForLog("left a channel"), "\(relay.log)")
        talk.go(left: 5, right: 5)
        try #require(relay.waitForLog("connected to a channel", times: 3), "\(relay.log)")
        talk.settle()
        // Only those of rank may speak: lines wait until they may.
        bob.sets("+m", in: "#b")
        talk.listen(milliseconds: 300)
        talk.go(left: 5, right: 5)
        #expect(relay.waitForLog("a line is put off"), "\(relay.log)")
        bob.send("MODE #b -m")
        talk.settle(seconds: 60)
        for tally in [talk.toRight, talk.toLeft] {
            #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(relay.log)")
        }
        // Muted for good: the line is refused, and the next one goes out.
        bob.sets("+b m:*!*@127.0.0.1", in: "#b")
        anna.say("unheard", in: "#a")
        #expect(relay.waitForLog("a line was refused"), "\(relay.log)")
        bob.sets("-b m:*!*@127.0.0.1", in: "#b")
        anna.say("heard again", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> heard again", in: "#b"), "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    @Test func aStrangerHasTheNick() throws {
        let (ng, insp) = world()
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let stranger = IRCProbe(insp, "fairlead", join: ["#b"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(
            endpoint("ng", ng.port) + endpoint("insp", insp.port, "tls = false\nusername = \"relay\"") + bridge("ops", "ng:#a", "insp:#b"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        anna.say("hello", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> hello", in: "#b"), "\(relay.log)")
        #expect(bob.said(in: "#b", by: "fairlead_").count == 1)
        #expect(relay.waitForLog("the nick is held"), "\(relay.log)")
        #expect(relay.command("status").output.contains("the nick fairlead is somebody else's: this relay is fairlead_ there"))
        // The stranger is somebody like any other.
        stranger.say("I am not the relay", in: "#b")
        #expect(anna.sees("<f\u{2060}airlead> I am not the relay", in: "#a"), "\(relay.log)")
        stranger.send("QUIT")
        #expect(bob.wait(seconds: 20) { $0.contains { $0.hasPrefix(":fairlead_") && $0.contains(" NICK ") } }, "\(relay.log)")
        bob.say("now it is", in: "#b")
        #expect(anna.sees("<b\u{2060}ob> now it is", in: "#a"))
        #expect(relay.stop() == 0)
    }

    /// The server has not noticed yet that the last connection is dead: what it still holds shows first, and nothing is sent until then.
    @Test func itsOwnDeadSessionHasTheNick() throws {
        let (ng, insp) = world()
        let proxy = TCPProxy(to: ng.port)
        defer { proxy.end() }
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(endpoint("ng", proxy.port) + endpoint("insp", insp.port) + bridge("ops", "ng:#a", "insp:#b"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.go(left: 0, right: 5)
        talk.settle()
        proxy.abandon()
        talk.go(left: 0, right: 20)
        try #require(relay.waitForLog("nick=fairlead_"), "\(relay.log)")
        talk.listen(milliseconds: 3000)
        #expect(relay.log.ranges(of: "connected to a channel").count == 2, "\(relay.log)")
        proxy.release()
        try #require(relay.waitForLog("connected to a channel", times: 3), "\(relay.log)")
        talk.settle()
        #expect(talk.toLeft.lost == 0 && talk.toLeft.twice <= 8 && talk.toLeft.outOfOrder == 0, "\(talk.toLeft) \(relay.log)")
        #expect(talk.left.probe.lines.contains { $0.hasPrefix(":fairlead_") && $0.contains(" NICK :fairlead") }, "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    /// A bridge that waits at the start for what its peer may give back takes nothing in; the others of the same server do.
    @Test func aBridgeThatWaitsForItsPeerHoldsUpNoOther() throws {
        let (ng, insp) = world()
        let anna = IRCProbe(ng, "anna", join: ["#a", "#c"])
        let bob = IRCProbe(insp, "bob", join: ["#b", "#d"])
        let other = RelayUnderTest("")
        let id = other.relayID
        #expect(other.stop() == 0)
        let relay = RelayUnderTest(
            endpoint("ng", ng.port) + endpoint("insp", insp.port) + "[peer.east]\nid = \"\(id)\"\naddress = [\"127.0.0.1:1\"]\n"
                + bridge("one", "ng:#a", "insp:#b", "east:one") + bridge("two", "ng:#c", "insp:#d"))
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        anna.say("waits", in: "#a")
        anna.say("goes on", in: "#c")
        #expect(bob.sees("<a\u{2060}nna> goes on", in: "#d"), "\(relay.log)")
        #expect(!bob.lines.contains { $0.contains("waits") }, "the peer was not awaited: this test shows nothing")
        #expect(bob.sees("<a\u{2060}nna> waits", in: "#b", seconds: 60), "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    @Test func severalServersBothFamiliesAndALocalAddress() throws {
        var six = ForeignServer.Options()
        six.address = "::1"
        let (ng, insp) = (ForeignServer(.ngIRCd, six), ForeignServer(.inspIRCd, six))
        let anna = IRCProbe(ng, "anna", join: ["#a", "#c"])
        func irc(_ name: String, _ servers: String, _ more: String = "") -> String {
            "[endpoint.\(name)]\nkind = \"irc\"\nservers = [\(servers)]\ntls = false\nnick = \"\(name)\"\n\(more)\n"
        }
        let relay = RelayUnderTest(
            irc("down", "\"127.0.0.1:1\", \"[::1]:2\", \"localhost:\(ng.port)\"")
                + irc("literal", "\"[::1]:\(insp.port)\"") + irc("bound", "\"127.0.0.1:\(ng.port)\"", "bind = \"127.0.0.2\"")
                + bridge("ops", "down:#a", "literal:#b") + bridge("more", "bound:#c", "literal:#d"))
        try #require(relay.waitForLog("connected to a channel", times: 4, seconds: 60), "\(relay.log)")
        anna.send("WHOIS bound")
        #expect(anna.wait(seconds: 10) { $0.contains { $0.contains(" 311 ") && $0.contains("127.0.0.2") } }, "\(anna.lines.suffix(6))")
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        anna.say("over the sixth", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> over the sixth", in: "#b"), "\(relay.log)")
        #expect(relay.stop() == 0)
    }
}

extension IRCProbe {
    /// Sets a mode of a channel, and waits until the server has said so to everybody.
    fileprivate func sets(_ mode: String, in channel: String) {
        let before = lines.count
        send("MODE \(channel) \(mode)")
        #expect(wait(seconds: 10) { $0.dropFirst(before).contains { $0.contains(" MODE \(channel) ") } }, "\(mode): \(lines.suffix(3))")
    }
}
