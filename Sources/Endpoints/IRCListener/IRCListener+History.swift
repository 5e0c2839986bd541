import Base
import Core
import Model
import WireIRC

/// CHATHISTORY (IRCv3 draft/chathistory), from the journal.
///
/// One request looks at so many entries of the log at most. Who is given nothing by it and asks for the same once more is answered from there on.
/// Everything stands in the order of the log. An id is exact; a time is compared with the time that lines bear.
extension IRCListener {
    func answer(_ request: HistoryRequest, _ client: Client) async {
        do {
            let lines: [IRCMessage]
            if case .targets(let first, let second) = request.selection {
                lines = client.session.batch(
                    "draft/chathistory-targets", [], try await targets(first, second, request.limit), label: request.label, in: world)
            } else {
                guard let destination = destination(of: request.channel), let events = try await events(request, in: destination, client)
                else { return refuse(request, client) }
                let shown = events.flatMap { event in
                    mapping.lines(event, from: person(event, in: destination).source, in: request.channel)
                }
                lines = client.session.batch("chathistory", [request.channel], shown, label: request.label, in: world)
            }
            for line in lines { send(line, to: client) }
        } catch {
            fail(error)
        }
    }

    private func refuse(_ request: HistoryRequest, _ client: Client) {
        let words = "Messages could not be retrieved"
        let refusal = client.session.fail("CHATHISTORY", "MESSAGE_ERROR", [request.command, request.channel], words, world)
        for line in client.session.answer([refusal], label: request.label, in: world) { send(line, to: client) }
    }

    /// nil if a message that is named is not here.
    private func events(_ request: HistoryRequest, in destination: DestinationID, _ client: Client) async throws -> [CommittedEvent]? {
        var search = HistorySearch(
            history: history, destination: destination, limit: request.limit, hasReactions: client.session.has("draft/event-playback"))
        if let unfinished = client.unfinished, unfinished.request.asksTheSame(as: request) { search.start = unfinished.place }
        client.unfinished = nil
        guard let found = try await find(request.selection, search) else { return nil }
        if let place = found.unfinished {
            counters.historyCut += 1
            if found.events.isEmpty { client.unfinished = (request, place) }
        }
        return found.events
    }

    private func find(_ selection: HistoryRequest.Selection, _ search: HistorySearch) async throws -> HistorySearch.Found? {
        switch selection {
        case .latest(after: nil): return try await search.backwards(from: nil)
        case .latest(after: let reference?):
            guard let border = try await search.edge(reference) else { return nil }
            return try await search.backwards(from: nil, to: border)
        case .before(let reference):
            guard let border = try await search.edge(reference) else { return nil }
            return try await search.backwards(from: border)
        case .after(let reference):
            guard let border = try await search.edge(reference) else { return nil }
            return try await search.forwards(from: border)
        case .around(let reference):
            guard let border = try await search.edge(reference) else { return nil }
            return try await search.around(border)
        case .between(let first, let second):
            guard let first = try await search.edge(first), let second = try await search.edge(second) else { return nil }
            if first.isBefore(second) { return try await search.forwards(from: first, to: second) }
            return try await search.backwards(from: first, to: second)
        case .targets: return HistorySearch.Found()
        }
    }

    /// Channels in which something was said last between two times, the oldest first.
    private func targets(_ first: UInt64, _ second: UInt64, _ limit: Int) async throws -> [IRCMessage] {
        var found: [(time: UInt64, name: String)] = []
        for destination in channels.keys.sorted() {
            let search = HistorySearch(history: history, destination: destination, limit: 1, hasReactions: false)
            guard let name = channels[destination]?.name, let last = try await search.backwards(from: nil).events.last else { continue }
            let time = IRCListenerMapping.time(of: last)
            if time > min(first, second) && time < max(first, second) { found.append((time, name)) }
        }
        return found.sorted { ($0.time, $0.name) < ($1.time, $1.name) }.prefix(limit).map { time, name in
            IRCMessage("CHATHISTORY", "TARGETS", name, ServerTime.text(time), source: world.source)
        }
    }
}

extension HistoryRequest {
    fileprivate func asksTheSame(as other: HistoryRequest) -> Bool {
        (selection, channel, limit) == (other.selection, other.channel, other.limit)
    }
}
