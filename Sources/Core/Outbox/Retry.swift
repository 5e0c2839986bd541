import Base
import Model

/// Deliveries at one destination that an operator asked for again.
///
/// The outbox goes back to the first of them once nothing is under way there, and passes over everything between them. Kept as a note of the
/// journal from the asking to the end.
package struct Retry: Hashable, Sendable {
    /// What the outbox delivers again on its way; ascending, apart.
    private var ranges: [ClosedRange<Position>] = []
    /// What was asked for since it went back last.
    private var asked: [ClosedRange<Position>] = []
    /// Where the outbox stood when it went back: from there on everything is as ever. Zero before.
    package private(set) var end = Position.zero

    package init() {}

    package mutating func ask(for more: [ClosedRange<Position>]) { asked = Retry.merged(asked + more) }

    /// Whether the outbox has to go back.
    package var isDue: Bool { !asked.isEmpty }

    /// The outbox goes back; all before `head`, which it was to look at next, is done. Where to.
    package mutating func goBack(from head: Position) -> Position {
        end = max(end, head)
        ranges = Retry.merged(ranges.filter { $0.upperBound >= head } + asked)
        asked = []
        return min(first, head)
    }

    /// The first position of all; `end` if there is none.
    package var first: Position { [ranges.first, asked.first].compactMap { $0?.lowerBound }.min() ?? end }

    /// The first position at or behind `position` that is delivered again on the way; `end` if there is none.
    package func next(from position: Position) -> Position {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < position { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count ? max(position, ranges[low].lowerBound) : max(position, end)
    }

    /// Whether the entry at a position is delivered again when the outbox comes to it.
    package func contains(_ position: Position) -> Bool { position < end && next(from: position) == position }

    /// Whether the entry at a position was asked for and is still to come to an outbox that stands at `head`.
    package func isAwaited(_ position: Position, from head: Position) -> Bool {
        asked.contains { $0.contains(position) } || position >= head && contains(position)
    }

    private static func merged(_ ranges: [ClosedRange<Position>]) -> [ClosedRange<Position>] {
        var merged: [ClosedRange<Position>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound.next {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    // MARK: The note: `end, 8 ‖ count of ranges, 8 ‖ ranges and asked: first, 8 ‖ last, 8`

    package var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.uint64(end.rawValue)
        writer.uint64(UInt64(ranges.count))
        for range in ranges + asked {
            writer.uint64(range.lowerBound.rawValue)
            writer.uint64(range.upperBound.rawValue)
        }
        return writer.bytes
    }

    /// nil for bytes that are none.
    package init?(bytes: [UInt8]) {
        guard bytes.count >= 16, bytes.count % 16 == 0 else { return nil }
        let numbers = stride(from: 0, to: bytes.count, by: 8).map { bytes[$0...].firstUInt64 }
        end = Position(numbers[0])
        for index in stride(from: 2, to: numbers.count, by: 2) {
            guard numbers[index] <= numbers[index + 1] else { return nil }
            let range = Position(numbers[index])...Position(numbers[index + 1])
            if UInt64(index / 2) <= numbers[1] { ranges.append(range) } else { asked.append(range) }
        }
    }
}
