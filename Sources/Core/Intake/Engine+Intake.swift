import Base
import Model

extension Engine {
    package func source(of destination: DestinationID) -> [UInt8] { sources[destination] ?? [] }

    package func accept(_ happenings: [Happening], in destination: DestinationID, source: [UInt8]?, mayBeKnown: Bool) async throws
        -> [Acceptance]
    {
        guard let member = routing.member(destination), let bridge = routing.bridges[member.bridge], member.settings.direction != .out
        else {
            return happenings.map { _ in .notTaken }
        }
        // How far a channel was read numbers nothing.
        if !happenings.isEmpty { try await waitForPeers(of: member.bridge) }
        // It would be numbered before it is known what peers hold: where the network keeps it, the next life reads it.
        if !happenings.isEmpty && isStopping && routing.destinations(of: member.bridge).contains(where: { awaited[$0] != nil }) {
            return happenings.map { _ in .notTaken }
        }
        try await waitForRoom()
        if !member.settings.isReader { try await recall(happenings, in: destination, mayBeKnown: mayBeKnown) }
        var acceptances: [Acceptance] = []
        var born = EntryBuffer()
        for happening in happenings { acceptances.append(accept(happening, from: member, of: bridge, into: &born)) }
        measures.accepted(acceptances.count(where: \.isNew), from: member.settings.endpoint)
        add(born, to: member.bridge)
        if let source {
            sources[destination] = source
            changedDestinations.insert(destination)
        }
        // Also a duplicate is told only when its first telling is durable.
        if born.isEmpty && source == nil && recent.end == committedEnd && pending.isEmpty { return acceptances }
        for other in routing.destinations(of: member.bridge) { try await fill(other, mayAskJournal: false) }
        try await waitForCommit()
        return acceptances
    }

    /// Puts what was born into the batch and has a bridge's destinations see it.
    func add(_ born: EntryBuffer, to bridge: BridgeIndex) {
        if born.isEmpty { return }
        pending.entries.append(born)
        // Destinations that have had everything of this bridge need not look at what others said since.
        for other in routing.destinations(of: bridge) { jump(other, of: bridge) }
        recent.append(born, at: loop.time, committed: committedEnd)
        ends[bridge] = recent.end
    }

    /// Fetches from the journal what memory does not know of the names in these happenings.
    private func recall(_ happenings: [Happening], in destination: DestinationID, mayBeKnown: Bool) async throws {
        var wanted: Set<NativeKey> = []
        for happening in happenings {
            if mayBeKnown, let key = happening.key { wanted.insert(key) }
            wanted.formUnion(happening.content.references)
        }
        for key in wanted where ids.event(key, at: destination) == nil {
            if let id = try await journal.reader.eventID(for: key, at: destination) { ids.remember(key, id, at: destination) }
        }
        // What people do to a message depends on whether it was written here or is a copy.
        for happening in happenings {
            guard let key = happening.content.changed, let id = ids.event(key, at: destination), ids.parts(id, at: destination) == nil
            else { continue }
            ids.remember(try await journal.reader.parts(of: id, at: destination), of: id, at: destination)
        }
    }

    /// Known? Understood? Then it gets its number.
    func accept(_ happening: Happening, from member: RoutingTable.Member, of bridge: BridgeRow, into born: inout EntryBuffer)
        -> Acceptance
    {
        let destination = member.destination
        if let key = happening.key, let known = ids.event(key, at: destination) {
            counters.duplicates += 1
            return .duplicate(known)
        }
        if let known = confirmed(happening, from: member, of: bridge) { return .duplicate(known) }
        let event: Event
        switch happening.content {
        case .posted(let text, let style, let reply, let thread):
            event = .posted(
                Post(
                    mended(text), style: style, reply: reply.flatMap { named($0, in: member) },
                    thread: thread.flatMap { named($0, in: member) }))
        case .topic(let text):
            event = .topic(mended(RichText(text)).text)
        case .edited(let key, let text):
            guard let target = named(key, in: member) else { return withoutTarget() }
            if !isOrigin(destination, of: target) { return .local }
            event = .edited(target: target, content: Post(mended(text)))
        case .deleted(let key):
            guard let target = named(key, in: member) else { return withoutTarget() }
            if !isOrigin(destination, of: target) {
                hide(target, key, at: destination)
                return .local
            }
            event = .deleted(target: target)
        case .reacted(let key, let emoji, let isOn):
            guard let target = named(key, in: member) else { return withoutTarget() }
            guard !emoji.isEmpty, emoji.utf8.count <= ModelLimits.emoji, Sanitiser.isSanitary(emoji) else { return .notTaken }
            event = .reacted(Reaction(target: target, emoji: emoji, isOn: isOn))
        }
        let id = bear(event, happening, member, bridge, into: &born)
        counters.accepted += 1
        return .accepted(id)
    }

    /// The event that a happening refers to. A reader's people know events by their ids.
    private func named(_ key: NativeKey, in member: RoutingTable.Member) -> EventID? {
        if !member.settings.isReader { return ids.event(key, at: member.destination) }
        guard let id = EventID(text: key.text), let stream = streams.index(of: id.stream), streams[stream].bridge == member.bridge,
            id.number <= streams[stream].prefix
        else { return nil }
        return id
    }

