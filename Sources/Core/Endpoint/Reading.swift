import Base
import Model

/// An endpoint whose channels have no outbox, as the people in them can ask for what they missed: it is told of each event of its bridges
/// that was committed, whoever wrote it, and reads back what was said before.
///
/// There are no claims and no receipts, and it holds back nothing: what was retired is not to be had. Its people know events by their ids.
package protocol ReadingEndpoint: Endpoint {
    /// Takes over what was committed in a channel's bridge, in the order of the log, and returns at once.
    func committed(_ events: [CommittedEvent], in destination: DestinationID)

    /// The event to which an id belongs that its people see; nil for words that are none.
    nonisolated func event(named id: String) -> EventID?
}

/// What readers ask of the journal. Positions are those of the log.
package protocol BridgeHistory: Actor {
    /// What is to be read among the entries of a channel's bridge nearest to a place, of which at most `count` are looked at, 1,000 in any case.
    func page(in destination: DestinationID, _ place: ReadingPlace, atMost count: Int) async throws -> ReadingPage

    /// Where an event of a channel's bridge is; nil if it is of no or another bridge, or was retired.
    func position(of event: EventID, in destination: DestinationID) async throws -> Position?

    /// The first position that was accepted at a time or later.
    func position(at time: UnixTime) async throws -> Position
}

/// What was found in one look at the log: perhaps nothing that is to be read, and yet more behind it.
package struct ReadingPage: Hashable, Sendable {
    /// Ascending; those that were deleted are left out.
    package let events: [CommittedEvent]
    /// How many entries were looked at.
    package let looked: Int
    /// Where the next page begins; nil if there is nothing more.
    package let next: ReadingPlace?
}

/// One event as a reader shows it.
package struct CommittedEvent: Hashable, Sendable {
    /// Where its author speaks.
    package enum Place: Hashable, Sendable {
        /// In the reader's own channel.
        case here
        /// In a channel of another of this relay's endpoints; nil if that is no longer configured.
        case endpoint(String?)
        /// At a peer, by the name that we gave it.
        case organisation(String)
    }

    package let id: EventID
    package let position: Position
    package let event: Event
    package let author: AuthorKey
    /// May be empty: somebody whom their network does not name.
    package let name: String
    package let place: Place
    /// When it happened, as it is shown.
    package let time: UnixTime
}
