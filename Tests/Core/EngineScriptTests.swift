import Base
import Core
import Model
import Simulation
import Store
import Support
import Synchronization
import Testing

/// The engine with endpoints that a test drives word by word.
@Suite struct EngineScriptTests {
    /// Destination b refused a message, which was edited afterwards: the edit is on its way as a message of its own.
    private func editAfterBounce() -> Bench {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        let sent = bench.delivered("b")
        let destination = bench.destination("b")
        bench.does {
            await $0.engine.bounced(
                sent[0].delivery.id, at: sent[0].delivery.position, part: 0, by: destination, BounceReason("refused", "spam"))
        }
        bench.accept("a", "1/e", .edited(NativeKey("1"), RichText("edited!!")))
        return bench
    }

    /// The connection is replaced while the endpoint still looks for what became of the parts before.
    @Test func aReconnectDuringReconciliationDoesNotStall() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        #expect(bench.delivered("b").count == 1)
        bench.disconnect("b")
        let b = bench.endpoints["b"]!
        bench.does { _ in
            await b.setHolds(true); await b.setResults([.absent])
        }
        bench.connect("b")
        #expect(bench.asked("b").count == 1)
        bench.disconnect("b")
        bench.connect("b")
        bench.does { _ in
            await b.setHolds(false); await b.release()
        }
        bench.run(milliseconds: 3_600_000)
        bench.post("a", "2", "message2")
        bench.run(milliseconds: 3_600_000)
        #expect(bench.delivered("b").count > 1)
    }

    /// A late echo of the first part comes while both are asked about.
    @Test func aMarkFoundDuringReconciliationDoesNotShiftTheAnswers() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        bench.post("a", "2", "message2")
        let sent = bench.delivered("b")
        #expect(sent.count == 2)
        bench.disconnect("b")
        let b = bench.endpoints["b"]!
        bench.does { _ in
            await b.setHolds(true); await b.setResults([.arrived(NativeKey("n1")), .absent])
        }
        bench.connect("b")
        #expect(bench.asked("b").count == 2)
        let destination = bench.destination("b")
        bench.does { await $0.engine.found(mark(sent[0].delivery.id, 0), in: destination, as: NativeKey("n1")) }
        bench.does { _ in
            await b.setHolds(false); await b.release()
        }
        // The second did not arrive: it must be sent again.
        #expect(bench.delivered("b").count == 3)
    }

    /// The server refuses one part of a long message; others under way arrive and must be deleted with it.
    @Test func partsThatArriveAfterABounceAreKnown() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1message2message3message4")
        let sent = bench.delivered("b")
        #expect(sent.count == 4)
        let destination = bench.destination("b")
        bench.received("b", sent[0], "n0")
        bench.does {
            await $0.engine.bounced(
                sent[1].delivery.id, at: sent[1].delivery.position, part: 1, by: destination, BounceReason("refused", "spam"))
        }
        bench.received("b", sent[2], "n2")
        bench.received("b", sent[3], "n3")
        bench.accept("a", "1/d", .deleted(NativeKey("1")))
        guard case .shown(let parts, _)? = bench.delivered("b").last?.delivery.target else { Issue.record("no deletion"); return }
        #expect(Set(parts.compactMap { $0.nativeID?.text }) == ["n0", "n2", "n3"])
    }

    /// An edit sent as a message of its own, crash before its receipt: the receipt forgets that it is one.
    @Test func anEditAsMessageStaysOneOverARestart() {
        let bench = editAfterBounce()
        #expect(bench.delivered("b").count == 2)
        bench.restart()
        let b = bench.endpoints["b"]!
        bench.does { _ in await b.setResults([.arrived(NativeKey("n1"))]) }
        bench.connect("b")
        #expect(bench.asked("b").count == 1)
        // As an endpoint does when it reads again: the target's name is in the journal.
        let source = bench.destination("a")
        let deletion = Happening(
            key: NativeKey("1/d"), account: .init(id: "u-a", name: "u"), time: bench.time, content: .deleted(NativeKey("1")))
        bench.does { _ = try await $0.engine.accept([deletion], in: source, source: nil, mayBeKnown: true) }
        #expect(bench.delivered("b").count == 1)
    }

    /// A mark read again after a restart, of the last part alone.
    @Test func aMarkFoundOfOnePartDoesNotHideTheOthers() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1message2")
        let sent = bench.delivered("b")
        bench.received("b", sent[0], "n0")
        bench.received("b", sent[1], "n1")
        bench.run(milliseconds: 1000)
        bench.restart()
        let destination = bench.destination("b")
        bench.does { await $0.engine.found(mark(sent[1].delivery.id, 1), in: destination, as: NativeKey("n1")) }
        bench.connect("b")
        bench.accept("a", "1/d", .deleted(NativeKey("1")))
        guard case .shown(let parts, _)? = bench.delivered("b").last?.delivery.target else { Issue.record("no deletion"); return }
        #expect(Set(parts.compactMap { $0.nativeID?.text }) == ["n0", "n1"])
    }

    /// A bridge in which nothing was said for longer than `hold` loses its next message to a short outage.
    @Test func aQuietBridgeIsNotParkedAfterAMinuteOfOutage() {
        var limits = EngineLimits()
        limits.hold = 3600
        let bench = Bench([["a", "b"], ["c", "d"]], limits: limits)
        bench.start()
        for name in ["a", "b", "c", "d"] { bench.connect(name) }
        for number in 0..<5 {
            bench.post("c", "\(number)", "message\(number)")
            bench.received("d", bench.delivered("d").last!, "n\(number)")
        }
        bench.run(milliseconds: 2 * 3_600_000)
        bench.disconnect("b")
        bench.post("a", "1", "precious")
        bench.run(milliseconds: 65_000)
        bench.connect("b")
        #expect(bench.delivered("b").count == 1)
        #expect(bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.currentBounces } } == [])
    }

    @Test func aQuietBridgeDoesNotStopRetention() {
        var limits = EngineLimits()
        limits.keepContent = 3600
        let bench = Bench([["a", "b"], ["c", "d"]], limits: limits)
        bench.start()
        for name in ["a", "b", "c"] { bench.connect(name) }
        bench.connect("d", 256)
        for number in 0..<30 {
            bench.post("c", "\(number)", "message\(number % 10)")
            bench.received("d", bench.delivered("d").last!, "n\(number)")
        }
        bench.run(milliseconds: 3 * 3_600_000)
        #expect(bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.oldest } } > Position(20))
    }

    /// `Retry-After` is the server's word.
    @Test func aServerThatPutsOffForYearsIsBouncedInTime() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        let sent = bench.delivered("b")
        let destination = bench.destination("b")
        bench.does {
            await $0.engine.deferred(
                sent[0].delivery.id, at: sent[0].delivery.position, part: 0, by: destination, after: .seconds(10 * 365 * 86_400),
                reason: "later")
        }
        bench.run(milliseconds: 72 * 3_600_000)
        let attempts = bench.delivered("b").count
        let bounces = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.currentBounces.count } }
        #expect(attempts > 1 || bounces == 1)
    }

    /// A duplicate is answered while its first telling is not on the disk; then the power fails.
    @Test func aDuplicateIsAnsweredOnlyWhenItIsDurable() {
        let bench = Bench([["a", "b"]])
        bench.start()
        let destination = bench.destination("a")
        let happening = Happening(
            key: NativeKey("1"), account: .init(id: "u", name: "u"), time: bench.time,
            content: .posted(RichText("message1"), style: .plain, reply: nil, thread: nil))
        for _ in 0..<2 {
            bench.does(0) { bench in
                let answer = try await bench.engine.accept([happening], in: destination, source: nil, mayBeKnown: true)
                bench.answers.append(answer)
            }
        }
        bench.run(milliseconds: 1)
        let told = bench.answers.count
        bench.restart(losing: true)
        let next = bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.disk.operationCount } }
        #expect(told == 0, "told \(bench.answers), operations \(next)")
    }

    /// Retention finds the disk full once; a minute later it has room again.
    @Test func aFullDiskAtRetentionIsTriedAgain() {
        var limits = EngineLimits()
        limits.keepContent = 60
        let bench = Bench([["a", "b"]], limits: limits)
        bench.wrap = { FullAtRetention($0, $1) }
        bench.start()
        bench.connect("a")
        bench.connect("b")
        for number in 0..<5 {
            bench.post("a", "\(number)", "message\(number)")
            bench.received("b", bench.delivered("b").last!, "n\(number)")
        }
        bench.run(milliseconds: 3_600_000)
        #expect(bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.oldest } } > Position(3))
    }

    /// A failed sync must end `run`, so that the process ends.
    @Test func aFailedCommitEndsRun() {
        let bench = Bench([["a", "b"]])
        bench.wrap = { FullAtRetention($0, $1, failsCommits: true) }
        bench.start()
        bench.connect("a")
        bench.connect("b")
        bench.post("a", "1", "message1")
        bench.run(milliseconds: 600_000)
        bench.disconnect("b")
        bench.connect("b")
        bench.run(milliseconds: 600_000)
        #expect(!bench.world.failures.isEmpty)
    }

    /// A channel that only speaks: its cursor is not written, so after a restart it walks through all that was retired.
    @Test func aRestartDoesNotWalkThroughWhatWasRetired() {
        var limits = EngineLimits()
        limits.keepContent = 60
        let bench = Bench([["a", "b"]], limits: limits)
        bench.start()
        bench.connect("a")
        bench.connect("b")
        for number in 0..<200 {
            bench.post("a", "\(number)", "message\(number % 10)")
            bench.received("b", bench.delivered("b").last!, "n\(number)")
        }
        bench.run(milliseconds: 3_600_000)
        #expect(bench.world.running(bench.host) { bench.memory.assumeIsolated { $0.oldest } } > Position(150))
        let counting = Mutex<CountingReads?>(nil)
        bench.wrap = { memory, host in
            let journal = CountingReads(memory, host)
            counting.withLock { $0 = journal }
            return journal
        }
        bench.restart()
        bench.connect("a")
        let journal = counting.withLock { $0! }
        let reads = bench.world.running(bench.host) { journal.assumeIsolated { $0.reads } }
        #expect(reads < 10)
    }

    /// Sent, arrived, receipt lost; the destination is then away so long that it is parked.
    @Test func aParkedMessageThatHadArrivedIsDeletedLater() {
        var limits = EngineLimits()
        limits.hold = 3600
        let bench = Bench([["a", "b"]], limits: limits)
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        #expect(bench.delivered("b").count == 1)
        bench.disconnect("b")
        bench.run(milliseconds: 2 * 3_600_000)
        let b = bench.endpoints["b"]!
        bench.does { _ in await b.setResults([.arrived(NativeKey("n1"))]) }
        bench.connect("b")
        #expect(bench.asked("b").count == 1)
        bench.clear("b")
        bench.accept("a", "1/d", .deleted(NativeKey("1")))
        #expect(bench.delivered("b").count == 1)
    }

    /// A hole in what arrived, and a deletion: the part before the hole is claimed again, and nobody has its text.
    @Test func aHoleInWhatArrivedAndADeletionDoNotEndTheProcess() async {
        await #expect(processExitsWith: .success) {
            let bench = Bench([["a", "b"]])
            bench.start()
            bench.connect("b")
            bench.post("a", "1", "message1message2message3")
            precondition(bench.delivered("b").count == 3)
            bench.restart()
            let source = bench.destination("a")
            let deletion = Happening(
                key: NativeKey("1/d"), account: .init(id: "u-a", name: "u"), time: bench.time, content: .deleted(NativeKey("1")))
            bench.does { _ = try await $0.engine.accept([deletion], in: source, source: nil, mayBeKnown: true) }
            let b = bench.endpoints["b"]!
            bench.does { _ in await b.setResults([.absent, .arrived(NativeKey("n1")), .absent]) }
            bench.connect("b")
            bench.run(milliseconds: 10_000)
        }
    }

    @Test func controlWithoutAFoundMarkTheSecondIsSentAgain() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        bench.post("a", "2", "message2")
        bench.disconnect("b")
        let b = bench.endpoints["b"]!
        bench.does { _ in await b.setResults([.arrived(NativeKey("n1")), .absent]) }
        bench.connect("b")
        #expect(bench.delivered("b").count == 3)
    }

    @Test func controlAnEditAsMessageIsDeletedWithoutARestart() {
        let bench = editAfterBounce()
        bench.received("b", bench.delivered("b").last!, "n1")
        bench.accept("a", "1/d", .deleted(NativeKey("1")))
        #expect(bench.delivered("b").count == 3)
    }

    /// A channel is taken out by a reload and comes back by the next: it is read from then on, neither from where it was left nor from
    /// where an earlier process had come.
    @Test func aChannelThatComesBackIsReadFromThenOn() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.does { bench in
            let a = await bench.engine.destination(endpoint: "a", channel: "#c")!
            _ = try await bench.engine.accept([], in: a, source: [1], mayBeKnown: false)
        }
        bench.restart()
        bench.does { bench in
            let a = await bench.engine.destination(endpoint: "a", channel: "#c")!
            _ = try await bench.engine.accept([], in: a, source: [9], mayBeKnown: false)
            let without = [BridgeSettings(name: "bridge0", members: [MemberSettings(endpoint: "b", channel: "#c")])]
            try await bench.engine.configure(without)
            try await bench.engine.configure(bench.bridges)
            let source = await bench.engine.source(of: a)
            if source != [] { bench.world.failures.append("read up to \(source)") }
        }
        #expect(bench.world.failures == [])
    }

    /// A channel is another bridge's after a restart: it is read on from where it was left. What had been taken out before is not, nor what
    /// changes its bridge while the relay runs.
    @Test func aChannelThatIsAnotherBridgesAfterARestartIsReadOn() {
        let bench = Bench([["a", "b"], ["c", "d"]])
        bench.start()
        let a = bench.destination("a")
        bench.does { _ = try await $0.engine.accept([], in: a, source: [7], mayBeKnown: false) }
        func source() -> [UInt8] {
            nonisolated(unsafe) var source: [UInt8] = []
            let a = bench.destination("a")
            bench.does { source = await $0.engine.source(of: a) }
            return source
        }
        for names in [[["b"], ["c", "d", "a"]], [["a", "b"], ["c", "d"]]] {
            bench.names = names
            bench.restart()
            #expect(source() == [7])
        }
        bench.names = [["b"], ["c", "d"]]
        bench.restart()
        bench.names = [["b"], ["c", "d", "a"]]
        bench.restart()
        #expect(source() == [])
    }

    /// An endpoint that says it is connected again without having said that it was not: what was under way is asked about.
    @Test func aConnectionThatReplacesAnotherIsReconciled() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        #expect(bench.delivered("b").count == 1)
        let b = bench.endpoints["b"]!
        bench.does { _ in await b.setResults([.absent]) }
        bench.connect("b")
        #expect(bench.asked("b").count == 1)
        #expect(bench.delivered("b").count == 2)
    }
}

private func mark(_ id: EventID, _ part: UInt32) -> Mark {
    Mark(id: id, part: part, author: AuthorKey(rawValue: 0), second: UnixTime(seconds: 0))
}
