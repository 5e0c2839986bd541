import Base
import Model

/// A configured account on one foreign server, as the engine sees it.
///
/// The engine calls `reconcile` once after each (re)connect and `deliver` only after it. Each part that was handed over ends in
/// exactly one call of the port's `received`, `deferred` or `bounced`, or in `disconnected` of its channel.
package protocol Endpoint: Actor {
    /// Reads its network into `port` and keeps its connections until `stop` was called or it can't go on.
    func run(_ port: any RelayPort) async throws

    /// The channels it serves from now on. Those that it serves already and that are unchanged go on undisturbed.
    func serve(_ channels: [ServedChannel])

    /// Has `run` end soon: what is under way may still be answered, then the connections are closed.
    func stop()

    /// How the text of a delivery is cut, from byte `start` on: what each part holds, in order. Empty if nothing is left.
    func parts(of delivery: Delivery, from start: UInt32, in destination: DestinationID) -> [Range<UInt32>]

    /// Takes the parts over and returns at once.
    func deliver(_ parts: [PartDelivery], to destination: DestinationID)

    /// What became of parts that may have been sent before the connection or the process ended. One answer each, in order.
    func reconcile(_ claims: [ClaimedPart], in destination: DestinationID) async -> [ClaimResult]

    /// Tells somebody who speaks in a channel, and nobody else, that something did not arrive elsewhere.
    func tell(_ name: String, in destination: DestinationID, _ message: NotArrived) async

    /// What it counts of its own: docs/operations.md, "Metrics". Whoever asks adds the endpoint's name.
    var metrics: [Metric] { get }

    /// What went wrong last, since it began.
    var lastErrors: LastErrors { get }
}

extension Endpoint {
    /// Its network knows no private words.
    package func tell(_ name: String, in destination: DestinationID, _ message: NotArrived) async {}

    package var metrics: [Metric] { [] }

    package var lastErrors: LastErrors { LastErrors() }
}

/// A channel that an endpoint has to serve, as the configuration says.
package struct ServedChannel: Hashable, Sendable {
    package let destination: DestinationID
    /// The name of the bridge it is in.
    package let bridge: String
    package let settings: MemberSettings

    package init(_ destination: DestinationID, of bridge: String, _ settings: MemberSettings) {
        self.destination = destination
        self.bridge = bridge
        self.settings = settings
    }
}

/// What a destination's network and server can do, as known after connecting.
package struct Capabilities: Hashable, Sendable {
    /// Parts that may be under way at once in one channel.
    package var partsInFlight: Int
    /// Whether the channel's past can be read there: what was lost can be found again.
    package var hasHistory: Bool
    /// What to do with a part of which nobody knows whether it arrived.
    package var uncertain: UncertainPolicy
    /// After so many seconds of `deferred` an event is bounced: 24 hours for chat.
    package var deferral: Int64

    package init(
        partsInFlight: Int = 1,
        hasHistory: Bool = false,
        uncertain: UncertainPolicy = .again,
        deferral: Int64 = 86_400
    ) {
        self.partsInFlight = partsInFlight
        self.hasHistory = hasHistory
        self.uncertain = uncertain
        self.deferral = deferral
    }
}

/// `uncertain` of a bridge's member: whether a message may come twice or be missing where the network can't tell.
package enum UncertainPolicy: Hashable, Sendable { case again, skip }

/// What the journal says of a part that may have been sent.
package struct ClaimedPart: Hashable, Sendable {
    package let id: EventID
    package let part: UInt32
    package let range: Range<UInt32>
    package let delivery: Delivery
}

package enum ClaimResult: Hashable, Sendable {
    case arrived(NativeKey?)
    case absent
    case unknown
}