    private func withoutTarget() -> Acceptance {
        counters.withoutTarget += 1
        return .withoutTarget
    }

    /// Whether a message was written in this channel: what people do to a copy is no act of its author and stays where it is.
    private func isOrigin(_ destination: DestinationID, of target: EventID) -> Bool {
        ids.parts(target, at: destination)?.contains { $0.outcome == .origin } ?? false
    }

    /// Remembers that a part of a copy was deleted here, so that no later edit brings it back.
    private func hide(_ target: EventID, _ key: NativeKey, at destination: DestinationID) {
        guard let stream = streams.index(of: target.stream),
            let part = ids.parts(target, at: destination)?.first(where: { $0.nativeID == key && $0.outcome.isShown })
        else { return }
        write(
            Receipt(
                destination: destination, position: .zero, stream: stream, number: target.number, part: part.part, outcome: .hidden,
                time: loop.time, nativeID: key))
    }

    /// A text as the record takes it. Endpoints mend and cut what their network sends; what they missed is mended here, visibly and counted.
    func mended(_ rich: RichText) -> RichText {
        if rich.text.utf8.count <= ModelLimits.text && Sanitiser.isSanitary(rich.text) { return rich }
        counters.mended += 1
        let text = Sanitiser.text(rich.text)
        return RichText(text.utf8.count <= ModelLimits.text ? text : text.cut(toBytes: ModelLimits.text - 6) + " […]")
    }

    private func mended(_ event: Event) -> Event {
        switch event {
        case .posted(var post):
            post.content = mended(post.content)
            return .posted(post)
        case .edited(let target, var post):
            post.content = mended(post.content)
            return .edited(target: target, content: post)
        default: return event
        }
    }

    /// Gives an event its number and its place in the batch, its author's profile before it where that is news.
    private func bear(
        _ event: Event, _ happening: Happening, _ member: RoutingTable.Member, _ bridge: BridgeRow, into born: inout EntryBuffer
    ) -> EventID {
        let stream = streams.ownStream(of: bridge)
        let person = happening.account ?? Happening.Account(id: "", name: "")
        let (account, key) = speaker(person, in: stream, member, bridge)
        let event = account.id == person.id ? event : mended(event.said(as: person.name))
        let (author, profile) = streams.author(
            key, name: Sanitiser.name(account.name), picture: account.picture, home: member.home, in: stream)
        if let profile {
            let record = RecordEncoder.encode(.profile(profile), author: author)
            append(record, streams.nextNumber(in: stream), stream, happening.time, to: &born)
            pending.authors.append(AuthorRow(stream: stream, number: author, record: record))
        }
        let number = streams.nextNumber(in: stream)
        let id = streams.id(stream, number)
        let position = append(RecordEncoder.encode(event, author: author), number, stream, happening.time, to: &born)
        note(event, id, position)
        takeOverOrphans(id, stream, author: key, second: happening.time)
        if let native = happening.key {
            if case .posted = event {
                let receipt = Receipt(
                    destination: member.destination, position: position, stream: stream, number: number, outcome: .origin, time: loop.time,
                    nativeID: native)
                pending.receipts.append(receipt)
                ids.remember(NativePart(part: 0, outcome: .origin, time: loop.time, nativeID: native), of: id, at: member.destination)
            } else {
                pending.keys.append(KeyRow(destination: member.destination, key: native, event: id))
                ids.remember(native, id, at: member.destination)
            }
        }
        return id
    }

    @discardableResult
    private func append(_ record: [UInt8], _ number: UInt64, _ stream: StreamIndex, _ time: UnixTime, to born: inout EntryBuffer)
        -> Position
    {
        let position = pending.first + pending.entries.count + born.count
        let head = EntryHead(stream: stream, number: number, originTime: time, hops: 0)
        born.append(head, record: record)
        return position
    }

    /// Fills the look-ahead.
    func note(_ event: Event, _ id: EventID, _ position: Position) {
        let row: ChangeRow
        switch event {
        case .edited(let target, _): row = ChangeRow(target: target, kind: .edited, by: id, position: position)
        case .deleted(let target): row = ChangeRow(target: target, kind: .deleted, by: id, position: position)
        default: return
        }
        noteEarly(row.target)
        if lookAhead.note(row, replaces: { replaces($0, $1) }) { pending.changes.append(row) }
    }

    /// Whether a change holds in place of another of its kind. One of somebody who may not make it, which came before anybody knew whose its
    /// target is, keeps no place from the owner's.
    private func replaces(_ change: ChangeRow, _ known: ChangeRow) -> Bool {
        let isOwners = (change: isSameOwner(change.by, change.target), known: isSameOwner(known.by, known.target))
        if isOwners.change != isOwners.known { return isOwners.change }
        return change.kind == .edited && streams.isNewer(change.by, than: known.by)
    }
}

extension Happening.Content {
    /// The message that is edited or deleted.
    var changed: NativeKey? {
        switch self {
        case .edited(let key, _), .deleted(let key): key
        case .posted, .reacted, .topic: nil
        }
    }

    /// The native names it refers to.
    var references: [NativeKey] {
        switch self {
        case .posted(_, _, let reply, let thread): [reply, thread].compactMap(\.self)
        case .edited(let key, _), .deleted(let key), .reacted(let key, _, _): [key]
        case .topic: []
        }
    }
}
