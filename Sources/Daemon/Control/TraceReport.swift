/// `fairlead trace`. Each `text` is a sentence for people; `state`, `outcome` and `reason` are words of docs/operations.md.
package struct TraceReport: Codable, Hashable, Sendable {
    package var event: String
    package var kind: String
    package var author: String
    package var bridge: String
    /// `here` or the peer's stream.
    package var origin: String
    /// The member of the bridge that it came by: `irc:#ops`, or `partner:ops`; nil for the operator's words, and where that member is gone.
    package var from: String?
    package var happened: String?
    package var journaled: String?
    package var hops: UInt8
    package var isGivenBack: Bool
    /// Spans of its text that broke a rule and were left out.
    package var droppedSpans: Int
    /// What has ended.
    package var deliveries: [Delivery]
    /// Channels where something is still to come, or nothing was to.
    package var waiting: [Waiting]
    package var peers: [Peer]

    package struct Delivery: Codable, Hashable, Sendable {
        package var channel: String
        package var part: UInt32
        package var outcome: String
        package var time: String
        package var native: String?
        /// Of what bounced: the number of its entry, and the code of that.
        package var bounce: UInt64?
        package var reason: String?
        /// The words of that entry; of other outcomes what they mean.
        package var text: String?
    }

    package struct Waiting: Codable, Hashable, Sendable {
        package var channel: String
        /// `waits`, `being sent`, `being looked for`, `deferred`, `paused`, `endpoint down`, `read from the journal`, `not for it`
        package var state: String
        /// Of `deferred`: when it is tried again; of `paused`: since when.
        package var time: String?
        package var text: String?
        package var lastError: ErrorReport?
    }

    package struct Peer: Codable, Hashable, Sendable {
        /// The peer, and the name under which the bridge is shared with it.
        package var channel: String
        /// `acknowledged`, `on its way`, `waits`, `paused`, `not awaited`, `came from it`
        package var state: String
        /// Of `acknowledged`: by when, if it is known; of `paused`: since when.
        package var time: String?
        package var text: String?
        package var lastError: ErrorReport?
    }
}
