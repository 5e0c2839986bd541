import Base
import Core
import Model
import Store
import Support
import WireLink

/// A relay with some servers, in one bridge unless a test says otherwise, through all its lives: a test starts it, disturbs it and looks at the outcome.
package final class SimulatedRelay: @unchecked Sendable {  // the driving thread's alone
    package enum Store: String, Sendable, CaseIterable { case memory, sqlite }

    package let world: SimulatedWorld
    /// The disk of the journal: its room.
    package let gauge = SimulatedGauge()
    /// The engine's lines of all lives.
    package let log = SimulatedLog()
    package let servers: [SimulatedServer]
    package var limits = EngineLimits()
    /// What all lives together have done.
    package private(set) var counters = EngineCounters()
    package private(set) var crashes = 0
    package private(set) var cuts: [String: Int] = [:]
    private let store: Store
    private let folder = TemporaryFolder()
    private var host: SimulatedHost?
    private var process: RelayProcess?
    private var memory: MemoryJournal?
    private var sqlite: SQLiteJournal?
    private var disk = MemoryDisk()
    private var saved: MemoryDisk?
    package let id: RelayID
    /// The configuration: of the next life, and after `reload` of this one.
    package var bridges: [BridgeSettings] = []
    private let peers: [SimulatedPeer]

    package convenience init(seed: UInt64, store: Store = .memory, kinds: [SimulatedServer.Kind]) {
        self.init(in: SimulatedWorld(seed: seed), store: store, kinds: kinds, number: 7, peers: [])
    }

    /// One of several relays of a world; its servers are named from `number` on.
    package init(in world: SimulatedWorld, store: Store = .memory, kinds: [SimulatedServer.Kind], number: UInt8, peers: [SimulatedPeer]) {
        self.world = world
        self.store = store
        self.peers = peers
        id = SimulatedRelay.id(number)
        let prefix = peers.isEmpty ? "s" : "s\(number)"
        servers = kinds.enumerated().map { SimulatedServer("\(prefix)\($0.offset)", $0.element) }
        bridges = [bridge("ops", over: Array(servers.indices))]
    }

    /// A bridge over some servers, and with the peers if it is shared with them, under the bridge's name.
    package func bridge(_ name: String, over indices: [Int], isShared: Bool = true) -> BridgeSettings {
        bridge(name, over: indices, with: isShared ? peers.map(\.name) : [])
    }

    package func bridge(_ name: String, over indices: [Int], with shared: [String]) -> BridgeSettings {
        var members = indices.map { MemberSettings(endpoint: servers[$0].name, channel: "#c") }
        members += shared.map { MemberSettings(endpoint: $0, channel: name, isPeer: true) }
        return BridgeSettings(name: name, members: members)
    }

    /// Takes the configuration up.
    package func reload(_ bridges: [BridgeSettings]) {
        self.bridges = bridges
        guard let host, let process else { return }
        world.running(host) { process.assumeIsolated { $0.reload(bridges) } }
    }

    package static func id(_ number: UInt8) -> RelayID { RelayID(bytes: [UInt8](repeating: number, count: 32)) }

    package var time: UnixTime { UnixTime(seconds: 1_795_000_000 + world.now.nanoseconds / 1_000_000_000) }

    package func run(milliseconds: UInt64) { world.run(until: world.now + .milliseconds(milliseconds)) }
    package func run(seconds: UInt64) { run(milliseconds: seconds * 1000) }

    package func start() {
        let host = world.makeHost()
        self.host = host
        let journal: any Journal
        switch store {
        case .memory:
            let world = self.world
            let memory = MemoryJournal(disk: disk, on: host) { await host.sleep(until: host.now + .milliseconds(world.pick(0...8))) }
            self.memory = memory
            journal = memory
        case .sqlite:
            let sqlite = SQLiteJournal(folder: folder.path)
            self.sqlite = sqlite
            journal = OutsideJournal(sqlite, on: host, in: world)
        }
        let process = RelayProcess(
            on: host, in: world, journal: journal, servers: servers, limits: limits, id: id, peers: peers, bridges: bridges, gauge: gauge,
            log: log)
        self.process = process
        world.running(host) { process.assumeIsolated { $0.start() } }
    }

    /// Ends the process after so many more steps, wherever that is; what was not synced is lost, or not.
    package func crash(after steps: UInt64 = 0) async {
        guard let host else { return }
        crashes += 1
        for _ in 0..<steps { _ = world.step(before: world.now + .milliseconds(30)) }
        collectCounters()
        world.crash(host)
        if let memory {
            disk = world.running(host) { memory.assumeIsolated { $0.disk } }
            disk = disk.afterCrash(keeping: Int(world.pick(0...UInt64(disk.unsynced))))
        }
        await sqlite?.close()
        world.forgetOutside()
        for server in servers { server.listener = nil }
        for peer in peers { peer.cable.cut() }
        self.host = nil
    }

    /// Keeps a copy of the journal as it is on the disk now.
    package func save() {
        guard let memory, let host else { return }
        let disk = world.running(host) { memory.assumeIsolated { $0.disk } }
        saved = disk.afterCrash(keeping: 0)
    }

    /// The next life begins with the copy that was kept last. False if there is none.
    package func restore() -> Bool {
        guard let saved, host == nil else { return false }
        disk = saved
        return true
    }

    /// Breaks the connection to a server.
    package func cut(_ index: Int) {
        guard let host, let process else { return }
        cuts[servers[index].name, default: 0] += 1
        world.running(host) {
            let endpoints = process.assumeIsolated { $0.endpoints }
            if index < endpoints.count { endpoints[index].assumeIsolated { $0.cut() } }
        }
    }

    /// Makes a server unreachable, or reachable again.
    package func setUp(_ index: Int, _ isUp: Bool) {
        servers[index].isUp = isUp
        if !isUp { cut(index) }
    }

    /// An operator stops the bridge, or lets it go on.
    package func setPaused(_ isPaused: Bool) {
        guard let host, let process else { return }
        world.running(host) { process.assumeIsolated { $0.setPaused(isPaused) } }
    }

    /// An operator has everything that bounced delivered again.
    package func retryBounces() {
        guard let host, let process else { return }
        world.running(host) { process.assumeIsolated { $0.retryBounces() } }
    }

    /// An operator lets the peers back whom he had shut out.
    package func shareAnew() {
        guard let host, let process else { return }
        world.running(host) { process.assumeIsolated { $0.shareAnew() } }
    }

    package func setFull(_ isFull: Bool) {
        guard let memory, let host else { return }
        world.running(host) { memory.assumeIsolated { $0.setFull(isFull) } }
    }

    /// What the life that runs now has done.
    package var currentCounters: EngineCounters {
        guard let host, let process else { return EngineCounters() }
        return world.running(host) { process.assumeIsolated { $0.engine }?.assumeIsolated { $0.counters } ?? EngineCounters() }
    }

    /// What became of an event. A tenth of a second passes.
    package func story(of event: EventID) -> Story? {
        guard let host, let process else { return nil }
        let told = ToldStory()
        world.running(host) { process.assumeIsolated { $0.tell(of: event) { told.story = $0 } } }
        run(milliseconds: 100)
        return told.story
    }

    private final class ToldStory: @unchecked Sendable {  // the driving thread's alone
        var story: Story?
    }

    /// Why nothing is taken in.
    package var hindrance: Engine.Hindrance? {
        guard let host, let process else { return nil }
        return world.running(host) { process.assumeIsolated { $0.engine }?.assumeIsolated { $0.hindrance() } }
    }

    /// How every member of its bridges stands.
    package var standing: [Engine.OutboxStatus] {
        guard let host, let process else { return [] }
        return world.running(host) { process.assumeIsolated { $0.engine }?.assumeIsolated { $0.status() } ?? [] }
    }

    /// What it measures, as Prometheus reads it.
    package var currentMetrics: String {
        guard let host, let process else { return "" }
        var text = MetricsText()
        text.add(world.running(host) { process.assumeIsolated { $0.engine }?.assumeIsolated { $0.metrics() } ?? [] })
        return text.text
    }

    /// How the sessions of this life ended, and the faults that were counted in them.
    package var linkEndings: (endings: [LinkFailure], faults: UInt64) {
        guard let host, let process else { return ([], 0) }
        return world.running(host) { process.assumeIsolated { ($0.endings, $0.faults) } }
    }

    /// Everything that the journal in memory holds.
    package var rows: JournalRows {
        guard let host, let memory else { return JournalRows() }
        return world.running(host) { memory.assumeIsolated { $0.rows } }
    }

    /// The bounces in the journal in memory.
    package var bounces: [BounceRow] {
        guard let host, let memory else { return [] }
        return world.running(host) { memory.assumeIsolated { $0.currentBounces } }
    }

    /// The first position of the journal in memory whose content is still there.
    package var oldestPosition: Position {
        guard let host, let memory else { return .zero }
        return world.running(host) { memory.assumeIsolated { $0.oldest } }
    }

    package func collectCounters() { counters.add(currentCounters) }
}
