import Glibc
import IO
import Support
import Testing

/// One relay between a real IRC server and real mail servers.
@Suite(.serialized) struct MailTests {
    /// Nothing is lost, and by its Message-ID nothing is there twice, whenever the relay is killed.
    @Test func aRelayKilledThreeTimesLosesNoMail() {
        if let reason = Postfix.reasonToSkip { return announce("skipped: \(reason)") }
        let (insp, postfix) = (ForeignServer(.inspIRCd), Postfix())
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(mirrored(insp, submission(postfix.port), to: "ops@example.org"))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        let speaker = Speaker(bob, "line", count: 400, in: "#b")
        for round in 0..<4 {
            for _ in 0..<40 {
                speaker.speak(2)
                usleep(10_000)
                bob.pump(milliseconds: 0)
            }
            guard round < 3 else { break }
            relay.kill()
            speaker.speak(20)
            relay.start()
            #expect(relay.waitForLog("connected to a channel", times: 2 * (round + 2)), "\(relay.log)")
        }
        while !speaker.isDone { speaker.speak(10) }
        var mails: [Postfix.Mail] = []
        var (tally, repeated) = (Tally("line", sent: 400, in: []), 0)
        for _ in 0..<120 {
            bob.pump(milliseconds: 500)
            mails = postfix.mails
            var seen: Set<String> = []
            tally = Tally("line", sent: 400, in: mails.filter { seen.insert($0.messageID).inserted }.map(\.body))
            repeated = mails.count - seen.count
            if tally.lost == 0 { break }
        }
        announce("InspIRCd to e-mail: \(tally), sent again with the same Message-ID \(repeated)")
        #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(relay.log)")
        // A mail that is on its way may come again, with the same bytes.
        #expect(repeated <= 3, "\(repeated)")
        let copies = Dictionary(grouping: mails, by: \.messageID).values
        #expect(copies.allSatisfy { copy in copy.allSatisfy { $0.text == copy[0].text } })
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    @Test func aServerThatIsAwayIsWaitedFor() {
        if let reason = Postfix.reasonToSkip { return announce("skipped: \(reason)") }
        let (insp, postfix) = (ForeignServer(.inspIRCd), Postfix())
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(mirrored(insp, submission(postfix.port), to: "ops@example.org"))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        postfix.stop()
        for number in 1...20 { bob.say("line \(number)", in: "#b") }
        #expect(relay.waitForLog("can't send mail", times: 2), "\(relay.log)")
        postfix.start()
        #expect(waited { postfix.mails.count >= 20 }, "\(relay.log)")
        let tally = Tally("line", sent: 20, in: postfix.mails.map(\.body))
        #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally)")
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// What is asked of an odd recipient first, and how often its first text comes: once, or again where nobody could know.
    @Test(arguments: [("later", 1), ("text-later", 2), ("shut", 1), ("cut-before", 1), ("cut-after", 2), ("odd", 1), ("slow", 1)])
    func whateverAServerAnswersEachMailArrives(_ recipient: String, _ times: Int) {
        let (insp, odd) = (ForeignServer(.inspIRCd), OddMailServer())
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(mirrored(insp, submission(odd.port), to: "\(recipient)@example.org"))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        for number in 1...3 { bob.say("line \(number)", in: "#b") }
        #expect(odd.waitForTexts(times + 2), "\(relay.log)")
        let texts = odd.texts
        #expect(texts.count == times + 2 && texts[..<times].allSatisfy { $0 == texts[0] }, "\(texts)")
        let tally = Tally("line", sent: 3, in: Array(texts[(times - 1)...]))
        #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally)")
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// `uncertain = "skip"`: what may have arrived is not sent again.
    @Test func whatMayHaveArrivedCanBeSkipped() {
        let (insp, odd) = (ForeignServer(.inspIRCd), OddMailServer())
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let member = "{ channel = \"post:cut-after@example.org\", uncertain = \"skip\" }"
        let relay = RelayUnderTest(mirrored(insp, submission(odd.port), member: member))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        for number in 1...3 { bob.say("line \(number)", in: "#b") }
        #expect(odd.waitForTexts(3), "\(relay.log)")
        let tally = Tally("line", sent: 3, in: odd.texts)
        #expect(odd.texts.count == 3 && tally.lost == 0 && tally.twice == 0, "\(tally)")
    }

    @Test func whatIsRefusedHoldsNothingBack() {
        let (insp, odd) = (ForeignServer(.inspIRCd), OddMailServer())
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let members = "\"post:never@example.org\", \"post:ok@example.org\""
        let relay = RelayUnderTest(mirrored(insp, submission(odd.port), member: members))
        #expect(relay.waitForLog("connected to a channel", times: 3), "\(relay.log)")
        for number in 1...3 { bob.say("line \(number)", in: "#b") }
        #expect(odd.waitForTexts(3) && relay.waitForLog("a mail was refused", times: 3), "\(relay.log)")
        #expect(odd.asked.filter { $0 == "never@example.org" }.count == 3)
        #expect(relay.log.contains("code=5.1.1 reason=\"there is nobody here\""), "\(relay.log)")
        // Who said it is told, alone and once, and without the address.
        #expect(
            bob.wait(seconds: 10) { $0.contains { $0.contains(" NOTICE bob :[fairlead] ") && $0.contains("mail-5.1.1") } }, "\(bob.lines)")
        #expect(bob.lines.filter { $0.contains("[fairlead]") }.count == 1)
        #expect(!bob.lines.contains { $0.contains("never@example.org") })
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// A server that is silent holds up neither others' mail nor the relay's end.
    @Test func aSilentServerHoldsNothingUp() {
        let (insp, odd) = (ForeignServer(.inspIRCd), OddMailServer())
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(mirrored(insp, submission(odd.port), member: "\"post:hang@example.org\", \"post:ok@example.org\""))
        #expect(relay.waitForLog("connected to a channel", times: 3), "\(relay.log)")
        for number in 1...3 { bob.say("line \(number)", in: "#b") }
        #expect(odd.waitForTexts(4), "\(relay.log)")
        #expect(odd.asked.filter { $0 == "ok@example.org" }.count == 3)
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    @Test func withTLSAndAnAccount() {
        let (certificate, insp) = (TestCertificate(), ForeignServer(.inspIRCd))
        let odd = OddMailServer(.startTLS(certificate), account: "relay:secret")
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let secrets = TemporaryFolder()
        let password = "\(secrets.path)/password"
        try? Files.create(password, [UInt8]("wrong\n".utf8))
        let more = "ca = \"\(certificate.certificate)\"\naccount = \"relay\"\npassword = { file = \"\(password)\" }"
        let relay = RelayUnderTest(mirrored(insp, submission(odd.port, tls: "starttls", more), to: "ok@example.org"))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        bob.say("line 1", in: "#b")
        #expect(relay.waitForLog("can't send mail") && relay.log.contains("535"), "\(relay.log)")
        try? Files.remove(password)
        try? Files.create(password, [UInt8]("secret\n".utf8))
        relay.reload()
        #expect(odd.waitForTexts(1), "\(relay.log)")
        #expect(!relay.log.contains("secret"))
        #expect(relay.stop() == 0, "\(relay.log)")
    }
}

private func submission(_ port: UInt16, tls: String = "none", _ more: String = "") -> String {
    "submission = \"127.0.0.1:\(port)\"\ntls = \"\(tls)\"\n\(more)"
}

private func mirrored(_ insp: ForeignServer, _ submission: String, to recipient: String) -> String {
    mirrored(insp, submission, member: "\"post:\(recipient)\"")
}

private func mirrored(_ insp: ForeignServer, _ submission: String, member: String) -> String {
    """
    [endpoint.insp]
    kind = "irc"
    server = "127.0.0.1:\(insp.port)"
    tls = false
    [endpoint.post]
    kind = "email"
    from = "channels@relay.example"
    \(submission)
    [[bridge]]
    name = "ops"
    join = ["insp:#b", \(member)]
    """
}

private func waited(seconds: Int = 40, _ isDone: () -> Bool) -> Bool {
    for _ in 0..<seconds * 10 {
        if isDone() { return true }
        usleep(100_000)
    }
    return false
}
