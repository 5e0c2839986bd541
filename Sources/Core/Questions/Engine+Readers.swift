import Base
import Model

/// Destinations without an outbox.
extension Engine: BridgeHistory {
    /// Tells them of what a batch has made durable.
    func tellReaders(_ closed: JournalBatch) async throws {
        if closed.entries.isEmpty { return }
        let run = EntryRun(
            first: closed.first, entries: closed.entries, accepted: [UnixTime](repeating: closed.time, count: closed.entries.count))
        for member in routing.readers {
            guard let endpoint = endpoints[member.settings.endpoint] as? any ReadingEndpoint else { continue }
            var events: [CommittedEvent] = []
            for (index, head) in run.entries.heads.enumerated() where streams[head.stream].bridge == member.bridge {
                if let event = try await committedEvent(LogEntry(run, at: run.first + index), for: member) { events.append(event) }
            }
            let early = events.filter { earlyChanges.contains($0.id) }
            if !early.isEmpty {
                let hidden = Set(early.map(\.id)).subtracting(try await shown(early).map(\.id))
                events.removeAll { hidden.contains($0.id) }
            }
            if !events.isEmpty { await endpoint.committed(events, in: member.destination) }
        }
    }

    package func page(in destination: DestinationID, _ place: ReadingPlace, atMost count: Int) async throws -> ReadingPage {
        try await page(in: destination, place, atMost: count, heedingPause: true)
    }

    private func page(in destination: DestinationID, _ place: ReadingPlace, atMost count: Int, heedingPause: Bool) async throws
        -> ReadingPage
    {
        let nothing = ReadingPage(events: [], looked: 0, next: nil)
        guard let member = routing.member(destination) else { return nothing }
        let streams = self.streams.indexes(of: member.bridge)
        let entries = try await journal.reader.entries(of: streams, place, atMost: min(count, CoreLimits.readerPage))
        guard let first = entries.first, let last = entries.last else { return nothing }
        var found: [CommittedEvent] = []
        for entry in entries {
            if let event = try await committedEvent(entry, for: member, heedingPause: heedingPause) { found.append(event) }
        }
        let next: ReadingPlace =
            switch place {
            case .before: .before(first.position)
            case .from: .from(last.position.next)
            }
        return ReadingPage(events: try await shown(found), looked: entries.count, next: next)
    }

    /// Committed events of a channel's bridge nearest to a place, ascending, at most `count` of them and fewer only where there are no more.
    package func events(in destination: DestinationID, _ place: ReadingPlace, atMost count: Int, heedingPause: Bool = true) async throws
        -> [CommittedEvent]
    {
        var found: [CommittedEvent] = []
        var next: ReadingPlace? = place
        while found.count < count, let start = next {
            let page = try await page(in: destination, start, atMost: count, heedingPause: heedingPause)
            if case .before = place { found.insert(contentsOf: page.events, at: 0) } else { found += page.events }
            next = page.next
        }
        if case .before = place { return found.suffix(count) }
        return Array(found.prefix(count))
    }

    package func position(of event: EventID, in destination: DestinationID) async throws -> Position? {
        guard let member = routing.member(destination), let stream = streams.index(of: event.stream),
            streams[stream].bridge == member.bridge
        else { return nil }
        return try await journal.reader.positions(of: stream, numbers: event.number...event.number).first
    }

    package func position(at time: UnixTime) async throws -> Position { try await journal.reader.position(at: time) }

    /// An entry as people read it; nil if it is not for them.
    private func committedEvent(_ entry: LogEntry, for member: RoutingTable.Member, heedingPause: Bool = true) async throws
        -> CommittedEvent?
    {
        if entry.head.isGivenBack, try await standing(of: streams.id(entry.head.stream, entry.head.number)) != true { return nil }
        guard let (event, author) = entry.event else { return nil }
        switch event {
        case .profile, .attachmentReady: return nil
        case .posted, .edited, .deleted, .reacted, .topic, .call, .unknown: break
        }
        let stream = entry.head.stream
        let profile = streams.profile(stream, author)
        var place = CommittedEvent.Place.organisation(organisations[streams[stream].introduction.owner] ?? "unknown")
        if streams.isOwn(stream) {
            place =
                profile?.home == member.home ? .here : .endpoint(routing.member(of: profile?.home, in: member.bridge)?.settings.endpoint)
        }
        if member.settings.direction == .into && place != .here { return nil }
        if heedingPause, place != .here, let pause = paused[member.bridge], entry.position >= pause.position { return nil }
        return CommittedEvent(
            id: streams.id(stream, entry.head.number), position: entry.position, event: event,
            author: profile?.key ?? AuthorKey(rawValue: 0), name: profile?.name ?? "", place: place, time: entry.shownTime)
    }

    /// What was deleted is not shown again, nor are edits of it, nor a message behind an edit that came before it and stands for it.
    private func shown(_ events: [CommittedEvent]) async throws -> [CommittedEvent] {
        let subjects = events.map { event in
            if case .edited(let target, _) = event.event { target } else { event.id }
        }
        var deleted: Set<EventID> = []
        var edited: [EventID: Position] = [:]
        for event in events {
            if case .edited(let target, _) = event.event, isSameOwner(event.id, target), edited[target] == nil {
                edited[target] = event.position
            }
        }
        for change in try await journal.reader.changes(of: subjects) where isSameOwner(change.by, change.target) {
            switch change.kind {
            case .deleted: deleted.insert(change.target)
            // The newest; an earlier one may be among the events.
            case .edited: edited[change.target] = min(edited[change.target] ?? change.position, change.position)
            }
        }
        return zip(events, subjects).filter { event, subject in
            if case .posted = event.event, let first = edited[subject], first < event.position { return false }
            return !deleted.contains(subject)
        }.map(\.0)
    }
}
