import Base
import Core
import Daemon
import Model
import Simulation
import Support
import Testing
import WireIRC

@testable import EndpointIRC

/// How a channel is read to its head on servers that Debian does not have.
@Suite struct HistoryReadingTests {
    @Test func pagesByMessageUntilNothingIsLeft() {
        let story = Story()
        story.server.say("before the first join")
        story.runs(seconds: 5)
        story.server.say("live 1")
        story.runs(seconds: 5)
        story.disconnects { server in for number in 2...11 { server.say("missed \(number)") } }
        #expect(story.texts == ["live 1"] + (2...11).map { "missed \($0)" })
        #expect(
            story.server.historyAsked == [
                "CHATHISTORY AFTER #a msgid=m2 3", "CHATHISTORY AFTER #a msgid=m5 3", "CHATHISTORY AFTER #a msgid=m8 3",
                "CHATHISTORY AFTER #a msgid=m11 3", "CHATHISTORY AFTER #a msgid=m12 3",
            ])
        #expect(story.connections.map(\.partsInFlight) == [256, 256])
    }

    /// What is said while pages are read comes both ways, and is taken in once and in order.
    @Test(arguments: [true, false])
    func linesThatComeWhilePagesAreRead(_ hasIDs: Bool) {
        let story = Story()
        story.server.hasIDs = hasIDs
        story.runs(seconds: 5)
        story.server.say("live 1")
        story.runs(seconds: 5)
        story.server.beforePage = { [server = story.server] page in if page < 3 { server.say("during \(page)", after: 100) } }
        story.disconnects { server in for number in 2...8 { server.say("missed \(number)") } }
        let expected = ["live 1"] + (2...8).map { "missed \($0)" } + (0...2).map { "during \($0)" }
        #expect(story.texts == expected, "\(story.server.historyAsked)")
    }

    /// What was said before the first joining is not read later, and what was missed is, though this machine's clock is years off.
    @Test(arguments: [0, 1_000_000_000, 3_000_000_000]) func aWrongClockReadsNeitherTooMuchNorTooLittle(calendar: UInt64) {
        let story = Story()
        story.world.calendar = calendar
        story.server.tellsTime = true
        story.server.say("before the first join")
        story.server.now += 5000
        story.runs(seconds: 5)
        story.disconnects { $0.say("missed") }
        #expect(story.texts == ["missed"])
    }

    /// A machine without a battery clock begins in 1970, and a server can be silent for longer than that.
    @Test func aConnectionEndsInTheFirstMinuteOf1970() {
        let story = Story()
        story.world.calendar = 0
        story.server.capabilities = []
        story.runs(seconds: 40)
        // Its clock is set back below the silence: as young as a clock can be.
        story.world.calendar = 0 &- story.world.now.nanoseconds / 1_000_000_000
        story.disconnects { _ in }
        #expect(story.server.connects == 2)
        #expect(story.disconnections == 1)
    }

    /// A server is read no further while the journal takes nothing in: what waits has a bound, and everything comes in the end.
    @Test func nothingMoreIsReadWhileTheEngineWaits() {
        let story = Story()
        story.runs(seconds: 5)
        story.hold(true)
        let count = 20_000
        for number in 1...count {
            story.server.say("line \(number)", after: 1)
            if number % 500 == 0 { story.runs(seconds: 1) }
        }
        // A line is about 100 bytes here: four thousand wait, as many are being handed over, the rest is not read.
        #expect(story.unread > 1_000_000, "\(story.unread) bytes")
        #expect(story.texts.isEmpty)
        story.hold(false)
        story.runs(seconds: 20)
        #expect(story.unread == 0)
        #expect(story.texts == (1...count).map { "line \($0)" })
    }

    /// The end of a connection is noticed, and another one begins, while the engine waits (for room, or for a peer's word); what was read
    /// outlives it, and comes once and in order with what the next one reads. The channel is connected when that has been taken in, once.
    @Test(arguments: [true, false], [true, false])
    func connectionsComeAndGoWhileTheEngineWaits(_ hasHistory: Bool, _ hasIDs: Bool) {
        let story = Story()
        story.server.hasIDs = hasIDs
        if !hasHistory { story.server.capabilities = ["server-time"] }
        story.runs(seconds: 5)
        story.server.say("live 1")
        story.runs(seconds: 5)
        story.hold(true)
        for number in 2...4 { story.server.say("live \(number)") }
        story.runs(seconds: 5)
        for round in 1...3 {
            story.disconnects { server in if hasHistory { server.say("missed \(round)") } else { server.now += 500 } }
            story.server.say("then \(round)")
            story.runs(seconds: 5)
            #expect(story.disconnections == round && story.server.connects == round + 1)
        }
        #expect(story.texts == ["live 1"] && story.connections.count == 1)
        story.hold(false)
        story.runs(seconds: 5)
        let later = (1...3).flatMap { hasHistory ? ["missed \($0)", "then \($0)"] : ["then \($0)"] }
        let texts = story.texts.filter { !$0.contains("may be missing") }
        #expect(texts == (1...4).map { "live \($0)" } + later, "\(story.texts)")
        #expect(story.connections.count == 2 && story.disconnections == 3)
        story.server.say("and on")
        story.runs(seconds: 5)
        #expect(story.texts.last == "and on")
    }

    /// A server that is not read any more is not answered either: the relay gives the connection up, begins no other one that it could not
    /// read, and is back as soon as there is room.
    @Test func aConnectionThatIsNotReadIsGivenUp() {
        let story = Story()
        story.runs(seconds: 5)
        story.hold(true)
        let count = 12_000
        for number in 1...count {
            story.server.say("line \(number)", after: 1)
            if number % 500 == 0 { story.runs(seconds: 1) }
        }
        #expect(story.unread > 0)
        story.runs(seconds: 600)
        #expect(story.disconnections == 1 && story.server.connects == 1)
        story.hold(false)
        story.server.pageLimit = 100
        story.runs(seconds: 30)
        #expect(story.server.connects == 2 && story.connections.count == 2)
        #expect(story.texts == (1...count).map { "line \($0)" })
    }

    /// A server that asks and does not read the answers is not read either, and given up after a while; one that reads them again gets all.
    @Test(arguments: [true, false])
    func answersThatNobodyReads(_ readsLater: Bool) {
        let story = Story()
        story.runs(seconds: 5)
        let stream = story.server.stream!
        let before = story.server.received.count
        let pings = 100_000
        story.world.running(story.host) {
            stream.isDeaf = true
            for number in 1...pings { stream.arrive([UInt8]("PING :\(number)\r\n".utf8)) }
        }
        story.runs(seconds: 20)
        // Two times 256 KiB of answers at most wait here, and what one read brought: as much has been read.
        #expect(stream.arrived.count > pings * 12 - 3 * (256 << 10), "\(stream.arrived.count)")
        #expect(story.disconnections == 0)
        guard readsLater else {
            story.runs(seconds: 120)
            #expect(story.disconnections == 1 && story.server.connects == 2 && story.connections.count == 2)
            return
        }
        story.world.running(story.host) { stream.isDeaf = false }
        story.runs(seconds: 5)
        #expect(story.server.received[before...].filter { $0.hasPrefix("PONG ") }.count == pings && story.disconnections == 0)
    }

    /// Long lines fill what may be held long before their number does: while the engine waits, and while history is read.
    @Test(arguments: [true, false])
    func longLinesHaveABound(_ isCatchingUp: Bool) {
        let story = Story()
        if isCatchingUp {
            story.server.answersHistory = false
            story.runs(seconds: 5)
            story.server.say("live")
            story.disconnects { _ in }
        } else {
            story.runs(seconds: 5)
            story.hold(true)
        }
        let words = String(repeating: "a", count: 15_000)
        for number in 1...2000 {
            story.server.say("\(number) \(words)", after: 1)
            if number % 100 == 0 { story.runs(seconds: 1) }
        }
        if isCatchingUp {
            #expect(story.server.connects > 2 && story.texts == ["live"])
        } else {
            // Twice 8 MiB, being handed over and waiting; the rest is not read.
            #expect(story.unread > 2000 * 15_000 - (18 << 20), "\(story.unread)")
        }
    }

    /// What a connection that is gone still had to say, that its channels can be written to, is not told when the engine waits no longer.
    @Test func theEngineIsNotToldOfAConnectionThatIsGone() {
        let story = Story()
        story.hold(true)
        story.runs(seconds: 5)
        story.disconnects { _ in }
        story.server.answers = false
        story.disconnects { _ in }
        story.hold(false)
        story.runs(seconds: 5)
        #expect(story.connections.isEmpty && story.server.connects == 3)
    }

    /// The same words of the same person within a second are counted, not taken for one another.
    @Test func sameWordsWithoutIDs() {
        let story = Story()
        story.server.hasIDs = false
        story.runs(seconds: 5)
        for _ in 0..<3 { story.server.say("ha", after: 10) }
        story.runs(seconds: 5)
        story.disconnects { server in
            server.say("ho", after: 1000)
            for _ in 0..<5 { server.say("ho", after: 10) }
        }
        #expect(story.texts == ["ha", "ha", "ha", "ho", "ho", "ho", "ho", "ho", "ho"], "\(story.server.historyAsked)")
    }

    /// A topic that a person sets is told once, with who and when, also if it was set while the relay was away; one that a server tells at
    /// joining or sets by itself is not, and none is taken for a message of the same words.
    @Test(arguments: [true, false])
    func topicsAreToldOnce(_ hasIDs: Bool) {
        let story = Story()
        story.server.hasIDs = hasIDs
        story.server.setTopic("from before")
        story.runs(seconds: 5)
        story.server.setTopic("\u{2}live\u{2} one", by: "bob")
        story.server.setTopic("agreed on", by: "hub.example")
        story.runs(seconds: 5)
        story.disconnects { server in
            server.setTopic("missed")
            server.say("missed", after: 10)
            server.setTopic(String(repeating: "ä", count: 200))
            server.setTopic("")
        }
        story.disconnects { _ in }
        typealias Topic = ScriptedPort.Topic
        let start: UInt64 = 1_795_000_000
        #expect(
            story.topics == [
                Topic(text: "live one", by: "bob", at: start + 2), Topic(text: "missed", by: "anna", at: start + 4),
                Topic(text: String(repeating: "ä", count: 128), by: "anna", at: start + 5), Topic(text: "", by: "anna", at: start + 6),
            ])
        #expect(story.texts == ["missed"])
    }

    /// Where history holds no topics, none is a place in it.
    @Test func aTopicThatHistoryDoesNotKnow() {
        let story = Story()
        story.server.keepsTopics = false
        story.runs(seconds: 5)
        story.server.say("live")
        story.server.setTopic("plan A")
        story.runs(seconds: 5)
        story.disconnects { server in
            server.setTopic("plan B")
            server.say("missed")
        }
        #expect(story.topics.map(\.text) == ["plan A"] && story.texts == ["live", "missed"])
        #expect(story.server.historyAsked.first == "CHATHISTORY AFTER #a msgid=m1 3", "\(story.server.historyAsked)")
    }

    @Test func aMessageThatTheServerDoesNotKnowAnyMore() {
        let story = Story()
        story.runs(seconds: 5)
        story.server.say("live 1")
        story.runs(seconds: 5)
        story.server.knowsIDs = false
        story.server.beforePage = { [server = story.server] page in server.knowsIDs = page > 0 }
        story.disconnects { server in for number in 2...6 { server.say("missed \(number)") } }
        #expect(story.texts == ["live 1"] + (2...6).map { "missed \($0)" }, "\(story.server.historyAsked)")
        #expect(story.server.historyAsked[1] == "CHATHISTORY AFTER #a timestamp=\(ServerTime.text(1_795_000_000_999)) 3")
    }

    @Test func aServerThatNeverAnswers() {
        let story = Story()
        story.runs(seconds: 5)
        story.server.say("live 1")
        story.runs(seconds: 5)
        story.server.answersHistory = false
        story.disconnects { server in server.say("missed 2") }
        story.server.say("live 3")
        story.runs(seconds: 200)
        // Told as a gap, and the channel is served.
        #expect(story.texts.count == 3 && story.texts[1].contains("may be missing here") && story.texts[2] == "live 3", "\(story.texts)")
        #expect(story.connections.count == 2)
    }

    /// Lines played outside a batch can't be told from new ones: none is taken in, and none of what follows is lost.
    @Test func playedAgainWithoutABatch() {
        let story = Story()
        story.server.capabilities = ["server-time"]
        story.server.hasIDs = false
        story.runs(seconds: 5)
        story.server.playsAtJoin = false
        story.server.say("live 1")
        story.runs(seconds: 5)
        story.disconnects { server in server.say("missed 2") }
        story.server.say("live 3")
        story.runs(seconds: 5)
        #expect(story.texts.first == "live 1" && story.texts.last == "live 3")
        #expect(story.texts.filter { !$0.contains("may be missing") } == ["live 1", "live 3"], "\(story.texts)")
    }

    /// Played at joining in a batch, known by second and count alone.
    @Test func playedAgainAtJoiningWithoutIDs() {
        let story = Story()
        story.server.capabilities = ["server-time", "batch", "message-tags"]
        story.server.hasIDs = false
        story.server.playsAtJoin = true
        story.server.say("before the first join")
        story.runs(seconds: 5)
        for number in 1...3 { story.server.say("live \(number)") }
        story.runs(seconds: 5)
        story.disconnects { server in for number in 4...6 { server.say("missed \(number)") } }
        story.server.say("live 7")
        story.runs(seconds: 5)
        #expect(story.texts == (1...3).map { "live \($0)" } + (4...6).map { "missed \($0)" } + ["live 7"], "\(story.texts)")
    }

    /// More than is held at once: handed on piece by piece, and the gap is told once.
    @Test func aLongHistoryAtJoining() {
        let story = Story()
        story.server.capabilities = ["server-time", "batch", "message-tags"]
        story.server.playsAtJoin = true
        story.runs(seconds: 5)
        story.server.say("live 0")
        story.runs(seconds: 5)
        story.disconnects { server in for number in 1...2500 { server.say("missed \(number)", after: 1) } }
        #expect(story.texts == ["live 0"] + (1...2500).map { "missed \($0)" })
    }
}

