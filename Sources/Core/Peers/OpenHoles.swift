/// Numbers of a stream that somebody has said not to pass on, and that another, or the same one later, still may (semantics 2): each is named
/// in every RESUME, and a record that comes for it is accepted as late.
package struct OpenHoles: Hashable, Sendable {
    /// So many are kept for a stream; the oldest beyond is given up.
    package static let most = 64

    package struct Hole: Hashable, Sendable {
        package let numbers: ClosedRange<UInt64>
        package let saidBy: PeerIndex
        package let reason: SkipReason

        package init(numbers: ClosedRange<UInt64>, saidBy: PeerIndex, reason: SkipReason) {
            self.numbers = numbers
            self.saidBy = saidBy
            self.reason = reason
        }
    }

    /// The one that was opened first comes first.
    package private(set) var holes: [Hole]

    package init(_ holes: [Hole] = []) { self.holes = holes }

    package var isEmpty: Bool { holes.isEmpty }

    package func contains(_ number: UInt64) -> Bool { holes.contains { $0.numbers.contains(number) } }

    /// Opens one above all that there are. Says how many numbers are given up for it.
    package mutating func open(_ hole: Hole) -> UInt64 {
        if let last = holes.last, last.saidBy == hole.saidBy, last.reason == hole.reason,
            last.numbers.upperBound + 1 == hole.numbers.lowerBound
        {
            holes.removeLast()
            holes.append(Hole(numbers: last.numbers.lowerBound...hole.numbers.upperBound, saidBy: hole.saidBy, reason: hole.reason))
        } else {
            holes.append(hole)
        }
        return giveUp()
    }

    /// The record of a number has come. Says how many numbers are given up, as what is left of its hole may be two.
    package mutating func fill(_ number: UInt64) -> UInt64 {
        guard let index = holes.firstIndex(where: { $0.numbers.contains(number) }) else { return 0 }
        let hole = holes[index]
        let rest = hole.numbers.without(number)
        holes.replaceSubrange(index...index, with: rest.map { Hole(numbers: $0, saidBy: hole.saidBy, reason: hole.reason) })
        return giveUp()
    }

    private mutating func giveUp() -> UInt64 {
        var count: UInt64 = 0
        while holes.count > OpenHoles.most {
            let numbers = holes.removeFirst().numbers
            count += numbers.upperBound - numbers.lowerBound + 1
        }
        return count
    }

    /// What to ask a peer for, ascending: all but what that peer has shut out as being from before it shared the channel.
    package func wanted(of peer: PeerIndex) -> [ClosedRange<UInt64>] {
        holes.filter { $0.saidBy != peer || $0.reason != .beforeJoin }.map(\.numbers).sorted { $0.lowerBound < $1.lowerBound }
    }
}

extension ClosedRange<UInt64> {
    /// What is left of a range when one of its numbers has come: none, one or two ranges.
    package func without(_ number: UInt64) -> [ClosedRange<UInt64>] {
        var rest: [ClosedRange<UInt64>] = []
        if lowerBound < number { rest.append(lowerBound...number - 1) }
        if number < upperBound { rest.append(number + 1...upperBound) }
        return rest
    }
}
