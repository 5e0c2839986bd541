import Base
import Glibc
import IO
import MailReceiver
import Model
import Support
import Testing
import WireMail

@testable import Core
@testable import EndpointEmail

/// What an endpoint told the engine, in words.
private actor ListeningPort: RelayPort {
    private let loop: EventLoop
    private(set) var words: [String] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) { self.loop = loop }

    func connected(_ destination: DestinationID, _ capabilities: Capabilities) {
        words.append("connected \(destination.rawValue) \(capabilities.partsInFlight) \(capabilities.uncertain) \(capabilities.deferral)")
    }
    func disconnected(_ destination: DestinationID) { words.append("disconnected \(destination.rawValue)") }
    func accept(_ happenings: [Happening], in destination: DestinationID, source: [UInt8]?, mayBeKnown: Bool) -> [Acceptance] { [] }
    func source(of destination: DestinationID) -> [UInt8] { [] }
    func received(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, as nativeID: NativeKey?) {
        words.append("received \(id.number) \(destination.rawValue)")
    }
    func deferred(
        _ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, after interval: Interval, reason: String
    ) {
        words.append("deferred \(id.number) \(destination.rawValue) \(reason)")
    }
    func bounced(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, _ reason: BounceReason) {
        words.append("bounced \(id.number) \(destination.rawValue) \(reason.code) \(reason.text)")
    }
    func found(_ mark: Mark, in destination: DestinationID, as nativeID: NativeKey) {}

    /// Waits until so many of its words begin so; false if they never do.
    func hears(_ word: String, times: Int = 1) async -> Bool {
        for _ in 0..<1500 {
            if words.count(where: { $0.hasPrefix(word) }) >= times { return true }
            await loop.sleep(until: loop.now + .milliseconds(20))
        }
        return false
    }
}

private func id(_ number: UInt64) -> EventID { EventID(stream: StreamID(rawValue: 5), number: number) }

private func delivery(_ number: UInt64, _ event: Event? = nil, _ target: TargetState? = nil) -> Delivery {
    Delivery(
        id: id(number), position: Position(number), event: event ?? .posted(Post(RichText("line \(number)"))),
        author: DisplayAuthor(key: AuthorKey(rawValue: 7), name: "anna", organisation: nil), originTime: UnixTime(seconds: 1_795_592_558),
        accepted: UnixTime(seconds: 1_795_592_558), target: target, text: Position(number), isRetried: false)
}

private func part(_ number: UInt64) -> PartDelivery { PartDelivery(delivery: delivery(number), part: 0, range: 0..<1) }

private func channel(_ destination: UInt32, _ name: String, _ uncertain: UncertainPolicy = .again) -> ServedChannel {
    ServedChannel(DestinationID(destination), of: "ops", MemberSettings(endpoint: "post", channel: name, uncertain: uncertain))
}

@Suite struct EmailEndpointTests {
    /// Runs an endpoint before a receiver, or before nobody where there is no Maildir, while `body` plays the engine.
    private func run(maildir: String? = nil, _ body: @Sendable @escaping (EmailEndpoint, ListeningPort) async throws -> Void) async throws {
        let (loop, port) = (EventLoop(), freePort())
        loop.start()
        var table = ConfigurationTable(
            ["from": "relay@example.org", "submission": "127.0.0.1:\(port)", "tls": "none"].mapValues {
                ConfigurationValue(.string($0), at: ConfigurationPlace(file: "x", line: 1, column: 1))
            }, name: "endpoint.post", at: ConfigurationPlace(file: "x", line: 1, column: 1))
        let settings = try EmailSettings(&table)
        let endpoint = EmailEndpoint(
            settings, password: nil, loop: loop, submitting: MailSubmitter(), entropy: SystemEntropy(), texts: Texts(.en),
            log: Log { _ in })
        let listening = ListeningPort(loop)
        try await withTaskExecutorPreference(loop) {
            var receiver: MailReceiver?
            if let maildir {
                receiver = try await .open(.smtp, at: HostPort("127.0.0.1:\(port)")!, folder: maildir, entropy: SystemEntropy(), on: loop)
            }
            try await withThrowingTaskGroup(of: Void.self) { [receiver] group in
                group.addTask { try await endpoint.run(listening) }
                if let receiver { group.addTask { try await receiver.run() } }
                try await body(endpoint, listening)
                await endpoint.stop()
                await receiver?.stop()
                try await group.waitForAll()
            }
        }
        loop.stop()
    }

