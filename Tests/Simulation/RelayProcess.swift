import Base
import Core
import Links
import Model
import Store
import Support
import WireLink

/// Another relay, and what connects it.
package struct SimulatedPeer: Sendable {
    package let name: String
    package let id: RelayID
    package let cable: SimulatedCable
    /// Which end of it is ours.
    package let side: Int
    /// Whether a session may end by a fault of the peer's: a test lies in its name.
    package let mayLie: Bool

    package init(name: String, id: RelayID, cable: SimulatedCable, side: Int, mayLie: Bool = false) {
        self.name = name
        self.id = id
        self.cable = cable
        self.side = side
        self.mayLie = mayLie
    }
}

/// One life of a simulated relay, from opening its journal to its crash.
package actor RelayProcess {

    private let host: SimulatedHost
    private let world: SimulatedWorld
    private let journal: any Journal
    private let servers: [SimulatedServer]
    private let limits: EngineLimits
    private let id: RelayID
    private let peers: [SimulatedPeer]
    private let bridges: [BridgeSettings]
    private var drivers: [String: LinkDriver] = [:]
    private let gauge: SimulatedGauge
    private let log: SimulatedLog
    package private(set) var engine: Engine?
    package private(set) var endpoints: [SimulatedEndpoint] = []
    /// How sessions with the peer ended, and how many faults of its were counted in them.
    package private(set) var endings: [LinkFailure] = []
    package private(set) var faults: UInt64 = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }

    package init(
        on host: SimulatedHost, in world: SimulatedWorld, journal: any Journal, servers: [SimulatedServer], limits: EngineLimits,
        id: RelayID, peers: [SimulatedPeer], bridges: [BridgeSettings], gauge: SimulatedGauge, log: SimulatedLog
    ) {
        self.bridges = bridges
        self.gauge = gauge
        self.log = log
        self.id = id
        self.peers = peers
        self.host = host
        self.world = world
        self.journal = journal
        self.servers = servers
        self.limits = limits
    }

    /// Begins to run. Called as code of the host.
    package func start() {
        Task {
            do {
                try await withTaskExecutorPreference(self.host) { try await self.run() }
            } catch {
                world.failures.append("the relay ended: \(error)")
            }
        }
    }

    private func run() async throws {
        let state = try await journal.open()
        let entropy = SeededEntropy(seed: world.pick(0 ... .max))
        let engine = Engine(
            loop: host, journal: journal, state: state, relay: id, epochSecret: id.bytes,
            entropy: entropy,
            limits: limits, disk: gauge, log: log.log)
        self.engine = engine
        for server in servers {
            let endpoint = SimulatedEndpoint(server, in: world, on: host)
            endpoints.append(endpoint)
            await engine.attach(endpoint, as: server.name)
        }
        try await engine.configure(bridges)
        for (server, endpoint) in zip(servers, endpoints) {
            await endpoint.serve(await engine.channels(of: server.name))
        }
        let endpoints = self.endpoints
        try await withThrowingTaskGroup { group in
            group.addTask { try await engine.run() }
            for endpoint in endpoints { group.addTask { try await endpoint.run(engine) } }
            for peer in peers { group.addTask { await self.keepLink(peer, engine) } }
            try await group.waitForAll()
        }
    }
}

extension RelayProcess {
    /// An operator stops the bridge, or lets it go on.
    package func setPaused(_ isPaused: Bool) {
        Task {
            await withTaskExecutorPreference(self.host) {
                _ = try? await isPaused ? self.engine?.pause("ops") : self.engine?.resume("ops")
            }
        }
    }

    /// The configuration was changed.
    package func reload(_ bridges: [BridgeSettings]) {
        Task {
            await withTaskExecutorPreference(self.host) {
                guard let engine = self.engine else { return }
                do {
                    try await engine.configure(bridges)
                } catch {
                    return self.world.failures.append("reload: \(error)")
                }
                for (server, endpoint) in zip(self.servers, self.endpoints) {
                    await endpoint.serve(await engine.channels(of: server.name))
                }
                for peer in self.peers { await self.drivers[peer.name]?.serve(await self.channels(with: peer, engine)) }
            }
        }
    }

    /// An operator lets the peers back whom he had shut out.
    package func shareAnew() {
        Task {
            await withTaskExecutorPreference(self.host) {
                do {
                    for peer in self.peers { try await self.engine?.shareAnew(with: peer.name) }
                } catch {
                    self.world.failures.append("shareAnew: \(error)")
                }
            }
        }
    }

    /// What became of an event, as `fairlead trace` asks it.
    package func tell(of event: EventID, to body: @escaping @Sendable (Story?) -> Void) {
        Task {
            await withTaskExecutorPreference(self.host) {
                var links: [String: LinkStanding] = [:]
                await self.engine?.name(Dictionary(uniqueKeysWithValues: self.peers.map { ($0.id, $0.name) }))
                for peer in self.peers { links[peer.name] = await self.drivers[peer.name]?.standing ?? LinkStanding(isUp: false) }
                do {
                    body(try await self.engine?.story(of: event, links: links))
                } catch {
                    self.world.failures.append("story: \(error)")
                }
            }
        }
    }

    private func channels(with peer: SimulatedPeer, _ engine: Engine) async -> [String: DestinationID] {
        var channels: [String: DestinationID] = [:]
        for served in await engine.channels(of: peer.name) { channels[served.settings.channel] = served.destination }
        return channels
    }

