import Base
import IO
import Support
import Testing

/// Mail handed to a server that answers oddly: what is said of each end.
@Suite(.serialized) struct SubmissionTests {
    private static let text = "Subject: x\r\n\r\nhello\r\n.\r\n..\r\nend\r\n"

    private func server(
        _ odd: OddMailServer, _ security: SubmissionServer.Security = .none, _ authorities: String? = nil,
        _ account: SubmissionServer.Account? = nil, whole: Interval = .seconds(20)
    ) -> SubmissionServer {
        SubmissionServer(
            place: HostPort("127.0.0.1:\(odd.port)")!, security: security, authorities: authorities, account: account,
            greeting: "relay.example.org", connecting: .seconds(10), whole: whole)
    }

    private func submit(_ recipients: [String], to server: SubmissionServer) async -> [SubmissionEnd] {
        let loop = EventLoop()
        loop.start()
        let sender = Sender(loop)
        let ends = await withTaskExecutorPreference(loop) { await sender.submit(recipients, SubmissionTests.text, to: server) }
        loop.stop()
        return ends
    }

    /// The beginning of what is said: how it ended, and the first line of the reply.
    private func words(_ ends: [SubmissionEnd]) -> [String] {
        ends.map { end in
            switch end {
            case .taken(let reply): "taken \(String(decoding: reply.first ?? [], as: UTF8.self))"
            case .refused(let reply): "refused \(String(decoding: reply.first ?? [], as: UTF8.self))"
            case .unclear: "unclear"
            case .failed: "failed"
            }
        }
    }

    @Test(
        arguments: [
            ("ok", ["taken 250 2.0.0 ok"]), ("odd", ["taken 250-? \t<queued>"]),
            ("created", ["taken 251 2.0.0 taken, and said in another way"]),
            ("later", ["refused 450 4.2.0 come back later", "taken 250 2.0.0 ok"]), ("never", ["refused 550-5.1.1 there is"]),
            ("unwanted", ["refused 554 5.7.1 spam"]), ("text-later", ["refused 451 4.3.0 come back later", "taken 250 2.0.0 ok"]),
            ("shut", ["refused 421 4.3.2 going down", "taken 250 2.0.0 ok"]), ("slow", ["taken 250 2.0.0 ok"]),
            ("slow-rcpt", ["taken 250 2.0.0 ok"]), ("cut-before", ["failed", "taken 250 2.0.0 ok"]),
            ("cut-after", ["unclear", "taken 250 2.0.0 ok"]),
        ])
    func eachAnswerHasItsEnd(_ recipient: String, _ expected: [String]) async {
        let odd = OddMailServer()
        let ends = await submit(expected.map { _ in "\(recipient)@example.org" }, to: server(odd))
        #expect(words(ends) == expected, "\(ends)")
        #expect(odd.texts.allSatisfy { $0 == SubmissionTests.text })
    }

    @Test func aServerThatNeverAnswersIsLeft() async {
        let odd = OddMailServer()
        let ends = await submit(["hang@example.org"], to: server(odd, whole: .seconds(2)))
        #expect(words(ends) == ["unclear"], "\(ends)")
    }

    @Test func ofALongReplyTheBeginningAndTheEndAreKept() async {
        let odd = OddMailServer()
        let ends = await submit(["chatty@example.org"], to: server(odd))
        guard case .taken(let reply)? = ends.first else {
            Issue.record("\(ends)")
            return
        }
        #expect(
            odd.texts.count == 1 && reply.count == 100 && reply.last == [UInt8]("250 done".utf8)
                && reply[98].starts(with: "250-line 98".utf8))
    }

    @Test func nobodyListens() async {
        let place = HostPort("127.0.0.1:\(freePort())")!
        let nobody = SubmissionServer(place: place, security: .none, greeting: "x", connecting: .seconds(5), whole: .seconds(5))
        let ends = await submit(["ok@example.org"], to: nobody)
        #expect(words(ends) == ["failed"], "\(ends)")
    }

    @Test func certificatesAreVerifiedAndAccountsKnown() async {
        let right = TestCertificate()
        let (wrong, otherName) = (TestCertificate(), TestCertificate(names: "DNS:elsewhere.example"))
        let account = SubmissionServer.Account(name: "relay", password: "se:cret")
        for (isImplicit, security) in [(false, SubmissionServer.Security.startTLS), (true, .implicitTLS)] {
            let odd = OddMailServer(isImplicit ? .implicit(right) : .startTLS(right), account: "relay:secret")
            let good = SubmissionServer.Account(name: "relay", password: "secret")
            let recipients = ["ok@example.org"]
            #expect(words(await submit(recipients, to: server(odd, security, right.certificate, good))) == ["taken 250 2.0.0 ok"])
            let bad = await submit(recipients, to: server(odd, security, right.certificate, account))
            #expect(words(bad) == ["failed"] && "\(bad)".contains("535"), "\(bad)")
            #expect(words(await submit(recipients, to: server(odd, security, wrong.certificate, good))) == ["failed"])
            #expect(words(await submit(recipients, to: server(odd, security, nil, good))) == ["failed"])
            #expect(odd.texts.count == 1)
        }
        let misnamed = OddMailServer(.startTLS(otherName))
        #expect(words(await submit(["ok@example.org"], to: server(misnamed, .startTLS, otherName.certificate))) == ["failed"])
        let plain = OddMailServer()
        #expect(words(await submit(["ok@example.org"], to: server(plain, .startTLS, right.certificate))) == ["failed"])
        #expect(misnamed.asked.isEmpty && plain.asked.isEmpty)
    }

    @Test func whatIsEndedFromHereEndsAtOnce() async {
        let odd = OddMailServer()
        let loop = EventLoop()
        loop.start()
        let sender = Sender(loop)
        let ends = await withTaskExecutorPreference(loop) {
            await sender.submitAndAbort("hang@example.org", SubmissionTests.text, to: server(odd))
        }
        loop.stop()
        #expect(words(ends).allSatisfy { $0 == "unclear" || $0 == "failed" } && ends.count == 1, "\(ends)")
    }
}

/// Hands mail over from a loop, as endpoints do.
private actor Sender {
    private let loop: EventLoop
    private let submitter: MailSubmitter

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) {
        self.loop = loop
        submitter = MailSubmitter()
    }

    func submit(_ recipients: [String], _ text: String, to server: SubmissionServer) async -> [SubmissionEnd] {
        var ends: [SubmissionEnd] = []
        for recipient in recipients {
            let mail = MailSubmission(from: "relay@example.org", to: recipient, bytes: [UInt8](text.utf8))
            ends.append(await submitter.submit(mail, to: server))
        }
        return ends
    }

    func submitAndAbort(_ recipient: String, _ text: String, to server: SubmissionServer) async -> [SubmissionEnd] {
        _ = loop.schedule(at: loop.now + .milliseconds(500)) { self.assumeIsolated { $0.submitter.abort() } }
        return await submit([recipient], text, to: server)
    }
}
