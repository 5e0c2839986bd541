import Base
import Glibc
import IO
import MailReceiver
import Support
import Testing

/// The receiver as Python's own clients see it, which share nothing with it.
@Suite struct MailReceiverTests {
    private static let text = "Subject: x\\r\\n\\r\\nhello\\r\\n.\\r\\n..\\r\\nend\\r\\n"

    /// Sends three mails and prints what it is told of each. Python's LMTP knows one recipient a mail.
    private static func script(_ client: String, _ recipients: [String]) -> String {
        """
        import smtplib, sys
        client = \(client)
        for number in range(3):
            print(client.sendmail("a@example.org", \(recipients), b"Number: %d\\r\\n\(text)" % number))
        client.quit()
        """
    }

    @Test(
        arguments: [
            (true, "smtplib.SMTP('127.0.0.1', int(sys.argv[1]))"), (false, "smtplib.LMTP('127.0.0.1', int(sys.argv[1]))"),
        ])
    func whatItIsGivenStandsInTheMaildir(_ isSMTP: Bool, _ client: String) async throws {
        let folder = TemporaryFolder()
        let maildir = "\(folder.path)/mail"
        defer { _ = ChildProcess("/bin/rm", ["-rf", maildir]).wait() }
        let (port, recipients) = (freePort(), isSMTP ? ["b@example.org", "c@example.org"] : ["b@example.org"])
        let output = try await served(isSMTP, port, maildir) {
            let python = ChildProcess("/usr/bin/env", ["python3", "-c", MailReceiverTests.script(client, recipients), "\(port)"])
            return (0..<4).map { _ in python.line() ?? "end" } + ["\(python.wait())"]
        }
        #expect(output == ["{}", "{}", "{}", "end", "0"])
        let names = Files.names(in: "\(maildir)/new")
        #expect(names.count == 3 && Files.names(in: "\(maildir)/tmp").isEmpty)
        let mails = names.map { String(decoding: (try? Files.read("\(maildir)/new/\($0)", atMost: 1 << 20)) ?? [], as: UTF8.self) }.sorted()
        for (number, mail) in mails.enumerated() {
            let text = MailReceiverTests.text.replacing("\\r\\n", with: "\r\n")
            let envelope = "Return-Path: <a@example.org>\r\n" + recipients.map { "Delivered-To: \($0)\r\n" }.joined()
            #expect(mail == "\(envelope)Number: \(number)\r\n\(text)")
        }
    }

    /// A mail that can't be written is not answered for.
    @Test func whatCannotBeWrittenIsPutOff() async throws {
        let folder = TemporaryFolder()
        let maildir = "\(folder.path)/mail"
        defer { _ = ChildProcess("/bin/rm", ["-rf", maildir]).wait() }
        let port = freePort()
        let code = """
            import smtplib, sys
            try: smtplib.SMTP("127.0.0.1", int(sys.argv[1])).sendmail("a@example.org", ["b@example.org"], b"x")
            except smtplib.SMTPDataError as error: print(error.smtp_code)
            """
        let output = try await served(true, port, maildir) {
            rmdir("\(maildir)/new")
            let python = ChildProcess("/usr/bin/env", ["python3", "-c", code, "\(port)"])
            return [python.line() ?? "end"]
        }
        #expect(output == ["451"])
    }

    /// Runs a receiver while `body` talks to it from a thread of its own.
    private func served(_ isSMTP: Bool, _ port: UInt16, _ maildir: String, _ body: @Sendable @escaping () -> [String]) async throws
        -> [String]
    {
        let loop = EventLoop()
        loop.start()
        let client = Client()
        let output = try await withTaskExecutorPreference(loop) {
            let receiver = try await MailReceiver.open(
                isSMTP ? .smtp : .lmtp, at: HostPort("127.0.0.1:\(port)")!, folder: maildir, entropy: SystemEntropy(), on: loop)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await receiver.run() }
                let output = await client.run(body)
                await receiver.stop()
                try await group.waitForAll()
                return output
            }
        }
        loop.stop()
        return output
    }
}

/// A blocking client on a thread of its own.
private actor Client {
    private let thread = WorkerThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    func run(_ body: @Sendable () -> [String]) -> [String] { body() }
}
