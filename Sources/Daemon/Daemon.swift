import Base
import Core
import IO
import Links
import Model
import Store

/// A running relay: holds the journal, the engine and the endpoints, and changes them when the configuration changes.
package actor Daemon {
    let path: String
    let loop: EventLoop
    let log: Log
    let service = ServiceNotifier()
    private let entropy = SystemEntropy()
    private(set) var settings: Settings
    /// This relay's own id, once its key is read.
    private var relay: RelayID?
    private var running: [String: Running] = [:]
    private var events: [DaemonEvent] = []
    private var signal = Signal()
    private var failure: (any Error)?
    private let substitutes: [String: any Endpoint]
    private let endsWithInput: Bool

    enum DaemonEvent {
        case reload
        case stop
        /// An endpoint's `run` has returned.
        case ended(String)
        case engineEnded
        case linksEnded
    }

    /// An endpoint at work.
    private struct Running {
        let blueprint: EndpointBlueprint
        let endpoint: any Endpoint
        var isStopping = false
        /// What takes its place when it has ended.
        var successor: EndpointBlueprint?
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// `path`: where the settings were read, to read them again. `substitutes` serve the channels of endpoints of these names in place of what
    /// the settings say (measurements). `endsWithInput`: the end of the standard input ends the relay as SIGTERM does.
    package init(
        _ path: String, _ settings: Settings, on loop: EventLoop, log: Log, instead substitutes: [String: any Endpoint] = [:],
        endsWithInput: Bool = false
    ) {
        self.substitutes = substitutes
        self.endsWithInput = endsWithInput
        self.path = path
        self.settings = settings
        self.loop = loop
        self.log = log
    }

    /// Runs until SIGTERM, SIGINT or what else is to end it. Called by a task that prefers the loop as its executor.
    package func run() async throws {
        let blueprints = try blueprints(of: settings)
        let state = try StateFolder(settings.relay.state, entropy: entropy)
        relay = state.relay
        if state.isNewIdentity { log.warning("a new identity was made beside a journal: every peer has to be paired anew") }
        try settings.check(as: state.relay)
        let journal = SQLiteJournal(folder: state.path)
        if state.hasLostJournal {
            log.warning(
                "there is a key but no journal: a new one is begun; `fairlead restore` brings an old one back", ["folder": state.path])
        }
        let opened = try await journal.open()
        try state.check(opened)
        let engine = Engine(
            loop: loop, journal: journal, state: opened, relay: state.relay, epochSecret: state.epochSecret, entropy: entropy,
            limits: settings.limits, disk: FileSystemGauge(of: state.path), texts: operatorTexts, log: log)
        try await engine.configure(settings.bridges)
        let invites = Invites(
            opened.notes, engine: engine, ownName: settings.relay.name, advertise: settings.relay.advertise.map(\.description), on: loop,
            log: log
        ) { await self.keep($0, $1) }
        let links = DaemonLinks(
            opened.notes, identity: state.identity, engine: engine, desk: invites, loop: loop, entropy: entropy, log: log)
        try await links.listen(at: settings.relay.listen)
        watchSignals()
        feedWatchdog()
        log.notice("started", ["relay": state.relay.description, "next": opened.next.description])
        let parts = RunningParts(engine: engine, links: links, invites: invites, state: state, started: loop.time)
        let metrics = MetricsServer(on: loop, log: log) { await self.metrics(parts) }
        try await metrics.serve(settings.metrics)
        let control = try ControlServer(in: state.path, on: loop, log: log) { request, answer in
            try await self.answer(request, answer, parts)
        }
        let factory = EndpointFactory(
            loop: loop, entropy: entropy, epochSecret: state.epochSecret, history: engine, texts: Texts(settings.language), log: log)
        await withDiscardingTaskGroup { group in
            group.addTask { await metrics.run() }
            group.addTask { await self.run(engine) }
            for (name, blueprint) in blueprints.sorted(by: { $0.key < $1.key }) {
                await start(name, blueprint, factory, engine, in: &group)
            }
            group.addTask { await self.run(links) }
            group.addTask { await control.run() }
            await links.serve(settings.peers)
            if failure == nil {
                log.notice("ready")
                await metrics.enter(.ready)
                tellReady()
            }
            await supervise(factory, engine, links, metrics, in: &group)
            await control.stop()
            await metrics.stop()
        }
        await journal.close()
        if let failure { throw failure }
        log.notice("stopped")
    }

    private func run(_ engine: Engine) async {
        do {
            try await engine.run()
        } catch {
            failure = failure ?? error
        }
        tell(.engineEnded)
    }

    private func run(_ links: DaemonLinks) async {
        do {
            try await links.run()
        } catch {
            failure = failure ?? error
        }
        tell(.linksEnded)
    }

    private func watchSignals() {
        let kinds: [(SignalWatch.Kind, DaemonEvent)] = [(.terminate, .stop), (.interrupt, .stop), (.hangUp, .reload)]
        for (kind, event) in kinds {
            _ = SignalWatch(kind, on: loop) { [weak self] in self?.assumeIsolated { $0.tell(event) } }
        }
        if endsWithInput { InputWatch.start(on: loop) { [weak self] in self?.assumeIsolated { $0.tell(.stop) } } }
    }

    func tell(_ event: DaemonEvent) {
        events.append(event)
        signal.set()
    }

    /// The endpoints that run, with the kind of each.
    var endpointKinds: [(name: String, kind: String)] { running.sorted { $0.key < $1.key }.map { ($0.key, $0.value.blueprint.kindName) } }

    /// The endpoints that run, by name.
    var endpoints: [(name: String, endpoint: any Endpoint)] { running.sorted { $0.key < $1.key }.map { ($0.key, $0.value.endpoint) } }

    // MARK: Supervision

    /// Acts on what happens until everything has ended.
    private func supervise(
        _ factory: EndpointFactory, _ engine: Engine, _ links: DaemonLinks, _ metrics: MetricsServer, in group: inout DiscardingTaskGroup
    ) async {
        var isStopping = false
        var hasToldStopping = false
        var isEngineRunning = true
        var areLinksRunning = true
        while isEngineRunning || areLinksRunning || !running.isEmpty {
            if events.isEmpty {
                await withUnsafeContinuation { signal.wait($0) }
                continue
            }
            switch events.removeFirst() {
            case .reload where !isStopping:
                service.isReloading()
                tellReady(isFaulty: !(await reload(engine, factory, links, metrics, in: &group)))
            case .reload: break
            case .stop:
                if !isStopping { log.notice("stopping") }
                isStopping = true
            case .engineEnded:
                isEngineRunning = false
                isStopping = true
            case .linksEnded:
                areLinksRunning = false
                isStopping = true
            case .ended(let name):
                await engine.detach(name)
                let ended = running.removeValue(forKey: name)
                if ended?.isStopping != true { isStopping = true }
                if let successor = ended?.successor, !isStopping { await start(name, successor, factory, engine, in: &group) }
            }
            guard isStopping else { continue }
            await metrics.enter(.stopping)
            if !hasToldStopping { service.isStopping("stopping") }
            hasToldStopping = true
            await engine.prepareToEnd()
            await stopAll()
            await links.stop()
            // Links still journal what they read, and endpoints what they hear.
            if running.isEmpty && !areLinksRunning && isEngineRunning { await engine.end() }
        }
    }

    private func stopAll() async {
        for name in running.keys.sorted() {
            running[name]?.successor = nil
            await stop(name)
        }
    }

    private func stop(_ name: String) async {
        guard let one = running[name], !one.isStopping else { return }
        running[name]?.isStopping = true
        await one.endpoint.stop()
    }

    private func start(
        _ name: String, _ blueprint: EndpointBlueprint, _ factory: EndpointFactory, _ engine: Engine, in group: inout DiscardingTaskGroup
    ) async {
        let endpoint = substitutes[name] ?? factory.make(name, blueprint)
        running[name] = Running(blueprint: blueprint, endpoint: endpoint)
        await engine.attach(endpoint, as: name)
        await endpoint.serve(await engine.channels(of: name))
        if let accepting = endpoint as? any AcceptingEndpoint {
            do {
                try await accepting.bind()
            } catch {
                log.error("an endpoint can't begin", ["endpoint": name, "reason": "\(error)"])
                failure = failure ?? error
                return tell(.ended(name))
            }
        }
        group.addTask { await self.run(endpoint, name, engine) }
    }

    private func run(_ endpoint: any Endpoint, _ name: String, _ engine: Engine) async {
        do {
            try await endpoint.run(engine)
        } catch {
            log.error("an endpoint ended", ["endpoint": name, "reason": "\(error)"])
            failure = failure ?? error
        }
        tell(.ended(name))
    }

    // MARK: Reload

    private func blueprints(of settings: Settings) throws(ConfigurationError) -> [String: EndpointBlueprint] {
        var blueprints: [String: EndpointBlueprint] = [:]
        for (name, endpoint) in settings.endpoints { blueprints[name] = try EndpointBlueprint(endpoint) }
        return blueprints
    }

    /// Reads the configuration again. What did not change is not touched; a faulty file changes nothing, and false is returned.
    private func reload(
        _ engine: Engine, _ factory: EndpointFactory, _ links: DaemonLinks, _ metrics: MetricsServer, in group: inout DiscardingTaskGroup
    ) async -> Bool {
        let new: Settings
        let blueprints: [String: EndpointBlueprint]
        do {
            new = try SettingsReader.read(path)
            if let relay { try new.check(as: relay) }
            blueprints = try self.blueprints(of: new)
        } catch {
            log.error("the configuration is faulty; the old one stays in force", ["reason": "\(error)"])
            return false
        }
        if new.relay != settings.relay || new.language != settings.language || new.limits != settings.limits {
            log.warning("changes of relay, language and limits are taken up at the next start")
        }
        do {
            try await engine.configure(new.bridges)
        } catch {
            failure = failure ?? error
            tell(.stop)
            return true
        }
        settings.bridges = new.bridges
        settings.endpoints = new.endpoints
        settings.peers = new.peers
        do {
            try await metrics.serve(new.metrics)
            settings.metrics = new.metrics
        } catch {
            log.error("metrics can't be answered there; nothing changes for them", ["reason": "\(error)"])
        }
        await links.serve(new.peers)
        for name in running.keys.sorted() {
            guard let one = running[name] else { continue }
            let blueprint = blueprints[name]
            if blueprint == one.blueprint && !one.isStopping {
                await one.endpoint.serve(await engine.channels(of: name))
            } else {
                running[name]?.successor = blueprint
                await stop(name)
            }
        }
        for (name, blueprint) in blueprints.sorted(by: { $0.key < $1.key }) where running[name] == nil {
            await start(name, blueprint, factory, engine, in: &group)
        }
        log.notice("reloaded", ["endpoints": String(blueprints.count), "bridges": String(new.bridges.count)])
        return true
    }
}

/// What commands ask about.
struct RunningParts: Sendable {
    let engine: Engine
    let links: DaemonLinks
    let invites: Invites
    let state: StateFolder
    let started: UnixTime
}
