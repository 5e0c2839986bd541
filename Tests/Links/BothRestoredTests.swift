import Base
import Core
import Model
import Simulation
import Support
import Testing

/// Both relays' journals are put back: what nobody knows any more is read again from its network and born under another id. Its mark in the
/// other channel says who said it and when.
@Suite struct BothRestoredTests {
    @Test(arguments: 0..<testRounds(6)) func whatStandsInAChannelIsNotShownAgain(seed: Int) async {
        let pair = SharingPair(seed: UInt64(seed))
        pair.share([0])
        pair.start()
        pair.run(seconds: 5)
        func say(_ number: Int) {
            for (side, relay) in pair.relays.enumerated() {
                relay.servers[0].post("\(side): \(number)", by: "p\(number % 3)", at: relay.time)
            }
        }
        say(0)
        pair.run(seconds: 5)
        for relay in pair.relays { relay.save() }
        for number in 1...20 {
            say(number)
            // Some are of one second and one author.
            if number % 4 != 0 { pair.run(seconds: 1) }
        }
        pair.run(seconds: 5)
        for relay in pair.relays { await relay.crash() }
        for relay in pair.relays { #expect(relay.restore()) }
        // One of them may be back a little earlier.
        pair.relays[seed % 2].start()
        pair.run(seconds: UInt64(seed % 3))
        pair.relays[1 - seed % 2].start()
        pair.run(seconds: 400)
        say(21)
        pair.run(seconds: 10)
        let all = [0, 1].flatMap { side in (0...21).map { "\(side): \($0)" } }
        for side in [0, 1] { #expect(pair.texts(side, 0).sorted() == all.sorted(), "seed \(seed)") }
        #expect(pair.world.failures == [], "seed \(seed)")
    }

    /// Nor where there is no other relay.
    @Test(arguments: 0..<testRounds(6)) func aRelayWithoutPeers(seed: Int) async {
        let relay = SimulatedRelay(seed: UInt64(seed), kinds: [.marks, .marks])
        relay.start()
        relay.run(seconds: 5)
        func say(_ number: Int) {
            for (index, server) in relay.servers.enumerated() { server.post("\(index): \(number)", by: "p\(number % 3)", at: relay.time) }
        }
        say(0)
        relay.run(seconds: 5)
        relay.save()
        for number in 1...20 {
            say(number)
            if number % 4 != 0 { relay.run(seconds: 1) }
        }
        relay.run(seconds: 5)
        await relay.crash()
        #expect(relay.restore())
        relay.start()
        relay.run(seconds: 60)
        say(21)
        relay.run(seconds: 10)
        let all = [0, 1].flatMap { index in (0...21).map { "\(index): \($0)" } }
        for server in relay.servers { #expect(server.posts.map(\.text).sorted() == all.sorted(), "seed \(seed)") }
    }
}
