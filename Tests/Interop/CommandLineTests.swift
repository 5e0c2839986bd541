import Base
import Glibc
import IO
import Support
import Testing

/// What a person who types gets for it: help, words about what was wrong, exit codes.
@Suite(.serialized) struct CommandLineTests {
    /// `link invite`, …: everything that `fairlead help` lists.
    private static var commands: [String] {
        run(["help"]).output.split(separator: "\n").filter { $0.hasPrefix("  ") }.map { line in
            line.split(separator: " ").prefix { $0.allSatisfy { $0.isLowercase } }.joined(separator: " ")
        }
    }

    @Test func everyCommandExplainsItself() {
        let commands = CommandLineTests.commands
        #expect(commands.count == 24 && commands.contains("link invite") && commands.contains("bounces retry"), "\(commands)")
        for command in commands {
            let words = command.split(separator: " ").map(String.init)
            let help = CommandLineTests.run(words + ["--help"])
            #expect(help.exit == 0 && help.output.hasPrefix("usage: fairlead \(command)"), "\(command): \(help)")
            // What it does, in a sentence of its own, and how it is typed.
            let parts = help.output.split(separator: "\n\n").map(String.init)
            #expect(parts.count >= 3 && parts.dropFirst().first?.hasSuffix(".") == true, "\(parts)")
            #expect(parts.last?.hasPrefix("example") == true && parts.last?.contains("\n  fairlead \(words[0])") == true, "\(parts)")
            let hasConfiguration = !["demo", "bench", "version", "help"].contains(command)
            #expect(parts.first?.contains("--config FILE") == hasConfiguration && help.output.contains("--config") == hasConfiguration)
            #expect(CommandLineTests.run(["help"] + words).output == help.output)
        }
        for group in ["link", "bridge", "bounces"] {
            let help = CommandLineTests.run([group, "--help"])
            #expect(help.exit == 0 && help.output.hasPrefix("usage: fairlead \(group) VERB"), "\(help)")
        }
    }

    /// The words, and what the first line of the answer is to be.
    private static let wrong: [(words: [String], answer: String)] = [
        (["frobnicate"], "unknown command frobnicate"), (["statis"], "unknown command statis; did you mean status?"),
        (["--config", "x", "status"], "a command comes before its options"),
        (["link", "invite", "--address", "--valid"], "--address needs a value: HOST:PORT"),
        (["link", "invite", "partner", "--address"], "--address needs a value: HOST:PORT"),
        (["link", "invite", "partner", "--address="], "--address needs a value: HOST:PORT"),
        (["link", "invite", "partner", "--adress", "a:1"], "unknown option --adress; did you mean --address?"),
        (["link", "invite", "partner", "--valid", "soon"], "--valid soon: expected a duration such as 30m or 24h"),
        (["link", "invite"], "link invite needs NAME"), (["link"], "link needs one of invite, accept, list, offers, revoke, resume"),
        (["link", "acept"], "unknown: link acept; did you mean accept?"),
        (["link", "list", "--address", "a:1"], "link list takes no --address"),
        (["link", "accept"], "no code of an invite came from the standard input"), (["status", "now"], "unexpected: now"),
        (["status", "--json=yes"], "--json takes no value"), (["status", "--json", "--json"], "--json comes twice"),
        (["tail", "--bridge", "--json"], "--bridge needs a value: NAME"), (["bridge", "pause"], "bridge pause needs NAME"),
        (["bridge", "stop", "ops"], "unknown: bridge stop"), (["say", "ops"], "say needs TEXT"),
        (["say", "ops", "a", "b"], "unexpected: b"),
        (["say", "ops", "--", "--config", "x"], "unexpected: x"), (["backup"], "backup needs DIR"), (["restore"], "restore needs DIR"),
        (["bounces", "show"], "bounces show needs ID"), (["run", "--log", "xml"], "--log xml: expected one of text, json"),
        (["run", "--config"], "--config needs a value: FILE"), (["demo", "--config", "x"], "unknown option --config"),
        (["version", "x"], "unexpected: x"), (["bench", "nothing"], "bench measures journal, link, irc, idle, or all; not nothing"),
        (["help", "link", "invit"], "unknown: link invit; did you mean invite?"),
    ]

