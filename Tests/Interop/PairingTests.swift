import Glibc
import IO
import Support
import Testing

/// Two relays that become acquainted by an invite.
@Suite(.serialized) struct PairingTests {
    @Test func anInvitePairsTwoRelaysAndTheirChannelFlows() {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let port = freePort()
        let west = RelayUnderTest(relay(ng, "advertise = [\"127.0.0.1:\(port)\"]\nlisten = [\"127.0.0.1:\(port)\"]", name: "west"))
        let east = RelayUnderTest(relay(insp, "", name: "east"))
        #expect(west.waitForLog("ready") && east.waitForLog("ready"))
        let invite = west.command("link", "invite", "partner")
        let code = String(invite.output.dropLast())
        #expect(invite.exit == 0 && code.hasPrefix("fl1"), "\(invite) \(west.log)")
        // A letter that is wrong is noticed before anything is dialled.
        let mistyped = (code.dropLast() + [code.last == "a" ? "b" : "a"]).map(String.init).joined()
        #expect(east.command("link", "accept", mistyped).exit == 2)
        #expect(east.accept("") == 2 && east.accept("\n", "-") == 2 && east.accept("\(mistyped)\n", "-") == 2)
        let accepted = east.command("link", "accept", code)
        #expect(accepted.exit == 0 && accepted.output.contains("paired with test, relay \(west.relayID)"), "\(accepted) \(east.log)")
        // It is valid once.
        #expect(east.command("link", "accept", code, "--as", "again").exit == 5)
        #expect(east.accept("\(code)\r\n", "--as", "again") == 5 && east.accept(" \(code)", "-", "--as", "again") == 5)
        #expect(
            west.waitForLog("paired peer=partner") && west.waitForLog("link up") && east.waitForLog("link up"), "\(west.log) \(east.log)")
        #expect(west.command("link", "list").output.contains("partner  up"))
        // Nothing flows before both sides name the channel.
        west.configure(
            relay(
                ng, "advertise = [\"127.0.0.1:\(port)\"]\nlisten = [\"127.0.0.1:\(port)\"]", name: "west", bridge: "irc:#a\", \"partner:ops"
            ))
        west.reload()
        #expect(east.waitForLog("the peer offers a channel"), "\(east.log)")
        #expect(west.waitForLog("connected to a channel"), "\(west.log)")
        anna.say("among ourselves", in: "#a")
        let isJournaled = (0..<200).contains { _ in
            usleep(50_000)
            return west.command("status").output.contains("accepted 1")
        }
        #expect(isJournaled, "\(west.command("status"))")
        #expect(
            east.command("link", "offers").output.contains("waits for us")
                && west.command("link", "offers").output.contains("waits for the peer"))
        east.configure(relay(insp, "", name: "east", bridge: "irc:#b\", \"test:ops"))
        east.reload()
        #expect(west.waitForLog("a channel flows") && east.waitForLog("a channel flows"), "\(west.log) \(east.log)")
        // It began in the session in which it was offered long ago.
        #expect(!west.log.contains("link down") && !east.log.contains("link down"), "\(west.log) \(east.log)")
        #expect(west.waitForLog("connected to a channel") && east.waitForLog("connected to a channel"))
        anna.say("across", in: "#a")
        #expect(bob.sees("<a\u{2060}nna (test)> across", in: "#b"), "\(east.log)")
        // What was said before both named the channel stays where it was said.
        #expect(!bob.said(in: "#b").contains { $0.text.contains("among ourselves") }, "\(bob.lines)")
        // Either side can end it at once; both see it.
        #expect(west.command("link", "revoke", "partner").exit == 0)
        #expect(east.waitForLog("code=revoked"), "\(east.log)")
        #expect(west.command("link", "revoke", "partnr").exit == 2)
        anna.say("without the others", in: "#a")
        let isJournaledToo = (0..<200).contains { _ in
            usleep(50_000)
            return west.command("status").output.contains("accepted 3")
        }
        #expect(isJournaledToo, "\(west.command("status"))")
        #expect(west.command("link", "resume", "partner").exit == 0)
        #expect(west.waitForLog("a channel flows", times: 2), "\(west.log) \(east.log)")
        anna.say("again", in: "#a")
        #expect(bob.sees("<a\u{2060}nna (test)> again", in: "#b"), "\(east.log)")
        // What was said while the link was revoked stays where it was said; a link that is not revoked loses nothing by `resume`.
        #expect(!bob.said(in: "#b").contains { $0.text.contains("without the others") }, "\(bob.lines)")
        #expect(west.command("link", "resume", "partner").exit == 0)
        #expect(west.stop() == 0 && east.stop() == 0)
    }

    /// A newer invite for the same name takes the older one's place; after five wrong words in a minute even a right one is not heard.
    @Test func onlyTheNewestInviteCountsAndGuessingIsNotListenedTo() {
        let port = freePort()
        let west = RelayUnderTest("advertise = [\"127.0.0.1:\(port)\"]\nlisten = [\"127.0.0.1:\(port)\"]")
        let east = RelayUnderTest("")
        #expect(west.waitForLog("ready") && east.waitForLog("ready"))
        func invite(_ name: String) -> String { String(west.command("link", "invite", name).output.dropLast()) }
        let (void, newest) = (invite("partner"), invite("partner"))
        for attempt in 1...4 {
            #expect(east.command("link", "accept", void).exit == 5, "attempt \(attempt)")
        }
        #expect(east.command("link", "accept", newest).exit == 0, "\(west.log) \(east.log)")
        #expect(west.log.ranges(of: "a pairing failed").count == 4, "\(west.log)")
        // Somebody else.
        let third = RelayUnderTest("")
        #expect(third.waitForLog("ready"))
        let right = invite("third")
        #expect(third.command("link", "accept", void).exit == 5)
        #expect(third.command("link", "accept", right).exit == 5, "\(west.log)")
        #expect(west.log.ranges(of: "a pairing failed").count == 5, "\(west.log)")
        #expect(west.stop() == 0 && east.stop() == 0 && third.stop() == 0)
    }

    private func relay(_ server: ForeignServer, _ settings: String, name: String, bridge: String? = nil) -> String {
        """
        \(settings)
        [endpoint.irc]
        kind = "irc"
        server = "127.0.0.1:\(server.port)"
        tls = false
        \(bridge.map { "[[bridge]]\nname = \"ops\"\njoin = [\"\($0)\"]" } ?? "")
        """
    }
}

extension RelayUnderTest {
    /// `fairlead link accept` with a code in its standard input; the exit code.
    fileprivate func accept(_ input: String, _ words: String...) -> Int32 {
        write(input, to: "code")
        defer { unlink("\(folder.path)/code") }
        let command = "\(ChildProcess.folder)/fairlead link accept \(words.joined(separator: " ")) --config \(folder.path)/fairlead.toml"
        return ChildProcess("/bin/sh", ["-c", "\(command) < \(folder.path)/code"], errorsTo: "/dev/null").wait()
    }
}
