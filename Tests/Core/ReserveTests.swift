import Base
import Core
import Simulation
import Testing

private let full = "the disk is nearly full; nothing is taken in"
private let again = "the disk has room again"

/// The reserve of the disk: what is below it, and what comes of that.
@Suite struct ReserveTests {
    @Test func belowTheReserveIntakeWaitsAndLosesNothing() {
        let relay = relay(.marks, .marks)
        relay.gauge.now = DiskRoom(free: 499_999_999, size: 100_000_000_000)
        relay.run(seconds: 2)
        say(20, relay)
        relay.run(seconds: 30)
        #expect(texts(relay, 1).isEmpty && relay.currentCounters.accepted == 0)
        #expect(relay.currentCounters.belowReserve == 1 && relay.currentCounters.full == 0)
        #expect(relay.log.lines == ["\(full) free=499999999 reserve=500000000"])
        // The reserve alone is not enough: else it would stop and go at the border.
        relay.gauge.now = DiskRoom(free: 524_999_999, size: 100_000_000_000)
        relay.run(seconds: 10)
        #expect(texts(relay, 1).isEmpty)
        relay.gauge.now = DiskRoom(free: 525_000_000, size: 100_000_000_000)
        relay.run(seconds: 5)
        #expect(texts(relay, 1) == (0..<20).map { "line  \(10 + $0)" })
        #expect(relay.log.lines.count == 2 && relay.log.lines.last == "\(again) free=525000000")
    }

    /// The border on a large disk, on one below 10 GB, and where a number was set.
    @Test(
        arguments: [
            (nil, 100_000_000_000, 500_000_000), (nil, 10_000_000_000, 500_000_000), (nil, 4_000_000_000, 200_000_000),
            (20_000_000, 4_000_000_000, 20_000_000), (2_000_000_000, 4_000_000_000, 2_000_000_000),
        ] as [(Int64?, Int64, Int64)]) func theBorderFollowsFromTheDisk(reserve: Int64?, size: Int64, border: Int64)
    {
        for isBelow in [false, true] {
            let relay = SimulatedRelay(seed: 5, kinds: [.marks, .marks])
            relay.limits.reserve = reserve
            relay.gauge.now = DiskRoom(free: isBelow ? border - 1 : border, size: size)
            relay.start()
            relay.run(seconds: 2)
            say(1, relay)
            relay.run(seconds: 5)
            #expect(texts(relay, 1).isEmpty == isBelow && relay.log.lines.count == (isBelow ? 1 : 0))
        }
    }

    @Test func whatWasTakenInIsStillDelivered() {
        let relay = relay(.marks, .marks)
        relay.setUp(1, false)
        say(5, relay)
        relay.run(seconds: 5)
        #expect(relay.currentCounters.accepted == 5)
        relay.gauge.now = DiskRoom(free: 0, size: 100_000_000_000)
        relay.run(seconds: 2)
        relay.setUp(1, true)
        relay.run(seconds: 60)
        #expect(texts(relay, 1).count == 5)
    }

    /// Once a second at most while something comes or waits, once a minute otherwise.
    @Test func theDiskIsLookedAtNoOftenerThanNeeded() {
        let relay = relay(.marks, .marks)
        let start = relay.gauge.looks
        relay.run(seconds: 600)
        #expect(relay.gauge.looks - start == 10)
        let before = relay.gauge.looks
        for _ in 0..<100 {
            say(1, relay)
            relay.run(milliseconds: 100)
        }
        #expect((9...11).contains(relay.gauge.looks - before), "\(relay.gauge.looks - before) in ten seconds")
        relay.gauge.now = DiskRoom(free: 0, size: 100_000_000_000)
        relay.run(seconds: 2)
        say(1, relay)
        relay.run(seconds: 2)
        let below = relay.gauge.looks
        relay.run(seconds: 60)
        #expect((59...62).contains(relay.gauge.looks - below), "\(relay.gauge.looks - below) in a minute")
        relay.gauge.now = DiskRoom(free: 90_000_000_000, size: 100_000_000_000)
        relay.run(seconds: 3)
        let after = relay.gauge.looks
        relay.run(seconds: 600)
        #expect(relay.gauge.looks - after == 10)
    }

    @Test func aDiskThatCannotBeLookedAtStopsNothing() {
        let relay = relay(.marks, .marks)
        relay.gauge.now = DiskRoom(free: 0, size: 100_000_000_000)
        relay.run(seconds: 61)
        say(1, relay)
        relay.run(seconds: 2)
        #expect(texts(relay, 1).isEmpty)
        relay.gauge.now = nil
        relay.run(seconds: 3)
        #expect(texts(relay, 1).count == 1 && relay.log.lines.last == "\(again) free=unknown")
    }

    @Test func aRelayThatIsKilledMeanwhileTakesItInLater() async {
        let relay = relay(.marks, .marks)
        relay.gauge.now = DiskRoom(free: 0, size: 100_000_000_000)
        relay.run(seconds: 2)
        say(5, relay)
        relay.run(seconds: 5)
        await relay.crash()
        relay.start()
        relay.run(seconds: 10)
        #expect(texts(relay, 1).isEmpty && relay.log.lines.count == 2)
        relay.gauge.now = DiskRoom(free: 90_000_000_000, size: 100_000_000_000)
        relay.run(seconds: 10)
        #expect(texts(relay, 1) == (0..<5).map { "line  \(10 + $0)" })
    }

    private func say(_ count: Int, _ relay: SimulatedRelay) {
        for number in 0..<count { relay.servers[0].post("line  \(10 + number)", by: "anna", at: relay.time) }
    }
}