    @Test(arguments: wrong.indices) func wrongUsageIsAnsweredByWhatWasExpected(_ index: Int) {
        let (words, answer) = CommandLineTests.wrong[index]
        let run = CommandLineTests.run(words)
        let lines = run.errors.split(separator: "\n")
        #expect(run.exit == 2 && run.output.isEmpty && lines.first == "fairlead: \(answer)", "\(words): \(run)")
        #expect(
            lines.count == 3 && lines.dropFirst().first?.hasPrefix("expected: fairlead ") == true
                && lines.last?.hasPrefix("more: fairlead ") == true, "\(run)")
    }

    /// Behind `--` nothing is an option; an option's value may stand behind `=`.
    @Test func optionsEnd() {
        let run = CommandLineTests.run(["say", "ops", "--config=/nonexistent", "--", "--json"])
        #expect(run.exit == 3 && run.errors.contains("/nonexistent"), "\(run)")
    }

    @Test func whatIsTooLongToSayIsNot() {
        let run = CommandLineTests.run(["say", "ops", String(repeating: "x", count: 65_537)])
        #expect(run.exit == 2 && run.errors.hasPrefix("fairlead: the text has 65537 bytes; expected at most 65536\n"), "\(run)")
    }

    /// Somebody who relies on what is in a file learns that it is not all there.
    @Test func whatCantBeWrittenIsNoSuccess() {
        let path = "\(ChildProcess.folder)/fairlead"
        let run = CommandLineTests.run(["-c", "exec \"$0\" version >/dev/full", path], program: "/bin/sh")
        #expect(run.exit == 1 && run.errors == "fairlead: can't write the output: No space left on device\n", "\(run)")
    }

    @Test func aBackupGoesIntoAFolderOfItsOwn() throws {
        let relay = RelayUnderTest(CommandLineTests.alone)
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        let folder = TemporaryFolder()
        try Files.create("\(folder.path)/notes", [])
        let config = ["--config", "\(relay.folder.path)/fairlead.toml"]
        let other = CommandLineTests.run(["backup", folder.path] + config)
        #expect(other.exit == 5 && other.errors.contains("\(folder.path) has notes in it; expected an empty folder"), "\(other)")
        try Files.remove("\(folder.path)/notes")
        #expect(relay.command("backup", folder.path).exit == 0)
        #expect(relay.command("backup", folder.path).exit == 5)
        // The longest text, in the longest way of writing it, is a question that is read whole.
        let said = CommandLineTests.run(["say", "ops", "a" + String(repeating: "\u{1}", count: 65_000)] + config)
        #expect(said.exit == 2 && said.errors.contains("there is no bridge ops"), "\(said)")
        for name in try Files.names(in: folder.path) { try Files.remove("\(folder.path)/\(name)") }
        #expect(relay.stop() == 0)
    }

    /// A file that somebody is just changing does not keep an operator from the relay that runs.
    @Test func aFaultyConfigurationIsSaidAndTheRelayAsked() {
        let relay = RelayUnderTest(CommandLineTests.alone)
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        relay.configure(CommandLineTests.alone + "[[bridge]]\nname = \"ops\"\njoin = [\"nowhere:#a\"]\n")
        let config = ["--config", "\(relay.folder.path)/fairlead.toml"]
        let asked = CommandLineTests.run(["status"] + config)
        #expect(
            asked.exit == 0 && asked.errors.contains("there is no endpoint or peer \"nowhere\"") && asked.output.contains("ENDPOINT"),
            "\(asked)")
        #expect(relay.stop() == 0)
        #expect(CommandLineTests.run(["status"] + config).exit == 3)
    }

    @Test func aRunningRelaysStateIsNotTouched() {
        let (relay, other) = (RelayUnderTest(CommandLineTests.alone), RelayUnderTest(CommandLineTests.alone))
        #expect(relay.waitForLog("ready") && other.waitForLog("ready"), "\(relay.log)")
        let backup = "\(other.folder.path)/backup"
        defer { Files.removeAll(backup) }
        #expect(other.command("backup", backup).exit == 0)
        // Whatever there is to restore.
        #expect(relay.command("restore", "/nonexistent").exit == 5)
        #expect(relay.command("restore", backup).exit == 5)
        #expect(relay.command("check", "--journal").exit == 5 && relay.command("check").exit == 0)
        #expect(relay.stop() == 0)
        #expect(relay.command("restore", "/nonexistent").exit == 1)
        // Another relay's.
        #expect(relay.command("restore", backup).exit == 5)
        #expect(relay.command("status").exit == 4)
        #expect(other.stop() == 0)
    }

    @Test func aKeyThatOthersCanReadIsRefused() {
        let relay = RelayUnderTest(CommandLineTests.alone)
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        #expect(relay.stop() == 0)
        let key = "\(relay.folder.path)/state/identity.pem"
        chmod(key, 0o644)
        let config = ["--config", "\(relay.folder.path)/fairlead.toml"]
        for command in [["check"], ["check", "--journal"], ["run"]] {
            let run = CommandLineTests.run(command + config)
            #expect(run.exit == 3 && run.errors.contains("\(key) can be read by others; run: chmod 600 \(key)"), "\(command): \(run)")
        }
    }

    @Test func whereNoJournalIsYetItIsSaidAndNoneIsMade() {
        let relay = RelayUnderTest(unstarted: ())
        relay.configure(CommandLineTests.alone)
        let check = relay.command("check", "--journal")
        #expect(check.exit == 0 && check.output.contains("\(relay.folder.path)/state: no journal yet"), "\(check)")
        #expect(!Files.exists("\(relay.folder.path)/state"))
    }

    /// For a program that starts relays: here its input has ended from the beginning.
    @Test func aRelayEndsWithItsInput() {
        let relay = RelayUnderTest(unstarted: ())
        relay.configure(CommandLineTests.alone)
        let run = CommandLineTests.run(["run", "--until-input-ends", "--config", "\(relay.folder.path)/fairlead.toml"])
        #expect(run.exit == 0 && run.errors.contains("ready") && run.errors.contains("stopped"), "\(run)")
    }

    /// Somebody else on the machine, who can read the configuration.
    @Test func whoMayNotAskIsRefused() {
        guard geteuid() == 0 else { return announce("skipped: only root can become somebody else") }
        let relay = RelayUnderTest(CommandLineTests.alone)
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        chmod(relay.folder.path, 0o755)
        chmod("\(relay.folder.path)/fairlead.toml", 0o644)
        let program = "\(relay.folder.path)/program"
        // Where they can reach it.
        #expect(ChildProcess("/bin/cp", ["\(ChildProcess.folder)/fairlead", program]).wait() == 0 && chmod(program, 0o755) == 0)
        for command in [["status"], ["check", "--journal"], ["restore", "/nonexistent"]] {
            let words = command + ["--config", "\(relay.folder.path)/fairlead.toml"]
            let run = CommandLineTests.run(
                ["--reuid=65534", "--regid=65534", "--clear-groups", program] + words, program: "/usr/bin/setpriv")
            #expect(run.exit == 5 && run.errors.hasPrefix("fairlead: not allowed: "), "\(command): \(run)")
        }
        #expect(relay.stop() == 0)
    }

    @Test func anInviteThatIsNoGoodSaysWhyAndHowToGoOn() throws {
        let port = freePort()
        let west = RelayUnderTest("advertise = [\"127.0.0.1:\(port)\"]\nlisten = [\"127.0.0.1:\(port)\"]")
        let (east, third) = (RelayUnderTest(""), RelayUnderTest(""))
        #expect(west.waitForLog("ready") && east.waitForLog("ready") && third.waitForLog("ready"))
        let code = String(west.command("link", "invite", "partner").output.dropLast())
        let config = { (relay: RelayUnderTest) in ["--config", "\(relay.folder.path)/fairlead.toml"] }
        let old = CommandLineTests.run(["link", "accept", try CommandLineTests.expired(code)] + config(east))
        #expect(
            old.exit == 5 && old.errors.contains("the invite expired at 2001-09-09T01:46:40Z: ask the other side for a new one"), "\(old)")
        #expect(east.command("link", "accept", code, "--as", "west").exit == 0, "\(west.log)")
        #expect(east.waitForLog("link up") && west.waitForLog("link up"), "\(east.log)")
        let again = CommandLineTests.run(["link", "accept", code] + config(east))
        #expect(again.exit == 5 && again.errors.contains("is the peer west already: nothing is left to do"), "\(again)")
        let used = CommandLineTests.run(["link", "accept", code] + config(third))
        #expect(used.exit == 5 && used.errors.contains("it was used") && used.errors.contains("fairlead link invite"), "\(used)")
        #expect(west.stop() == 0 && east.stop() == 0 && third.stop() == 0)
    }

    @Test func jsonHasKeysOfOneStyle() {
        let peer = "rfliqr3-4qq7jhz-dejunes-edponko-z6vtrni-xcbcnsk-3zhhvpj-uawcwqs"
        func configuration(_ peer: String, _ members: String) -> String {
            CommandLineTests.alone + peer + "[[bridge]]\nname = \"ops\"\njoin = [\"local:#ops\"\(members)]\n"
        }
        let relay = RelayUnderTest(
            configuration("[endpoint.other]\nkind = \"irc-listener\"\nlisten = \"127.0.0.1:0\"\n", ", \"other:#ops\""))
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        let said = relay.command("say", "ops", "hello", "--json").output
        let event = String(said.split(separator: "\"").dropFirst(3).first ?? "")
        // A peer that is there from the beginning would be awaited before.
        relay.configure(configuration("[peer.far]\nid = \"\(peer)\"\n", ", \"far:ops\""))
        relay.reload()
        #expect(relay.waitForLog("reloaded"), "\(relay.log)")
        var keys: Set<String> = []
        for words in [["status"], ["link", "list"], ["link", "offers"], ["trace", event], ["bounces", "list"]] {
            let run = CommandLineTests.run(words + ["--json", "--config", "\(relay.folder.path)/fairlead.toml"])
            #expect(run.exit == 0, "\(words): \(run)")
            let pieces = run.output.split(separator: "\"", omittingEmptySubsequences: false)
            for (piece, next) in zip(pieces, pieces.dropFirst()) where next.hasPrefix(":") { keys.insert(String(piece)) }
        }
        #expect(keys.isSuperset(of: ["is_up", "is_below", "is_given_back", "peers_not_awaited", "carried"]), "\(keys.sorted())")
        #expect(keys.allSatisfy { $0.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 } }, "\(keys.sorted())")
        #expect(relay.stop() == 0)
    }

    /// Every sentence, done and refused. What is the same in every language on purpose: heads of tables, states, kinds, usage.
    @Test func whoWantsGermanReadsNoEnglish() throws {
        let relay = RelayUnderTest(CommandLineTests.alone + bridge("ops", "local:#a", "local:#b"), language: "de")
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        let (folder, config) = (TemporaryFolder(), ["--config", "\(relay.folder.path)/fairlead.toml"])
        let backup = "\(folder.path)/backup"
        func expect(_ words: [String], _ exit: Int32, _ answer: String) {
            let run = CommandLineTests.run(words + config)
            let lines = (run.errors + run.output).split(separator: "\n").filter { !$0.hasPrefix("expected: ") && !$0.hasPrefix("more: ") }
            let text = lines.joined(separator: "\n").replacing("read from the journal", with: "")
            #expect(run.exit == exit && text.contains(answer), "\(words): \(run)")
            let all = Set(text.split { !$0.isLetter }.map(String.init))
            #expect(all.isDisjoint(with: CommandLineTests.english), "\(words): \(all.intersection(CommandLineTests.english)) in \(text)")
        }
        let said = relay.command("say", "ops", "hallo").output
        let event = said.split(separator: " ").last.map { String($0.dropLast()) } ?? ""
        #expect(said.hasPrefix("gesagt als Ereignis "), "\(said)")
        expect(["trace", event], 0, "Ereignis \(event), posted von operator in der Brücke ops\nentstanden hier, gesagt 20")
        expect(["trace", "aaaaaaaaaaaaa.1"], 1, "kein Ereignis aaaaaaaaaaaaa.1")
        expect(["trace", "nonsense"], 2, "„nonsense“ bezeichnet kein Ereignis")
        expect(["bounces", "list"], 0, "nichts war unzustellbar")
        expect(["bounces", "retry", "--all"], 0, "nichts ist erneut zuzustellen")
        expect(["bounces", "drop", "x"], 2, "„x“ ist keine Nummer eines Eintrags der Liste")
        expect(["say", "opps", "hallo"], 2, "es gibt keine Brücke opps; meinst du ops?")
        expect(["bridge", "pause", "opps"], 2, "es gibt keine Brücke opps; meinst du ops?")
        expect(["bridge", "pause", "ops"], 0, "")
        expect(["status"], 0, "gestartet 20")
        expect(["status"], 0, "paused seit 20")
        expect(["link", "accept", "fl1aaaa"], 2, "das ist kein Code einer Einladung")
        expect(["link", "invite", "far"], 5, "niemand könnte dieses Relay erreichen")
        expect(["link", "invite", "local"], 5, "es gibt schon eine Gegenstelle oder einen Endpunkt local")
        expect(["link", "revoke", "far"], 2, "es gibt keine Gegenstelle „far“")
        expect(["backup", backup], 0, "eine Kopie von Journal, Identität und Geheimnis")
        expect(["backup", backup], 5, "erwartet ist ein leerer Ordner")
        expect(["restore", backup], 5, "läuft ein Relay: halte es vorher an")
        expect(["check", "--journal"], 5, "läuft ein Relay: halte es an")
        #expect(relay.stop() == 0)
        expect(["status"], 4, "antwortet kein Relay")
        expect(["restore", "/nonexistent"], 1, "in /nonexistent ist keine Sicherung: ")
        try Files.remove("\(backup)/journal.sqlite")
        expect(["restore", backup], 1, "in \(backup) ist keine Sicherung: journal.sqlite fehlt")
        expect(["check", "--journal"], 0, "kein Fehler gefunden")
        Files.removeAll(backup)
    }

    /// Words that stand in nearly every English sentence, and in no German one.
    private static let english: Set = [
        "the", "of", "by", "at", "is", "it", "and", "to", "from", "with", "has", "not", "no", "there", "that", "said", "born", "since",
        "nothing",
    ]

    /// A relay that needs nobody.
    private static let alone = "[endpoint.local]\nkind = \"irc-listener\"\nlisten = \"127.0.0.1:0\"\n"

    /// An invite whose time was over long ago (docs/protocol.md section 10).
    private static func expired(_ code: String) throws -> String {
        var bytes = Array(try #require(Base32.decode(code.dropFirst(3))).dropLast(4))
        bytes.replaceSubrange(48..<52, with: [0x3B, 0x9A, 0xCA, 0x00])
        return "fl1" + Base32.encode(bytes + SHA256.digest(bytes).prefix(4))
    }

    static func run(_ words: [String], program: String = "fairlead") -> (output: String, errors: String, exit: Int32) {
        let scratch = TemporaryFolder()
        let file = "\(scratch.path)/errors"
        // Nothing is typed.
        let path = program.hasPrefix("/") ? program : "\(ChildProcess.folder)/\(program)"
        let process = ChildProcess("/bin/sh", ["-c", "exec \"$0\" \"$@\" </dev/null", path] + words, errorsTo: file)
        var output = ""
        while let line = process.line() { output += line + "\n" }
        let exit = process.wait()
        return (output, ForeignServer.text(of: file), exit)
    }
}
