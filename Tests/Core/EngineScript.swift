import Base
import Core
import Model
import Simulation
import Store
import Support
import Synchronization

/// An endpoint that a test drives by hand, with outboxes or as a reader.
actor ScriptEndpoint: ReadingEndpoint {
    let host: SimulatedHost
    var delivered: [PartDelivery] = []
    var asked: [ClaimedPart] = []
    var read: [CommittedEvent] = []
    var results: [ClaimResult] = []
    var holds = false
    var held: [UnsafeContinuation<Void, Never>] = []
    var lastErrors = LastErrors()

    nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }
    init(_ host: SimulatedHost) { self.host = host }

    func run(_ port: any RelayPort) async throws {}
    func serve(_ channels: [ServedChannel]) {}
    func stop() {}
    func text(_ delivery: Delivery) -> String {
        switch delivery.event {
        case .posted(let post), .edited(_, let post): post.content.text
        case .deleted: "deleted"
        default: "other"
        }
    }
    func parts(of delivery: Delivery, from start: UInt32, in destination: DestinationID) -> [Range<UInt32>] {
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
    func committed(_ events: [CommittedEvent], in destination: DestinationID) { read += events }
    nonisolated func event(named id: String) -> EventID? { EventID(text: id) }
    func fail(_ words: String, in destination: DestinationID?, at time: UnixTime) { lastErrors.note(words, in: destination, at: time) }
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
    func start(of stream: StreamIndex, from number: UInt64) async throws(JournalError) -> Position? {
        try await inner.start(of: stream, from: number)
    }
    func lastErased(of stream: StreamIndex) async throws(JournalError) -> (number: UInt64, digest: UInt64)? {
        try await inner.lastErased(of: stream)
    }
    func entries(of streams: Set<StreamIndex>, _ place: ReadingPlace, atMost count: Int) async throws(JournalError) -> [LogEntry] {
        try await inner.entries(of: streams, place, atMost: count)
    }
    func position(at time: UnixTime) async throws(JournalError) -> Position { try await inner.position(at: time) }
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

/// One engine with scripted endpoints `a`, `b`, `c`, and `reader`; members named `peer…` are links.
final class Bench: @unchecked Sendable {
    let world = SimulatedWorld(seed: 3)
    var host: SimulatedHost
    var disk = MemoryDisk()
    var memory: MemoryJournal!
    var engine: Engine!
    var endpoints: [String: ScriptEndpoint] = [:]
    var limits = EngineLimits()
    var wrap: ((MemoryJournal, SimulatedHost) -> any Journal)?
    /// Which endpoints are in which bridge, from the next start on.
    var names: [[String]]
    private var readers: Set = ["reader"]
    var ids: [EventID] = []
    var answers: [[Acceptance]] = []
    var told: Story?
    let log = SimulatedLog()

    init(_ bridges: [[String]], limits: EngineLimits = EngineLimits()) {
        host = world.makeHost()
        self.limits = limits
        names = bridges
    }

    var bridges: [BridgeSettings] {
        names.enumerated().map { index, names in
            BridgeSettings(
                name: "bridge\(index)",
                members: names.map {
                    MemberSettings(endpoint: $0, channel: "#c", isPeer: $0.hasPrefix("peer"), isReader: readers.contains($0))
                })
        }
    }

    var time: UnixTime { UnixTime(seconds: world.calendar + world.now.nanoseconds / 1_000_000_000) }
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
                loop: host, journal: journal, state: state, relay: SimulatedRelay.id(7), epochSecret: [UInt8](repeating: 9, count: 32),
                entropy: SeededEntropy(seed: bench.world.pick(0 ... .max)), limits: bench.limits, log: bench.log.log)
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

    func restart(losing: Bool = false, readers: Set<String> = ["reader"]) {
        self.readers = readers
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
        does { await $0.engine.connected(destination, Capabilities(partsInFlight: window)) }
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

    /// What became of an event of an answer, by its number among them.
    func story(_ number: Int, links: [String: LinkStanding] = [:]) -> Story? {
        guard let id = answers[number].first?.id else { return nil }
        told = nil
        does { $0.told = try await $0.engine.story(of: id, links: links) }
        return told
    }

    func delivered(_ name: String) -> [PartDelivery] { world.running(host) { endpoints[name]!.assumeIsolated { $0.delivered } } }
    func asked(_ name: String) -> [ClaimedPart] { world.running(host) { endpoints[name]!.assumeIsolated { $0.asked } } }
    func read(_ name: String) -> [CommittedEvent] { world.running(host) { endpoints[name]!.assumeIsolated { $0.read } } }
    func clear(_ name: String) { let end = endpoints[name]!; does(0) { _ in await end.clear() } }

    func received(_ name: String, _ part: PartDelivery, _ native: String) {
        let destination = destination(name)
        does {
            await $0.engine.received(part.delivery.id, at: part.delivery.position, part: part.part, by: destination, as: NativeKey(native))
        }
    }
}

extension Acceptance {
    var id: EventID? {
        switch self {
        case .accepted(let id), .duplicate(let id): id
        case .withoutTarget, .local, .notTaken: nil
        }
    }
}
