import Base
import Model

/// A bridge, for ever.
package struct BridgeRow: Hashable, Sendable {
    package let index: BridgeIndex
    package var name: String
    package let key: BridgeKey
    /// 32 bytes that key its authors' and homes' names.
    package let secret: [UInt8]

    package init(index: BridgeIndex, name: String, key: BridgeKey, secret: [UInt8]) {
        self.index = index
        self.name = name
        self.key = key
        self.secret = secret
    }
}

/// A stream and how far it is known here. Kept as long as the id map, so that what came once is known as a duplicate.
package struct StreamRow: Hashable, Sendable {
    package let index: StreamIndex
    package let introduction: StreamIntroduction
    package let bridge: BridgeIndex
    /// Everything up to here is held or SKIPped.
    package var prefix: UInt64
    /// Numbers at or below `prefix` that may still come.
    package var holes: OpenHoles
    /// When this row was last written: about when the last of its entries was accepted.
    package var changed: UnixTime

    package init(
        index: StreamIndex, introduction: StreamIntroduction, bridge: BridgeIndex, prefix: UInt64 = 0, holes: OpenHoles = OpenHoles(),
        changed: UnixTime = UnixTime(seconds: 0)
    ) {
        self.changed = changed
        self.index = index
        self.introduction = introduction
        self.bridge = bridge
        self.prefix = prefix
        self.holes = holes
    }
}

/// The newest profile of an author number, as the record that told it.
package struct AuthorRow: Hashable, Sendable {
    package let stream: StreamIndex
    package let number: UInt64
    package let record: [UInt8]

    package init(stream: StreamIndex, number: UInt64, record: [UInt8]) {
        self.stream = stream
        self.number = number
        self.record = record
    }
}

/// A channel of an endpoint within a bridge, and what it has got.
///
/// Receipts are written in order, so this is the whole of an outbox but for its claims; writing the row ends claims that it is past.
package struct DestinationRow: Hashable, Sendable {
    package let id: DestinationID
    package let bridge: BridgeIndex
    /// `MemberSettings.identity`: `endpoint:channel`, however the configuration spells the channel.
    package let name: String
    /// Everything before it is finished here; zero for what is not written to.
    package var cursor: Position
    /// How much of the event at the cursor has arrived.
    package var received = Received()
    /// When the event at the cursor was first put off by the server; nil if it was not.
    package var deferredSince: UnixTime?
    /// Messages before this position are not delivered any more, as the destination held back too much.
    package var parkedBefore = Position.zero
    /// How far its network has been read, in the endpoint's own form.
    package var source: [UInt8]
    /// Taken out of its bridge: it gets nothing until it is a member again.
    package var isRemoved: Bool

    package init(
        id: DestinationID, bridge: BridgeIndex, name: String, cursor: Position, source: [UInt8] = [], isRemoved: Bool = false
    ) {
        self.id = id
        self.bridge = bridge
        self.name = name
        self.cursor = cursor
        self.source = source
        self.isRemoved = isRemoved
    }

    /// Whether a claim speaks of what is finished.
    package func isPast(_ claim: Claim) -> Bool {
        claim.destination == id && (claim.position < cursor || claim.position == cursor && claim.part < received.parts)
    }

    /// The beginning of an event that has arrived: so many parts, so many bytes of its rendered text.
    package struct Received: Hashable, Sendable {
        package var parts: UInt32 = 0
        package var bytes: UInt32 = 0
        /// The entry whose text it is: the event's own, or an edit's that went out with it.
        package var text: Position?

        package init(parts: UInt32 = 0, bytes: UInt32 = 0, text: Position? = nil) {
            self.parts = parts
            self.bytes = bytes
            self.text = text
        }
    }
}

/// The durable word that a part of an event is about to be sent.
package struct Claim: Hashable, Sendable {
    package let destination: DestinationID
    package let position: Position
    /// Counted from 0.
    package let part: UInt32
    /// Which bytes of the rendered text the part holds.
    package let range: Range<UInt32>
    /// The entry whose text it is: the event's own, or an edit's that went out with it.
    package let text: Position

    package init(destination: DestinationID, position: Position, part: UInt32, range: Range<UInt32>, text: Position? = nil) {
        self.text = text ?? position
        self.destination = destination
        self.position = position
        self.part = part
        self.range = range
    }
}

