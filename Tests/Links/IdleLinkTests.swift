import Base
import Core
import Simulation
import Support
import Testing

/// A link that owes nothing is not behind: not in what the other side said, nor in what was said in bridges of others.
@Suite struct IdleLinkTests {
    @Test func whoOwesNothingIsNotBehind() {
        let pair = SharingPair(seed: 2)
        pair.share([0, 1])
        pair.start()
        pair.run(seconds: 5)
        // In `c1` nothing is ever said.
        pair.relays[0].servers[0].post("a line", by: "p", at: pair.relays[0].time)
        pair.run(seconds: 10)
        #expect(pair.texts(1, 0) == ["a line"])
        // The line and who said it, and nothing back.
        func lastMinute(_ index: Int) -> [UInt64?] { pair.relays[index].standing.filter { $0.name.hasSuffix(":c0") }.map(\.lastMinute) }
        #expect(lastMinute(0) == [2] && lastMinute(1) == [0])
        for relay in pair.relays {
            let members = relay.standing.filter(\.isPeer)
            #expect(members.map(\.name).sorted().map { $0.suffix(2) } == ["c0", "c1"])
            #expect(members.map(\.behind) == [0, 0])
            #expect(members.map(\.oldest) == [nil, nil])
        }
        // The cursor is durable with what is journaled next, and no commit is made for it alone.
        let commits = pair.relays.map(\.currentCounters.commits)
        pair.run(seconds: 60)
        #expect(pair.relays.map(\.currentCounters.commits) == commits)
        pair.relays[1].servers[1].post("another", by: "p", at: pair.relays[1].time)
        pair.run(seconds: 10)
        for relay in pair.relays {
            let rows = relay.rows.state.destinations.filter { $0.name.hasSuffix(":c0") }
            #expect(rows.map(\.cursor.rawValue).allSatisfy { $0 > 2 }, "\(rows)")
            #expect(relay.standing.filter(\.isPeer).map(\.behind) == [0, 0])
        }
        pair.expectOneSession()
    }

    /// What is not passed on because the peer is away counts, with its age; what is said in other bridges does not.
    @Test func whoIsAwayLacksWhatWasSaidForIt() async {
        let pair = SharingPair(seed: 4)
        pair.share([0, 1])
        pair.start()
        pair.run(seconds: 5)
        await pair.relays[1].crash()
        let west = pair.relays[0]
        west.servers[0].post("for the one that is away", by: "p", at: west.time)
        pair.run(seconds: 30)
        let c0 = west.standing.first { $0.name == "east:c0" }
        #expect(c0.map { $0.behind > 0 } == true)
        #expect(c0?.oldest != nil)
        #expect(west.standing.first { $0.name == "east:c1" }?.behind == 0)
        pair.relays[1].start()
        pair.run(seconds: 15)
        #expect(west.standing.filter(\.isPeer).map(\.behind) == [0, 0])
    }

    /// Before the other side shares the channel too, nothing is owed to it.
    @Test func whoNeverSharedAChannelLacksNothing() {
        let pair = SharingPair(seed: 5)
        pair.relays[0].bridges = pair.relays[0].bridges(sharing: [0, 1])
        pair.relays[1].bridges = pair.relays[1].bridges(sharing: [0])
        pair.start()
        pair.run(seconds: 5)
        pair.relays[0].servers[1].post("not shared", by: "p", at: pair.relays[0].time)
        pair.run(seconds: 10)
        #expect(pair.relays[0].standing.filter(\.isPeer).map(\.behind) == [0, 0])
    }
}
