import Base
import Core
import Model
import Simulation
import Store
import Support
import Synchronization
import Testing

/// An endpoint that a test drives by hand.
actor ScriptEndpoint: Endpoint {
    let host: SimulatedHost
    var delivered: [PartDelivery] = []
    var asked: [ClaimedPart] = []
    var results: [ClaimResult] = []
    var holds = false
    var held: [UnsafeContinuation<Void, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }
    init(_ host: SimulatedHost) { self.host = host }

    func run(_ port: any RelayPort) async throws {}
    func text(_ delivery: Delivery) -> String {
        switch delivery.event {
        case .posted(let post), .edited(_, let post): post.content.text
        case .deleted: "deleted"
        default: "other"
        }
    }
    func parts(of delivery: Delivery, from start: UInt32) -> [Range<UInt32>] {
        let length = UInt32(text(delivery).utf8.count)
        return stride(from: start, to: length, by: 8).map { $0..<min(length, $0 + 8) }
    }
    func deliver(_ parts: [PartDelivery], to destination: DestinationID) { delivered += parts }
    func reconcile(_ claims: [ClaimedPart], in destination: DestinationID) async -> [ClaimResult] {
        asked += claims
        let mine = results
        if holds { await withUnsafeContinuation { held.append($0) } }
        return mine
    }
    func setHolds(_ value: Bool) { holds = value }
    func setResults(_ value: [ClaimResult]) { results = value }
    func release() { for one in held { one.resume() }; held = [] }
    func clear() { delivered = []; asked = [] }
}

/// A journal whose retention finds the disk full.
actor FullAtRetention: Journal {
    let inner: MemoryJournal
    let host: SimulatedHost
    nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }
    nonisolated var reader: any JournalReader { inner }
    let failsCommits: Bool
    var refusals = 0
    init(_ inner: MemoryJournal, _ host: SimulatedHost, failsCommits: Bool = false) {
        self.inner = inner
        self.host = host
        self.failsCommits = failsCommits
    }
    func open() async throws(JournalError) -> JournalState { try await inner.open() }
    func commit(_ batch: JournalBatch) async throws(JournalError) {
        if failsCommits && !batch.entries.isEmpty { throw .failed("the sync failed") }
        try await inner.commit(batch)
    }
    func retire(before position: Position, slice: Int) async throws(JournalError) -> Int {
        refusals += 1
        if refusals == 1 { throw .full }
        return try await inner.retire(before: position, slice: slice)
    }
    func forgetIDs(before month: UInt32) async throws(JournalError) { try await inner.forgetIDs(before: month) }
    func close() async {}
}

/// A journal that counts reads of its log.
actor CountingReads: Journal, JournalReader {
    let inner: MemoryJournal
    let host: SimulatedHost
    var reads = 0
    nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }
    nonisolated var reader: any JournalReader { self }
    init(_ inner: MemoryJournal, _ host: SimulatedHost) { self.inner = inner; self.host = host }
    func open() async throws(JournalError) -> JournalState { try await inner.open() }
    func commit(_ batch: JournalBatch) async throws(JournalError) { try await inner.commit(batch) }
    func retire(before position: Position, slice: Int) async throws(JournalError) -> Int {
        try await inner.retire(before: position, slice: slice)
    }
    func forgetIDs(before month: UInt32) async throws(JournalError) { try await inner.forgetIDs(before: month) }
    func close() async {}
    func read(from position: Position, atMost byteCount: Int) async throws(JournalError) -> EntryRun {
        reads += 1
        return try await inner.read(from: position, atMost: byteCount)
    }
    func byteCount(from position: Position) async throws(JournalError) -> Int { try await inner.byteCount(from: position) }
    func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) async throws(JournalError) -> [Position] {
        try await inner.positions(of: stream, numbers: numbers)
    }
    func eventID(for key: NativeKey, at destination: DestinationID) async throws(JournalError) -> EventID? {
        try await inner.eventID(for: key, at: destination)
    }
    func parts(of event: EventID, at destination: DestinationID) async throws(JournalError) -> [NativePart] {
        try await inner.parts(of: event, at: destination)
    }
    func changes(of targets: [EventID]) async throws(JournalError) -> [ChangeRow] { try await inner.changes(of: targets) }
    func deletions(from first: Position, before end: Position) async throws(JournalError) -> [ChangeRow] {
        try await inner.deletions(from: first, before: end)
    }
    func bounces(from id: UInt64, atMost limit: Int) async throws(JournalError) -> [BounceRow] {
        try await inner.bounces(from: id, atMost: limit)
    }
    func backup(to folder: String) async throws(JournalError) {}
    func verify() async throws(JournalError) {}
}

/// One engine with scripted endpoints `a`, `b`, `c`.
final class Bench: @unchecked Sendable {
    let world = SimulatedWorld(seed: 3)
    var host: SimulatedHost
    var disk = MemoryDisk()
    var memory: MemoryJournal!
    var engine: Engine!
    var endpoints: [String: ScriptEndpoint] = [:]
    var limits = EngineLimits()
    var wrap: ((MemoryJournal, SimulatedHost) -> any Journal)?
    let bridges: [BridgeSettings]
    var ids: [EventID] = []
    var answers: [[Acceptance]] = []

    init(_ bridges: [[String]], limits: EngineLimits = EngineLimits()) {
        host = world.makeHost()
        self.limits = limits
        self.bridges = bridges.enumerated().map { index, names in
            BridgeSettings(name: "bridge\(index)", members: names.map { MemberSettings(endpoint: $0, channel: "#c") })
        }
    }

    var time: UnixTime { UnixTime(seconds: 1_795_000_000 + world.now.nanoseconds / 1_000_000_000) }
    func run(milliseconds: UInt64) { world.run(until: world.now + .milliseconds(milliseconds)) }

