import Support
import Testing
import WireMail

/// A server that takes whatever its machine asks about, but for recipients that begin with `no` and messages that say `no`.
private struct TakingServer {
    private let dialect: MailServerMachine.Dialect
    private var machine: MailServerMachine
    private(set) var output = ""
    private(set) var taken: [MailTransaction] = []
    private(set) var isClosed = false

    init(_ dialect: MailServerMachine.Dialect, limit: Int = 1000) {
        self.dialect = dialect
        machine = MailServerMachine(dialect, host: "mx.example.org", limit: limit)
        perform(machine.began())
    }

    mutating func receive(_ text: String) { receive([UInt8](text.utf8)) }
    mutating func receive(_ bytes: [UInt8]) { perform(machine.received(bytes)) }

    private mutating func perform(_ actions: [MailServerMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let bytes): output += String(decoding: bytes, as: UTF8.self)
            case .verify(let address):
                let isKnown = !address.local.hasPrefix("no")
                perform(machine.answered([isKnown ? MailReply(250, "2.1.5", "ok") : MailReply(550, "5.1.1", "nobody")]))
            case .deliver(let transaction):
                let isWanted = !String(decoding: transaction.text, as: UTF8.self).contains("no")
                if isWanted { taken.append(transaction) }
                let reply = isWanted ? MailReply(250, "2.0.0", "taken") : MailReply(554, "5.6.0", "no")
                perform(machine.answered(Array(repeating: reply, count: dialect == .smtp ? 1 : transaction.recipients.count)))
            case .close: isClosed = true
            }
        }
    }

    /// The codes of the replies since the last time, a line each.
    mutating func codes() -> [String] {
        defer { output = "" }
        return output.split(separator: "\r\n").filter { $0.dropFirst(3).first != "-" }.map { String($0.prefix(3)) }
    }
}

private let dialogue = "EHLO me\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nhello\r\n..dot\r\n.\r\nQUIT\r\n"

@Suite struct MailServerTranscriptTests {
    @Test func oneMessageWordForWord() {
        var server = TakingServer(.smtp)
        server.receive(dialogue)
        let expected = """
            220 mx.example.org ESMTP
            250-mx.example.org
            250-PIPELINING
            250-SIZE 1000
            250-8BITMIME
            250 ENHANCEDSTATUSCODES
            250 2.1.0 sender noted
            250 2.1.5 ok
            354 end with a line of one dot
            250 2.0.0 taken
            221 2.0.0 mx.example.org says good-bye

            """
        #expect(server.output == expected.replacing("\n", with: "\r\n"))
        #expect(server.isClosed && server.taken.map { String(decoding: $0.text, as: UTF8.self) } == ["hello\r\n.dot\r\n"])
        #expect(server.taken[0].sender.address?.description == "a@example.org" && server.taken[0].recipients.map(\.local) == ["b"])
    }

    @Test func whereverItIsCutItIsTheSame() {
        var whole = TakingServer(.smtp)
        whole.receive(dialogue)
        let bytes = [UInt8](dialogue.utf8)
        for place in 0...bytes.count {
            var cut = TakingServer(.smtp)
            cut.receive(Array(bytes[..<place]))
            cut.receive(Array(bytes[place...]))
            #expect(cut.output == whole.output && cut.taken == whole.taken)
        }
        var single = TakingServer(.smtp)
        for byte in bytes { single.receive([byte]) }
        #expect(single.output == whole.output && single.taken == whole.taken)
    }

    /// What a client says after EHLO, and the codes of the answers.
    @Test(
        arguments: [
            ("NOOP\r\nNOOP words\r\nRSET\r\nVRFY x\r\n", "250 250 250 252"),
            ("noop\r\nmail from:<a@example.org>\r\nRcPt tO: <b@example.org>\r\n", "250 250 250"),
            ("MAIL FROM:<> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<Postmaster>\r\n", "250 250"),
            ("MAIL FROM:<a@example.org> SIZE=1001\r\nMAIL FROM:<a@example.org> SIZE=99999999999999999999\r\n", "552 552"),
            ("MAIL FROM:<a@example.org> SIZE=x\r\nMAIL FROM:<a@example.org> SIZE=\r\n", "501 501"),
            ("MAIL FROM:<a@example.org> BODY=BINARYMIME\r\nMAIL FROM:<a@example.org> SMTPUTF8\r\n", "555 555"),
            ("MAIL FROM:a@example.org\r\nMAIL FROM:<a>\r\nMAIL <a@example.org>\r\nMAIL\r\n", "501 501 501 501"),
            ("MAIL FROM:<a@example.org>\r\nMAIL FROM:<a@example.org>\r\n", "250 503"),
            ("RCPT TO:<b@example.org>\r\nDATA\r\n", "503 503"),
            ("MAIL FROM:<a@example.org>\r\nDATA\r\nRCPT TO:<>\r\nRCPT TO:<b@example.org> NOTIFY=NEVER\r\n", "250 554 501 555"),
            ("MAIL FROM:<a@example.org>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\n", "250 550 554"),
            ("MAIL FROM:<a@example.org>\r\nRSET\r\nRCPT TO:<b@example.org>\r\n", "250 250 503"),
            ("MAIL FROM:<a@example.org>\r\nRCPT TO:<@x,@y:b@example.org>\r\nRCPT TO:<\"a>b\"@example.org>\r\n", "250 250 250"),
            ("STARTTLS\r\nAUTH PLAIN\r\nEXPN x\r\nBDAT 5\r\nHELLO\r\n\r\n", "502 502 502 502 500 500"),
            ("LHLO me\r\nEHLO\r\nDATA now\r\nQUIT now\r\nm\u{e4}il\r\n", "500 501 501 501 500"),
            (
                "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nno\r\n.\r\nMAIL FROM:<a@example.org>\r\n",
                "250 250 354 554 250"
            ),
            ("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.\r\n", "250 250 354 250"),
        ])
    func answers(_ said: String, _ codes: String) {
        var server = TakingServer(.smtp)
        server.receive("EHLO me\r\n")
        _ = server.codes()
        server.receive(said)
        #expect(server.codes().joined(separator: " ") == codes)
        #expect(!server.isClosed)
    }

