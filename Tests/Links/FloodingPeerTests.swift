import Base
import Model
import Simulation
import Testing
import WireLink

@testable import Links

/// A peer that is who it says and floods: what it can make a relay keep is bounded, its session ends, and nobody else's is touched.
@Suite struct FloodingPeerTests {
    private let world = SimulatedWorld(seed: 1)

    /// PINGs without end, and not one answer read.
    @Test func whoDoesNotReadIsNotRead() {
        let flood = [UInt8](repeatElement(Frame(.ping, [UInt8](repeating: 7, count: 8)).bytes, count: 1000).joined())
        let peer = play { _ in flood }
        world.run(until: world.now + .seconds(300))
        #expect(look(peer).hasEnded)
        // The bound of the answers, and what the connection holds.
        let written = look(peer).written
        #expect(written > LinkDriverLimits.answers / 2 && written < LinkDriverLimits.answers + (1 << 20), "\(written)")
        #expect(world.failures == [])
    }

    /// RESUMEs of one channel that always say that more follows.
    @Test func streamsOfAllResumesAreCounted() {
        let peer = play(channel: "ops") { Self.resume($0, isPartial: true) }
        world.run(until: world.now + .seconds(60))
        #expect(look(peer).hasEnded)
        #expect(world.failures.contains { $0.contains("tooLarge") }, "\(world.failures)")
        let rounds = look(peer).rounds
        #expect(rounds >= LinkLimits.streams / 4000 && rounds < LinkLimits.streams / 4000 + 20)
    }

    /// New streams in each session: they are kept, so they are counted over all sessions.
    @Test func streamsOfAllSessionsAreCounted() {
        let cable = begin()
        for session in 0..<2 {
            let peer = play(channel: "ops", over: cable) { $0 < 10 ? Self.resume(session * 10 + $0, isPartial: $0 < 9) : nil }
            world.run(until: world.now + .seconds(20))
            #expect(look(peer).rounds == 10)
            if session == 0 {
                #expect(world.failures == [])
                cable.cut()
                world.run(until: world.now + .seconds(5))
            }
        }
        #expect(world.failures.contains { $0.contains("one too many in its channel") }, "\(world.failures)")
    }

    private func look(_ flood: Flood) -> (written: Int, rounds: Int, hasEnded: Bool) {
        world.running(flood.host) { flood.assumeIsolated { ($0.written, $0.rounds, $0.hasEnded) } }
    }

    private static func resume(_ round: Int, isPartial: Bool) -> [UInt8] {
        let holdings = (0..<4000).map { holding(UInt64(round * 4000 + $0)) }
        return Resume(channel: 1, hasTransit: false, isPartial: isPartial, holdings: holdings).frame.bytes
    }

    private static func holding(_ bits: UInt64) -> Resume.Holding {
        let introduction = WireIntroduction(owner: .sender, bridgeKey: [UInt8](repeating: 1, count: 16), ordinal: 1, salt: 1, bits: bits)
        return Resume.Holding(introduction: introduction, prefix: 1, digest: 0, holes: [])
    }

    /// A relay that shares the channel `ops` with whoever is at the other end.
    private func begin() -> SimulatedCable {
        let cable = SimulatedCable(in: world)
        let relay = SimulatedRelay(
            in: world, kinds: [.marks], number: 1, peers: [SimulatedPeer(name: "east", id: SimulatedRelay.id(2), cable: cable, side: 0)])
        relay.start()
        return cable
    }

    /// Connects a flood to a relay: to one that begins now, unless it waits at a cable already.
    private func play(channel: String? = nil, over known: SimulatedCable? = nil, _ body: @escaping @Sendable (Int) -> [UInt8]?) -> Flood {
        let cable = known ?? begin()
        let host = world.makeHost()
        let flood = Flood(on: host)
        world.running(host) { flood.assumeIsolated { $0.start(over: cable, channel: channel, body) } }
        return flood
    }
}

/// One flooding connection.
private actor Flood {
    nonisolated let host: SimulatedHost
    private(set) var written = 0
    private(set) var rounds = 0
    private(set) var hasEnded = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }

    init(on host: SimulatedHost) { self.host = host }

    /// Called as code of the host.
    func start(over cable: SimulatedCable, channel: String?, _ body: @escaping @Sendable (Int) -> [UInt8]?) {
        Task {
            await withTaskExecutorPreference(self.host) {
                await self.run(over: await cable.connect(1, self.host), channel: channel, body)
            }
        }
    }

    private func run(over stream: PipeStream, channel: String?, _ body: (Int) -> [UInt8]?) async {
        defer { hasEnded = true }
        do {
            try await stream.write(Hello(epochOrdinal: 1, epochBits: 1).frame.bytes)
            if let channel {
                try await stream.write(Offer(index: 1, name: channel, title: "").frame.bytes)
                try await stream.write(Frame(.accept, Varints.encode([1])).bytes)
                _ = try await stream.read(atMost: 4096)
            }
            while let bytes = body(rounds) {
                try await stream.write(bytes)
                written += bytes.count
                rounds += 1
            }
            while try await stream.read(atMost: 4096) != nil {}
        } catch {}
    }
}
