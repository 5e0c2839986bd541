import Base
import Core
import IO
import Model
import WireLink

/// What the configuration says of a peer.
package struct PeerSettings: Hashable, Sendable {
    package let id: RelayID
    /// Tried in this order; none: the peer dials.
    package let addresses: [HostPort]

    package init(id: RelayID, addresses: [HostPort]) {
        self.id = id
        self.addresses = addresses
    }
}

/// The lasting relation to a peer: keeps one session, dials again when it is lost, decides which of two stays.
package actor PeerLink {
    private let name: String
    private let settings: PeerSettings
    private let own: RelayID
    private let identity: IdentityKey
    /// With a certificate that is signed once, at the first dial.
    private var context: TLSContext?
    private let port: any LinkPort
    private let loop: EventLoop
    private let entropy: any Entropy
    private let log: Log
    private var channels: [String: DestinationID] = [:]
    private var driver: LinkDriver?
    /// Of sessions that have ended.
    private var isStopping = false
    private var wake = Signal()
    /// Ends the waiting for a connection when the link is to stop.
    private let dialingEnd: Interruption
    /// Sessions that wait for the running one to end.
    private var endWaiters: [UnsafeContinuation<Void, Never>] = []
    private var adopted: [(stream: TLSStream, done: UnsafeContinuation<Void, Never>)] = []
    /// Connections of the peer's that have no session yet.
    private var contenders = 0
    /// The peer has asked not to be dialled before.
    private var redialPause = Interval.zero
    private var failure: (any Error)?
    /// Why the peer could not be reached, or a session ended, most lately.
    package private(set) var lastError: LastError?
    /// Of the sessions that have ended, and how many sessions there were.
    private var past = LinkCounters()
    private var sessions: UInt64 = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package init(
        _ name: String, _ settings: PeerSettings, identity: IdentityKey, port: any LinkPort, loop: EventLoop, entropy: any Entropy, log: Log
    ) {
        self.name = name
        self.settings = settings
        self.identity = identity
        self.port = port
        self.loop = loop
        self.entropy = entropy
        self.log = log.with("peer", name)
        own = RelayID(bytes: identity.hash)
        dialingEnd = Interruption(on: loop)
    }

    /// The channels that are shared with this peer, by the name that both give them.
    package func serve(_ channels: [String: DestinationID]) async {
        self.channels = channels
        await driver?.serve(channels)
    }

    /// Whether both sides have said HELLO.
    package var isUp: Bool {
        get async { await driver?.isGreeted ?? false }
    }

    /// What all sessions since the relay's start have carried.
    package var counters: LinkCounters {
        get async {
            var sum = past
            if let driver { sum.add(await driver.counters) }
            return sum
        }
    }

    /// What all its sessions have carried, and whether it is up: docs/operations.md, "Metrics".
    package var metrics: [Metric] {
        get async {
            await counters.metrics + [
                .counter(
                    "fairlead_link_reconnects_total", "Sessions with a peer after the first.", sessions > 0 ? sessions - 1 : 0),
                .gauge("fairlead_link_up", "1 while a session with a peer is up.", await isUp ? 1 : 0),
            ]
        }
    }

    /// How it stands, for whoever asks what became of an event.
    package var standing: LinkStanding {
        get async {
            var standing = await driver?.standing ?? LinkStanding(isUp: false)
            standing.lastError = lastError
            return standing
        }
    }

    /// What is offered in the session of now, and for whose word it waits.
    package var offers: [String: String] {
        get async { await driver?.offers ?? [:] }
    }

    /// Has `run` end soon.
    package func stop(_ code: CloseCode = .normal) async {
        isStopping = true
        wake.set()
        await dialingEnd.interrupt()
        if code == .revoked {
            await driver?.end(LinkFailure(code, "the link was revoked"))
        } else {
            await driver?.drain()
        }
    }

    /// Keeps the link until `stop`. Throws what ends the relay.
    package func run() async throws {
        var backoff = LinkDriverLimits.redial
        while !isStopping {
            if let (stream, done) = adopted.first {
                adopted.removeFirst()
                contenders -= 1
                if await session(stream, isDialler: false) { backoff.reset() }
                done.resume()
            } else if !settings.addresses.isEmpty, let stream = await dial() {
                if await session(stream, isDialler: true) { backoff.reset() }
            }
            if let failure { throw failure }
            if isStopping || !adopted.isEmpty { continue }
            // Who only waits to be dialled is woken by `adopt`.
            let timer = settings.addresses.isEmpty ? nil : wakeLater(max(redialPause, backoff.wait(entropy.bytes(8).firstUInt64)))
            redialPause = .zero
            await withUnsafeContinuation { wake.wait($0) }
            if let timer { loop.cancel(timer) }
        }
        for (stream, done) in adopted {
            stream.close()
            done.resume()
        }
        adopted = []
    }

    private func wakeLater(_ interval: Interval) -> TimerID {
        loop.schedule(at: loop.now + interval) { [weak self] in self?.assumeIsolated { $0.wake.set() } }
    }

    private func dial() async -> TLSStream? {
        for address in settings.addresses where adopted.isEmpty && !isStopping {
            do {
                let stream = try await dial(address)
                if stream.peerKeyHash == settings.id.bytes { return stream }
                log.error("another relay answers at the peer's address", ["address": address.description])
                lastError = LastError("\(address): another relay answers there", at: loop.time)
                stream.close()
            } catch {
                log.info("the peer can't be reached", ["address": address.description, "reason": "\(error)"])
                lastError = LastError("\(address): \(error)", at: loop.time)
            }
        }
        return nil
    }

    private func linkContext() throws(StreamError) -> TLSContext {
        if let context { return context }
        let made = try TLSContext(identity: identity, protocolName: LinkListener.protocolName, isServer: false)
        context = made
        return made
    }

    private func dial(_ address: HostPort) async throws(StreamError) -> TLSStream {
        let context = try linkContext()
        let (loop, deadline) = (loop, loop.now + LinkDriverLimits.connecting)
        return try await dialingEnd.guarding { () async throws(StreamError) -> TLSStream in
            let plain = try await TCPConnector(on: loop).connect(to: address, .none, from: nil, before: deadline)
            return try await TLSStream.link(over: plain, context, isDialler: true, before: deadline, on: loop)
        }
    }

    /// One session, from its beginning to its end. Whether it was of use: one that a fault ended in its first minute would be no better
    /// when it is begun again at once.
    private func session(_ stream: TLSStream, isDialler: Bool) async -> Bool {
        let begin = loop.now
        let driver = LinkDriver(
            stream, own: own, LinkSettings(name: name, peer: settings.id), epoch: await port.epoch, isDialler: isDialler, port: port,
            loop: loop,
            log: log)
        self.driver = driver
        sessions += 1
        if isStopping { await driver.end(LinkFailure(.normal, "the relay stops")) }
        await driver.run(channels)
        self.driver = nil
        past.add(await driver.counters)
        if let failed = await driver.failure { failure = failed }
        redialPause = await driver.redialPause
        let ending = await driver.ending
        log.warning("link down", ["reason": ending?.words ?? "", "code": ending.map { "\($0.code)" } ?? ""])
        // Both had dialled at once: one of the two sessions stays.
        let isReplaced = ending?.code == .duplicate && !adopted.isEmpty
        if !isReplaced { lastError = LastError(ending.map { "\($0.code): \($0.words)" } ?? "the connection ended", at: loop.time) }
        for waiter in endWaiters { waiter.resume() }
        endWaiters = []
        if begin.distance(to: loop.now) >= LinkDriverLimits.useful { return true }
        return await driver.isGreeted && [.normal, .duplicate, .timedOut].contains(ending?.code ?? .normal)
    }

    /// Takes over a connection that the peer dialled; returns when its session has ended. While another session lives, only one of both
    /// stays: that which the lower relay id dialled.
    package func adopt(_ stream: TLSStream) async {
        guard contenders < LinkDriverLimits.contenders else {
            return await refuse(stream, LinkFailure(.duplicate, "other connections of this relay wait already"))
        }
        contenders += 1
        guard await mayTakeOver(stream), !isStopping else {
            contenders -= 1
            return stream.close()
        }
        await withUnsafeContinuation { done in
            adopted.append((stream, done))
            wake.set()
        }
    }

    /// Decides between the running session and a new connection; what is refused is told why.
    private func mayTakeOver(_ stream: TLSStream) async -> Bool {
        if let driver {
            let isOurs = own.bytes.lexicographicallyPrecedes(settings.id.bytes)
            // Both dialled at once: both sides see the same two sessions and keep the same one. Neither waits for the other's HELLO.
            let mayStay = driver.isDialler == isOurs || !driver.isDialler
            let isNew = await !driver.isGreeted
            if mayStay, isNew && driver.isDialler ? true : await driver.answers(within: LinkDriverLimits.proof) {
                await refuse(stream, LinkFailure(.duplicate, "another session of these two relays lives"))
                return false
            }
            await driver.end(LinkFailure(.duplicate, "another session of these two relays takes its place"))
            if self.driver != nil { await withUnsafeContinuation { endWaiters.append($0) } }
        }
        if isStopping { await refuse(stream, LinkFailure(.normal, "the relay stops")) }
        return !isStopping
    }

    private func refuse(_ stream: TLSStream, _ reason: LinkFailure) async {
        log.info("a second session is refused", ["reason": reason.words])
        try? await stream.write(Closing(reason).frame.bytes)
        stream.close()
    }
}