    @Test func eachRecipientGetsItsMail() async throws {
        let folder = TemporaryFolder()
        let maildir = "\(folder.path)/mail"
        defer { _ = ChildProcess("/bin/rm", ["-rf", maildir]).wait() }
        try await run(maildir: maildir) { endpoint, listening in
            await endpoint.serve((1...6).map { channel($0, "r\($0)@example.org", $0 == 2 ? .skip : .again) })
            #expect(await listening.hears("connected", times: 6))
            for number in 1...6 { await endpoint.deliver([part(UInt64(number))], to: DestinationID(UInt32(number))) }
            #expect(await listening.hears("received", times: 6))
            let words = await listening.words
            #expect(words.contains("connected 1 1 again 432000") && words.contains("connected 2 1 skip 432000"))
            #expect((1...6).allSatisfy { words.contains("received \($0) \($0)") })
        }
        let mails = fileNames(in: "\(maildir)/new").map { (try? Files.read("\(maildir)/new/\($0)", atMost: 1 << 20)) ?? [] }
        #expect(mails.count == 6)
        for number in 1...6 {
            let expected = "To: <r\(number)@example.org>\r\nSubject: [ops] line \(number)\r\n"
            #expect(mails.count { String(decoding: $0, as: UTF8.self).contains(expected) } == 1)
        }
    }

    /// What did not come to its text is known not to have arrived; of anything else nobody knows.
    @Test func whatWasNotSentIsKnownToBeAbsent() async throws {
        try await run { endpoint, listening in
            await endpoint.serve([channel(1, "r@example.org")])
            #expect(await listening.hears("connected"))
            await endpoint.deliver([part(1)], to: DestinationID(1))
            #expect(await listening.hears("disconnected 1"))
            let lastError = await endpoint.lastErrors.latest(in: DestinationID(1))
            #expect(lastError?.words.hasPrefix("127.0.0.1:") == true && lastError?.words.hasSuffix(": ") == false, "\(lastError as Any)")
            // It comes while nothing is connected: the engine may not have heard yet.
            await endpoint.deliver([part(2)], to: DestinationID(1))
            #expect(await listening.hears("connected", times: 2))
            let claims = [1, 2, 3].map { ClaimedPart(id: id($0), part: 0, range: 0..<1, delivery: delivery($0)) }
            #expect(await endpoint.reconcile(claims, in: DestinationID(1)) == [.absent, .absent, .unknown])
            #expect(await endpoint.reconcile(claims, in: DestinationID(1)) == [.unknown, .unknown, .unknown])
        }
    }

    @Test func aMailIsOnePartAndWhatIsNoMailNone() async throws {
        try await run { endpoint, _ in
            await endpoint.serve([channel(1, "r@example.org")])
            let mailed = TargetState.shown(
                [NativePart(part: 0, outcome: .delivered, time: UnixTime(seconds: 0), nativeID: nil)], quote: nil)
            let long = delivery(1, .posted(Post(RichText(String(repeating: "word ", count: 10_000)))))
            #expect(await endpoint.parts(of: long, from: 0, in: DestinationID(1)) == [0..<1])
            #expect(await endpoint.parts(of: long, from: 1, in: DestinationID(1)) == [])
            for event in [
                Event.edited(target: id(3), content: Post(RichText("new"))), .deleted(target: id(3)),
                .reacted(Reaction(target: id(3), emoji: "👍")),
            ] {
                #expect(await endpoint.parts(of: delivery(4, event, mailed), from: 0, in: DestinationID(1)) == [])
            }
            let edit = delivery(4, .edited(target: id(3), content: Post(RichText("new"))), .notShown(quote: nil))
            #expect(await endpoint.parts(of: edit, from: 0, in: DestinationID(1)) == [0..<1])
        }
    }
}
