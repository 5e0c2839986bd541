import Glibc
import IO
import Support
import Testing

/// The demonstration leaves nothing behind, however it ends, and counts what it shows.
@Suite(.serialized) struct DemoTests {
    /// Twice in one folder: what the first one left makes room.
    @Test func aConversationIsPlayedAndCounted() {
        let scratch = TemporaryFolder()
        let folder = "\(scratch.path)/a \"demo\""
        defer { Files.removeAll(folder) }
        for round in 1...2 {
            let demo = DemoUnderTest(["--once", "--dir", folder])
            let (lines, exit) = demo.end()
            #expect(exit == 0, "\(demo.shown)")
            #expect(lines.last == "demo: sent 206, arrived 206, lost 0, twice 0, out of order 0", "\(lines.suffix(3)) \(demo.shown)")
            #expect(lines.contains("reactions seen at north: 1, at south: 1"), "\(lines.suffix(3))")
            #expect(demo.shown.contains("\(folder)/north: of an earlier demo; it makes room") == (round == 2), "\(demo.shown)")
            #expect(Set(fileNames(in: folder)).isSuperset(of: ["north", "south", "mail"]) && DemoUnderTest.relays(in: folder) == 0)
        }
    }

    @Test func onlyADemonstrationsOwnFolderIsUsed() {
        let scratch = TemporaryFolder()
        #expect(mkdir("\(scratch.path)/mail", 0o700) == 0)
        let refused = DemoUnderTest(["--once", "--dir", scratch.path])
        #expect(refused.end().exit == 5 && refused.shown.contains("\(scratch.path) has mail in it"), "\(refused.shown)")
        #expect(fileNames(in: scratch.path) == ["mail"])
        let folder = "\(scratch.path)/mail"
        defer { Files.removeAll(folder) }
        let first = DemoUnderTest(["--dir", folder])
        #expect(first.shows("two relays start in \(folder)"), "\(first.shown)")
        let second = DemoUnderTest(["--dir", folder])
        #expect(second.end().exit == 5 && second.shown.contains("another demo runs in \(folder)"), "\(second.shown)")
        first.signal(SIGTERM)
        #expect(first.end().exit == 143 && DemoUnderTest.relays(in: folder) == 0, "\(first.shown)")
    }

    /// At its beginning, and while a relay is away.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP], ["two relays start in ", "south's relay is killed now"])
    func aSignalEndsTheConversationAndLeavesNothing(_ signal: Int32, _ moment: String) {
        let demo = DemoUnderTest()
        #expect(demo.shows(moment), "\(demo.shown)")
        let folder = demo.folder
        demo.signal(signal)
        #expect(demo.end().exit == 128 + signal, "\(demo.shown)")
        #expect(folder.hasPrefix("/tmp/") && DemoUnderTest.relays(in: folder) == 0 && !Files.exists(folder), "\(folder) \(demo.shown)")
    }

    /// Ctrl-C reaches the relays too.
    @Test func ctrlCEndsAConversation() {
        let demo = DemoUnderTest(["--once"], onTerminal: true)
        #expect(demo.shows("south's relay is killed now"), "\(demo.shown)")
        let folder = demo.folder
        demo.type(3)
        #expect(demo.end().exit == 130, "\(demo.shown)")
        #expect(DemoUnderTest.relays(in: folder) == 0 && !Files.exists(folder), "\(folder) \(demo.shown)")
    }

    @Test func noRelayOutlivesADemonstrationThatIsKilled() {
        let demo = DemoUnderTest()
        #expect(demo.shows("south accepts"), "\(demo.shown)")
        let folder = demo.folder
        #expect(DemoUnderTest.relays(in: folder) == 2)
        demo.signal(SIGKILL)
        #expect(demo.end().exit == -SIGKILL)
        #expect(DemoUnderTest.runs(0, in: folder))
        Files.removeAll(folder)
    }

    /// Somebody who looks on, joins by the instructions, and presses Ctrl-C.
    @Test func atATerminalEverythingThatPassesIsShown() throws {
        let demo = DemoUnderTest(onTerminal: true)
        let (north, south) = (try #require(demo.port(of: "north"), "\(demo.shown)"), try #require(demo.port(of: "south")))
        let folder = demo.folder
        let anna = IRCProbe(north, "north", "anna", capabilities: "message-tags echo-message", join: ["#ops"])
        let bob = IRCProbe(south, "south", "bob", capabilities: "message-tags", join: ["#ops"])
        // It looks on from some moment on.
        var said = 0
        repeat {
            said += 1
            anna.say("can you see \(said)?", in: "#ops")
        } while !demo.shows("north  anna: can you see \(said)?", seconds: 1) && said < 60
        let heard = bob.wait(seconds: 20) { $0.last?.hasSuffix("can you see \(said)?") == true }
        #expect(heard, "\(bob.lines) \(demo.shown)")
        let line = bob.lines.last { $0.contains("can you see") } ?? ""
        let id = line.split { ";@ ".contains($0) }.first { $0.hasPrefix("msgid=") }?.dropFirst("msgid=".count) ?? ""
        bob.send("@+draft/reply=\(id);+draft/react=👍 TAGMSG #ops", "TOPIC #ops :What we do", "PRIVMSG #ops :\u{2}bold\u{2}")
        #expect(demo.shows("south  bob (reacted): 👍"), "\(demo.shown)")
        #expect(demo.shows("south  bob (topic): What we do"), "\(demo.shown)")
        #expect(demo.shows("south  bob: bold"), "\(demo.shown)")
        demo.type(3)
        #expect(demo.end().exit == 0, "\(demo.shown)")
        #expect(DemoUnderTest.relays(in: folder) == 0 && !Files.exists(folder), "\(demo.shown)")
    }

    /// The terminal goes away: script(1), which holds its other side, is killed.
    @Test func aTerminalThatIsClosedLeavesNothing() throws {
        let demo = DemoUnderTest(onTerminal: true)
        _ = try #require(demo.port(of: "north"), "\(demo.shown)")
        let folder = demo.folder
        #expect(DemoUnderTest.relays(in: folder) == 2)
        demo.signal(SIGKILL)
        #expect(DemoUnderTest.runs(0, in: folder))
        for _ in 0..<200 where Files.exists(folder) { usleep(50_000) }
        #expect(!Files.exists(folder))
    }
}