/// One event on its way to one destination.
package struct Delivery: Hashable, Sendable {
    package let id: EventID
    package let position: Position
    package let event: Event
    package let author: DisplayAuthor
    /// When it happened, as its envelope says: what marks bear.
    package let originTime: UnixTime
    package let accepted: UnixTime
    /// What the event refers to, as it stands at this destination; nil if it refers to nothing.
    package let target: TargetState?
    /// The entry whose text it bears: its own, or an edit's that goes out with it.
    package let text: Position
    /// Sent again by an operator's word.
    package let isRetried: Bool
    /// When it happened, as it is shown.
    package var shownTime: UnixTime { originTime.shown(acceptedAt: accepted) }
    /// Journaled over a minute after it happened, or sent again by an operator's word.
    package var isLate: Bool { isRetried || originTime.seconds(until: accepted) > 60 }
}

/// An author as a destination may show them.
package struct DisplayAuthor: Hashable, Sendable {
    package let key: AuthorKey
    /// May be empty: somebody whom their network does not name.
    package let name: String
    /// The name that we gave the peer; nil for our own.
    package let organisation: String?
}

/// How the target of a reply, an edit, a deletion or a reaction stands at a destination.
package enum TargetState: Hashable, Sendable {
    /// There, by the names that its server gave to its parts; where those have none, with its text if this relay has it.
    case shown([NativePart], quote: String?)
    /// Not there; its text if this relay has it.
    case notShown(quote: String?)
}

/// One part of a delivery.
package struct PartDelivery: Hashable, Sendable {
    package let delivery: Delivery
    package let part: UInt32
    package let range: Range<UInt32>

    package init(delivery: Delivery, part: UInt32, range: Range<UInt32>) {
        self.delivery = delivery
        self.part = part
        self.range = range
    }
}

/// What endpoints tell the engine. The engine is the only one that implements it, besides tests.
package protocol RelayPort: Actor {
    /// A channel can be written to: it has been read to the head, and what stood there of ours was told by `found`.
    func connected(_ destination: DestinationID, _ capabilities: Capabilities) async

    /// A channel can't be written to any more; nothing that was under way will be answered.
    func disconnected(_ destination: DestinationID) async

    /// Takes over what happened in a channel, in order, and returns once it is journaled: one answer each.
    /// `source` is how far the network has been read with it. `mayBeKnown`: read again or late, so the disk is asked too.
    func accept(_ happenings: [Happening], in destination: DestinationID, source: [UInt8]?, mayBeKnown: Bool) async throws -> [Acceptance]

    /// How far a channel has been read when the relay last ended; empty at the first time.
    func source(of destination: DestinationID) async -> [UInt8]

    /// A part has arrived.
    func received(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, as nativeID: NativeKey?) async

    /// The server does not want it now.
    func deferred(
        _ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, after interval: Interval, reason: String) async

    /// The server will not have it.
    func bounced(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, _ reason: BounceReason) async

    /// A post of our own account that bears our mark stands in the channel.
    func found(_ mark: Mark, in destination: DestinationID, as nativeID: NativeKey) async
}

/// What shows on a foreign network that a post is a relayed event: which part of which, by whom and when. It holds what a relay
/// without its journal needs to know the event again under another id.
package struct Mark: Hashable, Sendable {
    package let id: EventID
    package let part: UInt32
    package let author: AuthorKey
    package let second: UnixTime

    package init(id: EventID, part: UInt32, author: AuthorKey, second: UnixTime) {
        self.id = id
        self.part = part
        self.author = author
        self.second = second
    }
}

/// What an author is told of a bounce. Neither the channel's name, which may be an address, nor the server's words, which may hold one.
package struct NotArrived: Hashable, Sendable {
    package let said: UnixTime
    /// Our name of the endpoint where it did not arrive.
    package let endpoint: String
    package let code: String
}

/// Why an event can't be delivered: a code of docs/operations.md and the server's words.
package struct BounceReason: Hashable, Sendable {
    package let code: String
    package let text: String

    package init(_ code: String, _ text: String) {
        self.code = code
        self.text = text
    }
}
