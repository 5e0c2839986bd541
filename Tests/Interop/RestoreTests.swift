import Glibc
import IO
import Support
import Testing

/// A relay whose journal is put back to an earlier state.
@Suite(.serialized) struct RestoreTests {
    /// Its home network keeps history: what it lost comes back by itself, once.
    @Test func whatWasLostComesBackOnceWhereTheNetworkKeepsHistory() {
        let (westServer, eastServer) = (ForeignServer(.inspIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(westServer, "anna", join: ["#a"])
        let bob = IRCProbe(eastServer, "bob", join: ["#b"])
        let pair = LinkedRelays(westServer, "#a", eastServer, "#b")
        #expect(pair.isUp, "\(pair.logs)")
        talk(1...50, anna, bob)
        #expect(hasArrived(50, anna, bob), "\(pair.logs)")
        #expect(pair.west.stop() == 0)
        let backup = StateCopy(of: pair.west)
        pair.west.start()
        #expect(pair.west.waitForLog("connected to a channel", times: 2) && pair.west.waitForLog("a channel flows", times: 2))
        talk(51...100, anna, bob)
        #expect(hasArrived(100, anna, bob), "\(pair.logs)")
        pair.west.kill()
        talk(101...120, anna, bob)
        backup.restore(to: pair.west)
        pair.west.start()
        #expect(pair.west.waitForLog("connected to a channel", times: 3), "\(pair.logs)")
        talk(121...150, anna, bob)
        #expect(hasArrived(150, anna, bob), "\(pair.logs)")
        // Whatever would come twice has a moment to do so.
        for _ in 0..<20 { pumpAll(anna, bob, milliseconds: 50) }
        let (toEast, toWest) = tallies(150, anna, bob)
        print("after a restore, to the peer: \(toEast)\nafter a restore, from the peer: \(toWest)")
        #expect(toEast.lost == 0 && toEast.twice == 0 && toEast.outOfOrder == 0, "\(toEast) \(pair.logs)")
        #expect(toWest.lost == 0 && toWest.twice == 0 && toWest.outOfOrder == 0, "\(toWest) \(pair.logs)")
        #expect(pair.west.stop() == 0 && pair.east.stop() == 0, "\(pair.logs)")
    }

    /// Its home network keeps nothing: the peer, who has it, gets nothing twice, and what is new flows on.
    @Test func wherePastCannotBeReadNothingIsSentTwiceToThePeer() {
        let (westServer, eastServer) = (ForeignServer(.ngIRCd), ForeignServer(.inspIRCd))
        let anna = IRCProbe(westServer, "anna", join: ["#a"])
        let bob = IRCProbe(eastServer, "bob", join: ["#b"])
        let pair = LinkedRelays(westServer, "#a", eastServer, "#b")
        #expect(pair.isUp, "\(pair.logs)")
        talk(1...50, anna, bob)
        #expect(hasArrived(50, anna, bob), "\(pair.logs)")
        #expect(pair.west.stop() == 0)
        let backup = StateCopy(of: pair.west)
        pair.west.start()
        #expect(pair.west.waitForLog("connected to a channel", times: 2) && pair.west.waitForLog("a channel flows", times: 2))
        talk(51...100, anna, bob)
        #expect(hasArrived(100, anna, bob), "\(pair.logs)")
        pair.west.kill()
        backup.restore(to: pair.west)
        pair.west.start()
        #expect(pair.west.waitForLog("connected to a channel", times: 3), "\(pair.logs)")
        talk(101...150, anna, bob)
        #expect(hasArrived(150, anna, bob), "\(pair.logs)")
        for _ in 0..<20 { pumpAll(anna, bob, milliseconds: 50) }
        let (toEast, toWest) = tallies(150, anna, bob)
        print("after a restore without history, to the peer: \(toEast)\nafter a restore without history, from the peer: \(toWest)")
        #expect(toEast.lost == 0 && toEast.twice == 0 && toEast.outOfOrder == 0, "\(toEast) \(pair.logs)")
        // What the journal forgot to have delivered comes again where the channel can't be read.
        #expect(toWest.lost == 0, "\(toWest) \(pair.logs)")
        #expect(pair.west.stop() == 0 && pair.east.stop() == 0, "\(pair.logs)")
    }

    private func talk(_ numbers: ClosedRange<Int>, _ anna: IRCProbe, _ bob: IRCProbe) {
        for number in numbers {
            anna.say("w \(number)", in: "#a")
            bob.say("e \(number)", in: "#b")
        }
    }

    private func tallies(_ sent: Int, _ anna: IRCProbe, _ bob: IRCProbe) -> (toEast: Tally, toWest: Tally) {
        (Tally("w", sent: sent, in: bob.said(in: "#b", by: "fairlead")), Tally("e", sent: sent, in: anna.said(in: "#a", by: "fairlead")))
    }

    private func hasArrived(_ sent: Int, _ anna: IRCProbe, _ bob: IRCProbe) -> Bool {
        for _ in 0..<400 {
            pumpAll(anna, bob, milliseconds: 50)
            let (toEast, toWest) = tallies(sent, anna, bob)
            if toEast.lost + toWest.lost == 0 { return true }
        }
        return false
    }
}

/// A copy of a stopped relay's state folder.
final class StateCopy {
    private let folder = TemporaryFolder()

    init(of relay: RelayUnderTest) { StateCopy.copy("\(relay.folder.path)/state", folder.path) }

    func restore(to relay: RelayUnderTest) {
        let state = "\(relay.folder.path)/state"
        for name in Files.names(in: state) { unlink("\(state)/\(name)") }
        StateCopy.copy(folder.path, state)
    }

    private static func copy(_ source: String, _ target: String) {
        for name in Files.names(in: source) where name != "control" {
            do { try Files.copy("\(source)/\(name)", to: "\(target)/\(name)") } catch { preconditionFailure("\(error)") }
        }
    }
}
