import Support
import Testing

/// What lines look like to another client of a real server.
@Suite(.serialized) struct LineTests {
    /// Texts around the length at which they no longer fit, with the longest names that the servers take.
    @Test func nothingIsCutByAServer() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let (left, right) = ("#\(String(repeating: "l", count: 40))", "#\(String(repeating: "r", count: 60))")
        let anna = IRCProbe(ng, "a\(String(repeating: "n", count: 18))", join: [left])
        let bob = IRCProbe(insp, "b\(String(repeating: "o", count: 28))", join: [right])
        let names = "tls = false\nnick = \"fairlead-long-nick\"\nusername = \"longername\""
        let relay = RelayUnderTest(
            endpoint("ng", ng.port, names) + endpoint("insp", insp.port, names) + bridge("ops", "ng:\(left)", "insp:\(right)"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        let letters = ["a", "bc ", "ä", "🙂", "👨‍👩‍👧‍👦", "e\u{301} "]
        for (from, fromChannel, to, toChannel) in [(anna, left, bob, right), (bob, right, anna, left)] {
            var sent: [String] = []
            for length in 320...386 {
                var text = "\(length) "
                while text.utf8.count < length { text += letters.filter { text.utf8.count + $0.utf8.count <= length }.randomElement()! }
                sent.append(text)
                from.say(text, in: fromChannel)
                if length % 10 == 0 { pumpAll(anna, bob, milliseconds: 50) }
            }
            from.say("the end", in: fromChannel)
            try #require(to.wait(seconds: 60) { _ in to.said(in: toChannel).contains { $0.text.hasSuffix("> the end") } }, "\(relay.log)")
            let lines = to.said(in: toChannel, by: "fairlead")
            #expect(lines.count > sent.count + 1)
            let bare = { (text: String) in text.filter { $0 != " " } }
            let whole = lines.map { String($0[$0.firstIndex(of: " ")!...].dropFirst()) }.joined()
            #expect(bare(whole) == bare(sent.joined() + "the end"))
            #expect(to.lines.allSatisfy { $0.utf8.count <= 510 } && !whole.contains("\u{FFFD}"))
            // Some fill the server's line to the last letter that fits.
            let longest = to.lines.filter { $0.contains("PRIVMSG") && $0.hasPrefix(":fairlead") }.map(\.utf8.count).max() ?? 0
            #expect((500...510).contains(longest), "\(longest)")
        }
        #expect(relay.stop() == 0)
    }

    @Test func whatClientsWriteIsUnderstoodAndSafe() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let namesake = IRCProbe(ng, "bob", join: ["#a"])
        let relay = RelayUnderTest(between(ng, insp))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        let cases: [(sent: String, seen: String)] = [
            ("PRIVMSG #a :\u{1}ACTION waves\u{1}", "* a\u{2060}nna waves"),
            (
                "PRIVMSG #a :\u{2}bold\u{2} \u{1D}slanted\u{1D} \u{1F}under\u{1F} \u{1E}out\u{1E}",
                "<a\u{2060}nna> \u{2}bold\u{2} \u{1D}slanted\u{1D} \u{1F}under\u{1F} \u{1E}out"
            ),
            (
                "PRIVMSG #a :\u{2}both \u{1D}crossed\u{2} one\u{F} none",
                "<a\u{2060}nna> \u{2}both \u{1D}crossed\u{2}\u{1D}\u{1D} one\u{1D} none"
            ),
            ("PRIVMSG #a :\u{3}04,01red\u{3} \u{16}back\u{16} \u{4}FF0000hex\u{4}", "<a\u{2060}nna> red back hex"),
            ("PRIVMSG #a :bell\u{7} escape\u{1B}[31m", "<a\u{2060}nna> bell escape[31m"),
            ("NOTICE #a :built", "<a\u{2060}nna> built"),
            ("PRIVMSG #a ::) colon first", "<a\u{2060}nna> :) colon first"),
            ("PRIVMSG #a :/quit is a word", "<a\u{2060}nna> /quit is a word"),
            ("PRIVMSG #a :<bob> forged", "<a\u{2060}nna> <bob> forged"),
        ]
        anna.send("PRIVMSG #a :\u{1}VERSION\u{1}", "PRIVMSG #a :\u{2}\u{3}")
        for (sent, seen) in cases {
            anna.send(sent)
            #expect(bob.sees(seen, in: "#b"), "\(sent.debugDescription): \(bob.said(in: "#b").suffix(2)) \(relay.log)")
        }
        anna.send(bytes: [UInt8]("PRIVMSG #a :in".utf8) + [0xFF, 0xC3] + [UInt8]("valid\r\n".utf8))
        #expect(bob.sees("<a\u{2060}nna> in\u{FFFD}\u{FFFD}valid", in: "#b"), "\(bob.said(in: "#b").suffix(2))")
        // Somebody of the same name here is not pinged by it, and NOTICE stays NOTICE.
        namesake.say("hello", in: "#a")
        #expect(bob.sees("<b\u{2060}ob> hello", in: "#b"))
        #expect(bob.lines.contains { $0.contains(" NOTICE #b :<a\u{2060}nna> built") })
        // The other way.
        bob.send("PRIVMSG #b :\u{1}ACTION \u{2}nods\u{2}\u{1}")
        #expect(anna.sees("* b\u{2060}ob \u{2}nods", in: "#a"), "\(anna.said(in: "#a"))")
        // Tags, CTCP and empty lines made nothing of their own.
        #expect(bob.said(in: "#b", by: "fairlead").count == cases.count + 2, "\(bob.said(in: "#b"))")
        #expect(relay.stop() == 0)
    }
}