    /// Does it as code of the process, and lets `milliseconds` pass.
    func does(_ milliseconds: UInt64 = 1000, _ body: @escaping @Sendable (Bench) async throws -> Void) {
        world.running(host) {
            _ = Task(executorPreference: host) {
                do { try await body(self) } catch { self.world.failures.append("\(error)") }
            }
        }
        run(milliseconds: milliseconds)
    }

    func start() {
        let host = self.host
        memory = MemoryJournal(disk: disk, on: host) { await host.sleep(until: host.now + .milliseconds(2)) }
        endpoints = [:]
        does { bench in
            let journal: any Journal = bench.wrap?(bench.memory, host) ?? bench.memory
            let state = try await journal.open()
            let engine = Engine(
                loop: host, journal: journal, state: state, relay: RelayProcess.id, epochSecret: [UInt8](repeating: 9, count: 32),
                entropy: SeededEntropy(seed: bench.world.pick(0 ... .max)), limits: bench.limits)
            bench.engine = engine
            for name in Set(bench.bridges.flatMap { $0.members.map(\.endpoint) }).sorted() {
                let endpoint = ScriptEndpoint(host)
                bench.endpoints[name] = endpoint
                await engine.attach(endpoint, as: name)
            }
            try await engine.configure(bench.bridges)
            try await engine.run()
        }
    }

    func restart(losing: Bool = false) {
        world.crash(host)
        disk = world.running(host) { memory.assumeIsolated { $0.disk } }
        disk = disk.afterCrash(keeping: losing ? 0 : disk.unsynced)
        host = world.makeHost()
        start()
    }

    func destination(_ name: String) -> DestinationID {
        world.running(host) { engine.assumeIsolated { $0.destination(endpoint: name, channel: "#c")! } }
    }

    func connect(_ name: String, _ window: Int = 4) {
        let destination = destination(name)
        does { await $0.engine.connected(destination, Capabilities(partsInFlight: window, canEdit: true, canDelete: true)) }
    }

    func disconnect(_ name: String) {
        let destination = destination(name)
        does { await $0.engine.disconnected(destination) }
    }

    func accept(_ name: String, _ key: String, _ content: Happening.Content) {
        let destination = destination(name)
        let happening = Happening(key: NativeKey(key), account: .init(id: "u-\(name)", name: "u"), time: time, content: content)
        does { bench in
            let answer = try await bench.engine.accept([happening], in: destination, source: nil, mayBeKnown: false)
            bench.answers.append(answer)
        }
    }

    func post(_ name: String, _ key: String, _ text: String) {
        accept(name, key, .posted(RichText(text), style: .plain, reply: nil, thread: nil))
    }

    func delivered(_ name: String) -> [PartDelivery] { world.running(host) { endpoints[name]!.assumeIsolated { $0.delivered } } }
    func asked(_ name: String) -> [ClaimedPart] { world.running(host) { endpoints[name]!.assumeIsolated { $0.asked } } }
    func clear(_ name: String) { let end = endpoints[name]!; does(0) { _ in await end.clear() } }

    func received(_ name: String, _ part: PartDelivery, _ native: String) {
        let destination = destination(name)
        does { await $0.engine.received(part.delivery.id, at: part.delivery.position, part: part.part, by: destination, as: NativeKey(native)) }
    }
}

@Suite(.serialized) struct ReviewEngine {
    /// The connection is replaced while the endpoint still looks for what became of the parts before.
    @Test func aReconnectDuringReconciliationDoesNotStall() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "message1")
        #expect(bench.delivered("b").count == 1)
        bench.disconnect("b")
        let b = bench.endpoints["b"]!
        bench.does { _ in await b.setHolds(true); await b.setResults([.absent]) }
        bench.connect("b")
        #expect(bench.asked("b").count == 1)
        bench.disconnect("b")
        bench.connect("b")
        bench.does { _ in await b.setHolds(false); await b.release() }
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
        bench.does { _ in await b.setHolds(true); await b.setResults([.arrived(NativeKey("n1")), .absent]) }
        bench.connect("b")
        #expect(bench.asked("b").count == 2)
        let destination = bench.destination("b")
        bench.does { await $0.engine.found(sent[0].delivery.id, part: 0, in: destination, as: NativeKey("n1")) }
        bench.does { _ in await b.setHolds(false); await b.release() }
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
        guard case .shown(let parts)? = bench.delivered("b").last?.delivery.target else { Issue.record("no deletion"); return }
        #expect(Set(parts.compactMap { $0.nativeID?.text }) == ["n0", "n2", "n3"])
    }

    /// An edit sent as a message of its own, crash before its receipt: the receipt forgets that it is one.
    @Test func anEditAsMessageStaysOneOverARestart() {
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
        bench.does { await $0.engine.found(sent[1].delivery.id, part: 1, in: destination, as: NativeKey("n1")) }
        bench.connect("b")
        bench.accept("a", "1/d", .deleted(NativeKey("1")))
        guard case .shown(let parts)? = bench.delivered("b").last?.delivery.target else { Issue.record("no deletion"); return }
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
                sent[0].delivery.id, at: sent[0].delivery.position, part: 0, by: destination, after: .seconds(10 * 365 * 86_400), reason: "later")
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
        bench.received("b", bench.delivered("b").last!, "n1")
        bench.accept("a", "1/d", .deleted(NativeKey("1")))
        #expect(bench.delivered("b").count == 3)
    }

    /// A channel is taken out by a reload and comes back by the next: how far it was read must not go back.
    @Test func aChannelThatComesBackIsNotReadAgainFromTheStart() {
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
            if source != [9] { bench.world.failures.append("read up to \(source)") }
        }
        #expect(bench.world.failures == [])
    }
}
