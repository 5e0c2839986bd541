/// A mail server's side of one connection, in SMTP (RFC 5321) or LMTP (RFC 2033), with SIZE (RFC 1870), PIPELINING (RFC 2920),
/// 8BITMIME (RFC 6152) and enhanced codes (RFC 2034).
///
/// It answers commands in order, however they are cut or bundled. Whoever drives it says whether a recipient and a message are taken,
/// and reads no more from the connection until that is said.
package struct MailServerMachine: Hashable, Sendable {
    package enum Dialect: Hashable, Sendable { case smtp, lmtp }

    package enum Action: Hashable, Sendable {
        case send([UInt8])
        /// To be answered by one reply of `answered`.
        case verify(MailAddress)
        /// To be answered by `answered`: in SMTP one reply, in LMTP one for each recipient. 2xx: it is the receiver's from now on.
        case deliver(MailTransaction)
        case close
    }

    private enum State: Hashable {
        /// Commands are read.
        case commands
        /// A command line that is too long is read to its end.
        case overlong
        case data(MailDataDecoder)
        case verifying(MailAddress)
        case delivering(recipients: Int)
        case closed
    }

    private let dialect: Dialect
    private let host: String
    private let limit: Int
    private var state = State.commands
    private var input: [UInt8] = []
    private var hasGreeted = false
    private var sender: MailTransaction.Sender?
    private var recipients: [MailAddress] = []
    private var faults = 0

    /// `host`: the name it gives itself. `limit`: the largest message, in bytes.
    package init(_ dialect: Dialect, host: String, limit: Int = MailLimits.message) {
        self.dialect = dialect
        self.host = host
        self.limit = limit
    }

    package func began() -> [Action] { [reply(220, nil, "\(host) \(dialect == .smtp ? "ESMTP" : "LMTP")")] }

    package mutating func received(_ bytes: [UInt8]) -> [Action] {
        input += bytes
        return goOn()
    }

    /// What was asked for has been decided.
    package mutating func answered(_ replies: [MailReply]) -> [Action] {
        switch state {
        case .verifying(let address):
            precondition(replies.count == 1, "\(replies.count) answers about one recipient")
            if replies[0].meaning == .done { recipients.append(address) }
        case .delivering(let count):
            precondition(replies.count == (dialect == .smtp ? 1 : count), "\(replies.count) answers about \(count) recipients")
        case .commands, .overlong, .data, .closed: preconditionFailure("an answer to nothing")
        }
        state = .commands
        return replies.map { .send($0.bytes) } + goOn()
    }

    // MARK: Input

    private mutating func goOn() -> [Action] {
        var actions: [Action] = []
        while let step = step() { actions += step }
        return actions
    }

    /// What the next line, or piece of a message, leads to; nil if more must be read or an answer is waited for.
    private mutating func step() -> [Action]? {
        switch state {
        case .verifying, .delivering: return nil
        case .closed:
            input = []
            return nil
        case .data(var decoder):
            if input.isEmpty { return nil }
            // Not twice in memory: the decoder's text is ours alone while it grows.
            state = .commands
            input.removeFirst(decoder.feed(input[...]))
            guard decoder.isDone else {
                state = .data(decoder)
                return []
            }
            return received(decoder)
        case .overlong:
            guard let newline = input.firstIndex(of: 0x0A) else {
                input = []
                return nil
            }
            input.removeSubrange(...newline)
            state = .commands
            return []
        case .commands:
            guard let newline = input.firstIndex(of: 0x0A) else {
                guard input.count > MailLimits.commandLine else { return nil }
                state = .overlong
                return fault(500, "5.5.6", "line too long")
            }
            let line = input[..<newline]
            input.removeSubrange(...newline)
            if line.count > MailLimits.commandLine { return fault(500, "5.5.6", "line too long") }
            // A line that ends otherwise is no mail client's, or one message hidden in another.
            guard line.last == 0x0D, !line.dropLast().contains(0x0D) else { return end(reply(500, "5.5.2", "lines end with CR LF")) }
            guard line.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 || $0 == 0x0D }) else {
                return fault(500, "5.5.2", "only ASCII is understood")
            }
            return received(SMTPCommand(String(decoding: line.dropLast(), as: UTF8.self), host: host))
        }
    }

    // MARK: Commands

    private mutating func received(_ command: SMTPCommand) -> [Action] {
        switch command {
        case .hello(_, let isExtended):
            if dialect == .lmtp { return fault(500, "5.5.1", "this is LMTP: say LHLO") }
            return [greet(isExtended)]
        case .lmtpHello: return dialect == .lmtp ? [greet(true)] : fault(500, "5.5.1", "this is SMTP: say EHLO")
        case .mail(let address, let parameters): return mail(address, parameters)
        case .recipient(let address, let parameters): return recipient(address, parameters)
        case .data: return data()
        case .reset:
            reset()
            return [reply(250, "2.0.0", "forgotten")]
        case .noop: return [reply(250, "2.0.0", "nothing done")]
        case .verify: return [reply(252, "2.1.5", "send a message and see")]
        case .quit: return end(reply(221, "2.0.0", "\(host) says good-bye"))
        case .notOffered: return fault(502, "5.5.1", "not offered here")
        case .malformed(let words): return fault(501, "5.5.4", words)
        case .unknown: return fault(500, "5.5.1", "unknown command")
        }
    }

    private mutating func greet(_ isExtended: Bool) -> Action {
        hasGreeted = true
        reset()
        if !isExtended { return reply(250, nil, host) }
        return .send(MailReply(250, nil, host, "PIPELINING", "SIZE \(limit)", "8BITMIME", "ENHANCEDSTATUSCODES").bytes)
    }

    private mutating func mail(_ address: MailAddress?, _ parameters: [SMTPCommand.Parameter]) -> [Action] {
        guard hasGreeted else { return fault(503, "5.5.1", "say \(dialect == .smtp ? "EHLO" : "LHLO") first") }
        guard sender == nil else { return fault(503, "5.5.1", "one sender a message") }
        for parameter in parameters {
            switch (parameter.name, parameter.value.uppercased()) {
            case ("BODY", "7BIT"), ("BODY", "8BITMIME"): break
            case ("SIZE", let value):
                guard !value.isEmpty, value.utf8.count <= 20, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    return fault(501, "5.5.4", "SIZE needs a number")
                }
                // More digits than fit are more bytes than are taken.
                if Int(value) ?? .max > limit { return fault(552, "5.3.4", "larger than \(limit) bytes") }
            default: return fault(555, "5.5.4", "\(parameter.name) is not known")
            }
        }
        sender = MailTransaction.Sender(address: address)
        return [reply(250, "2.1.0", "sender noted")]
    }

    private mutating func recipient(_ address: MailAddress, _ parameters: [SMTPCommand.Parameter]) -> [Action] {
        guard sender != nil else { return fault(503, "5.5.1", "say MAIL first") }
        if let parameter = parameters.first { return fault(555, "5.5.4", "\(parameter.name) is not known") }
        guard recipients.count < MailLimits.recipients else { return fault(452, "4.5.3", "too many recipients") }
        state = .verifying(address)
        return [.verify(address)]
    }

    private mutating func data() -> [Action] {
        guard sender != nil else { return fault(503, "5.5.1", "say MAIL first") }
        guard !recipients.isEmpty else { return fault(dialect == .smtp ? 554 : 503, "5.5.1", "no valid recipients") }
        state = .data(MailDataDecoder(limit: limit))
        return [reply(354, nil, "end with a line of one dot")]
    }

    private mutating func received(_ data: MailDataDecoder) -> [Action] {
        guard let sender else { preconditionFailure("a message without a sender") }
        let transaction = MailTransaction(sender: sender, recipients: recipients, text: data.text)
        reset()
        let refusal: MailReply? =
            data.hasBareLineEnd
            ? MailReply(550, "5.6.0", "a CR or LF alone is in it: lines end with CR LF")
            : data.isTooLarge ? MailReply(552, "5.3.4", "larger than \(limit) bytes") : nil
        state = .delivering(recipients: transaction.recipients.count)
        guard let refusal else { return [.deliver(transaction)] }
        return answered(Array(repeating: refusal, count: dialect == .smtp ? 1 : transaction.recipients.count))
    }

    // MARK: Answers

    private mutating func reset() {
        sender = nil
        recipients = []
    }

    private func reply(_ code: Int, _ enhanced: String?, _ text: String) -> Action { .send(MailReply(code, enhanced, text).bytes) }

    /// A command that is refused; too many of them end the connection.
    private mutating func fault(_ code: Int, _ enhanced: String, _ text: String) -> [Action] {
        faults += 1
        let refusal = reply(code, enhanced, text)
        if faults < MailLimits.faults { return [refusal] }
        return [refusal] + end(reply(421, "4.7.0", "too many faults"))
    }

    private mutating func end(_ last: Action) -> [Action] {
        if state == .closed { return [] }
        state = .closed
        return [last, .close]
    }
}

/// One message as a server was given it.
package struct MailTransaction: Hashable, Sendable {
    /// Who sends; nil is the empty address of bounces.
    package struct Sender: Hashable, Sendable { package let address: MailAddress? }

    package let sender: Sender
    /// At least one.
    package let recipients: [MailAddress]
    /// Lines end with CRLF.
    package let text: [UInt8]
}
