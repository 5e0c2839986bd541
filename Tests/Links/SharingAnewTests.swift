import Base
import Core
import Simulation
import Support
import Testing

/// What is said while a channel is not shared is not for the peer, also when it is shared again (docs/semantics.md, "Delivery").
@Suite struct SharingAnewTests {
    enum Life: CaseIterable {
        /// The relay runs on.
        case running
        /// It ends while the channel is not shared; the configuration is changed back before its next start.
        case restarted
        /// It ends as soon as the channel is shared again.
        case restartedAfterwards
    }

    @Test(arguments: Life.allCases) func aMemberThatIsTakenOutAndPutBack(_ life: Life) async {
        let (pair, west) = Self.pairThatTalked()
        west.reload(west.bridges(sharing: []))
        pair.run(seconds: 2)
        Self.say("secret", at: west)
        Self.say("theirs", at: pair.relays[1])
        pair.run(seconds: 2)
        if life == .restarted {
            await west.crash()
            west.bridges = west.bridges(sharing: [0])
            west.start()
        } else {
            west.reload(west.bridges(sharing: [0]))
        }
        pair.run(seconds: 40)
        if life == .restartedAfterwards {
            await west.crash()
            west.start()
            pair.run(seconds: 40)
        }
        Self.say("after", at: west)
        pair.run(seconds: 10)
        #expect(Set(pair.texts(1, 0)) == ["before", "theirs", "after"])
        #expect(pair.texts(1, 0).count == 3)
        // The other side shared it all the time, and says what it said.
        #expect(Set(pair.texts(0, 0)) == ["before", "secret", "theirs", "after"])
        #expect(pair.world.failures == [])
    }

    /// What a peer lacked when a channel was taken from it nobody knows exactly: it may have all of it.
    @Test(arguments: [false, true]) func whatAPeerMayLackIsNotListed(isRestarted: Bool) async {
        let (pair, west) = Self.pairThatTalked()
        await pair.relays[1].crash()
        Self.say("for nobody", at: west)
        pair.run(seconds: 5)
        if isRestarted {
            await west.crash()
            west.bridges = west.bridges(sharing: [])
            west.start()
        } else {
            west.reload(west.bridges(sharing: []))
        }
        pair.run(seconds: 5)
        #expect(west.rows.state.destinations.contains { $0.name == "link east:c0" && $0.isRemoved })
        #expect(west.bounces.isEmpty, "\(west.bounces)")
    }

    /// `link revoke` and `link resume`: the configuration goes on to name the channel.
    @Test func aPeerThatWasShutOutAndComesBack() async {
        let (pair, west) = Self.pairThatTalked()
        await pair.relays[1].crash()
        Self.say("secret", at: west)
        pair.run(seconds: 5)
        west.shareAnew()
        pair.run(seconds: 1)
        Self.say("behind", at: west)
        pair.run(seconds: 1)
        await west.crash()
        west.start()
        pair.relays[1].start()
        pair.run(seconds: 60)
        Self.say("after", at: west)
        pair.run(seconds: 10)
        #expect(Set(pair.texts(1, 0)) == ["before", "behind", "after"])
        #expect(pair.world.failures == [])
    }

    /// A peer that was only away gets everything.
    @Test func aPeerThatWasAway() async {
        let (pair, west) = Self.pairThatTalked()
        await pair.relays[1].crash()
        Self.say("while", at: west)
        pair.run(seconds: 5)
        pair.relays[1].start()
        pair.run(seconds: 60)
        #expect(Set(pair.texts(1, 0)) == ["before", "while"])
    }

    private static func pairThatTalked() -> (SharingPair, SimulatedRelay) {
        let pair = SharingPair(seed: 6)
        pair.share([0])
        pair.start()
        pair.run(seconds: 5)
        say("before", at: pair.relays[0])
        pair.run(seconds: 5)
        #expect(pair.texts(1, 0) == ["before"])
        return (pair, pair.relays[0])
    }

    private static func say(_ text: String, at relay: SimulatedRelay) { relay.servers[0].post(text, by: "p", at: relay.time) }
}
