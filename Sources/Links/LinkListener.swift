import Base
import IO
import Model
import WireLink

/// Accepts peers at this relay's addresses: TLS, then whoever's key is known is handed to its `PeerLink`.
package actor LinkListener {
    /// ALPN: the protocol with its major version.
    package static let protocolName = "fairlead/1"

    private let own: [UInt8]
    /// With a certificate that is signed once.
    private let context: TLSContext
    private let loop: EventLoop
    private let log: Log
    private let listener: TCPListener
    private var peers: [RelayID: PeerLink] = [:]
    private var unauthenticated = 0
    /// Connections whose key is not known yet.
    private var greeted: [ObjectIdentifier: TCPStream] = [:]
    package private(set) var refused: UInt64 = 0
    private let desk: any PairingDesk

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Listens from now on. Called on the loop.
    package init(at place: HostPort, identity: IdentityKey, desk: any PairingDesk, loop: EventLoop, log: Log) async throws(StreamError) {
        self.desk = desk
        own = identity.hash
        context = try TLSContext(identity: identity, protocolName: LinkListener.protocolName, isServer: true)
        self.loop = loop
        self.log = log
        listener = try await TCPListener.listen(at: place, on: loop)
        log.notice("listening for peers", ["address": "\(place.host):\(listener.port)"])
    }

    package func serve(_ peers: [RelayID: PeerLink]) { self.peers = peers }

    package nonisolated func stop() { listener.close() }

    /// Accepts until `stop`.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while let stream = try await listener.accept() {
                guard unauthenticated < LinkDriverLimits.unauthenticated else {
                    refused += 1
                    stream.close()
                    continue
                }
                unauthenticated += 1
                group.addTask { await self.greet(stream) }
            }
            // Nobody is waited for who has not said who he is.
            for stream in greeted.values { stream.close() }
        }
    }

    private func greet(_ plain: TCPStream) async {
        var isCounted = true
        greeted[ObjectIdentifier(plain)] = plain
        defer {
            greeted[ObjectIdentifier(plain)] = nil
            if isCounted { unauthenticated -= 1 }
        }
        do {
            let stream = try await TLSStream.link(
                over: plain, context, isDialler: false, before: loop.now + LinkDriverLimits.connecting, on: loop)
            guard let hash = stream.peerKeyHash, hash.count == 32 else { return stream.close() }
            let id = RelayID(bytes: hash)
            guard let peer = peers[id] else { return try await greetStranger(stream, id, at: plain.peerNetwork) }
            unauthenticated -= 1
            isCounted = false
            greeted[ObjectIdentifier(plain)] = nil
            await peer.adopt(stream)
        } catch {
            refused += 1
            log.info("a connection ended before it was known whose it is", ["reason": "\(error)"])
            plain.close()
        }
    }

    /// A relay that nobody here knows may know an invite. Whatever is wrong with its word, the answer is the same.
    private func greetStranger(_ stream: TLSStream, _ id: RelayID, at address: String) async throws {
        let timer = loop.schedule(at: loop.now + LinkDriverLimits.greeting) { stream.close() }
        defer {
            loop.cancel(timer)
            stream.close()
        }
        var decoder = FrameDecoder()
        while await desk.isOpen(to: address), let bytes = try await stream.read(atMost: LinkLimits.smallFrame) {
            decoder.feed(bytes)
            guard let frame = try decoder.next() else { continue }
            guard frame.kind == FrameKind.pair.rawValue, let exporter = stream.exported(Pairing.exporterLabel, Pairing.exporterLength)
            else { break }
            guard let answer = await desk.pair(try Pairing(body: frame.body), dialler: id, at: address, listener: own, exporter: exporter)
            else { break }
            return try await stream.write(answer.frame.bytes)
        }
        refused += 1
        log.warning("an unknown relay is refused", ["relay": id.description])
        try await stream.write(Closing(LinkFailure(.unknownPeer, "this relay is not set up for yours")).frame.bytes)
    }
}

/// Who knows the open invites.
package protocol PairingDesk: Actor {
    /// Whether a stranger from an address may say something at all: there is an open invite, and not too many wrong words came from there
    /// lately.
    func isOpen(to address: String) -> Bool

    /// The answer to a stranger who knows an invite's secret; nil for any other.
    func pair(_ pairing: Pairing, dialler: RelayID, at address: String, listener: [UInt8], exporter: [UInt8]) async -> Pairing?
}
