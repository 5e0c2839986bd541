import Base
import Simulation
import Testing

/// A relay whose disk is nearly full, and its peer.
@Suite struct ReserveLinkTests {
    @Test func whatAPeerSaysWaitsForRoomAndTheLinkStays() {
        let world = SimulatedWorld(seed: 3)
        let cable = SimulatedCable(in: world)
        let west = SimulatedRelay(
            in: world, kinds: [.marks], number: 1, peers: [SimulatedPeer(name: "east", id: SimulatedRelay.id(2), cable: cable, side: 0)])
        let east = SimulatedRelay(
            in: world, kinds: [.marks], number: 2, peers: [SimulatedPeer(name: "west", id: SimulatedRelay.id(1), cable: cable, side: 1)])
        west.start()
        east.start()
        world.run(until: world.now + .seconds(5))
        east.gauge.now = DiskRoom(free: 100_000_000, size: 100_000_000_000)
        world.run(until: world.now + .seconds(2))
        for number in 0..<50 { west.servers[0].post("line  \(10 + number)", by: "anna", at: west.time) }
        world.run(until: world.now + .seconds(300))
        #expect(texts(east).isEmpty && east.currentCounters.passedOn == 0 && east.currentCounters.belowReserve == 1)
        #expect(west.currentCounters.accepted == 50)
        // The wait is no fault of the peer's, and no silence of ours: the session is the same.
        #expect(east.linkEndings.endings.isEmpty && west.linkEndings.endings.isEmpty)
        east.gauge.now = DiskRoom(free: 90_000_000_000, size: 100_000_000_000)
        world.run(until: world.now + .seconds(20))
        #expect(texts(east) == (0..<50).map { "line  \(10 + $0)" })
        #expect(world.failures == [])
    }

    private func texts(_ relay: SimulatedRelay) -> [String] {
        relay.servers[0].posts.filter { $0.user == nil && !$0.isDeleted }.map { String($0.text.suffix(8)) }
    }
}