/// How a delivery ended.
package enum Outcome: UInt8, Hashable, Sendable, CaseIterable {
    /// It was born in this channel.
    case origin = 0
    case delivered = 1
    /// Edited or deleted before its turn.
    case superseded = 2
    /// What it refers to is not shown here.
    case withoutTarget = 3
    /// Shown as a message of its own: an edit whose target is not shown here.
    case asMessage = 4
    case bounced = 5
    case parked = 6
    /// Nobody knows whether it arrived, and the policy is not to repeat.
    case uncertain = 7
    /// Its network can't express it.
    case notExpressible = 8
    /// Found in the channel as already there, by its mark.
    case found = 9
    /// Deleted or hidden in this channel alone, by somebody there. No later edit brings it back.
    case hidden = 10
    /// Given back by a peer and not found again where it was born: shown nowhere.
    case unconfirmed = 11
    /// Delivered after a try of which nobody knows whether it had arrived: it may stand there twice.
    case perhapsTwice = 12
}

/// The end of a delivery's part, or an event's origin.
package struct Receipt: Hashable, Sendable {
    package let destination: DestinationID
    package let position: Position
    package let stream: StreamIndex
    package let number: UInt64
    package let part: UInt32
    package let outcome: Outcome
    package let time: UnixTime
    /// What the server calls it there; nil where it has no name for it.
    package let nativeID: NativeKey?

    package init(
        destination: DestinationID, position: Position, stream: StreamIndex, number: UInt64, part: UInt32 = 0, outcome: Outcome,
        time: UnixTime, nativeID: NativeKey? = nil
    ) {
        self.destination = destination
        self.position = position
        self.stream = stream
        self.number = number
        self.part = part
        self.outcome = outcome
        self.time = time
        self.nativeID = nativeID
    }
}

/// Another name under which a foreign server may tell an event again: an edit, a deletion, a reaction.
package struct KeyRow: Hashable, Sendable {
    package let destination: DestinationID
    package let key: NativeKey
    package let event: EventID

    package init(destination: DestinationID, key: NativeKey, event: EventID) {
        self.destination = destination
        self.key = key
        self.event = event
    }
}

/// One part of an event as a destination's server knows it.
package struct NativePart: Hashable, Sendable {
    package let part: UInt32
    package let outcome: Outcome
    package let time: UnixTime
    package let nativeID: NativeKey?

    package init(part: UInt32, outcome: Outcome, time: UnixTime, nativeID: NativeKey?) {
        self.part = part
        self.outcome = outcome
        self.time = time
        self.nativeID = nativeID
    }
}

/// The newest edit, or the deletion, of an event; also of one that is not here.
package struct ChangeRow: Hashable, Sendable {
    package enum Kind: UInt8, Hashable, Sendable { case edited = 1, deleted = 2 }

    package let target: EventID
    package let kind: Kind
    package let by: EventID
    package let position: Position

    package init(target: EventID, kind: Kind, by: EventID, position: Position) {
        self.target = target
        self.kind = kind
        self.by = by
        self.position = position
    }
}

/// What will not be delivered, until an operator says otherwise.
package struct BounceRow: Hashable, Sendable {
    package let id: UInt64
    package let destination: DestinationID
    /// The first and last entry it speaks of.
    package let positions: ClosedRange<Position>
    /// How many events of the range it concerns.
    package let count: UInt64
    /// A word of the list in docs/operations.md.
    package let code: String
    /// What the server or the relay said.
    package let text: String
    package let time: UnixTime

    package init(
        id: UInt64, destination: DestinationID, positions: ClosedRange<Position>, count: UInt64, code: String, text: String, time: UnixTime
    ) {
        self.id = id
        self.destination = destination
        self.positions = positions
        self.count = count
        self.code = code
        self.text = text
        self.time = time
    }
}
