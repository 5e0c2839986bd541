import Core
import Model
import Simulation
import Testing

/// Channels that are spelled otherwise, taken out and put back by a new configuration, while the relay runs and while it does not.
@Suite struct MembershipTests {
    /// A relay whose second server can't be reached and to which five messages are to go.
    private func behind() -> SimulatedRelay {
        let relay = SimulatedRelay(seed: 21, kinds: [.marks, .marks, .marks])
        relay.start()
        relay.run(seconds: 2)
        relay.servers[0].post("first", by: "anna", at: relay.time)
        relay.run(seconds: 2)
        relay.setUp(1, false)
        for number in 1...5 { relay.servers[0].post("held \(number)", by: "anna", at: relay.time) }
        relay.servers[1].post("her own", by: "ben", at: relay.time)
        relay.run(seconds: 2)
        return relay
    }

    private func change(_ relay: SimulatedRelay, to bridge: BridgeSettings, isRestarted: Bool) async {
        if isRestarted {
            await relay.crash()
            relay.bridges = [bridge]
            relay.start()
        } else {
            relay.reload([bridge])
        }
        relay.run(seconds: 2)
    }

    @Test(arguments: [false, true]) func aChannelThatIsSpelledOtherwiseIsTheSame(isRestarted: Bool) async {
        let relay = behind()
        let other = BridgeSettings(
            name: "ops", members: relay.servers.map { MemberSettings(endpoint: $0.name, channel: "#C", folded: "#c") })
        await change(relay, to: other, isRestarted: isRestarted)
        relay.setUp(1, true)
        relay.run(seconds: 30)
        #expect(texts(relay, 1) == ["first"] + (1...5).map { "held \($0)" })
        #expect(texts(relay, 2).count == 7)
        #expect(relay.bounces.isEmpty)
    }

    @Test(arguments: [false, true]) func whatAChannelLackedWhenItWasTakenOutIsListed(isRestarted: Bool) async {
        let relay = behind()
        await change(relay, to: relay.bridge("ops", over: [0, 2]), isRestarted: isRestarted)
        #expect(relay.bounces.map(\.code) == ["removed"] && relay.bounces.first?.count == 5)
        // Nothing is lacked by one that had everything.
        await change(relay, to: relay.bridge("ops", over: [0]), isRestarted: isRestarted)
        #expect(relay.bounces.count == 1)
        relay.servers[0].post("meanwhile", by: "anna", at: relay.time)
        relay.run(seconds: 2)
        await change(relay, to: relay.bridge("ops", over: [0, 1, 2]), isRestarted: isRestarted)
        relay.setUp(1, true)
        relay.run(seconds: 30)
        #expect(texts(relay, 1) == ["first"])
        relay.retryBounces()
        relay.run(seconds: 30)
        #expect(texts(relay, 1) == ["first"] + (1...5).map { "held \($0)" })
        #expect(relay.bounces.isEmpty)
    }

    /// A channel that is only listened to lacks nothing, however long ago that was written down; what was said before it is written to again
    /// does not come.
    @Test(arguments: [false, true]) func aChannelThatIsOnlyListenedTo(isRestarted: Bool) async {
        let relay = behind()
        func bridge(_ direction: MemberSettings.Direction) -> BridgeSettings {
            BridgeSettings(
                name: "ops",
                members: relay.servers.enumerated().map {
                    MemberSettings(endpoint: $1.name, channel: "#c", direction: $0 == 1 ? direction : .both)
                })
        }
        // It lacks what was to come until now.
        await change(relay, to: bridge(.into), isRestarted: isRestarted)
        #expect(relay.bounces.map(\.code) == ["removed"] && relay.bounces.first?.count == 5)
        relay.setUp(1, true)
        relay.servers[0].post("not for it", by: "anna", at: relay.time)
        relay.run(seconds: 20)
        relay.servers[1].post("from it", by: "ben", at: relay.time)
        relay.run(seconds: 5)
        // Nothing of that was ever for it.
        await change(relay, to: relay.bridge("ops", over: [0, 2]), isRestarted: isRestarted)
        #expect(relay.bounces.count == 1)
        await change(relay, to: bridge(.into), isRestarted: isRestarted)
        // The simulated endpoint tells of a channel that it serves anew when it connects.
        relay.cut(1)
        relay.run(seconds: 5)
        relay.servers[0].post("nor this", by: "anna", at: relay.time)
        relay.run(seconds: 5)
        await change(relay, to: bridge(.both), isRestarted: isRestarted)
        relay.servers[0].post("this is", by: "anna", at: relay.time)
        relay.run(seconds: 20)
        #expect(texts(relay, 1) == ["first", "this is"])
        #expect(texts(relay, 2).contains("from it"))
        #expect(relay.bounces.count == 1)
    }

    /// Two bridges are there, and only then one is said to have been the other: they stay two, and it is said.
    @Test func aFormerNameThatComesTooLateIsSaid() async {
        let relay = SimulatedRelay(seed: 22, kinds: [.marks, .marks, .marks, .marks])
        relay.bridges = [relay.bridge("ops", over: [0, 1])]
        relay.start()
        relay.run(seconds: 2)
        let members = relay.bridge("work", over: [2, 3]).members
        relay.reload(relay.bridges + [BridgeSettings(name: "work", members: members)])
        relay.run(seconds: 2)
        let late = BridgeSettings(name: "work", formerName: "ops", members: members)
        relay.reload([relay.bridges[0], late])
        relay.run(seconds: 2)
        #expect(!relay.log.lines.contains { $0.contains("a former name has no effect") })
        relay.reload([late])
        relay.run(seconds: 2)
        #expect(relay.log.lines.contains { $0.contains("a former name has no effect") }, "\(relay.log.lines)")
    }

    /// What was held back before a restart counts as well.
    @Test func whatIsHeldBackOverARestartIsParked() async {
        let relay = behind()
        relay.limits.hold = 3600
        await relay.crash()
        relay.start()
        relay.run(seconds: 2 * 3600)
        #expect(relay.bounces.map(\.code) == ["parked"] && relay.bounces.first?.count == 5)
        // An operator's word before its turn has come.
        relay.retryBounces()
        relay.run(seconds: 2)
        relay.setUp(1, true)
        relay.run(seconds: 30)
        #expect(texts(relay, 1) == ["first"] + (1...5).map { "held \($0)" })
        #expect(relay.bounces.isEmpty)
    }
}
