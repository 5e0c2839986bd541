import Base
import Glibc
import IO
import MailReceiver
import Support
import Testing
import WireMail

/// The receiver as Python's own clients see it, which share nothing with it.
@Suite struct MailReceiverTests {
    private static let text = "Subject: x\r\n\r\nhello\r\n.\r\n..\r\nend\r\n"

    /// Python's LMTP knows one recipient a mail.
    @Test(arguments: [(MailServerMachine.Dialect.smtp, ["b@example.org", "c@example.org"]), (.lmtp, ["b@example.org"])])
    func whatItIsGivenStandsInTheMaildir(_ dialect: MailServerMachine.Dialect, _ recipients: [String]) async throws {
        let folder = TemporaryFolder()
        let maildir = "\(folder.path)/mail"
        defer { _ = ChildProcess("/bin/rm", ["-rf", maildir]).wait() }
        let port = freePort()
        let output = try await served(dialect, port, maildir) {
            let python = ChildProcess.python("send_mails.py", [dialect == .smtp ? "smtp" : "lmtp", "\(port)"] + recipients)
            return (0..<4).map { _ in python.line() ?? "end" } + ["\(python.wait())"]
        }
        #expect(output == ["{}", "{}", "{}", "end", "0"])
        let names = fileNames(in: "\(maildir)/new")
        #expect(names.count == 3 && fileNames(in: "\(maildir)/tmp").isEmpty)
        let mails = names.map { String(decoding: (try? Files.read("\(maildir)/new/\($0)", atMost: 1 << 20)) ?? [], as: UTF8.self) }.sorted()
        for (number, mail) in mails.enumerated() {
            let envelope = "Return-Path: <a@example.org>\r\n" + recipients.map { "Delivered-To: \($0)\r\n" }.joined()
            #expect(mail == "\(envelope)Number: \(number)\r\n\(MailReceiverTests.text)")
        }
    }

    /// A mail that can't be written is not answered for.
    @Test func whatCannotBeWrittenIsPutOff() async throws {
        let folder = TemporaryFolder()
        let maildir = "\(folder.path)/mail"
        defer { _ = ChildProcess("/bin/rm", ["-rf", maildir]).wait() }
        let port = freePort()
        let output = try await served(.smtp, port, maildir) {
            rmdir("\(maildir)/new")
            let python = ChildProcess.python("send_mails.py", ["smtp", "\(port)", "b@example.org"])
            return [python.line() ?? "end"]
        }
        #expect(output == ["451"])
    }

    /// Runs a receiver while `body` talks to it from a thread of its own.
    private func served(_ dialect: MailServerMachine.Dialect, _ port: UInt16, _ maildir: String, _ body: @Sendable @escaping () -> [String])
        async throws
        -> [String]
    {
        let loop = EventLoop()
        loop.start()
        let client = Client()
        let output = try await withTaskExecutorPreference(loop) {
            let receiver = try await MailReceiver.open(
                dialect, at: HostPort("127.0.0.1:\(port)")!, folder: maildir, entropy: SystemEntropy(), on: loop)
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
