import Base
import Core
import Model
import WireIRC

/// Looks for messages in a channel's past, page by page, until there are enough, or as much was looked at as one request may have looked at.
struct HistorySearch {
    /// What was found, ascending.
    struct Found {
        var events: [CommittedEvent] = []
        /// Where looking was given up; nil if there was enough, or nothing more.
        var unfinished: ReadingPlace?
    }

    let history: any BridgeHistory
    let destination: DestinationID
    let limit: Int
    /// Whether reactions and topics count, or messages alone.
    let hasReactions: Bool
    /// Where an earlier search of the same was given up.
    var start: ReadingPlace?

    /// Where a selection begins or ends, itself left out.
    struct Edge {
        /// Of the message, or the first that was accepted in the second.
        let position: Position
        /// The first that was accepted after the second.
        let next: Position
        /// What the times of lines are compared with; nil for a message, which has an exact place.
        let time: UInt64?

        func isBehind(_ event: CommittedEvent) -> Bool {
            time.map { IRCListenerMapping.time(of: event) > $0 } ?? (event.position > position)
        }
        func isBefore(_ event: CommittedEvent) -> Bool {
            time.map { IRCListenerMapping.time(of: event) < $0 } ?? (event.position < position)
        }

        /// Whether a selection from here to there goes forwards.
        func isBefore(_ other: Edge) -> Bool { (position, time ?? 0) < (other.position, other.time ?? 0) }
    }

    /// nil if there is no such message.
    func edge(_ reference: HistoryRequest.Reference) async throws -> Edge? {
        switch reference {
        case .messageID(let text):
            guard let id = EventID(text: IRCListenerMapping.eventText(text)),
                let position = try await history.position(of: id, in: destination)
            else { return nil }
            return Edge(position: position, next: position.next, time: nil)
        case .time(let time):
            let position = try await history.position(at: UnixTime(seconds: time / 1000))
            let next = try await history.position(at: UnixTime(seconds: time / 1000 + 1))
            return Edge(position: position, next: next, time: time)
        }
    }

    /// The last ones before an edge, or of all, that are behind another.
    func backwards(from edge: Edge?, to border: Edge? = nil) async throws -> Found {
        // An edge by time takes the whole second in; one by id is exact.
        let place = edge.map { $0.time == nil ? $0.position : $0.next } ?? .last
        return try await collect(start ?? .before(place), limit) { event in
            ((edge?.isBefore(event) ?? true) && (border?.isBehind(event) ?? true), border.map { event.position >= $0.position } ?? true)
        }
    }

    /// The first ones behind an edge that are before another.
    func forwards(from edge: Edge, to border: Edge? = nil) async throws -> Found {
        try await collect(start ?? .from(edge.time == nil ? edge.next : edge.position), limit) { event in
            (edge.isBehind(event) && (border?.isBefore(event) ?? true), border.map { event.position < $0.next } ?? true)
        }
    }

    /// Half of them before, half from the edge on. Who finds nothing near it asks for what is before or behind.
    func around(_ edge: Edge) async throws -> Found {
        let end = edge.time == nil ? edge.position : edge.next
        let before = try await collect(.before(end), limit / 2) { (edge.isBefore($0), true) }.events
        let behind = try await collect(.from(edge.position), limit - before.count) { (!edge.isBefore($0), true) }.events
        return Found(events: before + behind)
    }

    /// Goes from a place on as long as `wish` says so, and takes what it wants; ascending.
    private func collect(_ start: ReadingPlace, _ count: Int, _ wish: (CommittedEvent) -> (isWanted: Bool, goesOn: Bool)) async throws
        -> Found
    {
        var found: [CommittedEvent] = []
        var (looked, isDone) = (0, false)
        var next: ReadingPlace? = start
        while found.count < count, looked < IRCListenerLimits.historyScan, !isDone, let place = next {
            let page = try await history.page(in: destination, place, atMost: max(count, IRCListenerLimits.historyPage))
            for event in place.isBackwards ? page.events.reversed() : page.events where !isDone && found.count < count {
                let (isWanted, goesOn) = wish(event)
                isDone = !goesOn
                if isWanted && goesOn && isShown(event) { found.append(event) }
            }
            next = page.next
            looked += page.looked
        }
        let isUnfinished = found.count < count && !isDone
        return Found(events: start.isBackwards ? found.reversed() : found, unfinished: isUnfinished ? next : nil)
    }

    private func isShown(_ event: CommittedEvent) -> Bool {
        switch event.event {
        case .posted, .edited, .call: true
        case .unknown(_, let fallback): fallback != nil
        case .reacted, .topic: hasReactions
        case .deleted, .profile, .attachmentReady: false
        }
    }
}

extension ReadingPlace {
    fileprivate var isBackwards: Bool {
        switch self {
        case .before: true
        case .from: false
        }
    }
}
