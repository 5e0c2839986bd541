import Base
import Model

extension Engine {
    /// An event as an operator watches it pass.
    package struct PassingEvent: Hashable, Sendable {
        package let id: EventID
        /// A word of docs/record.md.
        package let kind: String
        package let bridge: String
        /// `endpoint:channel` of its home, or the name that we gave the peer that it comes from.
        package let from: String
        package let author: String
        package let originTime: UnixTime
        package let accepted: UnixTime
        /// What was written, or the emoji of a reaction.
        package let text: String?
    }

    /// Committed events from a position on, some of them, and where the next ones begin.
    package func passing(from position: Position, in bridge: String?) async throws -> (events: [PassingEvent], next: Position) {
        guard let run = try await committed(from: position) else { return ([], position) }
        var events: [PassingEvent] = []
        var next = max(position, run.first)
        while next < min(run.end, committedEnd) {
            if let event = passing(LogEntry(run, at: next)), bridge == nil || event.bridge == bridge { events.append(event) }
            next = next.next
        }
        return (events, next)
    }

    /// nil for what is no event to people: SKIPs, profiles.
    func passing(_ entry: LogEntry) -> PassingEvent? {
        guard let (event, author) = entry.event else { return nil }
        let text: String?
        switch event {
        case .profile, .attachmentReady: return nil
        case .posted(let post), .edited(_, let post): text = post.content.text
        case .reacted(let reaction): text = reaction.emoji
        case .topic(let topic): text = topic
        case .call(let call): text = call.title
        case .deleted, .unknown: text = nil
        }
        let stream = entry.head.stream
        let profile = streams.profile(stream, author)
        let home = routing.member(of: profile?.home, in: streams[stream].bridge)?.settings.name
        return PassingEvent(
            id: streams.id(stream, entry.head.number), kind: entry.kind, bridge: routing.bridges[streams[stream].bridge]?.name ?? "",
            from: streams.isOwn(stream) ? home ?? "here" : organisations[streams[stream].introduction.owner] ?? "a peer",
            author: profile?.name ?? "", originTime: entry.head.originTime, accepted: entry.accepted, text: text)
    }
}
