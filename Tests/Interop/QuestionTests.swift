import Glibc
import IO
import Support
import Testing

/// What an administrator asks when something does not arrive, and what the relay answers: on real servers, over a link.
@Suite(.serialized) struct QuestionTests {
    private let ng = ForeignServer(.ngIRCd)
    private let insp = ForeignServer(.inspIRCd)

    /// Repeats a question until the answer is as wanted; the last answer.
    private func ask(_ relay: RelayUnderTest, _ words: [String], seconds: Int = 20, until isWanted: (String) -> Bool) -> String {
        var answer = ""
        for _ in 0..<seconds * 10 {
            answer = relay.command(words: words).output
            if isWanted(answer) { return answer }
            usleep(100_000)
        }
        Issue.record("\(words): \(answer)\n\(relay.log)")
        return answer
    }

    /// A line of a table, by its first word, without the spaces between columns.
    private func row(_ text: String, _ first: String) -> String {
        let rows = text.split(separator: "\n").map { $0.split(separator: " ") }
        return rows.first { $0.first.map(String.init) == first }?.joined(separator: " ") ?? ""
    }

    private func messageID(_ line: String) -> String {
        let tags = line.dropFirst().prefix { $0 != " " }.split(separator: ";")
        return tags.first { $0.hasPrefix("msgid=") }.map { String($0.dropFirst(6)) } ?? ""
    }

    /// One message from a listener's channel over a link to a real server, asked about at both ends; then what is said while the other relay, or
    /// its server, is away.
    @Test func whatBecameOfAMessageAtBothEndsOfALink() throws {
        let port = freePort()
        let listener = """
            [endpoint.local]
            kind = "irc-listener"
            listen = "127.0.0.1:\(port)"
            """
        let bob = IRCProbe(insp, "bob", capabilities: "message-tags", join: ["#b"])
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let pair = LinkedRelays(ng, "#a", insp, "#b", besideWest: (listener, "\"local:#lobby\""))
        let (west, east) = (pair.west, pair.east)
        try #require(pair.isUp && west.waitForLog("listening"), "\(pair.logs)")
        let lena = IRCProbe(port, "listener", "lena", capabilities: "message-tags echo-message", join: ["#lobby"])

        lena.say("is anybody there?", in: "#lobby")
        #expect(
            lena.sees("is anybody there?", in: "#lobby") && bob.sees("<l\u{2060}ena (west)> is anybody there?", in: "#b"), "\(pair.logs)")
        // What her client shows as the line's id leads to the event, by itself and with its channel.
        let id = messageID(lena.lines.last { $0.contains("is anybody there?") } ?? "")
        #expect(west.command("trace", "--native", "local:#lobby", id).output.contains("event \(id), posted by lena in bridge ops"), "\(id)")
        let told = ask(west, ["trace", "\(id)/1"]) { $0.contains("acknowledged") && $0.contains("delivered") }
        #expect(told.contains("born here, came by local:#lobby, said 20") && told.contains(", journaled 20"), "\(told)")
        #expect(row(told, "east:ops").hasPrefix("east:ops acknowledged its journal had it by 20"), "\(told)")
        #expect(row(told, "irc:#a").hasPrefix("irc:#a 0 delivered 20"), "\(told)")
        // The other end: where it came from, and the server's name for it.
        let native = messageID(bob.lines.last { $0.contains("is anybody there?") } ?? "")
        let there = east.command("trace", "--native", "irc:#b", native).output
        #expect(there.contains("event \(id), posted by lena") && there.contains("born at west, came by west:ops"), "\(there)")
        #expect(row(there, "west:ops") == "west:ops came from it" && row(there, "irc:#b").contains("delivered"), "\(there)")

        // The other relay's server goes away: its endpoint is down, and why.
        insp.stop()
        let down = ask(east, ["status"]) { row($0, "irc:#b").hasPrefix("irc:#b ops down") && row($0, "irc").contains(" ago)") }
        #expect(row(down, "irc").hasPrefix("irc irc down 127.0.0.1:\(insp.port): "), "\(down)")
        let json = east.command("status", "--json").output
        #expect(json.contains("\"last_error\":{\"seconds_ago\":") && json.contains("\"state\":\"down\""), "\(json)")
        lena.say("is it still there?", in: "#lobby")
        #expect(lena.sees("is it still there?", in: "#lobby"))
        let second = messageID(lena.lines.last { $0.contains("is it still there?") } ?? "")
        let waiting = ask(east, ["trace", second]) { $0.contains("endpoint down") }
        #expect(row(waiting, "irc:#b").hasPrefix("irc:#b endpoint down it can't be written to: 127.0.0.1:\(insp.port): "), "\(waiting)")

