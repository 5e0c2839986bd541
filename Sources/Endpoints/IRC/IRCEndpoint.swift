import Base
import Core
import Model
import WireIRC

/// The secrets of an IRC account, read from where the settings say they are.
package struct IRCSecrets: Hashable, Sendable {
    package var password: String?
    package var sasl: String?
    package var nickServ: String?
    /// By folded channel.
    package var keys: [String: String]

    package init(password: String? = nil, sasl: String? = nil, nickServ: String? = nil, keys: [String: String] = [:]) {
        self.password = password
        self.sasl = sasl
        self.nickServ = nickServ
        self.keys = keys
    }

    /// A server's or service's words for the log: some repeat what they were told.
    package func hidden(in text: String) -> String {
        ([password, sasl, nickServ].compactMap(\.self) + keys.values).sorted { $0.utf8.count > $1.utf8.count }.reduce(text) {
            text, secret in
            secret.isEmpty ? text : text.replacing(secret, with: "…")
        }
    }
}

/// An account on an IRC network: connects, joins, reads, writes.
package actor IRCEndpoint: Endpoint {
    let loop: any Loop
    let connecting: any Connecting
    let entropy: any Entropy
    let settings: IRCSettings
    let secrets: IRCSecrets
    let texts: Texts
    /// Of last errors and bounces.
    var operatorTexts: OperatorTexts { OperatorTexts(texts.language) }
    let seal: MarkSeal
    let log: Log

    // The connection of now.
    var machine: SessionMachine
    var stream: (any ByteStream)?
    var outgoing = OutgoingLines()
    var output: [UInt8] = []
    var writeSignal = Signal()
    var lastHeard = Instant(nanoseconds: 0)
    var connectedAt = Instant(nanoseconds: 0)
    var readySince: Instant?
    var barriers: [String: String] = [:]
    /// When this client joined last, or had its last answer, by the server's clock; milliseconds since 1970, nil where it does not tell.
    var serverTime: UInt64?
    var barrierCount: UInt64 = 0
    var nextRegain = Instant(nanoseconds: 0)
    var toldOfNick = NickHolder.none
    var ending: String?
    var isWritingDone = false
    var wasThrownOut = false

    // What is read and not journaled yet: of this connection and of those before it.
    var intake = ChannelIntake()
    /// No connection follows.
    var isReadingDone = false
    var intakeSignal = Signal()
    /// Something that reading or connecting waits for may have come.
    var roomSignal = Signal()

    /// Private words that wait for their turn; the first was sent.
    var notices: [IRCMessage] = []
    var channels: [String: IRCChannel] = [:]
    /// How often a channel was caught up with.
    var connectedCount: UInt64 = 0
    /// Channels of which it was said that their server keeps no history.
    var unkept: Set<String> = []
    var isStopping = false
    var stopSignal = Signal()
    /// Ends the waiting for a connection when the endpoint is to stop.
    let connectingEnd: Interruption
    /// What the engine could not take in; ends the endpoint.
    var failure: (any Error)?
    package internal(set) var lastErrors = LastErrors()
    package internal(set) var counters = IRCCounters()
    package var metrics: [Metric] { counters.metrics }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    /// `markKey`: 32 bytes that only this relay knows.
    package init(
        _ settings: IRCSettings, _ secrets: IRCSecrets, loop: any Loop, connecting: any Connecting, entropy: any Entropy, texts: Texts,
        markKey: [UInt8], log: Log
    ) {
        self.settings = settings
        self.secrets = secrets
        self.loop = loop
        self.connecting = connecting
        self.entropy = entropy
        self.texts = texts
        self.log = log
        connectingEnd = Interruption(on: loop)
        seal = MarkSeal(key: markKey)
        machine = SessionMachine(IRCEndpoint.identity(settings, secrets))
    }

    static func identity(_ settings: IRCSettings, _ secrets: IRCSecrets) -> SessionMachine.Identity {
        SessionMachine.Identity(
            nick: settings.nick, username: settings.username, realname: "fairlead relay", password: secrets.password,
            sasl: settings.sasl.flatMap { sasl in secrets.sasl.map { .init(account: sasl.account, password: $0) } },
            nickServ: secrets.nickServ)
    }

    /// Whom the log has told to hold the wanted nick.
    enum NickHolder { case none, former, stranger }

    // MARK: Endpoint

    package func serve(_ served: [ServedChannel]) {
        var before = channels
        channels = [:]
        for channel in served {
            // One that is only spelled otherwise from now on is known by its former spelling while this endpoint lives.
            let key = before.first { $0.value.settings.folded == channel.settings.folded }?.key ?? channel.settings.channel
            guard var known = before.removeValue(forKey: key) else {
                channels[key] = IRCChannel(channel, as: key)
                continue
            }
            known.settings = channel.settings
            channels[key] = known.destination == channel.destination ? known : IRCChannel(channel, as: key)
            if known.destination == channel.destination { continue }
            // In another bridge from now on; it need not be left for that.
            outgoing.drop(known.destination)
            if machine.channel(key)?.isJoined == true { catchUp(key) }
        }
        for gone in before.values {
            outgoing.drop(gone.destination)
            perform(machine.part(gone.name))
        }
        lastErrors.keep(only: Set(channels.values.map(\.destination)))
        joinSome()
    }

    package func stop() {
        isStopping = true
        wakeToEnd()
        if stream == nil { return }
        drain(until: loop.now + EndpointLimits.draining)
    }

    /// Nothing is waited for any more before `run` looks whether it is to go on.
    func wakeToEnd() {
        stopSignal.set()
        roomSignal.set()
        connectingEnd.assumeIsolated { $0.interrupt() }
    }

    /// Waits for answers to what is under way, says good-bye, and hangs up if the server does not.
    private func drain(until deadline: Instant) {
        if outgoing.underWay > 0 && loop.now < deadline {
            _ = loop.schedule(at: loop.now + .milliseconds(20)) { [weak self] in self?.assumeIsolated { $0.drain(until: deadline) } }
            return
        }
        send(IRCMessage("QUIT", "relay stops"))
        _ = loop.schedule(at: loop.now + EndpointLimits.quitting) { [weak self] in self?.assumeIsolated { $0.hangUp("stopped") } }
    }

    package func run(_ port: any RelayPort) async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.intakeLoop(port) }
            await connections(port)
            isReadingDone = true
            intakeSignal.set()
        }
        if let failure { throw failure }
    }

    /// One connection after the other.
    private func connections(_ port: any RelayPort) async {
        var backoff = EndpointLimits.reconnect
        var next = 0
        while !isStopping && failure == nil {
            let server = settings.servers[next % settings.servers.count]
            next += 1
            await session(server, port)
            if isStopping || failure != nil { return }
            if let readySince {
                if readySince.distance(to: loop.now) > EndpointLimits.settled { backoff.reset() }
                next -= 1
            }
            let wait = backoff.wait(entropy.bytes(8).firstUInt64)
            let reason = secrets.hidden(in: ending ?? "")
            log.warning(
                "disconnected", ["server": server.description, "reason": reason, "again_in_ms": String(wait.milliseconds)])
            lastErrors.note("\(server): \(reason)", at: loop.time)
            counters.reconnects += 1
            let timer = loop.schedule(at: loop.now + wait) { [weak self] in self?.assumeIsolated { $0.stopSignal.set() } }
            await withUnsafeContinuation { stopSignal.wait($0) }
            loop.cancel(timer)
            // Nothing could be read of a new one, and the server would throw it out for not answering.
            while intake.isFull && !isStopping && failure == nil { await withUnsafeContinuation { roomSignal.wait($0) } }
        }
    }

    // MARK: One connection

    private func session(_ server: HostPort, _ port: any RelayPort) async {
        reset()
        do {
            let connected = try await connect(to: server)
            stream = connected
            log.info("connected", ["server": server.description])
            if isStopping { connected.close() }
            perform(machine.begin())
            await withDiscardingTaskGroup { group in
                group.addTask { await self.writeLoop(connected) }
                tick()
                await readLoop(connected, port)
                connected.close()
                isWritingDone = true
                writeSignal.set()
            }
            noteWhatWasRead()
        } catch {
            ending = ending ?? "\(error)"
        }
        stream = nil
        for key in channels.keys { channels[key]?.reset() }
        // Also while the engine waits with what was read: it must not take the channels for connected.
        for channel in channels.values { await port.disconnected(channel.destination) }
    }

    /// A connection, in the time that is allowed for it; none if the endpoint is stopped meanwhile.
    private func connect(to server: HostPort) async throws(StreamError) -> any ByteStream {
        let security = settings.usesTLS ? StreamSecurity.verified(authorities: settings.authorities) : .none
        let (connecting, local, deadline) = (connecting, settings.bind, loop.now + EndpointLimits.connecting)
        return try await connectingEnd.guarding { () async throws(StreamError) -> any ByteStream in
            try await connecting.connect(to: server, security, from: local, before: deadline)
        }
    }

    private func reset() {
        machine = SessionMachine(IRCEndpoint.identity(settings, secrets))
        outgoing.reset(wasThrownOut: wasThrownOut)
        output = []
        writeSignal = Signal()
        isWritingDone = false
        barriers = [:]
        serverTime = nil
        readySince = nil
        toldOfNick = .none
        ending = nil
        wasThrownOut = false
        lastHeard = loop.now
        connectedAt = loop.now
        nextRegain = loop.now
    }

    /// Ends the connection; `session` comes to its end by itself.
    func hangUp(_ reason: String) {
        ending = ending ?? reason
        stream?.close()
        roomSignal.set()
    }

    private func readLoop(_ stream: any ByteStream, _ port: any RelayPort) async {
        var decoder = LineDecoder()
        let tooLongBefore = counters.linesTooLong
        do {
            while let bytes = try await stream.read(atMost: EndpointLimits.read) {
                lastHeard = loop.now
                for line in decoder.feed(bytes) { await received(line, port) }
                counters.linesTooLong = tooLongBefore + decoder.tooLong
                while intake.isFull || output.count > EndpointLimits.output, ending == nil {
                    await withUnsafeContinuation { roomSignal.wait($0) }
                }
                if ending != nil { return }
            }
            ending = ending ?? "ended by the server"
        } catch {
            ending = ending ?? "\(error)"
        }
    }

    private func received(_ line: [UInt8], _ port: any RelayPort) async {
        guard let message = try? IRCMessage(line: line) else {
            counters.malformed += 1
            return
        }
        counters.tagsDropped += UInt64(message.tagsDropped)
        noteServerTime(message)
        for action in machine.received(message) { await perform(action, port) }
    }

    private func writeLoop(_ stream: any ByteStream) async {
        while true {
            await withUnsafeContinuation { writeSignal.wait($0) }
            while !output.isEmpty {
                var bytes: [UInt8] = []
                swap(&bytes, &output)
                roomSignal.set()
                do { try await stream.write(bytes) } catch { return hangUp("\(error)") }
            }
            if isWritingDone { return }
        }
    }

    func send(_ message: IRCMessage) {
        output += message.bytes
        writeSignal.set()
    }
}
