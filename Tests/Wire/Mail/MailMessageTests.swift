import Base
import IO
import Support
import Testing

@testable import WireMail

private func message(subject: String = "[ops] hello", author: String = "anna", text: String = "hello") -> MailMessage {
    MailMessage(
        author: author, from: MailAddress("channels@example.org")!, to: MailAddress("ops-list@example.org")!, subject: subject,
        date: UnixTime(seconds: 1_795_592_558), id: MessageID("aaaaaaaaaaaaa.12.fairlead", at: "example.org")!,
        inReplyTo: MessageID("aaaaaaaaaaaaa.7.fairlead", at: "example.org"),
        references: [3, 7].compactMap { MessageID("aaaaaaaaaaaaa.\($0).fairlead", at: "example.org") },
        list: ("ops", "ops.fairlead.example.org"), further: [("Fairlead-Event", ["aaaaaaaaaaaaa.12", "bbbbbbbbbbbbb", "1795592558"])],
        text: text)
}

@Suite struct MailMessageTests {
    @Test func aPlainMessage() {
        let expected = """
            Date: Wed, 25 Nov 2026 07:42:38 +0000
            From: "anna" <channels@example.org>
            To: <ops-list@example.org>
            Subject: [ops] hello
            Message-ID: <aaaaaaaaaaaaa.12.fairlead@example.org>
            In-Reply-To: <aaaaaaaaaaaaa.7.fairlead@example.org>
            References: <aaaaaaaaaaaaa.3.fairlead@example.org>
             <aaaaaaaaaaaaa.7.fairlead@example.org>
            List-Id: ops <ops.fairlead.example.org>
            Auto-Submitted: auto-generated
            Fairlead-Event: aaaaaaaaaaaaa.12 bbbbbbbbbbbbb 1795592558
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 7bit

            hello

            """
        #expect(String(decoding: message().bytes, as: UTF8.self) == expected.replacing("\n", with: "\r\n"))
    }

    @Test(
        arguments: [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_795_592_558, "Wed, 25 Nov 2026 07:42:38 +0000"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 +0000"),
        ] as [(UInt64, String)])
    func dates(_ seconds: UInt64, _ text: String) {
        var dated = message()
        dated.date = UnixTime(seconds: seconds)
        #expect(String(decoding: dated.bytes, as: UTF8.self).hasPrefix("Date: \(text)\r\n"))
    }

    @Test(
        arguments: [
            ("", "7bit", "\r\n"), ("hello", "7bit", "hello\r\n"), ("a\nb\n", "7bit", "a\r\nb\r\n\r\n"),
            ("Grüße", "quoted-printable", "Gr=C3=BC=C3=9Fe\r\n"), ("1+1=2é", "quoted-printable", "1+1=3D2=C3=A9\r\n"),
            ("ends with a blank ", "quoted-printable", "ends with a blank=20\r\n"), ("From here", "quoted-printable", "=46rom here\r\n"),
            (".", "quoted-printable", "=2E\r\n"), ("a\r", "quoted-printable", "a=0D\r\n"),
            (
                String(repeating: "x", count: 77), "quoted-printable",
                String(repeating: "x", count: 75) + "=\r\nxx\r\n"
            ),
        ])
    func bodies(_ text: String, _ encoding: String, _ expected: String) {
        let body = BodyText(text)
        #expect(body.encoding == encoding && String(decoding: body.bytes, as: UTF8.self) == expected)
    }

    /// Whatever a name or a subject holds, it stays in its field.
    @Test(arguments: [
        "x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "x\u{2028}Bcc: y", "x\rBcc: y", "x\r\n\r\nbody", "x\0\u{85}y",
    ])
    func nothingIsInjected(_ evil: String) {
        let bytes = message(subject: evil, author: evil).bytes
        let usual = message().bytes
        func fields(_ bytes: [UInt8]) -> [String] {
            let header = String(decoding: bytes, as: UTF8.self).components(before: "\r\n\r\n")
            return header.split(separator: "\r\n").filter { !$0.hasPrefix(" ") }.map { String($0.prefix { $0 != ":" }) }
        }
        #expect(fields(bytes) == fields(usual))
    }

    @Test func linesAreLegalWhateverTheText() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            let bytes = message(subject: words(&random), author: words(&random), text: text(&random)).bytes
            #expect(bytes.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0D || $0 == 0x0A || $0 == 0x09 })
            #expect(
                !String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "").unicodeScalars.contains { $0 == "\r" || $0 == "\n" })
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { $0.filter { $0 != 0x0D } }
            #expect(lines.allSatisfy { $0.count <= 78 })
        }
    }

    /// Python's `email` package, which shares nothing with this program, reads what was written.
    @Test func anIndependentReaderReadsWhatWasWritten() throws {
        var random = SeededGenerator(seed: 7)
        let folder = TemporaryFolder()
        var messages = [
            message(), message(subject: "=?utf-8?q?forged?=", author: "a \"b\" \\c", text: "From x\n.\n..\n"), message(author: ""),
        ]
        for _ in 0..<300 { messages.append(message(subject: words(&random), author: words(&random), text: text(&random))) }
        for (index, message) in messages.enumerated() {
            try Files.create("\(folder.path)/\(index)", message.bytes)
        }
        let reader = ChildProcess.python("read_mails.py", [folder.path, "\(messages.count)"])
        for message in messages {
            let fields = reader.line().map { $0.split(separator: " ", omittingEmptySubsequences: false).map(text(hex:)) } ?? []
            try #require(fields.count == 11)
            #expect(fields[0] == message.subject)
            #expect(fields[1] == message.author)
            #expect(fields[2] == "channels@example.org")
            #expect(fields[3] == "ops-list@example.org" && fields[4] == "1795592558")
            #expect(fields[5] == "<aaaaaaaaaaaaa.12.fairlead@example.org>" && fields[6] == "<aaaaaaaaaaaaa.7.fairlead@example.org>")
            #expect(fields[7] == "<aaaaaaaaaaaaa.3.fairlead@example.org> <aaaaaaaaaaaaa.7.fairlead@example.org>")
            #expect(fields[8] == "ops <ops.fairlead.example.org>" && fields[9] == "auto-generated")
            #expect(fields[10] == message.text + "\n")
        }
        #expect(reader.wait() == 0)
    }
}

private func text(hex text: Substring) -> String { String(decoding: bytes(hex: text) ?? [], as: UTF8.self) }

private func words(_ random: inout SeededGenerator) -> String {
    let letters = Array("abcdefgh =?_\"\\<>@,;:()äöüß🙂漢字é")
    let count = Int.random(in: 1...60, using: &random)
    let text = String((0..<count).map { _ in letters.randomElement(using: &random)! })
    return "x" + text.split(separator: " ").joined(separator: " ") + "x"
}

private func text(_ random: inout SeededGenerator) -> String {
    let letters = Array("abc =.\n\täß🙂漢F")
    return String((0..<Int.random(in: 0...300, using: &random)).map { _ in letters.randomElement(using: &random)! })
}

extension String {
    fileprivate func components(before end: String) -> String { firstRange(of: end).map { String(self[..<$0.lowerBound]) } ?? self }
}
