import Glibc
import IO
import Support
import Testing

/// What an operator does at the command line, on a relay that runs.
@Suite(.serialized) struct OperationTests {
    @Test func aRelaySaysHowItStandsAndWhatBecameOfAMessage() {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", capabilities: "message-tags", join: ["#b"])
        let relay = RelayUnderTest(between(ng, insp))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        anna.say("where am I?", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> where am I?", in: "#b"))
        let status = relay.command("status")
        #expect(status.exit == 0 && status.output.contains("relay \(relay.relayID)"))
        #expect(status.output.contains("ng:#a") && status.output.contains("up"), "\(status.output)")
        #expect(relay.command("status", "--json").output.hasPrefix("{\"channels\":["))
        // The server's own name for the line leads to the event, and the event to where it went.
        let line = bob.lines.last { $0.contains("where am I?") } ?? ""
        let native =
            line.split(separator: ";").first { $0.hasPrefix("msgid=") || $0.hasPrefix("@msgid=") }?.split(separator: " ").first?.split(
                separator: "="
            ).last.map(String.init) ?? ""
        let trace = relay.command("trace", "--native", "insp:#b", native)
        #expect(
            trace.exit == 0 && trace.output.contains("posted by anna in bridge ops") && trace.output.contains("delivered"),
            "\(line) \(trace)")
        // What the operator says is said everywhere, and has a story like any other event.
        let said = relay.command("say", "ops", "a test from the operator")
        #expect(said.exit == 0 && said.output.hasPrefix("said as event "), "\(said)")
        #expect(bob.sees("<o\u{2060}perator> a test from the operator", in: "#b"))
        #expect(anna.sees("<o\u{2060}perator> a test from the operator", in: "#a"))
        let event = said.output.split(separator: " ").last.map { String($0.dropLast()) } ?? ""
        #expect(relay.command("trace", event).output.contains("posted by operator in bridge ops"))
        #expect(relay.command("say", "opps", "x").exit == 2)
        #expect(relay.command("bounces", "list").output == "nothing bounced\n")
        #expect(relay.command("bounces", "retry", "--all") == ("nothing to deliver again\n", 0))
        for verb in ["show", "drop", "retry"] {
            let unknown = Command(relay, "bounces", verb, "7").end()
            #expect(unknown.exit == 1 && unknown.errors == "fairlead: there is no bounce 7\n" && unknown.output.isEmpty, "\(unknown)")
        }
        // A channel that is none names those that are.
        let wrongChannel = Command(relay, "trace", "--native", "insp:#c", native).end()
        #expect(wrongChannel.exit == 2 && wrongChannel.errors.hasPrefix("fairlead: no bridge has a channel insp:#c; there are insp:#b\n"))
        let wrongEndpoint = Command(relay, "trace", "--native", "ins:#b", native).end()
        #expect(
            wrongEndpoint.exit == 2 && wrongEndpoint.errors.hasPrefix("fairlead: there is no endpoint ins; channels are insp:#b, ng:#a\n"))
        let wrongID = Command(relay, "trace", "--native", "insp:#b", "nobody").end()
        #expect(wrongID.exit == 1 && wrongID.errors == "fairlead: insp:#b knows nothing under nobody\n", "\(wrongID)")
        #expect(relay.command("trace", "aaaaaaaaaaaaa.1").exit == 1)
        #expect(relay.command("trace", "nonsense").exit == 2)
        #expect(relay.stop() == 0)
        #expect(relay.command("status").exit == 4)
    }

    @Test func aBackupOfARunningRelayIsPutBack() {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(between(ng, insp))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        for number in 1...20 { anna.say("before \(number)", in: "#a") }
        #expect(bob.sees("<a\u{2060}nna> before 20", in: "#b"))
        let folder = "\(relay.folder.path)/backup"
        let made = relay.command("backup", folder)
        #expect(made.exit == 0 && fileNames(in: folder) == ["epoch.secret", "identity.pem", "journal.sqlite"], "\(made)")
        #expect(relay.command("backup", folder).exit == 5)
        #expect(relay.command("restore", folder).exit == 5, "a running relay's state is not touched")
        let id = relay.relayID
        relay.kill()
        for name in fileNames(in: "\(relay.folder.path)/state") { unlink("\(relay.folder.path)/state/\(name)") }
        let restored = relay.command("restore", folder)
        #expect(restored.exit == 0, "\(restored)")
        #expect(relay.command("check", "--journal").exit == 0)
        relay.start()
        #expect(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        #expect(relay.relayID == id)
        anna.say("after 1", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> after 1", in: "#b"))
        #expect(Tally("before", sent: 20, in: bob.said(in: "#b", by: "fairlead")).twice == 0)
        #expect(relay.stop() == 0)
        for name in fileNames(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    @Test func aBridgeIsStoppedAndWatched() {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(between(ng, insp))
        #expect(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        let config = ["--config", "\(relay.folder.path)/fairlead.toml"]
        let tail = ChildProcess("fairlead", ["tail", "--bridge", "ops", "--json"] + config, errorsTo: "/dev/null")
        anna.say("before", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> before", in: "#b"))
        #expect(relay.command("bridge", "pause", "ops").exit == 0)
        #expect(relay.command("bridge", "pause", "ops").exit == 0, "it is stopped, whoever said so")
        for number in 1...5 { anna.say("held \(number)", in: "#a") }
        // The relay has taken them in when the last one passes.
        var passed: [String] = []
        while passed.last?.contains("\"text\":\"held 5\"") != true, let line = tail.line() { passed.append(line) }
        // It tells from where it began: whether the first one was before that is for the machine to say.
        #expect(
            (5...6).contains(passed.count) && passed.allSatisfy { $0.contains("\"from\":\"ng:#a\"") && $0.contains("\"author\":\"anna\"") },
            "\(passed)")
        #expect(relay.command("status").output.contains("paused"))
        #expect(!bob.said(in: "#b", by: "fairlead").contains { $0.contains("held") })
        #expect(relay.command("bridge", "resume", "ops").exit == 0)
        #expect(bob.sees("<a\u{2060}nna> held 5", in: "#b"))
        #expect(
            Tally("held", sent: 5, in: bob.said(in: "#b", by: "fairlead")).description
                == "sent 5, arrived 5, lost 0, twice 0, out of order 0")
        #expect(relay.command("bridge", "pause", "opps").exit == 2 && relay.command("tail", "--bridge", "opps").exit == 2)
        // A tail does not keep the relay from ending.
        #expect(relay.stop() == 0)
        while tail.line() != nil {}
        #expect(tail.wait() == 4)
    }
}

extension RelayUnderTest {
    /// Runs `fairlead` with this relay's configuration: what it printed, and its exit code.
    func command(_ words: String...) -> (output: String, exit: Int32) {
        let process = ChildProcess("fairlead", words + ["--config", "\(folder.path)/fairlead.toml"], errorsTo: "/dev/null")
        var output = ""
        while let line = process.line() { output += line + "\n" }
        return (output, process.wait())
    }
}
