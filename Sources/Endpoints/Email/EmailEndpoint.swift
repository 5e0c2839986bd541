import Base
import Core
import Model
import WireMail

/// What an e-mail endpoint has seen since it began.
package struct EmailCounters: Hashable, Sendable {
    package var mailed: UInt64 = 0
    package var putOff: UInt64 = 0
    package var refused: UInt64 = 0
    /// Given to a server that did not answer.
    package var unclear: UInt64 = 0
    /// Times that the server could not be reached or used.
    package var failures: UInt64 = 0

    package init() {}

    var metrics: [Metric] {
        [
            .counter("fairlead_mail_sent_total", "Mails that the submission server took.", mailed),
            .counter("fairlead_mail_put_off_total", "Mails that the server put off.", putOff),
            .counter("fairlead_mail_refused_total", "Mails that the server refused.", refused),
            .counter("fairlead_mail_unclear_total", "Mails given to a server that did not answer.", unclear),
            .counter("fairlead_mail_failures_total", "Times that the submission server could not be reached or used.", failures),
        ]
    }
}

/// Writes mail through a submission server: one mail a message and recipient.
package actor EmailEndpoint: Endpoint {
    private let loop: any Loop
    private let submitting: any MailSubmitting
    private let entropy: any Entropy
    private let settings: EmailSettings
    private let server: SubmissionServer
    private let texts: Texts
    /// Of last errors.
    private var operatorTexts: OperatorTexts { OperatorTexts(texts.language) }
    private let log: Log

    private var channels: [DestinationID: EmailChannel] = [:]
    /// Channels with mail to send, in the order in which it came.
    private var waiting: [DestinationID] = []
    private var underWay = 0
    private var isStopping = false
    private var signal = Signal()
    package private(set) var lastErrors = LastErrors()
    package private(set) var counters = EmailCounters()
    package var metrics: [Metric] { counters.metrics }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    /// `password`: the account's, where the settings name one.
    package init(
        _ settings: EmailSettings, password: String?, loop: any Loop, submitting: any MailSubmitting, entropy: any Entropy, texts: Texts,
        log: Log
    ) {
        self.settings = settings
        self.loop = loop
        self.submitting = submitting
        self.entropy = entropy
        self.texts = texts
        self.log = log
        server = SubmissionServer(
            place: settings.submission, security: settings.security, authorities: settings.authorities,
            account: settings.account.flatMap { account in password.map { .init(name: account.name, password: $0) } },
            greeting: settings.from.domain, connecting: EndpointLimits.connecting, whole: EndpointLimits.whole)
    }

    // MARK: Endpoint

    package func serve(_ served: [ServedChannel]) {
        let before = channels
        channels = [:]
        for channel in served {
            guard let address = MailAddress(channel.settings.channel) else {
                log.error("this channel is no mail address", ["channel": channel.settings.channel])
                continue
            }
            var one = before[channel.destination] ?? EmailChannel(channel, address)
            // What is new about it is told when it is connected again: once nothing of it is on its way.
            if one.served != channel { one.isConnected = false }
            one.served = channel
            channels[channel.destination] = one
        }
        waiting.removeAll { channels[$0]?.queue.isEmpty != false }
        lastErrors.keep(only: Set(channels.keys))
        signal.set()
    }

    package func stop() {
        isStopping = true
        signal.set()
        if underWay == 0 { return }
        _ = loop.schedule(at: loop.now + EndpointLimits.draining) { [weak self] in self?.assumeIsolated { $0.submitting.abort() } }
    }

    package func run(_ port: any RelayPort) async throws {
        await withDiscardingTaskGroup { group in
            while !isStopping {
                await connect(port)
                while underWay < EndpointLimits.atOnce, !isStopping, let part = next() {
                    underWay += 1
                    group.addTask { await self.send(part.0, to: part.1, port) }
                }
                if !isStopping { await withUnsafeContinuation { signal.wait($0) } }
            }
        }
    }

    package func parts(of delivery: Delivery, from start: UInt32, in destination: DestinationID) -> [Range<UInt32>] {
        // A mail is sent whole.
        guard start == 0, let channel = channels[destination], mail(delivery, channel) != nil else { return [] }
        return [0..<1]
    }

    package func deliver(_ parts: [PartDelivery], to destination: DestinationID) {
        guard !isStopping, channels[destination]?.isConnected == true else {
            channels[destination]?.unsent.formUnion(parts.map(\.delivery.id))
            return
        }
        channels[destination]?.queue += parts
        for _ in parts { waiting.append(destination) }
        signal.set()
    }

    /// Servers can't be asked. What did not come to its text is known while this process lives.
    package func reconcile(_ claims: [ClaimedPart], in destination: DestinationID) async -> [ClaimResult] {
        let unsent = channels[destination]?.unsent ?? []
        channels[destination]?.unsent = []
        return claims.map { unsent.contains($0.id) ? .absent : .unknown }
    }

    // MARK: Channels

    /// Has those channels written to that can be.
    private func connect(_ port: any RelayPort) async {
        for destination in channels.keys.sorted() {
            guard let channel = channels[destination], !channel.isConnected, !channel.isBusy, channel.isDue(loop.now) else { continue }
            channels[destination]?.isConnected = true
            log.info("connected to a channel", ["channel": channel.address.description])
            let policy = channel.served.settings.uncertain
            await port.connected(destination, Capabilities(partsInFlight: 1, uncertain: policy, deferral: EndpointLimits.putOff))
        }
    }

    /// Takes a channel's connection away for a while; what it had is asked for again by `reconcile`.
    private func disconnect(
        _ destination: DestinationID, _ backoff: WritableKeyPath<EmailChannel, Backoff>, _ port: any RelayPort
    ) async {
        guard var channel = channels[destination] else { return }
        let wait = channel[keyPath: backoff].wait(entropy.bytes(8).firstUInt64)
        channel.isConnected = false
        channel.unsent.formUnion(channel.queue.map(\.delivery.id))
        channel.queue = []
        channel.due = loop.now + wait
        channels[destination] = channel
        waiting.removeAll { $0 == destination }
        _ = loop.schedule(at: loop.now + wait) { [weak self] in self?.assumeIsolated { $0.signal.set() } }
        await port.disconnected(destination)
    }

    // MARK: Mail

    private func mail(_ delivery: Delivery, _ channel: EmailChannel) -> MailMessage? {
        EmailRendering(bridge: channel.served.bridge, from: settings.from, texts: texts).mail(delivery, to: channel.address)
    }

    /// The mail whose turn it is.
    private func next() -> (PartDelivery, DestinationID)? {
        while !waiting.isEmpty {
            let destination = waiting.removeFirst()
            guard channels[destination]?.queue.isEmpty == false, let part = channels[destination]?.queue.removeFirst() else { continue }
            channels[destination]?.isSending = true
            channels[destination]?.unsent.remove(part.delivery.id)
            return (part, destination)
        }
        return nil
    }

    private func send(_ part: PartDelivery, to destination: DestinationID, _ port: any RelayPort) async {
        defer {
            underWay -= 1
            channels[destination]?.isSending = false
            signal.set()
        }
        guard let channel = channels[destination], let mail = mail(part.delivery, channel) else { return }
        let submission = MailSubmission(from: settings.from.description, to: channel.address.description, bytes: mail.bytes)
        let end = await submitting.submit(submission, to: server)
        let log = log.with("event", part.delivery.id.description).with("channel", channel.address.description)
        switch end {
        case .taken(let reply):
            counters.mailed += 1
            log.debug("mailed", ["reply": MailReply(reading: reply)?.text ?? ""])
            await arrived(part, at: destination, port)
        case .unclear(let reason):
            counters.unclear += 1
            log.warning("nobody knows whether the server took a mail", ["reason": reason])
            lastErrors.note(operatorTexts.mailUnclear(reason), in: destination, at: loop.time)
            // Each try may be one more copy for the reader: not too often.
            await disconnect(destination, \.putOff, port)
        case .failed(let reason): await failed(part, at: destination, reason, log, port)
        case .refused(let bytes):
            guard let reply = MailReply(reading: bytes) else { return await failed(part, at: destination, "no reply", log, port) }
            await refused(part, at: destination, reply, log, port)
        }
    }

    private func arrived(_ part: PartDelivery, at destination: DestinationID, _ port: any RelayPort) async {
        channels[destination]?.putOff.reset()
        channels[destination]?.reconnect.reset()
        // No name of the server's is kept: a mail's Message-ID is made of its event, and answers need the text of what they answer.
        await port.received(part.delivery.id, at: part.delivery.position, part: part.part, by: destination, as: nil)
    }

    /// The server could not be reached or used: nothing was sent.
    private func failed(_ part: PartDelivery, at destination: DestinationID, _ reason: String, _ log: Log, _ port: any RelayPort) async {
        counters.failures += 1
        log.warning("can't send mail", ["server": settings.submission.description, "reason": reason])
        lastErrors.note("\(settings.submission): \(reason)", at: loop.time)
        channels[destination]?.unsent.insert(part.delivery.id)
        await disconnect(destination, \.reconnect, port)
    }

    private func refused(_ part: PartDelivery, at destination: DestinationID, _ reply: MailReply, _ log: Log, _ port: any RelayPort) async {
        let delivery = part.delivery
        let code = reply.enhanced ?? "\(reply.code)"
        let text = Sanitiser.text([UInt8](reply.text.utf8)).cut(toBytes: EndpointLimits.reason)
        channels[destination]?.reconnect.reset()
        switch reply.meaning {
        case .permanent:
            counters.refused += 1
            log.warning("a mail was refused", ["code": code, "reason": text])
            lastErrors.note(operatorTexts.mailRefused(code, text), in: destination, at: loop.time)
            await port.bounced(delivery.id, at: delivery.position, part: part.part, by: destination, BounceReason("mail-\(code)", text))
        case .temporary:
            counters.putOff += 1
            lastErrors.note(operatorTexts.mailPutOff(code, text), in: destination, at: loop.time)
            let wait = channels[destination]?.putOff.wait(entropy.bytes(8).firstUInt64) ?? .zero
            log.info("a mail is put off", ["code": code, "reason": text, "again_in_ms": String(wait.nanoseconds / 1_000_000)])
            await port.deferred(
                delivery.id, at: delivery.position, part: part.part, by: destination, after: wait, reason: "\(code) \(text)")
        case .session, .done, .goOn: await failed(part, at: destination, "\(code) \(text)", log, port)
        }
    }
}

/// An address that this endpoint writes to.
private struct EmailChannel {
    var served: ServedChannel
    let address: MailAddress
    var isConnected = false
    var isSending = false
    /// When it may be connected again.
    var due: Instant?
    var queue: [PartDelivery] = []
    /// Mails of the last connection that did not come to their text.
    var unsent: Set<EventID> = []
    var putOff = EndpointLimits.deferral
    var reconnect = EndpointLimits.reconnect

    init(_ served: ServedChannel, _ address: MailAddress) {
        self.served = served
        self.address = address
    }

    /// Whether a mail is on its way or waits for its turn.
    var isBusy: Bool { isSending || !queue.isEmpty }

    func isDue(_ now: Instant) -> Bool { due.map { $0 <= now } ?? true }
}
