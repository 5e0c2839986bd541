import Support
import Testing
import WireMail

/// RFC 5321 section 4.2, RFC 3463 section 2. Replies as Postfix, Exim and Microsoft's servers write them.
@Suite struct MailReplyTests {
    @Test(
        arguments: [
            (["250 2.0.0 Ok: queued as 70D22F7A3D6"], 250, "2.0.0", "Ok: queued as 70D22F7A3D6", .done),
            (["250 OK id=1tFabc-0001Xy-2Z"], 250, nil, "OK id=1tFabc-0001Xy-2Z", .done),
            (["250"], 250, nil, "", .done),
            (["354 End data with <CR><LF>.<CR><LF>"], 354, nil, "End data with <CR><LF>.<CR><LF>", .goOn),
            (
                ["450 4.2.0 <ops@example.org>: Recipient address rejected: Greylisted"], 450, "4.2.0",
                "<ops@example.org>: Recipient address rejected: Greylisted", .temporary
            ),
            (["452 4.3.1 Insufficient system storage"], 452, "4.3.1", "Insufficient system storage", .temporary),
            (
                ["550-5.1.1 The account does not exist.", "550 5.1.1 Try again."], 550, "5.1.1", "The account does not exist. Try again.",
                .permanent
            ),
            (["550-unknown", "550 user"], 550, nil, "unknown user", .permanent),
            (["552 5.3.4 Message too big"], 552, "5.3.4", "Message too big", .permanent),
            (["550 4.7.1 of another class"], 550, nil, "4.7.1 of another class", .permanent),
            (["530 5.7.0 Must issue a STARTTLS command first"], 530, "5.7.0", "Must issue a STARTTLS command first", .session),
            (["535 5.7.8 Error: authentication failed"], 535, "5.7.8", "Error: authentication failed", .session),
            (["421 4.4.2 Timeout"], 421, "4.4.2", "Timeout", .session),
            (["550 a\u{7}b\u{1b}[31m"], 550, nil, "a b [31m", .permanent),
        ] as [([String], Int, String?, String, MailReply.Meaning)])
    func aReplyIsReadAndUnderstood(_ lines: [String], _ code: Int, _ enhanced: String?, _ text: String, _ meaning: MailReply.Meaning) throws
    {
        let reply = try #require(MailReply(reading: lines.map { [UInt8]($0.utf8) }))
        #expect(reply.code == code && reply.enhanced == enhanced && reply.text == text && reply.meaning == meaning)
    }

    @Test(arguments: [
        [], [""], ["25"], ["250-more"], ["999 x"], ["199 x"], ["2x0 ok"], ["250-a", "251 b"], ["250 a", "250 b"], ["ok 250"],
    ])
    func whatIsNoReplyIsNone(_ lines: [String]) {
        #expect(MailReply(reading: lines.map { [UInt8]($0.utf8) }) == nil)
    }

    @Test func noiseNeverFails() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5000 {
            let lines = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (0..<Int.random(in: 0...12, using: &random)).map { _ in [UInt8]("2450 -.x\0".utf8).randomElement(using: &random)! }
            }
            if let reply = MailReply(reading: lines) { #expect((200..<600).contains(reply.code)) }
        }
    }

    @Test func whatAServerWritesIsReadAlike() {
        let reply = MailReply(550, "5.1.1", "first", "second")
        #expect(String(decoding: reply.bytes, as: UTF8.self) == "550-5.1.1 first\r\n550 5.1.1 second\r\n")
        #expect(MailReply(reading: reply.bytes.split(separator: 0x0A).map { Array($0.dropLast()) }) == reply)
    }
}