    /// An operator has everything that bounced delivered again.
    package func retryBounces() {
        Task {
            await withTaskExecutorPreference(self.host) {
                guard let engine = self.engine, let rows = try? await engine.bounces(from: 0, atMost: 1000) else { return }
                for row in rows { _ = try? await engine.retryBounce(row.id) }
            }
        }
    }

    private func keepLink(_ peer: SimulatedPeer, _ engine: Engine) async {
        while true {
            let stream = await peer.cable.connect(peer.side, host)
            let driver = LinkDriver(
                stream, own: id, LinkSettings(name: peer.name, peer: peer.id), epoch: await engine.epoch, isDialler: peer.side == 0,
                port: engine,
                loop: host, log: Log { _ in })
            drivers[peer.name] = driver
            await driver.run(await channels(with: peer, engine))
            drivers[peer.name] = nil
            if let ending = await driver.ending { endings.append(ending) }
            faults += await driver.counters.faults
            // Only who is told to breaks the protocol.
            if let ending = await driver.ending, !peer.mayLie, ![.normal, .timedOut].contains(ending.code) {
                world.failures.append("the link to \(peer.name) ended: \(ending)")
            }
            await host.sleep(until: host.now + .milliseconds(world.pick(10...500)))
        }
    }
}

/// Entropy that can be repeated. No two of its answers are alike, as two bridges must not have one key.
package final class SeededEntropy: Entropy, @unchecked Sendable {  // one engine's alone
    private let seed: UInt64
    private var calls: UInt64 = 0

    package init(seed: UInt64) { self.seed = seed }

    package func bytes(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: seed ^ UInt64(count) ^ calls << 32)
        calls += 1
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

/// A journal with threads of its own within a simulation: the clock stands still while it works.
package actor OutsideJournal: Journal, JournalReader {
    private let inner: any Journal
    private let host: SimulatedHost
    private let world: SimulatedWorld

    package nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }
    package nonisolated var reader: any JournalReader { self }

    package init(_ inner: any Journal, on host: SimulatedHost, in world: SimulatedWorld) {
        self.inner = inner
        self.host = host
        self.world = world
    }

    private func outside<Result: Sendable>(_ body: () async throws(JournalError) -> Result) async throws(JournalError) -> Result {
        world.enterOutside()
        defer { world.leaveOutside() }
        return try await body()
    }

    package func open() async throws(JournalError) -> JournalState {
        try await outside { () async throws(JournalError) in try await inner.open() }
    }
    package func commit(_ batch: JournalBatch) async throws(JournalError) {
        try await outside { () async throws(JournalError) in try await inner.commit(batch) }
    }
    package func read(from position: Position, atMost byteCount: Int) async throws(JournalError) -> EntryRun {
        try await outside { () async throws(JournalError) in try await inner.reader.read(from: position, atMost: byteCount) }
    }
    package func byteCount(from position: Position) async throws(JournalError) -> Int {
        try await outside { () async throws(JournalError) in try await inner.reader.byteCount(from: position) }
    }
    package func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) async throws(JournalError) -> [Position] {
        try await outside { () async throws(JournalError) in try await inner.reader.positions(of: stream, numbers: numbers) }
    }
    package func start(of stream: StreamIndex, from number: UInt64) async throws(JournalError) -> Position? {
        try await outside { () async throws(JournalError) in try await inner.reader.start(of: stream, from: number) }
    }
    package func lastErased(of stream: StreamIndex) async throws(JournalError) -> (number: UInt64, digest: UInt64)? {
        try await outside { () async throws(JournalError) in try await inner.reader.lastErased(of: stream) }
    }
    package func entries(of streams: Set<StreamIndex>, _ place: ReadingPlace, atMost count: Int) async throws(JournalError) -> [LogEntry] {
        try await outside { () async throws(JournalError) in try await inner.reader.entries(of: streams, place, atMost: count) }
    }
    package func position(at time: UnixTime) async throws(JournalError) -> Position {
        try await outside { () async throws(JournalError) in try await inner.reader.position(at: time) }
    }
    package func eventID(for key: NativeKey, at destination: DestinationID) async throws(JournalError) -> EventID? {
        try await outside { () async throws(JournalError) in try await inner.reader.eventID(for: key, at: destination) }
    }
    package func parts(of event: EventID, at destination: DestinationID) async throws(JournalError) -> [NativePart] {
        try await outside { () async throws(JournalError) in try await inner.reader.parts(of: event, at: destination) }
    }
    package func changes(of targets: [EventID]) async throws(JournalError) -> [ChangeRow] {
        try await outside { () async throws(JournalError) in try await inner.reader.changes(of: targets) }
    }
    package func deletions(from first: Position, before end: Position) async throws(JournalError) -> [ChangeRow] {
        try await outside { () async throws(JournalError) in try await inner.reader.deletions(from: first, before: end) }
    }
    package func bounces(from id: UInt64, atMost limit: Int) async throws(JournalError) -> [BounceRow] {
        try await outside { () async throws(JournalError) in try await inner.reader.bounces(from: id, atMost: limit) }
    }
    package func retire(before position: Position, slice: Int) async throws(JournalError) -> Int {
        try await outside { () async throws(JournalError) in try await inner.retire(before: position, slice: slice) }
    }
    package func forgetIDs(before month: UInt32) async throws(JournalError) {
        try await outside { () async throws(JournalError) in try await inner.forgetIDs(before: month) }
    }
    package func backup(to folder: String) async throws(JournalError) {
        try await outside { () async throws(JournalError) in try await inner.reader.backup(to: folder) }
    }
    package func verify() async throws(JournalError) {
        try await outside { () async throws(JournalError) in try await inner.reader.verify() }
    }
    package func close() async { await inner.close() }
}
