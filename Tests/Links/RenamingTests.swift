import Base
import Core
import Simulation
import Support
import Testing

/// A bridge that gets another name, and channels that are moved between bridges, at one side of a link. What one side does to its configuration
/// never costs the link, nor other channels.
@Suite struct RenamingTests {
    /// Whether it is said or not that it was `ops` before, on a reload or over a restart: it goes on where it was.
    @Test(arguments: [nil, "c0"] as [String?], [true, false]) func aRenamedBridgeGoesOn(formerName: String?, isReload: Bool) async {
        let pair = SharingPair(seed: 3)
        pair.share([0, 1])
        pair.start()
        pair.run(seconds: 5)
        let west = pair.relays[0]
        for round in 0..<3 {
            for (side, relay) in pair.relays.enumerated() {
                for server in [0, 1] { relay.servers[server].post("\(side)\(server) \(round)", by: "p", at: relay.time) }
            }
            pair.run(seconds: 3)
            if round == 0 {
                let renamed = west.bridges.map { bridge in
                    bridge.name == "c0" ? BridgeSettings(name: "other", formerName: formerName, members: bridge.members) : bridge
                }
                if isReload {
                    west.reload(renamed)
                } else {
                    await west.crash()
                    west.bridges = renamed
                    west.start()
                }
                pair.run(seconds: 10)
            }
        }
        for side in [0, 1] {
            for server in [0, 1] {
                let wanted = (0..<3).map { "\(1 - side)\(server) \($0)" }
                #expect(pair.relays[side].servers[server].posts.filter { $0.user == nil }.map(\.text) == wanted)
            }
        }
        #expect(pair.world.failures == [])
        for relay in pair.relays { #expect(relay.linkEndings.faults == 0) }
    }

    /// Two channels of a peer change places in the bridges of one side: what is said in them crosses no more, and comes into no wrong channel;
    /// a third channel is none the worse. Put back, everything comes.
    @Test func channelsThatChangePlacesCostNoSession() {
        let pair = SharingPair(seed: 4, channels: 3)
        pair.share([0, 1, 2])
        pair.start()
        pair.run(seconds: 5)
        func say(_ round: Int) {
            for (side, relay) in pair.relays.enumerated() {
                for server in 0..<3 { relay.servers[server].post("\(side)\(server) \(round)", by: "p", at: relay.time) }
            }
            pair.run(seconds: 5)
        }
        say(0)
        let west = pair.relays[0]
        let usual = west.bridges
        let peers = usual.map { $0.members.last! }
        west.reload(
            [0, 1, 2].map { index in
                let peer = index == 2 ? 2 : 1 - index
                return BridgeSettings(name: usual[index].name, members: usual[index].members.dropLast() + [peers[peer]])
            })
        pair.run(seconds: 5)
        say(1)
        for side in [0, 1] {
            let texts = (0..<3).map { server in pair.relays[side].servers[server].posts.filter { $0.user == nil }.map(\.text) }
            #expect(texts[2] == ["\(1 - side)2 0", "\(1 - side)2 1"])
            for server in [0, 1] { #expect(texts[server] == ["\(1 - side)\(server) 0"]) }
        }
        west.reload(usual)
        pair.run(seconds: 10)
        say(2)
        for side in [0, 1] {
            for server in 0..<3 {
                let texts = pair.relays[side].servers[server].posts.filter { $0.user == nil }.map(\.text)
                #expect(Set(texts).isSuperset(of: ["\(1 - side)\(server) 0", "\(1 - side)\(server) 2"]))
                #expect(texts.allSatisfy { $0.hasPrefix("\(1 - side)\(server)") } && Set(texts).count == texts.count)
            }
        }
        #expect(pair.world.failures == [])
        for relay in pair.relays { #expect(relay.linkEndings.faults == 0) }
    }
}
