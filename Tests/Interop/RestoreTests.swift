import Glibc
import IO
import Support
import Testing

/// A relay whose journal is put back to an earlier state.
@Suite(.serialized) struct RestoreTests {
    /// Its home network keeps history: what it lost comes back by itself, once.
    @Test func whatWasLostComesBackOnceWhereTheNetworkKeepsHistory() {
        let story = RestoreStory(.inspIRCd)
        story.talk(51...100)
        #expect(story.hasArrived(100), "\(story.pair.logs)")
        story.pair.west.kill()
        story.talk(101...120)
        story.restore()
        story.talk(121...150)
        #expect(story.hasArrived(150), "\(story.pair.logs)")
        let (toEast, toWest) = story.settled(150)
        announce("after a restore, to the peer: \(toEast)")
        announce("after a restore, from the peer: \(toWest)")
        #expect(toEast.lost == 0 && toEast.twice == 0 && toEast.outOfOrder == 0, "\(toEast) \(story.pair.logs)")
        #expect(toWest.lost == 0 && toWest.twice == 0 && toWest.outOfOrder == 0, "\(toWest) \(story.pair.logs)")
        story.end()
    }

    /// Its home network keeps nothing: the peer, who has it, gets nothing twice, and what is new flows on.
    @Test func wherePastCannotBeReadNothingIsSentTwiceToThePeer() {
        let story = RestoreStory(.ngIRCd)
        story.talk(51...100)
        #expect(story.hasArrived(100), "\(story.pair.logs)")
        story.pair.west.kill()
        story.restore()
        story.talk(101...150)
        #expect(story.hasArrived(150), "\(story.pair.logs)")
        let (toEast, toWest) = story.settled(150)
        announce("after a restore without history, to the peer: \(toEast)")
        announce("after a restore without history, from the peer: \(toWest)")
        #expect(toEast.lost == 0 && toEast.twice == 0 && toEast.outOfOrder == 0, "\(toEast) \(story.pair.logs)")
        // What the journal forgot to have delivered comes again where the channel can't be read.
        #expect(toWest.lost == 0, "\(toWest) \(story.pair.logs)")
        story.end()
    }

    /// Its home network keeps nothing, and a second channel of its own has not had all of it yet: what the peer gave back is shown there when
    /// the operator vouches for it, once, and what stood there already is not repeated.
    @Test func whatThePeerGaveBackIsShownWhenTheOperatorVouchesForIt() {
        let story = RestoreStory(.ngIRCd, hasSide: true)
        story.talk(51...75)
        #expect(story.hasArrived(75), "\(story.pair.logs)")
        // Nobody but those of rank may speak there now: the relay waits.
        story.closeSide(true)
        story.talk(76...100)
        #expect(story.hasArrived(100, onSide: false), "\(story.pair.logs)")
        #expect(story.onSide(100).lost == 25, "\(story.onSide(100))")
        story.pair.west.kill()
        story.closeSide(false)
        story.restore()
        story.talk(101...150)
        #expect(story.hasArrived(150, onSide: false), "\(story.pair.logs)")
        #expect(story.waits { story.pair.west.command("bounces", "list").output.contains("unconfirmed") }, "\(story.pair.logs)")
        #expect(story.waits { story.onSide(150).lost == 25 }, "\(story.onSide(150)) \(story.pair.logs)")
        let retried = story.pair.west.command("bounces", "retry", "--all")
        #expect(retried.exit == 0 && retried.output.contains("side:#c"), "\(retried)")
        // What the peer gives back may come to more than one entry.
        let isShown = story.waits {
            story.onSide(150).lost == 0 || story.pair.west.command("bounces", "retry", "--all").exit != 0
        }
        #expect(isShown && story.onSide(150).lost == 0, "\(story.onSide(150)) \(story.pair.logs)")
        let (toEast, toWest) = story.settled(150)
        let side = story.onSide(150)
        announce("after a restore and `bounces retry --all`, to the peer: \(toEast)")
        announce("in the second channel: \(side)")
        #expect(toEast.lost == 0 && toEast.twice == 0 && toEast.outOfOrder == 0, "\(toEast) \(story.pair.logs)")
        #expect(side.lost == 0 && side.twice == 0, "\(side) \(story.pair.logs)")
        #expect(toWest.lost == 0, "\(toWest) \(story.pair.logs)")
        #expect(story.pair.west.command("bounces", "list").output == "nothing bounced\n")
        story.end()
    }
}

/// Two linked relays whose people have said fifty lines each; of the western one's state there is a copy from then.
private final class RestoreStory {
    private let anna: IRCProbe
    private let bob: IRCProbe
    /// Who sees, and rules, a second channel beside the western relay.
    private let carol: IRCProbe?
    private let backup: StateCopy
    private let servers: [ForeignServer]
    private var starts = 2
    let pair: LinkedRelays

