import Base
import Core
import Model
import Simulation
import Testing

/// What an operator is told of one event: what has ended, what is still to come and why, and how far peers have it.
@Suite struct StoryTests {
    /// The state and the reason at a channel; nil where nothing is told of it.
    private func pending(_ story: Story?, _ name: String) -> Story.Pending? { story?.pending.first { $0.destination == "\(name):#c" } }
    private func peer(_ story: Story?, _ name: String) -> Story.Passing? { story?.peers.first { $0.destination == "\(name):#c" } }

    @Test func whereItComesFromAndWhen() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.post("a", "1", "first")
        let story = bench.story(0)
        #expect(story?.origin == "a:#c" && story?.author == "u" && story?.kind == "posted" && story?.isOurs == true)
        #expect(story?.originTime != nil && story?.accepted != nil)
        // Where it was born nothing is to come; its server's name for it is told.
        #expect(story?.deliveries.map(\.destination) == ["a:#c"] && story?.deliveries.first?.outcome == .origin)
        #expect(pending(story, "a") == nil)
    }

    @Test func aChannelThatCannotBeWrittenTo() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.post("a", "1", "first")
        #expect(pending(bench.story(0), "b")?.state == .down && pending(bench.story(0), "b")?.lastError == nil)
        let (b, time) = (bench.endpoints["b"]!, bench.time)
        bench.does { _ in await b.fail("connection refused\r\n\u{1B}[2J", in: nil, at: time) }
        let down = pending(bench.story(0), "b")
        // A server's words can't move a terminal's cursor.
        #expect(down?.state == .down && down?.lastError?.words.hasPrefix("connection refused") == true && down?.lastError?.time == time)
        #expect(down?.lastError?.words.unicodeScalars.contains { $0.value < 32 } == false)
        // A channel's own error is told there alone.
        let own = bench.destination("a")
        bench.does { _ in await b.fail("can't join", in: own, at: time) }
        #expect(pending(bench.story(0), "b")?.lastError?.words.hasPrefix("connection refused") == true)
    }

    @Test func fromWaitingToItsReceipt() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b", 1)
        bench.post("a", "1", "first")
        bench.post("a", "2", "second")
        #expect(pending(bench.story(0), "b")?.state == .sending)
        let second = pending(bench.story(1), "b")
        #expect(second?.state == .waits)
        guard case .behind(let count)? = second?.why, count > 0 else { Issue.record("\(second as Any)"); return }
        bench.received("b", bench.delivered("b")[0], "n1")
        let story = bench.story(0)
        #expect(pending(story, "b") == nil)
        let step = story?.deliveries.first { $0.destination == "b:#c" }
        #expect(step?.outcome == .delivered && step?.nativeID == "n1" && step?.bounce == nil)
        #expect(pending(bench.story(1), "b")?.state == .sending)
    }

    @Test func whatAServerPutOff() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b", 1)
        bench.post("a", "1", "first")
        bench.post("a", "2", "second")
        let (part, b) = (bench.delivered("b")[0], bench.destination("b"))
        let deferral: @Sendable (Bench) async -> Void = {
            await $0.engine.deferred(
                part.delivery.id, at: part.delivery.position, part: 0, by: b, after: .seconds(60), reason: "439 too fast")
        }
        let due = UnixTime(seconds: bench.time.seconds + 60)
        bench.does(1000, deferral)
        let first = pending(bench.story(0), "b")
        #expect(first?.state == .deferred && first?.time == due && first?.reason == "439 too fast" && first?.attempts == 1)
        #expect(pending(bench.story(1), "b")?.why == .behindDeferred(due))
        let status = bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.status() } }
        #expect(status.first { $0.endpoint == "b" }?.deferredUntil == due)
        bench.run(milliseconds: 61_000)
        #expect(pending(bench.story(0), "b")?.state == .sending)
        bench.does(1000, deferral)
        #expect(pending(bench.story(0), "b")?.attempts == 2)
        bench.run(milliseconds: 61_000)
        bench.received("b", bench.delivered("b").last!, "n1")
        #expect(bench.story(0)?.deliveries.contains { $0.destination == "b:#c" && $0.outcome == .delivered } == true)
        #expect(bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.status() } }.allSatisfy { $0.deferredUntil == nil })
    }

    @Test func whyItBounced() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "first")
        let (part, b) = (bench.delivered("b")[0], bench.destination("b"))
        bench.does {
            await $0.engine.bounced(
                part.delivery.id, at: part.delivery.position, part: 0, by: b, BounceReason("irc-404", "Cannot send to channel"))
        }
        let step = bench.story(0)?.deliveries.first { $0.destination == "b:#c" }
        #expect(step?.outcome == .bounced && step?.bounce?.reason == BounceReason("irc-404", "Cannot send to channel"))
        #expect(step?.bounce?.number == 1 && pending(bench.story(0), "b") == nil)
    }

    @Test func pausedMembersAndReadersAndThoseThatOnlyTakeIn() {
        let bench = Bench([["a", "b", "reader"]])
        bench.start()
        bench.connect("b")
        bench.does { _ = try await $0.engine.pause("bridge0") }
        let since = UnixTime(seconds: bench.time.seconds - 1)
        bench.post("a", "1", "first")
        let (first, reader) = (pending(bench.story(0), "b"), pending(bench.story(0), "reader"))
        #expect(first?.state == .paused && first?.time == since && reader?.state == .paused)
        bench.does { _ = try await $0.engine.resume("bridge0") }
        #expect(pending(bench.story(0), "b")?.state == .sending && pending(bench.story(0), "reader")?.state == .reader)
        bench.does { bench in
            let members = ["a", "b"].map { MemberSettings(endpoint: $0, channel: "#c", direction: $0 == "b" ? .into : .both) }
            try await bench.engine.configure([BridgeSettings(name: "bridge0", members: members)])
        }
        bench.post("a", "2", "second")
        #expect(pending(bench.story(1), "b")?.state == .notForIt && pending(bench.story(1), "b")?.why == .direction)
    }

    /// What a reader's people see as the id of a line leads to its event; of another bridge's it does not.
    @Test func aReadersPeopleNameALine() {
        let bench = Bench([["a", "reader"], ["b", "c"]])
        bench.start()
        bench.post("a", "1", "first")
        bench.post("b", "2", "second")
        let (first, second) = (bench.answers[0][0].id!, bench.answers[1][0].id!)
        bench.does { bench in
            bench.ids = [
                try await bench.engine.event(native: "\(first)", in: "reader:#c"),
                try await bench.engine.event(native: "\(second)", in: "reader:#c"),
                try await bench.engine.event(native: "1", in: "a:#c"), try await bench.engine.event(native: "1", in: "b:#c"),
            ].compactMap(\.self)
        }
        #expect(bench.ids == [first, first])
    }

    // MARK: Peers

    private let id = SimulatedRelay.id(9)

    /// A bridge with a link; what is said before and after it is shared.
    private func linked() -> Bench {
        let bench = Bench([["a", "peer"]])
        bench.start()
        bench.run(milliseconds: 31_000)
        let (id, peer) = (id, bench.destination("peer"))
        bench.does { await $0.engine.name([id: "peer"]) }
        bench.post("a", "1", "before")
        #expect(self.peer(bench.story(0), "peer")?.why == .notShared)
        bench.does { _ = try await $0.engine.base(of: peer) }
        bench.post("a", "2", "after")
        return bench
    }

    @Test func howFarAPeerHasIt() {
        let bench = linked()
        let channel = bench.destination("peer")
        let before = peer(bench.story(0), "peer")
        #expect(before?.state == .notAwaited && before?.why == .beforeSharing)
        let down = peer(bench.story(1, links: ["peer": LinkStanding(isUp: false, lastError: LastError("refused", at: bench.time))]), "peer")
        #expect(down?.state == .waits && down?.why == .linkDown && down?.lastError?.words == "refused")
        #expect(peer(bench.story(1, links: ["peer": LinkStanding(isUp: true)]), "peer")?.why == .notFlowing)
        // The log: its author and itself, once before and once after.
        let end = bench.world.running(bench.host) { bench.engine.assumeIsolated { $0.committedBefore } }
        let behind = ["peer": LinkStanding(isUp: true, sentBefore: ["#c": Position(end.rawValue - 1)])]
        #expect(peer(bench.story(1, links: behind), "peer")?.why == .behind(0))
        let sent = ["peer": LinkStanding(isUp: true, sentBefore: ["#c": end])]
        #expect(peer(bench.story(1, links: sent), "peer")?.state == .sent)
        bench.does { await $0.engine.acknowledged(channel, before: end, count: 1) }
        let time = UnixTime(seconds: bench.time.seconds - 1)
        let taken = peer(bench.story(1, links: sent), "peer")
        #expect(taken?.state == .acknowledged && taken?.time == time)
        // What was taken stays so, whatever becomes of the link.
        #expect(peer(bench.story(1), "peer")?.state == .acknowledged)
        let revoked = ["peer": LinkStanding(isUp: false, isRevoked: true)]
        bench.post("a", "3", "later")
        #expect(peer(bench.story(2, links: revoked), "peer")?.why == .revoked)
        bench.does { _ = try await $0.engine.pause("bridge0") }
        #expect(peer(bench.story(2, links: sent), "peer")?.state == .paused)
    }

    /// The disk is full: what was taken in before can't be claimed.
    @Test func onAFullDiskNothingIsSent() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.post("a", "1", "first")
        let memory = bench.memory!
        bench.does { _ in await memory.setFull(true) }
        bench.connect("b")
        #expect(bench.delivered("b").isEmpty && pending(bench.story(0), "b")?.why == .noRoom)
        #expect(bench.log.lines == ["the disk is full; nothing is taken in or sent"])
        bench.does { _ in await memory.setFull(false) }
        bench.run(milliseconds: 3000)
        #expect(bench.log.lines.last == "the journal can be written again" && bench.log.lines.count == 2)
        #expect(pending(bench.story(0), "b")?.state == .sending)
    }

    /// Nobody knows whether it arrived, and it was sent again: that is told.
    @Test func whatMayStandThereTwice() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b", 1)
        bench.post("a", "1", "first")
        bench.disconnect("b")
        let b = bench.endpoints["b"]!
        bench.does { _ in await b.setResults([.unknown]) }
        bench.connect("b", 1)
        #expect(bench.delivered("b").count == 2)
        bench.received("b", bench.delivered("b").last!, "n1")
        #expect(bench.story(0)?.deliveries.first { $0.destination == "b:#c" }?.outcome == .perhapsTwice)
        // The next one is as ever.
        bench.post("a", "2", "second")
        bench.received("b", bench.delivered("b").last!, "n2")
        #expect(bench.story(1)?.deliveries.first { $0.destination == "b:#c" }?.outcome == .delivered)
    }
}
