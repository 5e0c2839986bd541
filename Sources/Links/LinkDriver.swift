import Base
import Core
import Model
import WireLink

/// How sessions with a peer are set up.
package struct LinkSettings: Hashable, Sendable {
    /// Our name for the peer.
    package let name: String
    package let peer: RelayID

    package init(name: String, peer: RelayID) {
        self.name = name
        self.peer = peer
    }
}

/// One session with a peer: reads, journals, acknowledges; passes on what the peer lacks.
package actor LinkDriver {
    let loop: any Loop
    let stream: any ByteStream
    let port: any LinkPort
    let mapping: LinkMapping
    let log: Log
    let isDialler: Bool
    var session: LinkSession
    /// The channels to share, by name.
    var channels: [String: DestinationID] = [:]
    var offered: [String: UInt64] = [:]
    var theirOffers: Set<String> = []
    /// Channels that were taken back in this session.
    var revoked: Set<String> = []

    // Going out.
    var answers = AnswerQueue()
    /// Since when a write lasts; nil between two.
    var writingSince: Instant?
    var outflows: [String: Outflow] = [:] {
        didSet { turns = outflows.sorted { $0.key < $1.key }.map(\.value) }
    }
    /// Whose turn comes when.
    private(set) var turns: [Outflow] = []
    var passed = PassedStreams()
    var outIndexes: [UInt64: (channel: String, stream: StreamIndex)] = [:]
    var resumes: [String: [Resume.Holding]] = [:]
    /// Batches that were packed.
    var batches: UInt64 = 0
    /// Channels in which something must wait for the engine: for a commit, or until an event that was given back is settled.
    var stalled: Set<String> = []
    /// Counts the engine's words, so that one that comes while a batch is filled is not missed.
    var logChanges: UInt64 = 0
    var workSignal = Signal()
    var lastAcknowledged = Instant(nanoseconds: 0)
    /// The engine is to learn how far the peer has come.
    var isTellingDue = false

    // Coming in.
    var unpackers = Unpackers()
    /// The streams that the peer has introduced, in order; nil in a channel that was not shared any more.
    var inStreams: [StreamIndex?] = []
    var introduced: Set<StreamIndex> = []
    /// Streams of the peer's that are not taken, and of which the log was told.
    var strays: Set<StreamID> = []
    /// What the peer has passed on in this session, by stream: it need not be passed back.
    var cameIn: [StreamIndex: ClosedRange<UInt64>] = [:]
    var intake: [Incoming] = []
    /// Something of the peer's was refused, or could not be journaled: nothing more of the session is.
    var hasFailedIntake = false
    var intakeSignal = Signal()
    var roomSignal = Signal()
    var consumption = Consumption()
    var source = PeerIndex.local

    var lastHeard: Instant
    var pings: [[UInt8]: UnsafeContinuation<Bool, Never>] = [:]
    var pingCount: UInt64 = 0
    /// The peer has asked not to be dialled before.
    var redialPause = Interval.zero
    var isEnding = false
    package internal(set) var ending: LinkFailure?
    /// What the engine could not take in; ends the relay.
    var failure: (any Error)?
    package var counters = LinkCounters()

    /// What a batch brought.
    struct Incoming {
        let channel: String
        var passed: PassedOn
        var touched: [UInt64: UInt64]
        var items: Int
        var bytes: Int
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    package init(
        _ stream: any ByteStream, own: RelayID, _ settings: LinkSettings, epoch: Epoch, isDialler: Bool, port: any LinkPort, loop: any Loop,
        log: Log
    ) {
        self.stream = stream
        self.port = port
        self.loop = loop
        self.isDialler = isDialler
        self.log = log
        mapping = LinkMapping(own: own, peer: settings.peer)
        session = LinkSession(Hello(epochOrdinal: UInt64(epoch.ordinal), epochBits: epoch.bits))
        lastHeard = loop.now
    }

    /// Runs the session to its end.
    package func run(_ channels: [String: DestinationID]) async {
        self.channels = channels
        source = await port.index(of: mapping.peer)
        let me = self
        let follower = await port.follow { me.assumeIsolated { $0.logChanged() } }
        perform(session.begin())
        await withDiscardingTaskGroup { group in
            group.addTask { await self.writeLoop() }
            group.addTask { await self.intakeLoop() }
            tick()
            await readLoop()
            isEnding = true
            stream.close()
            workSignal.set()
            intakeSignal.set()
        }
        await port.unfollow(follower)
        for waiter in pings.values { waiter.resume(returning: false) }
        pings = [:]
        await tellAcknowledged()
        if session.isGreeted { await port.left(channels.values.sorted()) }
    }

    private func logChanged() {
        stalled = []
        logChanges += 1
        workSignal.set()
    }

    /// The channels to share from now on.
    package func serve(_ new: [String: DestinationID]) async {
        let gone = channels.filter { new[$0.key] != $0.value }
        channels = new
        guard session.isGreeted else { return }
        revoked.formUnion(gone.keys)
        if ending != nil { return }
        for name in gone.keys.sorted() {
            outflows[name] = nil
            perform(session.revoke(name))
        }
        // What was taken back in a session is offered again in the next one.
        if new.keys.contains(where: { revoked.contains($0) }) { return end(LinkFailure(.normal, "a channel is shared again")) }
        offerNew()
        // What the peer has offered already was waiting for this.
        for name in new.keys.sorted() { await answerOffer(of: name) }
    }

    /// A channel that is shared, and has been since the session began to share it.
    func shared(_ name: String) -> DestinationID? { revoked.contains(name) ? nil : channels[name] }

    /// Each channel that either side offers: `shared`, `opening`, `waits for the peer` or `waits for us`.
    var offers: [String: String] {
        var states: [String: String] = [:]
        for name in theirOffers { states[name] = channels[name] == nil ? "waits for us" : outflows[name] == nil ? "opening" : "shared" }
        for name in channels.keys where !theirOffers.contains(name) { states[name] = "waits for the peer" }
        return states
    }

    /// Whether the peer has said HELLO.
    var isGreeted: Bool { session.isGreeted }

    /// Whether the peer answers a PING within so long.
    func answers(within interval: Interval) async -> Bool {
        if isEnding { return false }
        pingCount += 1
        let token = pingCount.bigEndianBytes
        send(Frame(.ping, token))
        return await withUnsafeContinuation { continuation in
            pings[token] = continuation
            _ = loop.schedule(at: loop.now + interval) { [weak self] in
                self?.assumeIsolated { $0.pings.removeValue(forKey: token)?.resume(returning: false) }
            }
        }
    }

    /// Tells the peer that this relay stops, and ends the session.
    func drain() {
        if session.isGreeted && ending == nil { send(Frame(.drain, Varints.encode([LinkDriverLimits.drain]))) }
        end(LinkFailure(.normal, "the relay stops"))
    }

    /// Ends the session with a word for the peer.
    func end(_ reason: LinkFailure, about kind: UInt8 = 0) {
        if ending != nil { return }
        ending = reason
        roomSignal.set()
        perform(session.close(reason, about: kind))
        // What was written before it goes out first; who does not read is not waited for.
        _ = loop.schedule(at: loop.now + LinkDriverLimits.closing) { [stream] in stream.close() }
    }

    func perform(_ actions: [LinkSession.Action]) {
        for action in actions {
            guard case .send(let frame) = action else { preconditionFailure("an action that only a frame can lead to: \(action)") }
            send(frame)
        }
    }

    func send(_ frame: Frame) {
        answers.append(frame)
        workSignal.set()
    }

    func offerNew() {
        for name in channels.keys.sorted() where offered[name] == nil {
            let (index, actions) = session.offer(name, title: "")
            offered[name] = index
            perform(actions)
        }
    }

    /// Accepts the peer's offer of a channel that is shared here, and says what is held of it: when the offer comes, or when the channel is
    /// shared here later.
    func answerOffer(of name: String) async {
        guard ending == nil, let destination = channels[name], let index = offered[name], let actions = session.accept(name) else { return }
        perform(actions)
        do {
            let epoch = PeerEpoch(ordinal: session.peerHello?.epochOrdinal ?? 0, bits: session.peerHello?.epochBits ?? 0)
            let holdings = try await port.holdings(of: destination, with: mapping.peer, whoseEpoch: epoch).map(mapping.wire)
            // It may have been taken out meanwhile.
            guard shared(name) == destination else { return }
            for resume in Resume.frames(of: holdings.suffix(LinkLimits.streams), channel: index) { send(resume) }
        } catch {
            fail(error)
        }
    }

    /// The journal failed: the relay can't go on.
    func fail(_ error: any Error) {
        failure = failure ?? error
        end(LinkFailure(.internalError, "the relay stops"))
    }

    // MARK: The clock

    private func tick() {
        if isEnding || ending != nil { return }
        let silence = Interval.seconds(session.peerHello?.silence ?? 30)
        let quiet = lastHeard.distance(to: loop.now)
        if !session.isGreeted && quiet > LinkDriverLimits.greeting { return end(LinkFailure(.timedOut, "no HELLO")) }
        if let writingSince, writingSince.distance(to: loop.now) > silence + silence {
            return end(LinkFailure(.timedOut, "the peer does not read"))
        }
        if quiet > silence + silence && intake.count <= LinkDriverLimits.intake {
            return end(LinkFailure(.timedOut, "no sign of life for \(quiet.seconds) s"))
        }
        if quiet > silence && session.isGreeted { send(Frame(.ping, [UInt8](repeating: 0, count: LinkLimits.pingToken))) }
        isTellingDue = true
        workSignal.set()
        _ = loop.schedule(at: loop.now + LinkDriverLimits.tick) { [weak self] in self?.assumeIsolated { $0.tick() } }
    }
}
