import Base
import Core
import Model
import Simulation
import Store
import Support
import Testing

/// Stories at the edges: interruptions in the middle of long messages, edits and deletions that meet them, limits.
@Suite struct EngineEdgeTests {
    private func long(_ letter: String, _ count: Int) -> String {
        (0..<count).map { "\(letter)" + String(1_000_000 + $0) }.joined()
    }

    @Test func aModeratorsDeletionOfACopyStaysLocal() {
        let relay = relay(.marks, .marks)
        let post = relay.servers[0].post("original", by: "anna", at: relay.time)
        relay.run(seconds: 3)
        let copy = relay.servers[1].posts.firstIndex { $0.text == "original" }!
        relay.servers[1].delete(copy, by: "moderator", at: relay.time)
        relay.run(seconds: 3)
        #expect(!relay.servers[0].posts[post].isDeleted)
    }

    @Test func anEditOfACopyStaysLocal() {
        let relay = relay(.marks, .marks)
        let post = relay.servers[0].post("original", by: "anna", at: relay.time)
        relay.run(seconds: 3)
        let copy = relay.servers[1].posts.firstIndex { $0.text == "original" }!
        relay.servers[1].edit(copy, to: "slander!", by: "moderator", at: relay.time)
        relay.run(seconds: 3)
        #expect(relay.servers[0].posts[post].text == "original")
    }

