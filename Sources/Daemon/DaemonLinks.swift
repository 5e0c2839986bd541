import Base
import Core
import IO
import Links
import Model

/// The links of a running relay: listens for peers, keeps one `PeerLink` for each, and changes them when the configuration changes.
actor DaemonLinks {
    static let revokedNote = "revoked "

    private let identity: IdentityKey
    private let desk: any PairingDesk
    /// Whom the administrator has shut out, whatever the configuration says.
    private var revoked: Set<RelayID> = []
    private let engine: Engine
    private let loop: EventLoop
    private let entropy: any Entropy
    private let log: Log
    private var listeners: [LinkListener] = []
    /// The peers of the configuration, also those that are shut out.
    private var configured: [String: PeerSettings] = [:]
    private var running: [String: Running] = [:]
    private var starting: [(name: String, link: PeerLink)] = []
    private var wake = Signal()
    private var isStopping = false
    private var failure: (any Error)?

    private struct Running {
        let settings: PeerSettings
        let link: PeerLink
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ notes: [String: [UInt8]], identity: IdentityKey, engine: Engine, desk: any PairingDesk, loop: EventLoop, entropy: any Entropy,
        log: Log
    ) {
        for name in notes.keys where name.hasPrefix(DaemonLinks.revokedNote) {
            if let id = bytes(hex: name.dropFirst(DaemonLinks.revokedNote.count)), id.count == 32 { revoked.insert(RelayID(bytes: id)) }
        }
        self.desk = desk
        self.identity = identity
        self.engine = engine
        self.loop = loop
        self.entropy = entropy
        self.log = log
    }

    /// Binds before anything is said to be ready.
    func listen(at places: [HostPort]) async throws {
        for place in places { listeners.append(try await LinkListener(at: place, identity: identity, desk: desk, loop: loop, log: log)) }
    }

    /// The peers of the configuration from now on. Those that did not change go on undisturbed.
    func serve(_ configured: [String: PeerSettings]) async {
        self.configured = configured
        let peers = configured.filter { !revoked.contains($0.value.id) }
        for (name, one) in running where peers[name] != one.settings {
            running[name] = nil
            await one.link.stop(revoked.contains(one.settings.id) ? .revoked : .normal)
        }
        for (name, settings) in peers.sorted(by: { $0.key < $1.key }) where running[name] == nil && !isStopping {
            let link = PeerLink(name, settings, identity: identity, port: engine, loop: loop, entropy: entropy, log: log)
            running[name] = Running(settings: settings, link: link)
            starting.append((name, link))
        }
        // Also of one that is shut out: what it said before bears its name.
        await engine.name(Dictionary(configured.map { ($0.value.id, $0.key) }) { first, _ in first })
        for (name, one) in running { await one.link.serve(await channels(of: name)) }
        let byID = Dictionary(running.values.map { ($0.settings.id, $0.link) }) { first, _ in first }
        for listener in listeners { await listener.serve(byID) }
        wake.set()
    }

    func isRevoked(_ id: RelayID) -> Bool { revoked.contains(id) }
    func setRevoked(_ id: RelayID, _ isRevoked: Bool) { if isRevoked { revoked.insert(id) } else { revoked.remove(id) } }

    /// What is offered over each link, by whom.
    func offers() async -> [OfferReport] {
        var reports: [OfferReport] = []
        for (name, one) in running.sorted(by: { $0.key < $1.key }) {
            for (channel, state) in await one.link.offers.sorted(by: { $0.key < $1.key }) {
                reports.append(OfferReport(peer: name, channel: channel, state: state))
            }
        }
        for name in revokedNames {
            let channels = await channels(of: name).keys.sorted()
            reports += (channels.isEmpty ? ["-"] : channels).map { OfferReport(peer: name, channel: $0, state: "revoked") }
        }
        return reports.sorted { ($0.peer, $0.channel) < ($1.peer, $1.channel) }
    }

    /// Peers of the configuration that are shut out.
    private var revokedNames: [String] { configured.filter { revoked.contains($0.value.id) }.keys.sorted() }

    /// How each link stands, for whoever asks what became of an event.
    func standings() async -> [String: LinkStanding] {
        var standings: [String: LinkStanding] = [:]
        for (name, one) in running { standings[name] = await one.link.standing }
        for name in revokedNames { standings[name] = LinkStanding(isUp: false, isRevoked: true) }
        return standings
    }

    private func channels(of peer: String) async -> [String: DestinationID] {
        var channels: [String: DestinationID] = [:]
        for served in await engine.channels(of: peer) { channels[served.settings.channel] = served.destination }
        return channels
    }

    /// How each link stands at a time.
    func reports(at time: UnixTime) async -> [StatusReport.LinkReport] {
        var reports: [StatusReport.LinkReport] = []
        for (name, one) in running {
            let isUp = await one.link.isUp
            reports.append(
                StatusReport.LinkReport(
                    name: name, relay: one.settings.id.description, isUp: isUp, state: isUp ? "up" : "down",
                    lastError: await one.link.lastError.map { ErrorReport($0, at: time) }, carried: await one.link.counters.byName))
        }
        for name in revokedNames {
            guard let id = configured[name]?.id else { continue }
            reports.append(
                StatusReport.LinkReport(name: name, relay: id.description, isUp: false, state: "revoked", lastError: nil, carried: [:]))
        }
        return reports.sorted { $0.name < $1.name }
    }

    /// What the links count, by peer.
    func metrics() async -> [Metric] {
        var metrics: [Metric] = []
        for (name, one) in running.sorted(by: { $0.key < $1.key }) {
            metrics += await one.link.metrics.map { $0.with(Metric.Label("peer", name)) }
        }
        var refused: UInt64 = 0
        for listener in listeners { refused += await listener.refused }
        metrics.append(
            .counter(
                "fairlead_link_connections_refused_total", "Connections that did not show a known key, or came while too many had not yet.",
                refused))
        return metrics
    }

    func stop() async {
        if isStopping { return }
        isStopping = true
        for listener in listeners { listener.stop() }
        for one in running.values { await one.link.stop() }
        wake.set()
    }

    /// Runs until `stop`.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            for listener in listeners { group.addTask { await self.keep { try await listener.run() } } }
            while !isStopping {
                for (_, link) in starting { group.addTask { await self.keep { try await link.run() } } }
                starting = []
                await withUnsafeContinuation { wake.wait($0) }
            }
        }
        if let failure { throw failure }
    }

    /// What ends one of them with an error ends the relay.
    private func keep(_ body: @Sendable () async throws -> Void) async {
        do {
            try await body()
        } catch {
            failure = failure ?? error
            await stop()
        }
    }
}
