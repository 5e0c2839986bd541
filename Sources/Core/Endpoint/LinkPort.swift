import Base
import Model

/// What links ask of the engine. A link is an edge like an endpoint, but for what it carries: entries of the log as they are.
package protocol LinkPort: Actor {
    /// The epoch in which this relay's events are born now.
    var epoch: Epoch { get }

    /// The number by which the journal knows a peer; a new one at the first time.
    func index(of peer: RelayID) async -> PeerIndex

    /// What is held of a shared channel: of this relay's own streams and the peer's those that are open, the peer's being of the epoch
    /// `theirs`, and those in which something was taken in during the last 30 days.
    func holdings(of channel: DestinationID, with peer: RelayID, whoseEpoch theirs: PeerEpoch) async throws -> [StreamHolding]

    /// Takes note of a stream that a peer speaks of. Throws `PeerFault` for one that it may not speak of.
    func introduce(_ introduction: StreamIntroduction, in channel: DestinationID, by peer: RelayID) async throws(PeerFault) -> StreamIndex

    /// A peer has said how far it holds the streams of a channel. What it holds of ours beyond this journal is awaited before anything
    /// new is numbered there.
    func told(_ channel: DestinationID, holds: [StreamIndex: PeerHolding], by peer: RelayID) async throws

    /// The session with a peer that shared these channels has ended.
    func left(_ channels: [DestinationID]) async

    /// Takes over what a peer passed on in a channel, in order, and returns once it is journaled. Duplicates are dropped and counted.
    /// Throws `PeerFault`, or what ends the engine.
    func accept(_ passed: PassedOn, in channel: DestinationID, from peer: RelayID) async throws

    /// Streams of a shared channel that are passed on to a peer, with how far they are known here, and the end of the log that holds that
    /// much of them. What lies before it need not be committed yet.
    func streams(of channel: DestinationID, for peer: RelayID) async -> (streams: [PassedStream], end: Position)

    /// The bridge that a channel is in; nil if it is in none any more.
    func bridge(of channel: DestinationID) async -> BridgeIndex?

    /// A stream that is passed on to a peer wherever its bridge is shared with it, and that bridge; nil for one of a third relay.
    func stream(_ index: StreamIndex, for peer: RelayID) async -> (stream: PassedStream, bridge: BridgeIndex)?

    /// From where on a channel is shared: the end of the log when both sides agreed for the first time, or for the first time since
    /// the member was put back; where the peer was shut out, the end of the log when it was let back.
    func base(of channel: DestinationID) async throws -> Position

    /// A place in the log before which a stream has nothing from a number on; nil if nothing of it is here any more.
    func position(of stream: StreamIndex, from number: UInt64) async throws -> Position?

    /// Committed entries from a position on, in order; nil if there are none. The first may lie before `position`.
    func committed(from position: Position) async throws -> EntryRun?

    /// Where events of a stream are, ascending by number; those whose content is gone are left out.
    func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) async throws -> [Position]

    /// Whether an event of ours that a peer gave back is confirmed; nil as long as nobody knows.
    func standing(of id: EventID) async throws -> Bool?

    /// How often an operator has vouched for what had been passed on as unconfirmed. Followers are called when it changes.
    var confirmations: UInt64 { get }

    /// Whether nothing of a channel is to be passed on now. When that ends, followers are called.
    func isPaused(_ channel: DestinationID) async -> Bool

    /// Behind the last committed entry.
    var committedBefore: Position { get }

    /// The newest profiles of a stream's authors, as their records.
    func profiles(of stream: StreamIndex) async -> [AuthorRow]

    /// A peer has made durable all of a channel that lies before `position`; so many entries since the last time.
    func acknowledged(_ channel: DestinationID, before position: Position, count: UInt64) async

    /// Has `body` called on the loop after each commit, under a name that is given back to `unfollow`.
    func follow(_ body: @escaping @Sendable () -> Void) async -> UInt64
    func unfollow(_ follower: UInt64) async
}

/// A stream and how much of it is here.
package struct StreamHolding: Hashable, Sendable {
    package let introduction: StreamIntroduction
    package let prefix: UInt64
    /// Of the event at `prefix`; 0 where it has no content here.
    package let digest: UInt64
    /// Numbers up to `prefix` that may still come, ascending.
    package let holes: [ClosedRange<UInt64>]
}

/// What a peer says it holds of a stream, and the digest of the event at that number; 0 where it has no content of it.
package struct PeerHolding: Hashable, Sendable {
    package let prefix: UInt64
    package let digest: UInt64

    package init(prefix: UInt64, digest: UInt64) {
        self.prefix = prefix
        self.digest = digest
    }
}

/// The epoch that a peer says it is in.
package struct PeerEpoch: Hashable, Sendable {
    package let ordinal: UInt64
    package let bits: UInt64

    package init(ordinal: UInt64, bits: UInt64) {
        self.ordinal = ordinal
        self.bits = bits
    }

    init(_ epoch: Epoch) { self.init(ordinal: UInt64(epoch.ordinal), bits: epoch.bits) }
}

/// A stream that can be passed on.
package struct PassedStream: Hashable, Sendable {
    package let index: StreamIndex
    package let introduction: StreamIntroduction
    package let prefix: UInt64
}

/// Entries of the log that a peer passed on, with the profiles that its SKIPs carry.
package struct PassedOn: Hashable, Sendable {
    package var entries = EntryBuffer()
    package var profiles: [AuthorRow] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty && profiles.isEmpty }
}

/// What a peer may not do or say. The session ends.
package enum PeerFault: Error, Hashable, Sendable {
    /// A number above the next one.
    case gap(EventID, expected: UInt64)
    /// A record that can't be read; the second time a stub takes its place.
    case recordInvalid(EventID, String)
    /// A stream of another relay.
    case notYours(StreamID)
    /// An epoch of ours that never was.
    case unknownEpoch(StreamID)
    /// A stream that belongs to another bridge here: a channel was moved, or a bridge renamed as if it were a new one.
    case elsewhere(StreamID)
    /// An event of the running epoch that this process never numbered: another one speaks in its name, or it was rolled back.
    case fork(EventID)
    /// A change of a message of somebody else's.
    case notAllowed(EventID)
    /// More streams of one relay than are kept.
    case tooMany(StreamID)
    /// A stream that was introduced so long ago that it has been forgotten: a new session introduces it again.
    case forgotten(StreamIndex)
    /// No channel of the peer's any more.
    case unknownChannel
}