/// One endpoint, one channel, one server, on a clock that jumps.
private final class Story {
    let world = SimulatedWorld(seed: 1)
    let host: SimulatedHost
    let server = ScriptedServer()
    let port: ScriptedPort
    private let endpoint: IRCEndpoint

    init() {
        host = world.makeHost()
        port = ScriptedPort(host)
        let text = """
            [relay]
            name = "test"
            state = "/nowhere"
            [endpoint.e]
            kind = "irc"
            server = "irc.example.org:6667"
            tls = false
            [endpoint.f]
            kind = "irc"
            server = "irc.example.org:6667"
            [[bridge]]
            name = "ops"
            join = ["e:#a", "f:#b"]
            """
        guard let read = try? SettingsReader.read(text: text), case .irc(let settings)? = read.endpoints["e"] else {
            preconditionFailure("settings of a test are refused")
        }
        let member = read.bridges[0].members[0]
        endpoint = IRCEndpoint(
            settings, IRCSecrets(), loop: host, connecting: server, entropy: SystemEntropy(), texts: Texts(.en),
            markKey: [UInt8](repeating: 7, count: 32), log: Log { _ in })
        let (endpoint, port, host) = (endpoint, port, host)
        world.running(host) {
            endpoint.assumeIsolated { $0.serve([ServedChannel(DestinationID(1), of: "ops", member)]) }
            _ = Task(executorPreference: host) { try await endpoint.run(port) }
        }
    }

    func runs(seconds: UInt64) { world.run(until: world.now + .seconds(seconds)) }

    /// The connection ends, things happen, and it comes back.
    func disconnects(_ meanwhile: (ScriptedServer) -> Void) {
        let stream = server.stream
        world.running(host) { stream?.close() }
        meanwhile(server)
        runs(seconds: 20)
    }

    func hold(_ isHeld: Bool) { world.running(host) { port.assumeIsolated { $0.isHeld = isHeld } } }

    /// Bytes that the server has said and the endpoint has not read.
    var unread: Int { server.stream?.arrived.count ?? 0 }

    var disconnections: Int { world.running(host) { port.assumeIsolated { $0.disconnections } } }
    var topics: [ScriptedPort.Topic] { world.running(host) { port.assumeIsolated { $0.topics } } }
    var texts: [String] { world.running(host) { port.assumeIsolated { $0.texts } } }
    var connections: [Capabilities] { world.running(host) { port.assumeIsolated { $0.connections } } }
}
