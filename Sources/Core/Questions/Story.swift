import Base
import Model

/// What became of one event: what `fairlead trace` tells.
package struct Story: Hashable, Sendable {
    package let id: EventID
    /// When it was journaled; nil if it is not in the journal (any more).
    package let accepted: UnixTime?
    package let originTime: UnixTime?
    package let hops: UInt8
    /// What kind of event: a word of docs/record.md.
    package let kind: String
    package let author: String
    package let bridge: String
    package let isOurs: Bool
    /// Our name for the relay where it was born, or its id.
    package let owner: String
    /// The member of the bridge that it came by: where its author speaks, or the peer. nil: an operator said it, or that member is gone.
    package let origin: String?
    package let isGivenBack: Bool
    /// Spans of its text that broke a rule and were left out.
    package let droppedSpans: Int
    /// What has ended.
    package let deliveries: [Step]
    /// Where something is still to come, or nothing was to.
    package let pending: [Pending]
    package let peers: [Passing]

    package struct Step: Hashable, Sendable {
        package let destination: String
        package let part: UInt32
        package let outcome: Outcome
        package let time: UnixTime
        package let nativeID: String?
        /// Of what bounced: code and words of its entry in the bounce list, and that entry's number.
        package let bounce: Bounce?
    }

    package struct Bounce: Hashable, Sendable {
        package let number: UInt64
        package let reason: BounceReason
    }

    /// A channel that has not had it, or not all of it.
    package struct Pending: Hashable, Sendable {
        package enum State: String, Hashable, Sendable {
            case waits
            case sending = "being sent"
            /// The connection was new, and it is being found out what of it arrived before.
            case asking = "being looked for"
            case deferred, paused
            case down = "endpoint down"
            /// Its people read the journal: there is nothing to be delivered.
            case reader = "read from the journal"
            case notForIt = "not for it"
        }

        package let destination: String
        package var state: State
        package var why: Why?
        /// Of `deferred` when it is tried again, of `paused` since when.
        package var time: UnixTime?
        /// Of `deferred`: the server's words, and how often it has put it off since the relay began.
        package var reason: String?
        package var attempts = 0
        package var lastError: LastError?
    }

    /// A peer of the bridge.
    package struct Passing: Hashable, Sendable {
        package enum State: String, Hashable, Sendable {
            case acknowledged
            case sent = "on its way"
            case waits, paused
            case notAwaited = "not awaited"
            case source = "came from it"
        }

        package let destination: String
        package let state: State
        package var why: Why?
        /// Of `acknowledged` by when, as far as it is known; of `paused` since when.
        package var time: UnixTime?
        package var lastError: LastError?
    }

    package enum Why: Hashable, Sendable {
        /// So many entries of the log come before it.
        case behind(Int)
        /// What comes before it was put off until then.
        case behindDeferred(UnixTime)
        /// The disk is full: nothing can be noted.
        case noRoom
        /// A peer gave it back, and it was not found again on its network yet.
        case unconfirmed
        /// The channel held back too much: it will be given up.
        case parked
        /// An operator had it delivered again.
        case retried
        /// The member only takes in.
        case direction
        /// There was nothing to be shown there, or it was said before that was a member.
        case nothing
        /// Peers: no session; shut out; not shared; said before it was shared; of a third relay.
        case linkDown, revoked, notShared, beforeSharing, thirdRelay
        /// The session is new, or the peer does not share the channel now.
        case notFlowing
    }
}
