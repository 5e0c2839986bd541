import Glibc
import IO
import Support
import Testing

/// The configuration is read again while people talk.
@Suite(.serialized) struct ReloadTests {
    @Test func whatDidNotChangeGoesOnUndisturbed() throws {
        let (ng, insp, other) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd), ForeignServer(.ngIRCd))
        let talk = Conversation(
            IRCProbe(ng, "anna", join: ["#a", "#c", "#e"]), "#a", IRCProbe(insp, "bob", join: ["#b", "#d", "#f"]), "#b")
        let both = endpoint("ng", ng.port) + endpoint("insp", insp.port)
        let third = endpoint("third", other.port)
        let ops = bridge("ops", "ng:#a", "insp:#b")
        let spare = bridge("spare", "ng:#c", "insp:#d")
        let late = bridge("late", "ng:#e", "insp:#f")
        let relay = RelayUnderTest(both + ops + spare)
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        talk.listen(milliseconds: 500)
        let before = (talk.comingsAndGoings(talk.left.probe).count, talk.comingsAndGoings(talk.right.probe).count)

        func reload(_ configuration: String, until words: String, times: Int) throws {
            relay.configure(configuration)
            talk.go(left: 5, right: 5)
            relay.reload()
            try #require(talk.goOn { relay.log.ranges(of: words).count >= times }, "\(words): \(relay.log.suffix(3000))")
            talk.go(left: 5, right: 5)
        }

        // A bridge is added.
        try reload(both + ops + spare + late, until: "connected to a channel", times: 6)
        talk.left.probe.say("early bird", in: "#e")
        #expect(talk.right.probe.sees("<a\u{2060}nna> early bird", in: "#f"), "\(relay.log)")
        // A bridge is removed.
        try reload(both + ops + late, until: "reloaded", times: 2)
        #expect(
            talk.left.probe.wait(seconds: 5) { $0.contains { $0.hasPrefix(":fairlead") && $0.contains(" PART ") && $0.contains("#c") } })
        talk.left.probe.say("nobody hears this", in: "#c")
        // An endpoint is added, and a member of an existing bridge with it.
        let carol = IRCProbe(other, "carol", join: ["#g"])
        try reload(both + third + bridge("ops", "ng:#a", "insp:#b", "third:#g") + late, until: "connected to a channel", times: 7)
        carol.say("hello from the third", in: "#g")
        #expect(talk.left.probe.sees("<c\u{2060}arol> hello from the third", in: "#a"), "\(relay.log)")
        // A faulty file changes nothing.
        try reload(both + ops + bridge("late", "ng:#e", "nowhere:#f"), until: "the old one stays in force", times: 1)
        #expect(relay.log.contains("there is no endpoint"))
        talk.left.probe.say("still three", in: "#a")
        #expect(carol.sees("<a\u{2060}nna> still three", in: "#g"))
        // The channels of a bridge are spelled otherwise: they are what they were.
        try reload(both + third + bridge("ops", "ng:#A", "insp:#B", "third:#G") + late, until: "reloaded", times: 4)
        // The endpoint is removed.
        try reload(both + ops + late, until: "reloaded", times: 5)
        #expect(carol.wait(seconds: 10) { $0.contains { $0.hasPrefix(":fairlead") && $0.contains(" QUIT ") } }, "\(relay.log)")

        talk.settle()
        announce("reload: to InspIRCd: \(talk.toRight); to ngIRCd: \(talk.toLeft)")
        for tally in [talk.toRight, talk.toLeft] {
            #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(relay.log)")
        }
        // In the two channels that were there all the time, the bot has neither come nor gone.
        for (probe, channel, count) in [(talk.left.probe, "#a", before.0), (talk.right.probe, "#b", before.1)] {
            let since = talk.comingsAndGoings(probe).dropFirst(count)
            #expect(!since.contains { $0.contains(" QUIT ") || $0.contains(channel) }, "\(since)")
        }
        #expect(!talk.right.probe.said(in: "#d").contains { $0.text.contains("nobody hears this") })
        #expect(relay.stop() == 0)
    }

    /// What is said while a channel is in no bridge stays there, though its server has it in its history: over reloads and over restarts.
    @Test(arguments: [false, true]) func aChannelThatIsPutBackBeginsAnew(isRestarted: Bool) throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a", "#c"]), "#a", IRCProbe(insp, "bob", join: ["#b", "#d"]), "#b")
        let both = endpoint("ng", ng.port) + endpoint("insp", insp.port)
        let (ops, spare) = (bridge("ops", "ng:#a", "insp:#b"), bridge("spare", "ng:#c", "insp:#d"))
        let relay = RelayUnderTest(both + ops + spare)
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        func change(to configuration: String, times: Int) throws {
            let after = relay.log.count
            if isRestarted { #expect(relay.stop() == 0) }
            relay.configure(configuration)
            if isRestarted { relay.start() } else { relay.reload() }
            let words = isRestarted ? "connected to a channel" : "reloaded"
            try #require(relay.waits { $0.dropFirst(after).ranges(of: words).count >= (isRestarted ? times : 1) }, "\(relay.log)")
        }
        talk.right.probe.say("shared", in: "#b")
        #expect(talk.left.probe.sees("<b\u{2060}ob> shared", in: "#a"), "\(relay.log)")
        try change(to: both + spare, times: 2)
        talk.right.probe.say("among ourselves", in: "#b")
        #expect(talk.right.probe.wait(seconds: 5) { _ in true })
        talk.right.probe.say("still bridged", in: "#d")
        #expect(talk.left.probe.sees("<b\u{2060}ob> still bridged", in: "#c"), "\(relay.log)")
        let before = relay.log.count
        try change(to: both + ops + spare, times: 4)
        let connected = { relay.log.dropFirst(before).ranges(of: "connected to a channel").count }
        try #require(relay.waits { _ in connected() >= (isRestarted ? 4 : 2) }, "\(relay.log)")
        talk.right.probe.say("shared again", in: "#b")
        #expect(talk.left.probe.sees("<b\u{2060}ob> shared again", in: "#a"), "\(relay.log)")
        let seen = talk.left.probe.said(in: "#a").map(\.text)
        #expect(!seen.contains { $0.contains("among ourselves") || $0.contains("may be missing") }, "\(seen)")
        #expect(seen.count { $0.contains("ob> shared") } == 2)
        #expect(relay.stop() == 0)
    }

    /// A channel that goes from one bridge to another is not left.
    @Test func aChannelThatChangesItsBridgeIsServedOn() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a", "#c"]), "#a", IRCProbe(insp, "bob", join: ["#b", "#d"]), "#b")
        let both = endpoint("ng", ng.port) + endpoint("insp", insp.port)
        let relay = RelayUnderTest(both + bridge("one", "ng:#a", "insp:#b"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        talk.left.probe.say("in the first bridge", in: "#a")
        #expect(talk.right.probe.sees("<a\u{2060}nna> in the first bridge", in: "#b"))
        relay.configure(both + bridge("two", "ng:#a", "insp:#d"))
        relay.reload()
        try #require(relay.waitForLog("connected to a channel", times: 4), "\(relay.log)")
        talk.left.probe.say("in the second bridge", in: "#a")
        talk.right.probe.say("back", in: "#d")
        #expect(talk.right.probe.sees("<a\u{2060}nna> in the second bridge", in: "#d"), "\(relay.log)")
        #expect(talk.left.probe.sees("<b\u{2060}ob> back", in: "#a"), "\(relay.log)")
        #expect(!talk.right.probe.said(in: "#d").contains { $0.text.contains("first bridge") })
        #expect(!talk.comingsAndGoings(talk.left.probe).contains { $0.contains(" PART ") })
        #expect(relay.stop() == 0)
    }
}

