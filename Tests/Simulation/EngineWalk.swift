import Base
import Core
import Model
import Support

/// A random walk of a relay, of two with a link between them, or of a hub with several, over servers on which people write, edit and delete,
/// with cuts, outages and crashes; and the naive model that says what must have come of it.
package final class EngineWalk: @unchecked Sendable {  // the driving thread's alone
    package let relays: [SimulatedRelay]
    package let cables: [SimulatedCable]
    /// Relays that are put back to an earlier state now and then.
    private let restorable: [SimulatedRelay]
    package private(set) var restored = 0
    private var messages = 0

    package init(seed: UInt64, store: SimulatedRelay.Store, kinds: [SimulatedServer.Kind]) {
        relays = [SimulatedRelay(seed: seed, store: store, kinds: kinds)]
        cables = []
        restorable = []
    }

    /// Two linked relays.
    package init(seed: UInt64, west: [SimulatedServer.Kind], east: [SimulatedServer.Kind], restores: Bool = false) {
        let world = SimulatedWorld(seed: seed)
        let cable = SimulatedCable(in: world)
        relays = [
            SimulatedRelay(
                in: world, kinds: west, number: 1, peers: [SimulatedPeer(name: "east", id: SimulatedRelay.id(2), cable: cable, side: 0)]),
            SimulatedRelay(
                in: world, kinds: east, number: 2, peers: [SimulatedPeer(name: "west", id: SimulatedRelay.id(1), cable: cable, side: 1)]),
        ]
        cables = [cable]
        restorable = restores ? relays : []
    }

    /// A hub that is linked with several others, which are not linked with each other. The hub's journal is put back now and then.
    package init(seed: UInt64, hub: [SimulatedServer.Kind], spokes: [[SimulatedServer.Kind]]) {
        let world = SimulatedWorld(seed: seed)
        let cables = spokes.map { _ in SimulatedCable(in: world) }
        let center = SimulatedRelay(
            in: world, kinds: hub, number: 1,
            peers: cables.enumerated().map {
                SimulatedPeer(name: "spoke\($0)", id: SimulatedRelay.id(UInt8($0 + 2)), cable: $1, side: 0)
            })
        let others = zip(spokes, cables).enumerated().map { index, spoke in
            SimulatedRelay(
                in: world, kinds: spoke.0, number: UInt8(index + 2),
                peers: [SimulatedPeer(name: "hub", id: SimulatedRelay.id(1), cable: spoke.1, side: 1)])
        }
        relays = [center] + others
        self.cables = cables
        restorable = [center]
    }

    /// Whether what is written on one server comes to another: spokes hear nothing of each other.
    package func isLinked(_ source: SimulatedServer, _ destination: SimulatedServer) -> Bool {
        let places = [source, destination].map { server in relays.firstIndex { $0.servers.contains { $0 === server } } }
        return source !== destination && (places[0] == places[1] || places.contains(0))
    }

    package var relay: SimulatedRelay { relays[0] }
    private var world: SimulatedWorld { relay.world }
    package var servers: [SimulatedServer] { relays.flatMap(\.servers) }

    /// Starts, disturbs for `seconds`, heals, waits until everything has settled.
    package func run(seconds: UInt64) async {
        for relay in relays { relay.start() }
        let end = world.now + .seconds(seconds)
        people(until: end)
        while world.now < end {
            relay.run(milliseconds: world.pick(20...2500))
            await disturb(relays.randomElement(using: &world.generator)!)
        }
        for server in servers { server.isUp = true }
        for relay in relays { relay.setFull(false) }
        // Longer than every wait of the relays together.
        relay.run(seconds: cables.isEmpty ? 60 : restorable.isEmpty ? 120 : 400)
        for relay in relays { relay.collectCounters() }
    }

    /// The same without any fault.
    package func runCalmly(seconds: UInt64) {
        for relay in relays { relay.start() }
        people(until: world.now + .seconds(seconds))
        relay.run(seconds: seconds + 30)
        for relay in relays { relay.collectCounters() }
    }

    private func disturb(_ relay: SimulatedRelay) async {
        let index = Int(world.pick(0...UInt64(relay.servers.count - 1)))
        switch world.pick(0...(cables.isEmpty ? 9 : restorable.isEmpty ? 11 : 13)) {
        case 0, 1, 2:
            await relay.crash(after: world.pick(0...60))
            self.relay.run(milliseconds: world.pick(0...3000))
            relay.start()
        case 3, 4:
            relay.cut(index)
        case 5:
            relay.setUp(index, false)
            world.after(.milliseconds(world.pick(500...8000))) { relay.setUp(index, true) }
        case 6:
            relay.setFull(true)
            world.after(.milliseconds(world.pick(100...3000))) { relay.setFull(false) }
        case 10, 11:
            cables.randomElement(using: &world.generator)?.cut()
        case 12:
            restorable.randomElement(using: &world.generator)?.save()
        case 13:
            let relay = restorable.randomElement(using: &world.generator)!
            await relay.crash(after: world.pick(0...60))
            if relay.restore() { restored += 1 }
            self.relay.run(milliseconds: world.pick(0...3000))
            relay.start()
        default:
            break
        }
    }

    // MARK: People

    /// Has people write at random times until `end`.
    private func people(until end: Instant) {
        for server in servers {
            for person in 0..<2 { act(server, "\(server.name)-\(person)", until: end) }
        }
    }

    private func act(_ server: SimulatedServer, _ person: String, until end: Instant) {
        let pause: UInt64 = world.chance(1, in: 3) ? world.pick(0...20) : world.pick(50...1500)
        world.after(.milliseconds(pause)) { [weak self] in
            guard let self, self.world.now < end else { return }
            self.once(server, person)
            self.act(server, person, until: end)
        }
    }

    private func once(_ server: SimulatedServer, _ person: String) {
        let time = relay.time
        let own = server.posts.indices.filter { server.posts[$0].user == person && !server.posts[$0].isDeleted }
        let canChange = server.kind == .marks
        if canChange, let post = own.suffix(4).randomElement(using: &world.generator), world.chance(1, in: 4) {
            if world.chance(1, in: 3) {
                server.delete(post, by: person, at: time)
            } else {
                server.edit(post, to: text(), by: person, at: time)
            }
            return
        }
        if canChange, world.chance(1, in: 10), let post = server.posts.indices.suffix(10).randomElement(using: &world.generator),
            !server.posts[post].isDeleted
        {
            server.react(post, "+\(messages)", by: person, at: time)
            messages += 1
            return
        }
        var reply: Int?
        if canChange, world.chance(1, in: 5) {
            reply = server.posts.indices.suffix(6).filter { !server.posts[$0].isDeleted }.randomElement(using: &world.generator)
        }
        server.post(text(), by: person, reply: reply, at: time)
    }

    /// A text of one to four tokens of eight bytes, no token used twice.
    private func text() -> String {
        messages += 1
        return (0..<world.pick(1...4)).map { token(messages, Int($0)) }.joined()
    }

    private func token(_ message: Int, _ part: Int) -> String {
        let digits = String(message)
        return "<" + String(repeating: "0", count: 4 - digits.count) + digits + ".\(part)>"
    }
}
