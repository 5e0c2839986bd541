import Model

/// An entry's place in this relay's log: the order of acceptance, from 1 without gaps. Never leaves the relay.
package struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Before the first entry.
    package static let zero = Position(0)
    package static let first = Position(1)

    package var next: Position { Position(rawValue + 1) }
    package static func < (left: Position, right: Position) -> Bool { left.rawValue < right.rawValue }
    package static func + (position: Position, count: Int) -> Position { Position(position.rawValue + UInt64(count)) }

    /// How many entries lie from `earlier` to this one; negative if it is later.
    package static func - (position: Position, earlier: Position) -> Int { Int(position.rawValue) - Int(earlier.rawValue) }
    package var description: String { String(rawValue) }
}

/// A stream's number in this journal, in the order in which streams became known, from 1.
package struct StreamIndex: Hashable, Comparable, Sendable {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    package static func < (left: StreamIndex, right: StreamIndex) -> Bool { left.rawValue < right.rawValue }
}

/// A bridge's number in this journal, from 1; its name may change.
package struct BridgeIndex: Hashable, Comparable, Sendable {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    package static func < (left: BridgeIndex, right: BridgeIndex) -> Bool { left.rawValue < right.rawValue }
}

/// A peer's number in this journal, from 1; 0 stands for this relay itself.
package struct PeerIndex: Hashable, Sendable {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    package static let local = PeerIndex(0)
}

/// A channel of an endpoint within one bridge: where its events come from and where they go. From 1.
package struct DestinationID: Hashable, Comparable, Sendable {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    package static func < (left: DestinationID, right: DestinationID) -> Bool { left.rawValue < right.rawValue }
}

/// What a foreign server calls a happening: `id` for a post, `id@edit_at`, `id/deleted`, `id/user/emoji/on@time` (semantics 1).
package struct NativeKey: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}
