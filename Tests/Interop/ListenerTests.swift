import Glibc
import IO
import Support
import Testing

/// The relay as a server, bridged to real ones.
@Suite(.serialized) struct ListenerTests {
    private static let capabilities =
        "message-tags server-time batch echo-message labeled-response draft/chathistory draft/event-playback standard-replies"

    private func configuration(_ server: ForeignServer, _ more: String = "") -> String {
        """
        [endpoint.local]
        kind = "irc-listener"
        listen = "127.0.0.1:0"
        \(more)
        [endpoint.far]
        kind = "irc"
        server = "127.0.0.1:\(server.port)"
        tls = false
        [[bridge]]
        name = "ops"
        join = ["local:#ops", "far:#b"]
        """
    }

    private func probe(_ relay: RelayUnderTest, _ nick: String, password: String? = nil, capabilities: String = capabilities) -> IRCProbe {
        IRCProbe(relay.listenerPort, "the listener", nick, password: password, capabilities: capabilities, join: ["#ops"])
    }

    @Test func messagesRepliesAndReactionsGoBothWays() throws {
        let insp = ForeignServer(.inspIRCd)
        let bob = IRCProbe(insp, "bob", capabilities: "message-tags server-time batch echo-message", join: ["#b"])
        let relay = RelayUnderTest(configuration(insp))
        #expect(relay.waitForLog("connected to a channel") && relay.waitForLog("ready"), "\(relay.log)")
        let anna = probe(relay, "anna")
        let carl = probe(relay, "carl", capabilities: "")

        bob.say("hello from InspIRCd", in: "#b")
        let far = try #require(anna.line(" PRIVMSG #ops :hello from InspIRCd"), "\(relay.log)")
        #expect(far.contains(" :bob/far!relayed@far PRIVMSG") && far.tag("time") != nil)
        let farID = try #require(far.tag("msgid"))
        #expect(anna.line(":bob/far!relayed@far JOIN #ops") != nil)
        let ownID = try #require(bob.line(" PRIVMSG #b :hello from InspIRCd")?.tag("msgid"))

        anna.send("@label=one;+draft/reply=\(farID) PRIVMSG #ops :hello from the listener")
        let echo = try #require(anna.line(" PRIVMSG #ops :hello from the listener"))
        #expect(echo.tag("label") == "one" && echo.contains(" :anna!anna@local ") && echo.tag("+draft/reply") == farID)
        let echoID = try #require(echo.tag("msgid"))
        let copy = try #require(bob.line("<a\u{2060}nna> hello from the listener"), "\(relay.log)")
        #expect(copy.tag("+draft/reply") == ownID)
        // Who asked for no tags gets none, and sees their neighbour at once.
        #expect(carl.line("hello from the listener") == ":anna!anna@local PRIVMSG #ops :hello from the listener")

        anna.send("@label=two;+draft/reply=\(farID);+draft/react=👍 TAGMSG #ops")
        let reaction = try #require(bob.line(" TAGMSG "), "\(bob.lines.suffix(3)) \(relay.log)")
        #expect(reaction.tag("+draft/react") == "👍" && reaction.tag("+draft/reply") == ownID)
        #expect(anna.line(" TAGMSG #ops")?.tag("label") == "two")

        bob.send("@+draft/reply=\(copy.tag("msgid") ?? "");+draft/react=🎉 TAGMSG #b")
        let back = try #require(anna.line("🎉"), "\(relay.log)")
        #expect(back.tag("+draft/reply") == echoID && back.contains(":bob/far!relayed@far TAGMSG #ops"))

        anna.send("@label=three;+draft/reply=nonsense;+draft/react=👍 TAGMSG #ops")
        #expect(anna.line("FAIL TAGMSG UNKNOWN_MSGID")?.tag("label") == "three")
        anna.send("TOPIC #ops :the plan")
        #expect(carl.line(":anna!anna@local TOPIC #ops :the plan") != nil)
        #expect(bob.line("the plan") != nil)
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// Every line that was echoed is in the journal, and with those that others said it stands there once and in order.
    @Test func whatWasEchoedOutlivesTheProcess() throws {
        let insp = ForeignServer(.inspIRCd)
        let bob = IRCProbe(insp, "bob", capabilities: "message-tags server-time batch", join: ["#b"])
        let relay = RelayUnderTest(configuration(insp))
        #expect(relay.waitForLog("connected to a channel"), "\(relay.log)")
        var echoed: [String] = []
        for round in 0..<3 {
            let anna = probe(relay, "anna")
            bob.say("b \(round)", in: "#b")
            for number in 1...100 { anna.say("a \(round * 100 + number)", in: "#ops") }
            // Somewhere in the middle of her lines.
            #expect(anna.wait(seconds: 20) { _ in anna.said(in: "#ops", by: "anna").count >= 20 + round * 30 }, "\(relay.log)")
            relay.kill()
            anna.pump(milliseconds: 0)
            echoed += anna.said(in: "#ops", by: "anna")
            relay.start()
            #expect(relay.waitForLog("connected to a channel", times: round + 2), "\(relay.log)")
        }
        let anna = probe(relay, "anna")
        let all = history(anna)
        let own = all.filter { $0.contains(":anna!") }.map(\.spoken)
        #expect(Set(own).isSuperset(of: echoed) && Set(own).count == own.count, "\(Set(echoed).subtracting(own))")
        let tally = Tally("a", sent: 300, in: own)
        #expect(tally.twice == 0 && tally.outOfOrder == 0, "\(tally)")
        #expect(all.filter { $0.contains(":bob/far!") }.map(\.spoken) == ["b 0", "b 1", "b 2"])
        #expect(all.compactMap { $0.tag("msgid") }.count == Set(all.compactMap { $0.tag("msgid") }).count)
        // On the other side, too, each of them is there once.
        #expect(bob.sees(own.last.map { "<a\u{2060}nna> \($0)" } ?? "", in: "#b", seconds: 30), "\(relay.log)")
        let far = Tally("a", sent: 300, in: bob.said(in: "#b", by: "fairlead"))
        #expect(far.arrived == own.count && far.twice == 0 && far.outOfOrder == 0, "\(far), journaled \(own.count)")
        announce("echoed \(echoed.count), journaled \(own.count), at InspIRCd: \(far)")

        // Away, and back again: what was said meanwhile, and nothing else.
        let last = try #require(all.last?.tag("msgid"))
        for number in 1...5 { bob.say("meanwhile \(number)", in: "#b") }
        let back = probe(relay, "anna2")
        #expect(back.wait(seconds: 20) { _ in back.page("AFTER #ops msgid=\(last) 50").count == 5 }, "\(relay.log)")
        #expect(back.page("AFTER #ops msgid=\(last) 50").map(\.spoken) == (1...5).map { "meanwhile \($0)" })
        #expect(back.page("LATEST #ops * 2").map(\.spoken) == ["meanwhile 4", "meanwhile 5"])
        #expect(back.page("BEFORE #ops msgid=\(last) 3").map(\.spoken) == all.suffix(4).dropLast().map(\.spoken))
        #expect(back.page("AROUND #ops msgid=\(last) 3").contains { $0.tag("msgid") == last })
        back.send("NAMES #ops")
        #expect(back.line(" 353 ")?.contains("bob/far") == true)
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// Everything there is, page by page from the beginning.
    private func history(_ probe: IRCProbe) -> [String] {
        var all = probe.page("AFTER #ops timestamp=2000-01-01T00:00:00.000Z 100")
        while let last = all.last?.tag("msgid") {
            let page = probe.page("AFTER #ops msgid=\(last) 100")
            if page.isEmpty { break }
            all += page
        }
        return all
    }

    @Test func clientsThatPeopleUse() {
        let ng = ForeignServer(.ngIRCd)
        let nora = IRCProbe(ng, "nora", join: ["#b"])
        let relay = RelayUnderTest(configuration(ng))
        #expect(relay.waitForLog("connected to a channel"), "\(relay.log)")
        let irssi = ChatClient(.irssi, relay.listenerPort, "ian", join: "#ops")
        let weechat = ChatClient(.weechat, relay.listenerPort, "wanda", join: "#ops")
        let script = #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Clients/irc_client.py"
        let python = ChildProcess(
            "/usr/bin/env", ["python3", "/\(script)", String(relay.listenerPort), "pia", "#ops", "hello from Python"])

        nora.say("hello from ngIRCd", in: "#b")
        #expect(irssi.shows("hello from ngIRCd", by: "nora/far"), "\(irssi.diary) \(relay.log)")
        #expect(weechat.shows("hello from ngIRCd", by: "nora/far"), "\(weechat.diary) \(relay.log)")
        irssi.type("hello from irssi")
        weechat.type("hello from weechat")
        for (name, client) in [("p\u{2060}ia", "Python"), ("i\u{2060}an", "irssi"), ("w\u{2060}anda", "weechat")] {
            #expect(nora.sees("<\(name)> hello from \(client)", in: "#b", seconds: 20), "\(nora.lines.suffix(5)) \(relay.log)")
        }
        #expect(irssi.shows("hello from weechat", by: "wanda") && weechat.shows("hello from irssi", by: "ian"))
        irssi.type("/names")
        #expect(irssi.shows("[ nora/far]"), "\(irssi.diary)")
        weechat.type("/names")
        #expect(weechat.shows("Nicks #ops: [ian nora/far pia wanda]"), "\(weechat.diary)")
        nora.say("names", in: "#b")
        nora.say("bye", in: "#b")
        var heard: [String] = []
        while let line = python.line() { heard.append(line) }
        #expect(heard.contains { $0.hasPrefix(":nora/far!") && $0.hasSuffix(" :bye") }, "\(heard)")
        #expect(heard.contains { $0.contains(" 353 ") && $0.contains("nora/far") }, "\(heard)")
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    @Test func accountsNeedTheirPassword() {
        let ng = ForeignServer(.ngIRCd)
        let nora = IRCProbe(ng, "nora", join: ["#b"])
        let secret = TemporaryFolder()
        write("swordfish\n", to: "\(secret.path)/anna")
        let relay = RelayUnderTest(configuration(ng, "accounts = { anna = { file = \"\(secret.path)/anna\" } }"))
        #expect(relay.waitForLog("connected to a channel"), "\(relay.log)")
        let wrong = IRCProbe(knocking: relay.listenerPort, lines: ["PASS tuna", "NICK anna", "USER anna 0 * :anna"])
        #expect(wrong.line(" 464 ") != nil && wrong.line("ERROR") != nil)
        let none = IRCProbe(knocking: relay.listenerPort, lines: ["NICK anna", "USER anna 0 * :anna"])
        #expect(none.line(" 464 ") != nil)
        let anna = probe(relay, "anna", password: "swordfish")
        let phone = probe(relay, "phone", password: "anna:swordfish")
        anna.say("from the desk", in: "#ops")
        phone.say("from the phone", in: "#ops")
        #expect(phone.line(" :anna!anna@local PRIVMSG #ops :from the desk") != nil)
        #expect(anna.line(" :anna!anna@local PRIVMSG #ops :from the phone") != nil)
        #expect(nora.sees("<a\u{2060}nna> from the phone", in: "#b"))
        #expect(!relay.log.contains("swordfish") && !relay.log.contains("tuna"))
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// Everybody is disconnected when accounts change, and whoever has none any more does not come back.
    @Test func anAccountThatIsTakenOutIsDisconnected() {
        let (ng, secrets) = (ForeignServer(.ngIRCd), TemporaryFolder())
        write("swordfish\n", to: "\(secrets.path)/anna")
        write("sturgeon\n", to: "\(secrets.path)/olga")
        let anna = "anna = { file = \"\(secrets.path)/anna\" }"
        let olga = "olga = { file = \"\(secrets.path)/olga\" }"
        let relay = RelayUnderTest(configuration(ng, "accounts = { \(anna), \(olga) }"))
        #expect(relay.waitForLog("listening "), "\(relay.log)")
        let gone = probe(relay, "olga", password: "sturgeon")
        relay.configure(configuration(ng, "accounts = { \(anna) }"))
        relay.reload()
        #expect(relay.waitForLog("listening ", times: 2), "\(relay.log)")
        #expect(gone.line("ERROR") != nil, "\(gone.lines)")
        let again = IRCProbe(knocking: relay.listenerPort, lines: ["PASS sturgeon", "NICK olga", "USER olga 0 * :olga"])
        #expect(again.line(" 464 ") != nil && again.line("ERROR") != nil)
        #expect(probe(relay, "anna", password: "swordfish").line(" 366 anna #ops ") != nil)
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    @Test func aReloadBringsAndTakesChannelsAndDisconnectsNobody() {
        let ng = ForeignServer(.ngIRCd)
        let nora = IRCProbe(ng, "nora", join: ["#b", "#d"])
        let one = configuration(ng)
        let two = one + "\n[[bridge]]\nname = \"dev\"\njoin = [\"local:#dev\", \"far:#d\"]"
        let relay = RelayUnderTest(one)
        #expect(relay.waitForLog("connected to a channel"), "\(relay.log)")
        let anna = probe(relay, "anna")
        anna.send("JOIN #dev")
        #expect(anna.line(" 403 anna #dev ") != nil)
        relay.configure(two)
        relay.reload()
        #expect(relay.waitForLog("reloaded") && relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        anna.send("JOIN #dev")
        #expect(anna.line(" 366 anna #dev ") != nil)
        anna.say("hello dev", in: "#dev")
        nora.say("hello from dev", in: "#d")
        #expect(nora.sees("<a\u{2060}nna> hello dev", in: "#d"), "\(relay.log)")
        #expect(anna.line(" PRIVMSG #dev :hello from dev")?.contains(" :nora/far!") == true)
        relay.configure(one)
        relay.reload()
        #expect(anna.line(":anna!anna@local PART #dev :no longer bridged") != nil)
        anna.say("hello ops", in: "#ops")
        #expect(nora.sees("<a\u{2060}nna> hello ops", in: "#b"), "\(relay.log)")
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    @Test func anAddressThatIsTakenIsSaidAndEndsTheProgram() {
        let ng = ForeignServer(.ngIRCd)
        let text = configuration(ng).replacing("127.0.0.1:0", with: "127.0.0.1:\(ng.port)")
        let relay = RelayUnderTest(text)
        #expect(relay.wait() == 1)
        #expect(relay.log.contains("fairlead: can't listen at 127.0.0.1:\(ng.port): Address already in use"), "\(relay.log)")
        #expect(!relay.log.contains(" ready"))
    }

    private func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        _ = Glibc.write(descriptor, text, text.utf8.count)
    }
}

extension RelayUnderTest {
    /// Where its listener listens since it was started last.
    var listenerPort: UInt16 {
        guard waitForLog(" listening "), let port = log.split(separator: "port=").last?.prefix(while: \.isNumber) else { return 0 }
        return UInt16(port) ?? 0
    }
}

extension IRCProbe {
    /// The first line with these words.
    func line(_ words: String) -> String? {
        _ = wait(seconds: 10) { $0.contains { $0.contains(words) } }
        return lines.first { $0.contains(words) }
    }

    /// One page of history: its lines, without those of the batch around them.
    func page(_ request: String) -> [String] {
        let before = lines.count
        send("CHATHISTORY \(request)")
        _ = wait(seconds: 10) { $0[before...].contains { $0.contains(" BATCH -") || $0.contains(" FAIL ") } }
        return lines[before...].filter { $0.tag("batch") != nil }
    }
}

extension String {
    /// A tag of a line, with its escapes as they are.
    func tag(_ name: String) -> String? {
        guard hasPrefix("@") else { return nil }
        let tags = dropFirst().prefix { $0 != " " }.split(separator: ";")
        return tags.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// The words of a line, behind the second ` :`.
    var spoken: String {
        guard let place = firstRange(of: " PRIVMSG #ops :") else { return self }
        return String(self[place.upperBound...])
    }
}
