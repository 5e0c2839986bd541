import Base
import Core
import Simulation
import Support
import Testing

/// Channels that are shared, and not shared any more, while a link lives (docs/protocol.md section 4).
@Suite struct SharingTests {
    /// Who shares a new channel first; nil: both at once.
    @Test(arguments: [0, 1, nil], 0..<testRounds(4)) func aNewChannelOverALivingLink(first: Int?, seed: Int) {
        let pair = SharingPair(seed: UInt64(seed))
        pair.share([0])
        pair.start()
        pair.run(seconds: 5)
        for side in first.map({ [$0, 1 - $0] }) ?? [0, 1] {
            pair.relays[side].reload(pair.relays[side].bridges(sharing: [0, 1]))
            if first != nil { pair.run(seconds: 2) }
        }
        pair.run(seconds: 2)
        for server in [0, 1] {
            for (side, relay) in pair.relays.enumerated() { relay.servers[server].post("\(side) in \(server)", by: "p", at: relay.time) }
        }
        pair.run(seconds: 5)
        for server in [0, 1] {
            for side in [0, 1] { #expect(Set(pair.texts(side, server)) == ["0 in \(server)", "1 in \(server)"]) }
        }
        pair.expectOneSession()
    }

    /// Shared and taken back at any moment: frames of both kinds cross. No side takes the other's for a fault.
    @Test(arguments: 0..<testRounds(30)) func sharedAndTakenBackAtAnyMoment(seed: Int) {
        let pair = SharingPair(seed: UInt64(seed))
        pair.share([0])
        pair.start()
        pair.run(seconds: 5)
        var shared = [false, false]
        for round in 0..<12 {
            let side = Int(pair.world.pick(0...1))
            shared[side].toggle()
            pair.relays[side].reload(pair.relays[side].bridges(sharing: shared[side] ? [0, 1] : [0]))
            for (side, relay) in pair.relays.enumerated() { relay.servers[1].post("\(side): \(round)", by: "p", at: relay.time) }
            pair.world.run(until: pair.world.now + .milliseconds(pair.world.pick(0...100)))
        }
        for relay in pair.relays { relay.reload(relay.bridges(sharing: [0, 1])) }
        pair.run(seconds: 10)
        for (side, relay) in pair.relays.enumerated() { relay.servers[1].post("\(side): end", by: "p", at: relay.time) }
        pair.run(seconds: 5)
        for side in [0, 1] { #expect(Set(pair.texts(side, 1)).isSuperset(of: ["0: end", "1: end"]), "seed \(seed)") }
        #expect(pair.world.failures == [], "seed \(seed)")
        for relay in pair.relays { #expect(relay.linkEndings.faults == 0, "seed \(seed)") }
    }
}

/// Two linked relays with two servers each, or more: server 0 is bridged as `c0`, server 1 as `c1`.
final class SharingPair {
    let world: SimulatedWorld
    let cable: SimulatedCable
    let relays: [SimulatedRelay]

    init(seed: UInt64, channels: Int = 2) {
        let world = SimulatedWorld(seed: seed)
        let cable = SimulatedCable(in: world)
        self.world = world
        self.cable = cable
        relays = [0, 1].map { side in
            SimulatedRelay(
                in: world, kinds: [SimulatedServer.Kind](repeating: .marks, count: channels), number: UInt8(side + 1),
                peers: [
                    SimulatedPeer(
                        name: ["east", "west"][side], id: SimulatedRelay.id(UInt8(2 - side)), cable: cable, side: side)
                ])
        }
    }

    /// Which channels both share from their start on.
    func share(_ channels: Set<Int>) { for relay in relays { relay.bridges = relay.bridges(sharing: channels) } }

    func start() { for relay in relays { relay.start() } }
    func run(seconds: UInt64) { world.run(until: world.now + .seconds(seconds)) }
    func texts(_ side: Int, _ server: Int) -> [String] { relays[side].servers[server].posts.map(\.text) }

    /// The link's first session lives, and nobody has broken the protocol.
    func expectOneSession(_ place: SourceLocation = #_sourceLocation) {
        for relay in relays {
            #expect(relay.linkEndings.endings == [], sourceLocation: place)
            #expect(relay.linkEndings.faults == 0, sourceLocation: place)
        }
        #expect(world.failures == [], sourceLocation: place)
    }
}

extension SimulatedRelay {
    /// A bridge for each server, some of them shared with the peer.
    func bridges(sharing channels: Set<Int>) -> [BridgeSettings] {
        servers.indices.map { bridge("c\($0)", over: [$0], isShared: channels.contains($0)) }
    }
}
