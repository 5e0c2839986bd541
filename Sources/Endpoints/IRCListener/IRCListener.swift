import Base
import Core
import Model
import WireIRC

/// The relay as a small IRC server: people connect with any client and speak in its bridges.
///
/// A reader of the journal. What a client says is accepted first, and shown to everybody, its speaker included, when it is committed.
package actor IRCListener: ReadingEndpoint, AcceptingEndpoint {
    let loop: any Loop
    let listening: any Listening
    let history: any BridgeHistory
    let settings: IRCListenerSettings
    let secrets: IRCListenerSecrets
    let mapping: IRCListenerMapping
    let log: Log

    var world: ListenerWorld
    var clients: [Int: Client] = [:]
    var channels: [DestinationID: ListenerChannel] = [:]
    package internal(set) var counters = IRCListenerCounters()
    package var metrics: [Metric] { counters.metrics }

    /// What was said here and is not handed over yet.
    var waiting: [DestinationID: [WaitingUtterance]] = [:]
    /// Topics that the journal does not know of as such yet.
    var unwrittenTopics: Set<DestinationID> = []
    /// Channels of which something is handed over and not answered yet.
    var accepting: Set<DestinationID> = []
    var intakeSignal = Signal()
    /// Who said what was accepted, until it is shown.
    var origins: [EventID: Origin] = [:]
    /// What was committed and not shown yet.
    var arrived: [DestinationID: [CommittedEvent]] = [:]

    private var listener: (any StreamListener)?
    private var lastClient = 0
    private(set) var isStopping = false
    /// What the engine could not do; ends the endpoint.
    private var failure: (any Error)?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    struct WaitingUtterance: Sendable {
        let client: Int
        let utterance: ListenerSession.Utterance
        let happening: Happening
    }

    struct Origin {
        let client: Int
        let label: String?
    }

    /// `name`: the endpoint's, by which the network is called.
    package init(
        _ name: String, _ settings: IRCListenerSettings, _ secrets: IRCListenerSecrets, loop: any Loop, listening: any Listening,
        history: any BridgeHistory, version: String, texts: Texts, log: Log
    ) {
        self.settings = settings
        self.secrets = secrets
        self.loop = loop
        self.listening = listening
        self.history = history
        self.log = log
        mapping = IRCListenerMapping(texts: texts)
        world = ListenerWorld(server: "\(name).fairlead", network: name, version: version, created: loop.time.text)
    }

    // MARK: Endpoint

    package func serve(_ served: [ServedChannel]) {
        let now = Set(served.map(\.destination))
        for (destination, gone) in channels where !now.contains(destination) {
            for client in clients.values { perform(client.session.closed(gone.name, in: world), for: client) }
            world.close(gone.name)
            channels[destination] = nil
        }
        for channel in served {
            if channels[channel.destination] == nil { channels[channel.destination] = ListenerChannel(channel.settings.channel) }
            world.open(channel.settings.channel)
        }
        intakeSignal.set()
    }

    package func stop() {
        isStopping = true
        listener?.close()
        for client in clients.values { end(client, "the relay stops") }
        intakeSignal.set()
    }

    package func parts(of delivery: Delivery, from start: UInt32, in destination: DestinationID) -> [Range<UInt32>] { noOutbox() }
    package func deliver(_ parts: [PartDelivery], to destination: DestinationID) { noOutbox() }
    package func reconcile(_ claims: [ClaimedPart], in destination: DestinationID) async -> [ClaimResult] { noOutbox() }

    package nonisolated func event(named id: String) -> EventID? { EventID(text: IRCListenerMapping.eventText(id)) }

    private func noOutbox() -> Never { preconditionFailure("a reader was asked for what only destinations with an outbox are asked for") }

    package func bind() async throws {
        if listener != nil { return }
        do {
            let bound = try await listening.listen(at: settings.listen)
            listener = bound
            log.notice("listening", ["address": settings.listen.host, "port": String(bound.port)])
        } catch StreamError.lost(let words) {
            throw ListenerError(words: "can't listen at \(words)")
        }
    }

    package func run(_ port: any RelayPort) async throws {
        try await bind()
        guard let listener else { return }
        try await restoreChannels(port)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.intakeLoop(port) }
            tick()
            while let (stream, address) = await nextConnection(listener) {
                guard let client = admit(stream, address) else { continue }
                let id = client.id
                group.addTask { await self.write(id) }
                group.addTask { await self.read(id) }
            }
            stop()
        }
        if let failure { throw failure }
    }

    /// Ends the endpoint.
    func fail(_ error: any Error) {
        failure = failure ?? error
        stop()
    }

    // MARK: Connections

    private func nextConnection(_ listener: any StreamListener) async -> (any ByteStream, String)? {
        do {
            return try await listener.accept()
        } catch {
            failure = failure ?? error
            return nil
        }
    }

    /// Takes a connection; nil if there are too many.
    private func admit(_ stream: any ByteStream, _ address: String) -> Client? {
        let fromThere = clients.values.count { $0.address == address }
        guard clients.count < IRCListenerLimits.connections, fromThere < IRCListenerLimits.connectionsPerAddress else {
            counters.tooManyConnections += 1
            log.warning("too many connections", ["from": address])
            stream.close()
            return nil
        }
        counters.connections += 1
        lastClient += 1
        let client = Client(lastClient, stream, from: address, at: loop.now)
        clients[client.id] = client
        return client
    }
}

/// A listener can't begin.
package struct ListenerError: Error, Hashable, Sendable, CustomStringConvertible {
    let words: String
    package var description: String { words }
}