    /// Cut in the middle, deleted while the server is away: nobody deletes what had arrived until something else happens.
    @Test func aDeletionOfAHalfDeliveredMessageDoesNotStall() {
        let relay = relay(.marks, .marks)
        let post = relay.servers[0].post(long("m", 40), by: "anna", at: relay.time)
        while texts(relay, 1).count < 10 { _ = relay.world.step(before: relay.world.now + .seconds(1)) }
        relay.setUp(1, false)
        relay.run(seconds: 1)
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 2)
        relay.setUp(1, true)
        relay.run(seconds: 600)
        #expect(texts(relay, 1).count == 0)
    }

    @Test func theRestOfADeletedMessageIsNotSentAfterARestart() async {
        let relay = relay(.marks, .plain(.skip))
        let post = relay.servers[0].post(long("m", 60), by: "anna", at: relay.time)
        while texts(relay, 1).count < 10 { _ = relay.world.step(before: relay.world.now + .seconds(1)) }
        relay.setUp(1, false)
        relay.run(seconds: 1)
        let before = texts(relay, 1).count
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 2)
        await relay.crash()
        relay.start()
        relay.run(seconds: 2)
        relay.setUp(1, true)
        relay.run(seconds: 30)
        #expect(texts(relay, 1).count == before)
    }

    /// Control for the one above: without the restart it holds.
    @Test func controlTheRestOfADeletedMessageIsNotSentWithoutARestart() async {
        let relay = relay(.marks, .plain(.skip))
        let post = relay.servers[0].post(long("m", 60), by: "anna", at: relay.time)
        while texts(relay, 1).count < 10 { _ = relay.world.step(before: relay.world.now + .seconds(1)) }
        relay.setUp(1, false)
        relay.run(seconds: 1)
        let before = texts(relay, 1).count
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 2)
        relay.setUp(1, true)
        relay.run(seconds: 30)
        #expect(texts(relay, 1).count == before)
    }

    @Test func aDestinationThatIsDownForEverDoesNotStopRetention() {
        let relay = SimulatedRelay(seed: 9, kinds: [.marks, .marks, .marks])
        relay.limits.keepContent = 3600
        relay.limits.hold = 3600
        relay.start()
        relay.run(seconds: 2)
        relay.setUp(1, false)
        for number in 0..<30 {
            relay.servers[0].post("line  \(10 + number)", by: "anna", at: relay.time)
            relay.run(seconds: 60)
        }
        relay.run(seconds: 24 * 3600)
        #expect(relay.bounces.map(\.code) == ["parked"])
        #expect(relay.oldestPosition > Position(20))
    }

    /// The row of a channel without receipts of its own is not written: after a restart it looks as if it had held back for ever.
    @Test func aRestartDoesNotParkWhatIsAMinuteOld() async {
        let relay = SimulatedRelay(seed: 9, kinds: [.plain(.again), .marks])
        relay.limits.hold = 3600
        relay.start()
        relay.run(seconds: 2)
        for number in 0..<5 { relay.servers[0].post("line  \(10 + number)", by: "anna", at: relay.time) }
        relay.run(seconds: 2 * 3600)
        await relay.crash()
        relay.setUp(0, false)
        relay.start()
        relay.run(seconds: 2)
        relay.servers[1].post("precious", by: "ben", at: relay.time)
        relay.run(seconds: 65)
        relay.setUp(0, true)
        relay.run(seconds: 30)
        #expect(relay.bounces.isEmpty)
        #expect(texts(relay, 0) == ["precious"])
    }

    private func bouncedThenEdited(_ edits: [String]) -> (SimulatedRelay, Int) {
        let relay = SimulatedRelay(seed: 7, kinds: [.marks, .marks])
        relay.servers[1].deferral = 600
        relay.start()
        relay.run(seconds: 2)
        relay.servers[1].refusesUntil = relay.world.now + .seconds(700)
        let post = relay.servers[0].post("too late", by: "anna", at: relay.time)
        relay.run(seconds: 720)
        for edit in edits {
            relay.servers[0].edit(post, to: edit, by: "anna", at: relay.time)
            relay.run(seconds: 10)
        }
        return (relay, post)
    }

    @Test func anEditShownAsMessageIsDeletedAfterARestart() async {
        let (relay, post) = bouncedThenEdited(["newtext1"])
        #expect(texts(relay, 1) == ["newtext1"])
        await relay.crash()
        relay.start()
        relay.run(seconds: 5)
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == [])
    }

    @Test func ofTwoEditsShownAsMessagesBothAreDeleted() async {
        let (relay, post) = bouncedThenEdited(["newtext1", "newtext2"])
        #expect(texts(relay, 1) == ["newtext2"])
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == [])
    }

    /// What was edited out before its turn must not come back when the rest is cut anew.
    @Test func theRestOfAnEditedMessageIsOfTheTextThatWasBegun() async {
        let relay = relay(.marks, .plain(.skip))
        relay.setUp(1, false)
        relay.run(seconds: 1)
        let post = relay.servers[0].post(long("o", 60), by: "anna", at: relay.time)
        relay.run(seconds: 1)
        relay.servers[0].edit(post, to: long("e", 60), by: "anna", at: relay.time)
        relay.run(seconds: 1)
        relay.setUp(1, true)
        while texts(relay, 1).count < 10 { _ = relay.world.step(before: relay.world.now + .seconds(1)) }
        relay.setUp(1, false)
        relay.run(seconds: 1)
        relay.servers[0].edit(post, to: long("f", 60), by: "anna", at: relay.time)
        relay.run(seconds: 1)
        relay.setUp(1, true)
        relay.run(seconds: 30)
        #expect(texts(relay, 1).filter { $0.hasPrefix("o") } == [])
    }

    /// More than `CoreLimits.idsPerChannel` deliveries between a message and the edit that went with it.
    @Test func anAbsorbedEditIsNotShownAgainAfterTenThousandOthers() async {
        let relay = relay(.marks, .plain(.again))
        relay.setUp(1, false)
        relay.run(seconds: 1)
        let post = relay.servers[0].post("original", by: "anna", at: relay.time)
        for number in 0..<10_050 { relay.servers[0].post("x" + String(1_000_000 + number), by: "anna", at: relay.time) }
        relay.servers[0].edit(post, to: "edited!!", by: "anna", at: relay.time)
        relay.run(seconds: 60)
        relay.setUp(1, true)
        relay.run(seconds: 90)
        #expect(texts(relay, 1).count == 10_051)
        #expect(texts(relay, 1).count { $0 == "edited!!" } == 1)
    }

    @Test func textThatBreaksALimitIsNotLostSilently() {
        let relay = relay(.marks, .marks)
        relay.servers[0].post(String(repeating: "x", count: 65_537), by: "anna", at: relay.time)
        relay.servers[0].post("bell\u{7}...", by: "anna", at: relay.time)
        relay.run(seconds: 300)
        #expect(relay.currentCounters.accepted == 2)
        #expect(!relay.servers[1].posts.isEmpty || !relay.bounces.isEmpty || relay.currentCounters.bounced > 0)
    }

    @Test func whatIsPassedOnResetsWhatHasArrived() {
        var row = DestinationRow(id: DestinationID(1), bridge: BridgeIndex(1), name: "a:b", cursor: Position(5))
        row.received = .init(parts: 2, bytes: 16)
        var machine = OutboxMachine(row, claims: [], places: [:])
        _ = machine.connected(Capabilities(partsInFlight: 4))
        machine.pass()
        #expect(machine.headRest.start == 0 && !machine.headRest.hasBegun)
    }

    /// Put off by the server, deleted meanwhile: the retry must look ahead as a first turn does.
    @Test func aPasswordDeletedWhilePutOffNeverArrives() {
        let relay = relay(.marks, .marks)
        relay.servers[1].refusesUntil = relay.world.now + .seconds(300)
        let post = relay.servers[0].post("secret!!", by: "anna", at: relay.time)
        relay.run(seconds: 2)
        relay.servers[0].delete(post, by: "anna", at: relay.time)
        relay.run(seconds: 400)
        #expect(relay.servers[1].acts.filter { $0.what == .post }.isEmpty)
    }

    /// A profile of the highest version in a stream of our own, as a peer may give it back.
    @Test func aProfileOfTheHighestVersionDoesNotTrap() async {
        await #expect(processExitsWith: .success) {
            var table = StreamTable(
                owner: SimulatedRelay.id(7), secret: [UInt8](repeating: 9, count: 32), salt: 1, state: JournalState())
            let bridge = BridgeRow(
                index: BridgeIndex(1), name: "ops", key: BridgeKey(bytes: [UInt8](repeating: 2, count: 16)),
                secret: [UInt8](repeating: 3, count: 32))
            let stream = table.ownStream(of: bridge)
            let (key, home) = (AuthorKey(rawValue: 5), Home(rawValue: 6))
            table.learn(Profile(key: key, name: "anna", version: .max, home: home), number: 1, stream: stream)
            _ = table.author(key, name: "anna2", picture: nil, home: home, in: stream)
        }
    }
}
