import Support
import Testing

/// Somebody on the network who is no peer, at the port for peers: Python's TLS in every wrong way (docs/security.md).
@Suite(.serialized) struct StrangerTests {
    private let certificates = Certificates()

    /// What CLOSE `unknown-peer` looks like: all that a stranger is ever told.
    private static let refusal: String = {
        let words = Array("this relay is not set up for yours".utf8)
        let body: [UInt8] = [2, 5, 7, UInt8(words.count)] + words
        return hex([UInt8(body.count + 1), 12] + body)
    }()

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func aStrangerIsToldNothing() {
        let relay = listening()
        let answers = knocks(relay, "tls12", "another-protocol", "no-certificate", "no-tls", "silent", "hello", "ping", "wrong-proof")
        for way in ["tls12", "another-protocol", "no-certificate"] {
            #expect(answers[way]?.hasPrefix("refused") == true, "\(answers) \(relay.log)")
        }
        // An alert of TLS at most, which says nothing of the relay.
        #expect(answers["no-tls"] == "nothing" || answers["no-tls"]?.hasPrefix("15") == true, "\(answers)")
        for way in ["silent", "hello", "ping", "wrong-proof"] { #expect(answers[way] == Self.refusal, "\(way): \(answers)") }
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// While an invite is open a stranger may say one thing; whatever is wrong with it, the answer is the same.
    @Test func anOpenInviteIsNotSeen() {
        let relay = listening()
        #expect(relay.command("link", "invite", "partner").output.hasPrefix("fl1"), "\(relay.log)")
        let answers = knocks(relay, "hello", "ping", "wrong-proof")
        for way in ["hello", "ping", "wrong-proof"] { #expect(answers[way] == Self.refusal, "\(way): \(answers)") }
        #expect(relay.waitForLog("a pairing failed"), "\(relay.log)")
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// Whoever guesses is not listened to any more, and keeps nobody from pairing who comes from elsewhere.
    @Test func whoGuessesKeepsNobodyElseFromPairing() {
        let relay = listening()
        let code = String(relay.command("link", "invite", "partner").output.dropLast())
        #expect(knocks(relay, "guesses-elsewhere")["guesses-elsewhere"] == Self.refusal)
        #expect(relay.log.ranges(of: "a pairing failed").count == 5, "\(relay.log)")
        #expect(
            relay.log.contains("too many pairings failed; the address is not listened to for a minute address=127.0.0.2"), "\(relay.log)")
        let partner = RelayUnderTest("")
        #expect(partner.waitForLog("ready"))
        #expect(partner.command("link", "accept", code).exit == 0, "\(relay.log) \(partner.log)")
        #expect(relay.stop() == 0 && partner.stop() == 0)
    }

    /// More connections that say nothing than are held: what is too much is hung up on at once.
    @Test func connectionsThatSayNothingHaveABound() {
        let relay = listening()
        #expect(knocks(relay, "too-many")["too-many"] == "64 wait, the last got nothing", "\(relay.log)")
        #expect(relay.stop() == 0, "\(relay.log)")
    }

    /// Nor do they keep the relay from stopping: each could say nothing for half a minute.
    @Test func whoSaysNothingIsNotWaitedFor() {
        let relay = listening()
        let strangers = (0..<20).map { _ in IRCProbe(knocking: port, lines: []) }
        // They have been accepted by now, or will be told nothing anyway.
        #expect(relay.command("status").exit == 0)
        let start = ContinuousClock.now
        #expect(relay.stop() == 0, "\(relay.log)")
        let took = ContinuousClock.now - start
        #expect(took < .seconds(10), "\(relay.log)")
        _ = strangers
    }

    private let port = freePort()

    private func listening() -> RelayUnderTest {
        let relay = RelayUnderTest(settings("listen = [\"127.0.0.1:\(port)\"]\nadvertise = [\"127.0.0.1:\(port)\"]"))
        #expect(relay.waitForLog("listening for peers"), "\(relay.log)")
        return relay
    }

    /// Nothing but what a relay can't do without.
    private func settings(_ more: String) -> String {
        let nowhere = freePort()
        return more + "\n" + endpoint("irc", nowhere) + bridge("ops", "irc:#a", "irc:#b")
    }

    /// What a stranger gets, by the way in which it knocks.
    private func knocks(_ relay: RelayUnderTest, _ ways: String...) -> [String: String] {
        let certificate = certificates.selfSigned("stranger")
        let stranger = ChildProcess.python("stranger.py", [String(port), certificate.certificate, certificate.key] + ways)
        var answers: [String: String] = [:]
        while let line = stranger.line() {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            answers[words[0]] = words.count > 1 ? words[1] : ""
        }
        _ = stranger.wait()
        return answers
    }
}
