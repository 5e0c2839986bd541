import Base
import Core
import Simulation
import Support
import Testing

/// What a relay was told it would not get, and gets after all (docs/semantics.md, "Holes"): a hub that lost its journal's end, and two peers
/// of which each knows another part of what was lost.
@Suite struct HolesTests {
    /// An operator vouches for what one peer gave back: the other one, which was told `unconfirmed`, gets it as well, once.
    @Test(arguments: [true, false], 0..<testRounds(4)) func whatIsVouchedForGoesToThirdPeers(isThirdThere: Bool, seed: Int) async {
        let star = Star(seed: UInt64(seed), hub: .plain(.again))
        star.start()
        star.run(seconds: 5)
        star.say("first")
        star.run(seconds: 5)
        await star.loseAtHub(["one", "two", "three"], knownTo: star.east, notTo: star.south)
        star.south.start()
        star.run(seconds: 10)
        star.say("after")
        star.run(seconds: 5)
        #expect(star.texts(star.south) == ["first", "after"])
        if !isThirdThere { await star.south.crash() }
        star.hub.retryBounces()
        star.run(seconds: 5)
        if !isThirdThere { star.south.start() }
        star.run(seconds: 5)
        #expect(star.texts(star.south) == ["first", "after", "one", "two", "three"])
        #expect(star.texts(star.east) == ["first", "one", "two", "three", "after"])
        #expect(star.south.currentCounters.late == 3)
        // Nothing of it comes again, whoever restarts.
        for relay in star.relays {
            await relay.crash()
            relay.start()
            star.run(seconds: 10)
        }
        #expect(star.texts(star.south) == ["first", "after", "one", "two", "three"])
        #expect(star.texts(star.east) == ["first", "one", "two", "three", "after"])
        #expect(star.relays.map { $0.rows.state.streams.filter { !$0.holes.isEmpty }.count } == [0, 0, 0])
        #expect(star.world.failures == [])
    }

    /// One peer has shared the channel for a shorter time and can give back only the end of what was lost; the other one, which comes
    /// later, knows the beginning.
    @Test(arguments: 0..<testRounds(4)) func whatOnePeerPassesOverAnotherGivesBack(seed: Int) async {
        let star = Star(seed: UInt64(seed), hub: .plain(.again), eastShares: false)
        star.start()
        star.run(seconds: 5)
        star.hub.save()
        for text in ["one", "two", "three"] { star.say(text) }
        star.run(seconds: 5)
        star.east.reload([star.east.bridge("ops", over: [0])])
        star.hub.reload([star.hub.bridge("ops", over: [0])])
        star.run(seconds: 5)
        for text in ["four", "five"] { star.say(text) }
        star.run(seconds: 5)
        #expect(star.texts(star.south) == ["one", "two", "three", "four", "five"])
        #expect(star.texts(star.east) == ["four", "five"])
        await star.south.crash()
        await star.hub.crash()
        #expect(star.hub.restore())
        star.hub.start()
        star.run(seconds: 60)
        #expect(star.hub.currentCounters.givenBack == 2)
        star.south.start()
        star.run(seconds: 20)
        #expect(star.hub.currentCounters.givenBack == 5)
        #expect(star.hub.currentCounters.late > 0)
        star.hub.retryBounces()
        star.run(seconds: 10)
        // East is not to have what was said before it shared the channel.
        #expect(star.texts(star.east) == ["four", "five"])
        #expect(star.texts(star.south) == ["one", "two", "three", "four", "five"])
        #expect(star.world.failures == [])
    }

    /// More than are looked for at a time.
    @Test func thousandsComeLate() async {
        let star = Star(seed: 1, hub: .plain(.again))
        star.start()
        star.run(seconds: 5)
        let lost = (0..<4500).map { "n\($0)" }
        await star.loseAtHub(lost, knownTo: star.east, notTo: star.south)
        star.south.start()
        star.run(seconds: 30)
        #expect(star.texts(star.south).isEmpty)
        star.hub.retryBounces()
        star.run(seconds: 60)
        let arrived = star.texts(star.south)
        let isSame = arrived == lost
        #expect(isSame, "\(arrived.count) of them, \(Set(arrived).count) different ones")
        #expect(star.south.currentCounters.late == 4500)
        #expect(star.world.failures == [])
    }

    /// The word of an operator is not lost, whenever the hub or the third peer is killed.
    @Test(arguments: 0..<testRounds(20)) func killedWhileItIsPassedOn(seed: Int) async {
        let star = Star(seed: UInt64(seed), hub: .plain(.again))
        star.start()
        star.run(seconds: 5)
        let lost = (0..<20).map { "lost \($0)" }
        await star.loseAtHub(lost, knownTo: star.east, notTo: star.south)
        star.south.start()
        star.run(seconds: 10)
        star.hub.retryBounces()
        for relay in [star.hub, star.south] {
            await relay.crash(after: star.world.pick(0...60))
            star.run(milliseconds: star.world.pick(0...500))
            relay.start()
        }
        star.run(seconds: 60)
        // Perhaps the word itself was not durable yet.
        star.hub.retryBounces()
        star.run(seconds: 20)
        #expect(star.texts(star.south) == lost, "seed \(seed)")
        #expect(star.texts(star.east) == lost, "seed \(seed)")
        #expect(star.world.failures == [], "seed \(seed)")
    }
}

/// A hub with a server of its own, and two relays, each linked with the hub alone.
private final class Star {
    let world: SimulatedWorld
    let hub: SimulatedRelay
    let east: SimulatedRelay
    let south: SimulatedRelay
    var relays: [SimulatedRelay] { [hub, east, south] }

    init(seed: UInt64, hub kind: SimulatedServer.Kind, eastShares: Bool = true) {
        let world = SimulatedWorld(seed: seed)
        self.world = world
        let cables = (0..<2).map { _ in SimulatedCable(in: world) }
        let spokes = [("east", UInt8(2)), ("south", UInt8(3))]
        hub = SimulatedRelay(
            in: world, kinds: [kind], number: 1,
            peers: zip(spokes, cables).map { SimulatedPeer(name: $0.0, id: SimulatedRelay.id($0.1), cable: $1, side: 0) })
        let others = zip(spokes, cables).map { spoke, cable in
            SimulatedRelay(
                in: world, kinds: [.marks], number: spoke.1,
                peers: [SimulatedPeer(name: "hub", id: SimulatedRelay.id(1), cable: cable, side: 1)])
        }
        (east, south) = (others[0], others[1])
        if !eastShares {
            east.bridges = [east.bridge("ops", over: [0], isShared: false)]
            hub.bridges = [hub.bridge("ops", over: [0], with: ["south"])]
        }
    }

    func start() { for relay in relays { relay.start() } }
    func run(seconds: UInt64) { hub.run(seconds: seconds) }
    func run(milliseconds: UInt64) { hub.run(milliseconds: milliseconds) }
    func say(_ text: String) { hub.servers[0].post(text, by: "p", at: hub.time) }
    func texts(_ relay: SimulatedRelay) -> [String] { relay.servers[0].posts.filter { $0.user == nil }.map(\.text) }

    /// Says something at the hub that one peer gets and another doesn't, and puts the hub's journal back to before it: only the one peer knows
    /// of it now, and gives it back.
    func loseAtHub(_ texts: [String], knownTo peer: SimulatedRelay, notTo other: SimulatedRelay) async {
        hub.save()
        await other.crash()
        run(seconds: 1)
        for text in texts { say(text) }
        run(seconds: 10)
        await hub.crash()
        _ = hub.restore()
        hub.start()
        run(seconds: 60)
    }
}
