import Base
import IO
import Model
import WireLink

/// Accepts peers at this relay's addresses: TLS, then whoever's key is known is handed to its `PeerLink`.
package actor LinkListener {
    /// ALPN: the protocol with its major version.
    package static let protocolName = "fairlead/1"

    private let identity: IdentityKey
    private let loop: EventLoop
    private let log: Log
    private let listener: TCPListener
    private var peers: [RelayID: PeerLink] = [:]
    private var unauthenticated = 0
    package private(set) var refused: UInt64 = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Listens from now on. Called on the loop.
    package init(at place: HostPort, identity: IdentityKey, loop: EventLoop, log: Log) async throws(StreamError) {
        self.identity = identity
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
        }
    }

    private func greet(_ plain: TCPStream) async {
        var isCounted = true
        defer { if isCounted { unauthenticated -= 1 } }
        do {
            let context = try TLSContext(identity: identity, protocolName: LinkListener.protocolName, isServer: true)
            let stream = try await TLSStream.link(
                over: plain, context, isDialler: false, before: loop.now + LinkDriverLimits.connecting, on: loop)
            let hash = stream.peerKeyHash ?? []
            unauthenticated -= 1
            isCounted = false
            guard hash.count == 32, let peer = peers[RelayID(bytes: hash)] else {
                refused += 1
                log.warning("an unknown relay is refused", ["relay": hash.count == 32 ? RelayID(bytes: hash).description : ""])
                try await stream.write(Closing(LinkFailure(.unknownPeer, "this relay is not set up for yours")).frame.bytes)
                return stream.close()
            }
            await peer.adopt(stream)
        } catch {
            refused += 1
            log.info("a connection ended before it was known whose it is", ["reason": "\(error)"])
            plain.close()
        }
    }
}