    @Test func beforeGreetingNothingIsTaken() {
        var server = TakingServer(.smtp)
        server.receive("MAIL FROM:<a@example.org>\r\nHELO me\r\nMAIL FROM:<a@example.org>\r\n")
        #expect(server.codes() == ["220", "503", "250", "250"])
    }

    @Test func inLMTPEachRecipientHasItsAnswer() {
        var server = TakingServer(.lmtp)
        server.receive("EHLO me\r\nLHLO me\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<no@example.org>\r\n")
        server.receive("RCPT TO:<c@example.org>\r\nDATA\r\nhello\r\n.\r\nMAIL FROM:<>\r\nDATA\r\n")
        #expect(server.codes() == ["220", "500", "250", "250", "250", "550", "250", "354", "250", "250", "250", "503"])
        #expect(server.taken.map { $0.recipients.map(\.local) } == [["b", "c"]])
    }

    /// RFC 5321 section 2.3.8. None of these ends the message, and each makes it one that is refused.
    @Test(arguments: ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n\r.\r\n", "a\nb", "a\rb", "\r\r\n"])
    func noMessageIsSmuggledInAnother(_ end: String) {
        var server = TakingServer(.smtp)
        server.receive("EHLO me\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nfirst")
        _ = server.codes()
        server.receive(end + "MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nsecond\r\n.\r\n")
        #expect(server.codes() == ["550"] && server.taken.isEmpty)
        server.receive("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nthird\r\n.\r\n")
        #expect(server.codes() == ["250", "250", "354", "250"] && server.taken.count == 1)
    }

    @Test(arguments: ["NOOP\n", "NOOP\rRSET\r\n", "NO\r\rOP\r\n"])
    func aCommandThatEndsOtherwiseEndsTheConnection(_ said: String) {
        var server = TakingServer(.smtp)
        server.receive("EHLO me\r\n" + said + "QUIT\r\n")
        #expect(server.codes() == ["220", "250", "500"] && server.isClosed)
    }

    @Test func limits() {
        var server = TakingServer(.smtp, limit: 10)
        server.receive("EHLO me\r\nMAIL FROM:<a@example.org>\r\n")
        for number in 0..<101 { server.receive("RCPT TO:<b\(number)@example.org>\r\n") }
        #expect(server.codes() == ["220", "250", "250"] + Array(repeating: "250", count: 100) + ["452"])
        server.receive("DATA\r\n12345678\r\n.\r\n")
        #expect(server.codes() == ["354", "250"] && server.taken[0].text.count == 10)
        server.receive("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n123456789\r\n.\r\n")
        #expect(server.codes() == ["250", "250", "354", "552"] && server.taken.count == 1)
        let room = MailLimits.commandLine - "NOOP \r".utf8.count
        server.receive("NOOP \(String(repeating: "x", count: room))\r\nNOOP \(String(repeating: "x", count: room + 1))\r\nNOOP\r\n")
        #expect(server.codes() == ["250", "500", "250"])
        server.receive(String(repeating: "x", count: 5000))
        server.receive("abc\r\nNOOP\r\n")
        #expect(server.codes() == ["500", "250"] && !server.isClosed)
        for _ in 0..<MailLimits.faults { server.receive("WHAT\r\n") }
        #expect(server.codes().last == "421" && server.isClosed)
        server.receive("NOOP\r\n")
        #expect(server.codes() == [])
    }

    @Test(arguments: 0..<200) func noiseIsAnsweredOrRefused(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let words = [
            "EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "RSET", ".", "..", "\r", "\n", "\r\n", "\r\n", "\r\n", "\0", "ü", "<",
            ">",
        ]
        var server = TakingServer(seed % 2 == 0 ? .smtp : .lmtp, limit: 50)
        for _ in 0..<300 { server.receive(words.randomElement(using: &random)!) }
        #expect(server.taken.allSatisfy { $0.text.count <= 50 && !$0.recipients.isEmpty })
    }
}
