import Core
import Testing

@Suite struct OpenHolesTests {
    private let peer = PeerIndex(1)
    private let other = PeerIndex(2)

    private func hole(_ numbers: ClosedRange<UInt64>, by peer: PeerIndex, _ reason: SkipReason = .expired) -> OpenHoles.Hole {
        OpenHoles.Hole(numbers: numbers, saidBy: peer, reason: reason)
    }

    @Test func whatComesLateLeavesTheRestOfItsHole() {
        var holes = OpenHoles()
        _ = holes.open(hole(3...5, by: peer))
        _ = holes.open(hole(8...8, by: peer))
        #expect((0...9).filter(holes.contains) == [3, 4, 5, 8])
        _ = holes.fill(4)
        #expect(holes.wanted(of: peer) == [3...3, 5...5, 8...8])
        for number: UInt64 in [3, 5, 8, 9] { _ = holes.fill(number) }
        #expect(holes.isEmpty)
    }

    /// Many SKIPs of one kind in a row are one hole; those of others are not.
    @Test func holesOfOneWordAreOne() {
        var holes = OpenHoles()
        for number: UInt64 in 1...1000 { #expect(holes.open(hole(number...number, by: peer, .unconfirmed)) == 0) }
        #expect(holes.wanted(of: peer) == [1...1000])
        _ = holes.open(hole(1001...1001, by: other, .unconfirmed))
        _ = holes.open(hole(1002...1002, by: other, .expired))
        _ = holes.open(hole(1004...1004, by: other, .expired))
        #expect(holes.wanted(of: peer) == [1...1000, 1001...1001, 1002...1002, 1004...1004])
    }

    /// The oldest is given up, also where one becomes two.
    @Test func thereIsABound() {
        var holes = OpenHoles()
        for number in 0..<UInt64(OpenHoles.most) { #expect(holes.open(hole(10 * number + 1...10 * number + 5, by: peer)) == 0) }
        #expect(holes.open(hole(2000...2001, by: peer)) == 5)
        #expect(!holes.contains(1) && holes.contains(11))
        #expect(holes.fill(2000) == 0)
        #expect(holes.fill(13) == 2)
        #expect(holes.wanted(of: peer).count == OpenHoles.most && holes.contains(14) && !holes.contains(12))
    }

    /// Who has shut out what was before the join is not asked for it again; others are.
    @Test func whatWasBeforeTheJoinIsAskedOfOthers() {
        var holes = OpenHoles()
        _ = holes.open(hole(1...4, by: peer, .beforeJoin))
        _ = holes.open(hole(6...6, by: peer, .unconfirmed))
        #expect(holes.wanted(of: peer) == [6...6])
        #expect(holes.wanted(of: other) == [1...4, 6...6])
    }
}