/// How a relay starts and ends.
@Suite(.serialized) struct RelayLifeTests {
    /// An administrator's stop: what is under way is waited for. ngIRCd's speaker pauses meanwhile, as nobody keeps what she says.
    @Test func endedAndStartedAgainWhileLinesAreUnderWay() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let talk = Conversation(IRCProbe(ng, "anna", join: ["#a"]), "#a", IRCProbe(insp, "bob", join: ["#b"]), "#b")
        let relay = RelayUnderTest(between(ng, insp))
        let rounds = testRounds(3)
        for round in 1...rounds {
            try #require(relay.waitForLog("connected to a channel", times: 2 * round), "\(relay.log)")
            talk.go(left: 40, right: 0)
            for _ in 0..<50 {
                talk.go(left: 0, right: 3)
                usleep(20_000)
            }
            talk.go(left: 0, right: 200)
            #expect(relay.stop() == 0, "\(relay.log)")
            talk.go(left: 0, right: 20)
            relay.start()
        }
        try #require(relay.waitForLog("connected to a channel", times: 2 * rounds + 2), "\(relay.log)")
        talk.settle(seconds: 60)
        announce("stopped \(rounds) times: to InspIRCd: \(talk.toRight); to ngIRCd: \(talk.toLeft)")
        for tally in [talk.toRight, talk.toLeft] {
            #expect(tally.lost == 0 && tally.twice == 0 && tally.outOfOrder == 0, "\(tally) \(relay.log)")
        }
        #expect(relay.stop() == 0)
    }

    @Test func aServerThatIsDownAtTheStartStopsNobody() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let other = ForeignServer(.ngIRCd)
        insp.stop()
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let carol = IRCProbe(other, "carol", join: ["#c"])
        let relay = RelayUnderTest(
            endpoint("ng", ng.port) + endpoint("insp", insp.port) + endpoint("other", other.port)
                + bridge("ops", "ng:#a", "insp:#b", "other:#c"))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        #expect(relay.waitForLog("connection refused") || relay.waitForLog("Connection refused"), "\(relay.log)")
        anna.say("is anybody there?", in: "#a")
        #expect(carol.sees("<a\u{2060}nna> is anybody there?", in: "#c"), "\(relay.log)")
        insp.start()
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        #expect(bob.sees("<a\u{2060}nna> is anybody there?", in: "#b", seconds: 60), "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    /// Who is still connecting, to a server that swallows packets or one that says nothing, is not waited for.
    @Test(arguments: SilentPort.Manner.allCases)
    func stoppedWhileItConnects(_ manner: SilentPort.Manner) throws {
        let (server, peer) = (SilentPort(manner), SilentPort(manner))
        defer {
            server.close()
            peer.close()
        }
        let id = "rfliqr3-4qq7jhz-dejunes-edponko-z6vtrni-xcbcnsk-3zhhvpj-uawcwqs"
        let relay = RelayUnderTest(
            endpoint("plain", 1) + endpoint("silent", server.port, "tls = true")
                + "[peer.east]\nid = \"\(id)\"\naddress = [\"127.0.0.1:\(peer.port)\"]\n"
                + bridge("ops", "plain:#a", "silent:#b", "east:ops"))
        // Nobody listens at the one that is no secret.
        try #require(relay.waitForLog("disconnected"), "\(relay.log)")
        // Both are on their way by now, for half a minute each if nobody stops them.
        usleep(500_000)
        let start = monotonicSeconds()
        #expect(relay.stop() == 0, "\(relay.log)")
        let took = monotonicSeconds() - start
        announce("stopped while connecting (\(manner)): after \(Int(took * 1000)) ms")
        #expect(took < 5, "\(relay.log)")
    }

    /// A name server that is silent holds up neither the end nor endpoints that don't need it.
    @Test func stoppedWhileItLooksUpNames() throws {
        guard let names = SilentNameServer() else { return announce("skipped: a silent name server needs root and mount namespaces") }
        let ng = ForeignServer(.ngIRCd)
        let relay = RelayUnderTest(unstarted: ())
        relay.configure(
            (1...4).map { endpoint("e\($0)", 6667, host: "irc\($0).fairlead.example") }.joined()
                + endpoint("there", ng.port, host: "localhost")
                + bridge("ops", "e1:#a", "e2:#b", "e3:#c", "e4:#d", "there:#e"))
        relay.start(askingOnly: names)
        try #require(relay.waitForLog("connected to a channel"), "\(relay.log)")
        #expect(names.hasBeenAsked, "\(relay.log)")
        let start = monotonicSeconds()
        #expect(relay.stop() == 0, "\(relay.log)")
        let took = monotonicSeconds() - start
        announce("stopped while looking up names: after \(Int(took * 1000)) ms")
        // One line of good-bye to the server that is there takes up to a second.
        #expect(took < 5, "\(relay.log)")
    }

    /// Nor is an invite's relay that does not answer.
    @Test(arguments: SilentPort.Manner.allCases)
    func stoppedWhileItAcceptsAnInvite(_ manner: SilentPort.Manner) throws {
        let silent = SilentPort(manner)
        defer { silent.close() }
        let (west, east) = (RelayUnderTest(""), RelayUnderTest(""))
        try #require(west.waitForLog("ready") && east.waitForLog("ready"))
        let code = String(west.command("link", "invite", "partner", "--address", "127.0.0.1:\(silent.port)").output.dropLast())
        let accepting = ChildProcess(
            "fairlead", ["link", "accept", code, "--config", "\(east.folder.path)/fairlead.toml"], errorsTo: "/dev/null")
        usleep(500_000)
        let start = monotonicSeconds()
        #expect(east.stop() == 0, "\(east.log)")
        let took = monotonicSeconds() - start
        announce("stopped while accepting an invite (\(manner)): after \(Int(took * 1000)) ms")
        #expect(took < 5, "\(east.log)")
        #expect(accepting.wait() != 0)
        #expect(west.stop() == 0)
    }

    @Test func aSecondRelayOnTheSameStateEndsAtOnceWithAWord() throws {
        let (ng, insp) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let relay = RelayUnderTest(between(ng, insp))
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        let (code, words) = RelayLifeTests.run("\(relay.folder.path)/fairlead.toml", in: relay.folder.path)
        #expect(code == 1 && words.contains("in use by another process"), "\(words)")
        #expect(relay.stop() == 0)
    }

    @Test func theStateIsItsOwnersAlone() {
        let relay = RelayUnderTest(endpoint("x", 1) + endpoint("y", 1) + bridge("ops", "x:#a", "y:#b"))
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        let state = "\(relay.folder.path)/state"
        let names = fileNames(in: state)
        #expect(Set(names).isSuperset(of: ["identity.pem", "epoch.secret", "journal.sqlite", "control"]), "\(names)")
        for path in [state] + names.map({ "\(state)/\($0)" }) {
            var known = stat()
            #expect(stat(path, &known) == 0 && known.st_mode & 0o077 == 0, "\(path): \(String(known.st_mode, radix: 8))")
        }
        #expect(relay.stop() == 0)
    }

    /// Only a relay that runs knows that a peer's id is its own.
    @Test func aRelayIsNoPeerOfItself() {
        let plain = endpoint("x", 1) + endpoint("y", 1) + bridge("ops", "x:#a", "y:#b")
        let relay = RelayUnderTest(plain)
        let id = relay.relayID
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        relay.configure("[peer.me]\nid = \"\(id)\"\n" + plain)
        relay.reload()
        #expect(relay.waitForLog("the old one stays in force"), "\(relay.log)")
        #expect(relay.log.contains("fairlead.toml:5:1: [peer.me] has the id of this relay itself"), "\(relay.log)")
        #expect(relay.stop() == 0)
        let started = RelayLifeTests.run("\(relay.folder.path)/fairlead.toml", in: relay.folder.path)
        #expect(started.code == 3 && started.words.contains("[peer.me] has the id of this relay itself"), "\(started)")
    }

    @Test func aStateThatCantBeUsedIsNamed() {
        let relay = RelayUnderTest(endpoint("x", 1) + endpoint("y", 1) + bridge("ops", "x:#a", "y:#b"))
        #expect(relay.waitForLog("ready"), "\(relay.log)")
        #expect(relay.command("say", "ops", "so that something is born").exit == 0, "\(relay.log)")
        #expect(relay.stop() == 0)
        let folder = relay.folder.path
        chmod("\(folder)/state/identity.pem", 0o644)
        let open = RelayLifeTests.run("\(folder)/fairlead.toml", in: folder)
        #expect(open.code == 3 && open.words.contains("identity.pem can be read by others; run: chmod 600"), "\(open)")
        chmod("\(folder)/state/identity.pem", 0o600)
        chmod("\(folder)/state", 0o770)
        let shared = RelayLifeTests.run("\(folder)/fairlead.toml", in: folder)
        #expect(shared.code == 3 && shared.words.contains("/state can be written by others; run: chmod 700 \(folder)/state"), "\(shared)")
        chmod("\(folder)/state", 0o750)
        relay.start()
        #expect(relay.waits { $0.ranges(of: " ready").count >= 2 }, "\(relay.log)")
        #expect(relay.stop() == 0)
        // Without the secret no epoch of the journal is this relay's own.
        rename("\(folder)/state/epoch.secret", "\(folder)/epoch.secret")
        let disowned = RelayLifeTests.run("\(folder)/fairlead.toml", in: folder)
        #expect(disowned.code == 1 && disowned.words.contains("epoch.secret is missing, and the journal can't be continued"), "\(disowned)")
        rename("\(folder)/epoch.secret", "\(folder)/state/epoch.secret")
        // Nor by another secret, which is refused for what it is.
        let secret = "\(folder)/state/epoch.secret"
        rename(secret, "\(folder)/epoch.secret")
        write([UInt8](repeating: 7, count: 32), to: secret)
        let another = RelayLifeTests.run("\(folder)/fairlead.toml", in: folder)
        #expect(
            another.code == 1 && another.words.contains("epoch.secret is not the one with which this journal was written"), "\(another)")
        rename("\(folder)/epoch.secret", secret)
        // A journal that is gone is not begun anew without a word.
        for suffix in ["", "-wal", "-shm"] { rename("\(folder)/state/journal.sqlite\(suffix)", "\(folder)/journal.sqlite\(suffix)") }
        relay.start()
        #expect(relay.waitForLog("there is a key but no journal"), "\(relay.log)")
        #expect(relay.waits { $0.ranges(of: " ready").count >= 3 }, "\(relay.log)")
        #expect(relay.stop() == 0)
        // A key may be given up by moving it away.
        rename("\(folder)/state/identity.pem", "\(folder)/identity.pem")
        relay.start()
        #expect(relay.waitForLog("a new identity was made beside a journal"), "\(relay.log)")
        #expect(relay.waits { $0.ranges(of: " ready").count >= 4 }, "\(relay.log)")
        #expect(relay.stop() == 0)
        relay.configure(endpoint("x", 1) + endpoint("y", 1) + bridge("ops", "x:#a", "y:#b"), state: "\(folder)/fairlead.toml/state")
        let misplaced = RelayLifeTests.run("\(folder)/fairlead.toml", in: folder)
        #expect(misplaced.code == 1 && misplaced.words.contains("the state folder can't be made"), "\(misplaced)")
    }

    private func write(_ bytes: [UInt8], to path: String) {
        let number = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        #expect(Glibc.write(number, bytes, bytes.count) == bytes.count)
        close(number)
    }

    private func monotonicSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private static func run(_ configuration: String, in folder: String) -> (code: Int32, words: String) {
        let log = "\(folder)/second.log"
        let code = ChildProcess("fairlead", ["run", "--config", configuration], errorsTo: log).wait()
        defer { unlink(log) }
        return (code, ForeignServer.text(of: log))
    }
}
