import Base
import IO
import WireMail

/// Takes mail by SMTP or LMTP on the loopback and puts it into a Maildir. It answers for a mail once that is on the disk.
///
/// For demonstrations and tests: it has no TLS and knows no accounts.
package actor MailReceiver {
    private let loop: EventLoop
    private let dialect: MailServerMachine.Dialect
    private let listener: TCPListener
    private let maildir: Maildir
    private let entropy: any Entropy
    private var streams: [ObjectIdentifier: TCPStream] = [:]
    private var isStopping = false
    /// Mails taken over.
    package private(set) var count = 0

    package nonisolated let port: UInt16
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The name it gives itself.
    private static let host = "receiver.localhost"

    /// Listens at a place of the loopback. `folder`: the Maildir, made if it is not there.
    package static func open(
        _ dialect: MailServerMachine.Dialect, at place: HostPort, folder: String, entropy: any Entropy, on loop: EventLoop
    ) async throws -> MailReceiver {
        try MailReceiver(dialect, await TCPListener.listen(at: place, on: loop), Maildir(folder), entropy, loop)
    }

    private init(
        _ dialect: MailServerMachine.Dialect, _ listener: TCPListener, _ maildir: Maildir, _ entropy: any Entropy, _ loop: EventLoop
    ) {
        self.dialect = dialect
        self.listener = listener
        self.maildir = maildir
        self.entropy = entropy
        self.loop = loop
        port = listener.port
    }

    /// Serves until `stop`. Called by a task that prefers the loop.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while let stream = try await listener.accept() {
                if isStopping || streams.count >= ReceiverLimits.connections {
                    stream.close()
                } else {
                    streams[ObjectIdentifier(stream)] = stream
                    group.addTask { await self.serve(stream) }
                }
            }
        }
    }

    package func stop() {
        isStopping = true
        listener.close()
        for stream in streams.values { stream.close() }
    }

    private func serve(_ stream: TCPStream) async {
        var machine = MailServerMachine(dialect, host: MailReceiver.host)
        var silence = hangUp(stream, after: ReceiverLimits.silence)
        do {
            var isOpen = try await perform(machine.began(), &machine, stream)
            while isOpen, let bytes = try await stream.read(atMost: ReceiverLimits.read) {
                loop.cancel(silence)
                silence = hangUp(stream, after: ReceiverLimits.silence)
                isOpen = try await perform(machine.received(bytes), &machine, stream)
            }
        } catch {
            // The client is gone; what it had no answer for it sends again.
        }
        loop.cancel(silence)
        stream.close()
        streams[ObjectIdentifier(stream)] = nil
    }

    private func hangUp(_ stream: TCPStream, after silence: Interval) -> TimerID {
        loop.schedule(at: loop.now + silence) { stream.close() }
    }

    /// Does what the machine asks for. False: the connection ends.
    private func perform(_ actions: [MailServerMachine.Action], _ machine: inout MailServerMachine, _ stream: TCPStream)
        async throws(StreamError) -> Bool
    {
        var rest = actions
        while !rest.isEmpty {
            switch rest.removeFirst() {
            case .send(let bytes): try await stream.write(bytes)
            case .verify: rest += machine.answered([MailReply(250, "2.1.5", "recipient noted")])
            case .deliver(let transaction):
                let reply = await take(transaction)
                let count = dialect == .smtp ? 1 : transaction.recipients.count
                rest += machine.answered(Array(repeating: reply, count: count))
            case .close: return false
            }
        }
        return true
    }

    private func take(_ transaction: MailTransaction) async -> MailReply {
        let sender = transaction.sender.address?.description ?? ""
        let envelope = transaction.recipients.map { "Delivered-To: \($0)\r\n" }.joined()
        do {
            try await maildir.add(
                [UInt8]("Return-Path: <\(sender)>\r\n\(envelope)".utf8) + transaction.text, "\(loop.time.seconds).\(hex(entropy.bytes(8)))")
        } catch {
            return MailReply(451, "4.3.0", "the mail can't be written")
        }
        count += 1
        return MailReply(250, "2.0.0", "taken")
    }
}
