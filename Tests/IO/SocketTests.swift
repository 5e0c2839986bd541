import Base
import Support
import Synchronization
import Testing

@testable import IO

/// Runs on the loop, as everything with sockets does.
private func onLoop(_ body: @Sendable @escaping (EventLoop) async throws -> Void) async throws {
    let loop = EventLoop()
    loop.start()
    let place = Place(loop)
    try await withTaskExecutorPreference(loop) { try await place.run(body) }
    loop.stop()
}

/// An actor of the loop that a test's body runs in.
private actor Place {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) { self.loop = loop }

    func run(_ body: @Sendable (EventLoop) async throws -> Void) async throws { try await body(loop) }
}

@Suite struct SocketTests {
    private static let soon = Interval.seconds(20)

    @Test func bytesGoBothWaysWhateverTheirNumber() async throws {
        try await onLoop { loop in
            let listener = try await TCPListener.listen(at: HostPort("127.0.0.1:\(freePort())")!, on: loop)
            async let accepted = listener.accept()
            let client = try await connect(listener.port, loop)
            let server = try #require(try await accepted)
            let sent = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            async let there: Void = client.write(sent)
            async let back: Void = server.write(sent)
            let (atServer, atClient) = try await (collect(server, sent.count), collect(client, sent.count))
            _ = try await (there, back)
            #expect(atServer == sent && atClient == sent)
            // The end of one direction is an end, not an error.
            client.close()
            #expect(try await server.read(atMost: 10) == nil)
            listener.close()
            #expect(try await listener.accept() == nil)
        }
    }

    /// Somebody sends faster than is read, without end: between any two pieces the loop comes to whatever else there is.
    @Test func whoSendsWithoutEndLeavesOthersTheirTurn() async throws {
        let pump = Pump()
        defer { pump.stop() }
        try await onLoop { loop in
            let flood = try await connect(pump.port, loop)
            for piece in 0..<50 {
                let hadTurn = Atomic(false)
                _ = loop.schedule(at: loop.now) { hadTurn.store(true, ordering: .relaxed) }
                #expect(try await flood.read(atMost: 4096)?.isEmpty == false)
                let isFair = hadTurn.load(ordering: .relaxed)
                #expect(isFair || piece == 0)
                pump.fill()
            }
            flood.close()
        }
    }

    @Test func whatIsClosedThrowsWhoeverWaits() async throws {
        try await onLoop { loop in
            let listener = try await TCPListener.listen(at: HostPort("127.0.0.1:\(freePort())")!, on: loop)
            async let accepted = listener.accept()
            let client = try await connect(listener.port, loop)
            let server = try #require(try await accepted)
            async let reading = outcome { _ = try await client.read(atMost: 10) }
            // More than the kernel takes while nobody reads.
            async let writing = outcome { try await client.write([UInt8](repeating: 1, count: 50_000_000)) }
            await loop.sleep(until: loop.now + .milliseconds(50))
            client.close()
            client.close()
            let (reader, writer) = await (reading, writing)
            #expect(reader == .closed && writer == .closed)
            #expect(await outcome { _ = try await client.read(atMost: 10) } == .closed)
            #expect(await outcome { try await client.write([1]) } == .closed)
            server.close()
            listener.close()
        }
    }