        // The other relay goes away.
        #expect(east.stop() == 0)
        #expect(west.waitForLog("link down"))
        lena.say("and now?", in: "#lobby")
        #expect(lena.sees("and now?", in: "#lobby"))
        let third = messageID(lena.lines.last { $0.contains("and now?") } ?? "")
        let alone = ask(west, ["trace", third]) { $0.contains("the link is down") && $0.contains(" ago)") }
        #expect(row(alone, "east:ops").hasPrefix("east:ops waits the link is down: "), "\(alone)")
        #expect(row(west.command("status").output, "east").hasPrefix("east down"))
        #expect(west.command("link", "list").output.contains(" ago)"))
        insp.start()
        let again = IRCProbe(insp, "bob", join: ["#b"])
        east.start()
        #expect(again.sees("<l\u{2060}ena (west)> and now?", in: "#b"), "\(pair.logs)")
        #expect(row(ask(west, ["trace", third]) { $0.contains("acknowledged") }, "east:ops").hasPrefix("east:ops acknowledged"))

        // A link that is shut out is shown as that, wherever it is shown.
        #expect(west.command("link", "revoke", "east").exit == 0)
        let status = west.command("status").output
        #expect(row(status, "east").hasPrefix("east revoked") && row(status, "east:ops").hasPrefix("east:ops ops revoked"), "\(status)")
        #expect(row(west.command("link", "list").output, "east").hasPrefix("east revoked"))
        #expect(row(west.command("link", "offers").output, "east") == "east ops revoked")
        lena.say("not for them", in: "#lobby")
        #expect(lena.sees("not for them", in: "#lobby"))
        let never = messageID(lena.lines.last { $0.contains("not for them") } ?? "")
        #expect(row(west.command("trace", never).output, "east:ops") == "east:ops not awaited the link is revoked")
        #expect(anna.sees("<l\u{2060}ena> not for them", in: "#a"))
        #expect(west.stop() == 0 && east.stop() == 0, "\(pair.logs)")
    }

    /// What a server will not have: what it was, from whom, and why, in the list and in the event's story.
    @Test func whatBounced() {
        let insp = ForeignServer(.inspIRCd, ForeignServer.Options(more: "<module name=\"nonotice\">"))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(endpoint("ng", ng.port) + endpoint("insp", insp.port) + bridge("ops", "ng:#a", "insp:#b"))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        bob.send("MODE #b +T")
        #expect(bob.hasBeenHeard())
        let text = "Nobody wants to read notices there, " + String(repeating: "and this is why. ", count: 12)
        let said = relay.command("say", "ops", text)
        let event = said.output.split(separator: " ").last.map { String($0.dropLast()) } ?? ""
        #expect(said.exit == 0 && anna.wait(seconds: 10) { $0.contains { $0.contains("> Nobody wants") } }, "\(said)")
        let list = ask(relay, ["bounces", "list"]) { $0.contains("irc-404") }
        #expect(row(list, "1").contains("insp:#b ops 1 irc-404"), "\(list)")
        let shown = relay.command("bounces", "show", "1").output
        #expect(
            shown.contains("\(event), posted by operator from here, said 20") && shown.contains(": Nobody wants to read notices"),
            "\(shown)")
        #expect(shown.contains(" […]\n") && !shown.contains(text), "\(shown)")
        let trace = relay.command("trace", event).output
        #expect(row(trace, "insp:#b").contains("bounced") && row(trace, "insp:#b").contains("bounce 1, irc-404: "), "\(trace)")
        #expect(row(ask(relay, ["status"]) { $0.contains("a line was refused") }, "insp").contains("irc up a line was refused: 404 "))
        bob.send("MODE #b -T")
        #expect(bob.hasBeenHeard())
        #expect(relay.command("bounces", "retry", "--all").output == "bounce 1, events: 1, to insp:#b\n")
        #expect(bob.wait(seconds: 10) { $0.contains { $0.contains("Nobody wants to read") } }, "\(relay.log)")
        #expect(relay.command("bounces", "retry", "--all").output == "nothing to deliver again\n")
        #expect(relay.stop() == 0)
    }

    /// One channel of an endpoint that is up can't be joined: whose fault that is stands at the channel.
    @Test func aChannelThatCannotBeJoined() {
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        bob.send("MODE #b +k secret")
        #expect(bob.hasBeenHeard())
        let relay = RelayUnderTest(
            endpoint("ng", ng.port) + endpoint("insp", insp.port) + bridge("ops", "ng:#a", "insp:#b", "insp:#c"))
        #expect(relay.waitForLog("connected to a channel", times: 2) && relay.waitForLog("can't join a channel"), "\(relay.log)")
        anna.say("hello", in: "#a")
        let status = ask(relay, ["status"]) { row($0, "insp:#b").contains(" 2 ") }
        #expect(row(status, "insp").hasPrefix("insp irc partly up can't join: 475 "), "\(status)")
        #expect(row(status, "insp:#b").contains(" down ") && row(status, "insp:#b").contains(" can't join: 475 "), "\(status)")
        #expect(row(status, "insp:#c").hasPrefix("insp:#c ops up 0 - 1"), "\(status)")
        // ngIRCd has no ids: the event is found by where it went.
        let carol = IRCProbe(insp, "carol", capabilities: "message-tags", join: ["#c"])
        anna.say("hello again", in: "#a")
        #expect(carol.sees("<a\u{2060}nna> hello again", in: "#c"))
        let id = messageID(carol.lines.last { $0.contains("hello again") } ?? "")
        let told = relay.command("trace", "--native", "insp:#c", id).output
        #expect(told.contains("born here, came by ng:#a"), "\(told)")
        #expect(row(told, "insp:#b").hasPrefix("insp:#b endpoint down it can't be written to: can't join: 475 "), "\(told)")
        #expect(relay.stop() == 0)
    }

    /// A word of the operator's that can't be taken in: it says why, can be given up, and does not hold up a stop.
    @Test(arguments: ["en", "de"]) func aWordThatWaits(language: String) {
        let far = RelayUnderTest("")
        let id = far.relayID
        #expect(far.stop() == 0)
        let relay = RelayUnderTest(unstarted: ())
        let configuration = """
            [endpoint.local]
            kind = "irc-listener"
            listen = "127.0.0.1:0"
            [peer.far]
            id = "\(id)"
            address = ["127.0.0.1:\(freePort())"]
            \(bridge("ops", "local:#a", "far:ops"))\(bridge("side", "local:#b", "far:side"))
            """
        relay.configure(configuration, language: language)
        relay.start()
        #expect(relay.waitForLog("ready") && relay.waitForLog("nothing is taken in before peers have said what they hold peers=far"))
        let words = language == "de" ? "bevor Gegenstellen gesagt haben, was sie haben: far" : "before peers have said what they hold: far"
        let status = relay.command("status").output
        #expect(status.contains(words) && row(status, "far").contains("far down"), "\(status)")
        // Given up by Ctrl-C: it is not said afterwards.
        let givenUp = Command(relay, "say", "ops", "never mind")
        #expect(
            givenUp.says(words) && givenUp.said.contains(language == "de" ? "Strg-C gibt es auf" : "Ctrl-C gives it up"), "\(givenUp.said)")
        givenUp.signal(SIGINT)
        _ = givenUp.end()
        #expect(relay.waitForLog("what an operator says is given up: nobody waits for it bridge=ops"), "\(relay.log)")
        // The relay stops.
        let waiting = Command(relay, "say", "side", "hello")
        #expect(waiting.says(words) && relay.waitForLog("what an operator says waits bridge=side for=peers peers=far"))
        let begin = MonotonicClock.now
        #expect(relay.stop() == 0)
        let end = waiting.end()
        #expect(begin.distance(to: MonotonicClock.now).seconds < 5, "a stop is quick")
        #expect(end.exit == 5 && end.output.isEmpty, "\(end)")
        #expect(end.errors.hasSuffix(language == "de" ? "das Relay endet; nichts wurde gesagt\n" : "the relay ends; nothing was said\n"))
        // The peer comes, and what waits is said. What was given up is not there.
        relay.clearLog()
        relay.start()
        #expect(relay.waitForLog("ready"))
        let heard = Command(relay, "say", "ops", "at last")
        #expect(heard.says(words))
        relay.configure(configuration.replacing("[peer.far]", with: "[peer.gone]").replacing("\"far:", with: "\"gone:"), language: language)
        relay.reload()
        let last = heard.end()
        #expect(
            last.exit == 0 && last.output.hasPrefix(language == "de" ? "gesagt als Ereignis " : "said as event "), "\(last) \(relay.log)")
        #expect(relay.waitForLog("what an operator says waits no more bridge=ops event="))
        #expect(relay.command("status").output.contains("accepted 1"))
        #expect(relay.stop() == 0)
    }

    /// `--watch` says it again and again, and does not keep the relay from ending.
    @Test func statusAgainAndAgain() {
        let relay = RelayUnderTest(
            "[endpoint.local]\nkind = \"irc-listener\"\nlisten = \"127.0.0.1:0\"\n" + bridge("ops", "local:#a", "local:#b"))
        #expect(relay.waitForLog("ready"))
        let watch = Command(relay, "status", "--watch", "--json")
        for _ in 0..<2 { #expect(watch.line()?.hasPrefix("{\"channels\":[") == true) }
        // A paused bridge takes in what is said, and says that it stays here.
        #expect(relay.command("bridge", "pause", "ops").exit == 0)
        let said = Command(relay, "say", "ops", "hold this").end()
        #expect(said.exit == 0 && said.errors == "fairlead: The bridge ops is paused: it goes out when the bridge is resumed.\n", "\(said)")
        #expect(relay.stop() == 0)
        #expect(watch.end().exit == 4)
    }
}

extension RelayUnderTest {
    func command(words: [String]) -> (output: String, exit: Int32) {
        let process = ChildProcess("fairlead", words + ["--config", "\(folder.path)/fairlead.toml"], errorsTo: "/dev/null")
        var output = ""
        while let line = process.line() { output += line + "\n" }
        return (output, process.wait())
    }
}
