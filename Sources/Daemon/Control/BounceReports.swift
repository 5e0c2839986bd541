/// One line of `fairlead bounces list`, and what `bounces show` prints.
package struct BounceReport: Codable, Hashable, Sendable {
    package var id: UInt64
    package var channel: String
    /// In which it is, or was.
    package var bridge: String
    package var first: UInt64
    package var last: UInt64
    package var count: UInt64
    package var code: String
    package var text: String
    package var time: String
    /// Of `show`: the events that it speaks of and that are still in the journal, the first ones.
    package var events: [BouncedEvent]?
    /// Of `show`: whether there may be more of them.
    package var hasMore: Bool?

    package struct BouncedEvent: Codable, Hashable, Sendable {
        package var event: String
        package var kind: String
        package var author: String
        /// `endpoint:channel`, or the peer's name.
        package var from: String
        package var happened: String
        package var journaled: String
        /// Its beginning.
        package var text: String?
    }
}

/// `fairlead say`
package struct SaidReport: Codable, Hashable, Sendable {
    package var event: String
    /// Words for people: what keeps it here.
    package var note: String?
}

/// `fairlead say` that can't be taken in at once.
package struct WaitingReport: Codable, Hashable, Sendable {
    /// `peers`, `reserve`, `full`
    package var waitsFor: String
    package var peers: [String]
    /// For people.
    package var text: String
}