    @Test func aListenerThatIsClosedAcceptsNobodyMore() async throws {
        try await onLoop { loop in
            let listener = try await TCPListener.listen(at: HostPort("[::1]:\(freePort())")!, on: loop)
            async let accepted = listener.accept()
            await loop.sleep(until: loop.now + .milliseconds(20))
            listener.close()
            #expect(try await accepted == nil)
            // Its port is taken by nobody then, and by somebody before.
            let first = try await TCPListener.listen(at: HostPort("127.0.0.1:\(freePort())")!, on: loop)
            let words = await outcome { _ = try await TCPListener.listen(at: HostPort("127.0.0.1:\(first.port)")!, on: loop) }
            guard case .lost(let text)? = words else { return #expect(Bool(false), "two listen at one port") }
            #expect(text.contains("Address already in use"))
            first.close()
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1:1", nil, "Connection refused"), ("host.invalid:6667", nil, "host.invalid: "),
            ("127.0.0.1:1", "::1", "127.0.0.1: no address"), ("127.0.0.1:1", "192.0.2.1", "Cannot assign requested address"),
        ] as [(String, String?, String)])
    func aConnectionThatCantBeHadHasAReason(_ server: String, _ local: String?, _ words: String) async throws {
        try await onLoop { loop in
            let error = await outcome {
                _ = try await TCPConnector(on: loop).connect(
                    to: HostPort(server)!, .none, from: local, before: loop.now + SocketTests.soon)
            }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    /// A listener whose queue is full answers nobody: the deadline ends it.
    @Test func nothingTakesLongerThanItsDeadline() async throws {
        let silent = SilentPort()
        try await onLoop { loop in
            let error = await outcome {
                _ = try await TCPConnector(on: loop).connect(
                    to: HostPort("127.0.0.1:\(silent.port)")!, .none, from: nil, before: loop.now + .milliseconds(400))
            }
            #expect(error == .timedOut)
        }
        silent.close()
    }

    /// Whatever is wrong with the addresses before it, the one that answers will do.
    /// Whoever does not want to wait any more goes on at once, wherever the connection has come to: before it began, with no answer to it,
    /// and in the middle of TLS.
    @Test func aConnectionThatIsGivenUp() async throws {
        let (silent, mute) = (SilentPort(), SilentPort(.mute))
        try await onLoop { loop in
            for (port, security) in [(silent.port, StreamSecurity.none), (mute.port, .verified(authorities: nil))] {
                for wait in [0, 50] {
                    let interruption = Interruption(on: loop)
                    _ = loop.schedule(at: loop.now + .milliseconds(UInt64(wait))) { interruption.assumeIsolated { $0.interrupt() } }
                    if wait == 0 { await interruption.interrupt() }
                    let server = HostPort("127.0.0.1:\(port)")!
                    // The deadline lies beyond what any test may take.
                    let error = await interruption.guarding {
                        await outcome {
                            _ = try await TCPConnector(on: loop).connect(to: server, security, from: nil, before: loop.now + .seconds(3600))
                        }
                    }
                    #expect(error == .closed)
                }
            }
        }
        silent.close()
        mute.close()
    }

    @Test func theAddressThatAnswersWins() async throws {
        let silent = SilentPort()
        try await onLoop { loop in
            let listener = try await TCPListener.listen(at: HostPort("[::1]:\(freePort())")!, on: loop)
            var addresses: [SocketAddress] = []
            for place in ["127.0.0.1:1", "127.0.0.1:\(silent.port)", "[::1]:\(listener.port)"] {
                addresses += try await Resolver.addresses(of: HostPort(place)!, on: loop, before: loop.now + SocketTests.soon)
            }
            let connector = TCPConnector(on: loop)
            for list in [addresses, Array(addresses.reversed())] {
                let stream = try await connector.first(of: list, from: nil, before: loop.now + SocketTests.soon)
                let server = try #require(try await listener.accept())
                try await stream.write([7])
                #expect(try await server.read(atMost: 10) == [7])
                stream.close()
                server.close()
            }
            // All of them wrong: the last word counts, and the deadline.
            let error = await outcome {
                _ = try await connector.first(of: Array(addresses[..<2]), from: nil, before: loop.now + .milliseconds(600))
            }
            #expect(error == .timedOut)
            listener.close()
        }
        silent.close()
    }
}

@Suite struct TLSStreamTests {
    private static let soon = Interval.seconds(20)

    /// Both directions at once, in one piece and byte by byte on the way.
    @Test(arguments: [nil, 1, 7, 4096] as [Int?])
    func bytesGoBothWays(_ chunk: Int?) async throws {
        let certificates = Certificates()
        let pair = certificates.server("server", for: "DNS:localhost")
        try await onLoop { loop in
            let (client, server) = try await streams(loop)
            let trusting = try TLSContext(verifyingServersBy: certificates.authority)
            let showing = try TLSContext(certificate: pair.certificate, key: pair.key)
            let deadline = loop.now + TLSStreamTests.soon
            async let accepted = TLSStream.accept(over: Chopped(server, chunk), showing, before: deadline, on: loop)
            let near = try await TLSStream.connect(over: Chopped(client, chunk), trusting, to: "localhost", before: deadline, on: loop)
            let far = try await accepted
            let sent = (0..<(chunk == nil ? 3_000_000 : 20_000)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            async let there: Void = near.write(sent)
            async let back: Void = far.write(sent)
            let (atFar, atNear) = try await (collect(far, sent.count), collect(near, sent.count))
            _ = try await (there, back)
            #expect(atFar == sent && atNear == sent)
            near.close()
            #expect(try await far.read(atMost: 10) == nil)
            #expect(await outcome { try await near.write([1]) } == .closed)
            #expect(await outcome { _ = try await near.read(atMost: 1) } == .closed)
            far.close()
        }
    }

    @Test func whoIsNotWhomWeDialledIsRefused() async throws {
        let certificates = Certificates()
        let cases: [(Certificates.Pair, String)] = [
            (certificates.server("other", for: "DNS:irc.example.org"), "hostname mismatch"),
            (certificates.server("address", for: "IP:127.0.0.1"), "hostname mismatch"),
            (certificates.server("expired", for: "DNS:localhost", days: -1), "certificate has expired"),
            (certificates.selfSigned("selfsigned"), "self-signed certificate"),
        ]
        for (pair, words) in cases {
            try await onLoop { loop in
                let (client, server) = try await streams(loop)
                let trusting = try TLSContext(verifyingServersBy: certificates.authority)
                let showing = try TLSContext(certificate: pair.certificate, key: pair.key)
                let deadline = loop.now + TLSStreamTests.soon
                async let accepted = outcome { _ = try await TLSStream.accept(over: server, showing, before: deadline, on: loop) }
                let error = await outcome {
                    _ = try await TLSStream.connect(over: client, trusting, to: "localhost", before: deadline, on: loop)
                }
                #expect(error == .lost("TLS: the server's certificate: \(words)"))
                // The other side is told.
                #expect(await accepted != nil)
            }
        }
        #expect(throws: StreamError.self) { try TLSContext(verifyingServersBy: "/nowhere/ca.pem") }
    }

    /// What both ends of a link can derive is the same at both, and another in each session of the same two keys: what is proved by it in one
    /// session fits no other.
    @Test func keyingMaterialIsOfOneSessionAlone() async throws {
        try await onLoop { loop in
            let (dialler, listener) = (IdentityKey.make(), IdentityKey.make())
            let dialling = try TLSContext(identity: dialler, protocolName: "test/1", isServer: false)
            let listening = try TLSContext(identity: listener, protocolName: "test/1", isServer: true)
            let deadline = loop.now + TLSStreamTests.soon
            var all: Set<[UInt8]> = []
            for _ in 1...3 {
                let (client, server) = try await streams(loop)
                async let accepted = TLSStream.link(over: server, listening, isDialler: false, before: deadline, on: loop)
                let near = try await TLSStream.link(over: client, dialling, isDialler: true, before: deadline, on: loop)
                let far = try await accepted
                #expect(near.peerKeyHash == listener.hash && far.peerKeyHash == dialler.hash)
                let bytes = try #require(near.exported("EXPORTER-test", 32))
                #expect(far.exported("EXPORTER-test", 32) == bytes)
                #expect(far.exported("EXPORTER-other", 32) != bytes)
                all.insert(bytes)
                near.close()
                far.close()
            }
            #expect(all.count == 3)
        }
    }

    @Test func aHandshakeThatIsCutOrStallsEnds() async throws {
        let certificates = Certificates()
        try await onLoop { loop in
            let trusting = try TLSContext(verifyingServersBy: certificates.authority)
            let (client, server) = try await streams(loop)
            async let cut = outcome {
                _ = try await TLSStream.connect(
                    over: client, trusting, to: "localhost", before: loop.now + TLSStreamTests.soon, on: loop)
            }
            _ = try await server.read(atMost: 100_000)
            server.close()
            #expect(await cut == .lost("TLS: ended by the other side while agreeing"))

            let (stalling, silent) = try await streams(loop)
            let late = await outcome {
                _ = try await TLSStream.connect(over: stalling, trusting, to: "localhost", before: loop.now + .milliseconds(200), on: loop)
            }
            #expect(late == .timedOut)
            silent.close()

            let (talking, plain) = try await streams(loop)
            try await plain.write([UInt8](":irc.example.org NOTICE * :no TLS here\r\n".utf8))
            let wrong = await outcome {
                _ = try await TLSStream.connect(
                    over: talking, trusting, to: "localhost", before: loop.now + TLSStreamTests.soon, on: loop)
            }
            #expect(wrong == .lost("TLS: wrong version number"))
            plain.close()
        }
    }

    private nonisolated(nonsending) func streams(_ loop: EventLoop) async throws -> (any ByteStream, TCPStream) {
        let listener = try await TCPListener.listen(at: HostPort("127.0.0.1:\(freePort())")!, on: loop)
        async let accepted = listener.accept()
        let client = try await connect(listener.port, loop)
        let server = try #require(try await accepted)
        listener.close()
        return (client, server)
    }
}

/// A stream that hands bytes on in pieces of one size.
private final class Chopped: ByteStream {
    private let stream: any ByteStream
    private let size: Int?

    init(_ stream: any ByteStream, _ size: Int?) {
        self.stream = stream
        self.size = size
    }

    func read(atMost count: Int) async throws(StreamError) -> [UInt8]? { try await stream.read(atMost: min(count, size ?? count)) }
    func write(_ bytes: [UInt8]) async throws(StreamError) { try await stream.write(bytes) }
    func close() { stream.close() }
}

private func connect(_ port: UInt16, _ loop: EventLoop) async throws(StreamError) -> any ByteStream {
    try await TCPConnector(on: loop).connect(to: HostPort("127.0.0.1:\(port)")!, .none, from: nil, before: loop.now + .seconds(20))
}

private func collect(_ stream: any ByteStream, _ count: Int) async throws(StreamError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count, let more = try await stream.read(atMost: 65_536) { bytes += more }
    return bytes
}

/// What a call throws.
private func outcome(_ body: () async throws -> Void) async -> StreamError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StreamError
    }
}