    init(_ home: ForeignServer.Kind, hasSide: Bool = false) {
        let (westServer, eastServer) = (ForeignServer(home), ForeignServer(.inspIRCd))
        let side = hasSide ? ForeignServer(.inspIRCd) : nil
        servers = [westServer, eastServer] + [side].compactMap(\.self)
        anna = IRCProbe(westServer, "anna", join: ["#a"])
        bob = IRCProbe(eastServer, "bob", join: ["#b"])
        carol = side.map { IRCProbe($0, "carol", join: ["#c"]) }
        pair = LinkedRelays(
            westServer, "#a", eastServer, "#b", besideWest: side.map { (endpoint("side", $0.port), "\"side:#c\"") })
        #expect(pair.isUp, "\(pair.logs)")
        let channels = hasSide ? 2 : 1
        #expect(pair.west.waitForLog("connected to a channel", times: channels), "\(pair.logs)")
        RestoreStory.talk(1...50, anna, bob)
        let probes = [anna, bob] + [carol].compactMap(\.self)
        let (bob, anna) = (bob, anna)
        let isThere = RestoreStory.waits(probes) {
            RestoreStory.tally("w", 50, bob, "#b").lost + RestoreStory.tally("e", 50, anna, "#a").lost == 0
        }
        #expect(isThere, "\(pair.logs)")
        #expect(pair.west.stop() == 0)
        backup = StateCopy(of: pair.west)
        pair.west.start()
        #expect(pair.west.waitForLog("connected to a channel", times: 2 * channels) && pair.west.waitForLog("a channel flows", times: 2))
    }

    func talk(_ numbers: ClosedRange<Int>) { RestoreStory.talk(numbers, anna, bob) }

    private static func talk(_ numbers: ClosedRange<Int>, _ anna: IRCProbe, _ bob: IRCProbe) {
        for number in numbers {
            anna.say("w \(number)", in: "#a")
            bob.say("e \(number)", in: "#b")
        }
    }

    /// Puts the copy back and starts the relay with it.
    func restore() {
        backup.restore(to: pair.west)
        pair.west.start()
        starts += 1
        let times = starts * (carol == nil ? 1 : 2)
        #expect(pair.west.waitForLog("connected to a channel", times: times), "\(pair.logs)")
    }

    /// Only she may speak in the second channel, or everybody may.
    func closeSide(_ isClosed: Bool) {
        carol?.send("MODE #c \(isClosed ? "+m" : "-m")")
        #expect(carol?.hasBeenHeard() == true)
    }

    private static func tally(_ word: String, _ sent: Int, _ probe: IRCProbe, _ channel: String) -> Tally {
        Tally(word, sent: sent, in: probe.said(in: channel, by: "fairlead"))
    }

    private var probes: [IRCProbe] { [anna, bob] + [carol].compactMap(\.self) }

    private func tallies(_ sent: Int) -> (toEast: Tally, toWest: Tally) {
        (RestoreStory.tally("w", sent, bob, "#b"), RestoreStory.tally("e", sent, anna, "#a"))
    }

    /// What was said at home, as it shows in the second channel.
    func onSide(_ sent: Int) -> Tally { carol.map { RestoreStory.tally("w", sent, $0, "#c") } ?? Tally("w", sent: sent, in: []) }

    func hasArrived(_ sent: Int, onSide: Bool = true) -> Bool {
        waits {
            let (toEast, toWest) = tallies(sent)
            return toEast.lost + toWest.lost == 0 && (carol == nil || !onSide || self.onSide(sent).lost == 0)
        }
    }

    func waits(_ isDone: () -> Bool) -> Bool { RestoreStory.waits(probes, isDone) }

    private static func waits(_ probes: [IRCProbe], _ isDone: () -> Bool) -> Bool {
        for _ in 0..<1200 {
            for probe in probes { probe.pump(milliseconds: 50 / Int32(probes.count)) }
            if isDone() { return true }
        }
        return false
    }

    /// Whatever would come twice has a moment to do so.
    func settled(_ sent: Int) -> (toEast: Tally, toWest: Tally) {
        for _ in 0..<20 { for probe in probes { probe.pump(milliseconds: 20) } }
        return tallies(sent)
    }

    func end() { #expect(pair.west.stop() == 0 && pair.east.stop() == 0, "\(pair.logs)") }
}

/// A copy of a stopped relay's state folder.
final class StateCopy {
    private let folder = TemporaryFolder()

    init(of relay: RelayUnderTest) { StateCopy.copy("\(relay.folder.path)/state", folder.path) }

    func restore(to relay: RelayUnderTest) {
        let state = "\(relay.folder.path)/state"
        for name in fileNames(in: state) { unlink("\(state)/\(name)") }
        StateCopy.copy(folder.path, state)
    }

    private static func copy(_ source: String, _ target: String) {
        for name in fileNames(in: source) where name != "control" {
            do { try Files.copy("\(source)/\(name)", to: "\(target)/\(name)") } catch { preconditionFailure("\(error)") }
        }
    }
}
