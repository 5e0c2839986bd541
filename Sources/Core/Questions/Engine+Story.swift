import Base
import Model

/// What became of one event: its way so far, and what it waits for.
extension Engine {
    /// nil for a stream that was never heard of, or a number that was not given in it. `links`: how the links stand, by our names for peers.
    package func story(of id: EventID, links: [String: LinkStanding] = [:]) async throws -> Story? {
        guard let stream = streams.index(of: id.stream) else { return nil }
        let row = streams[stream]
        guard (1...max(1, row.prefix)).contains(id.number), row.prefix > 0 else { return nil }
        var entry: LogEntry?
        if let position = try await journal.reader.positions(of: stream, numbers: id.number...id.number).first {
            entry = try await self.entry(at: position)
        }
        var (steps, pending, peers): ([Story.Step], [Story.Pending], [Story.Passing]) = ([], [], [])
        for member in routing.all where member.bridge == row.bridge {
            let parts = try await knownParts(of: id, at: member.destination)
            for part in parts { steps.append(try await step(part, entry?.position, member)) }
            guard let entry else { continue }
            if member.settings.isPeer {
                peers.append(try await passing(entry, id, row, to: member, links[member.settings.endpoint]))
            } else if let one = try await self.pending(entry, id, parts, at: member) {
                pending.append(one)
            }
        }
        let content = entry.flatMap(meaning)
        let profile = content.flatMap { streams.profile(stream, $0.author) }
        return Story(
            id: id, accepted: entry?.accepted, originTime: entry?.head.originTime, hops: entry?.head.hops ?? 0, kind: entry?.kind ?? "",
            author: profile?.name ?? "", bridge: routing.bridges[row.bridge]?.name ?? "", isOurs: streams.isOwn(stream),
            owner: organisations[row.introduction.owner] ?? row.introduction.owner.description,
            origin: origin(of: row, entry?.head.source, profile), isGivenBack: entry?.head.isGivenBack ?? false,
            droppedSpans: content?.droppedSpans ?? 0, deliveries: steps, pending: pending, peers: peers)
    }

    /// The last number that was given in a stream, as far as it is known here.
    package func lastNumber(of stream: StreamID) -> UInt64? { streams.index(of: stream).map { streams[$0].prefix } }

    private func meaning(of entry: LogEntry) -> (author: UInt64, droppedSpans: Int)? {
        guard entry.head.isEvent else { return nil }
        var dropped = 0
        guard let (_, author) = try? Event.decode(entry.record.span.bytes, droppedSpans: &dropped) else { return nil }
        return (author, dropped)
    }

    /// The member that an event of a stream came by.
    private func origin(of row: StreamRow, _ source: PeerIndex?, _ profile: Profile?) -> String? {
        if streams.isOwn(row.index) { return routing.member(of: profile?.home, in: row.bridge)?.settings.name }
        return routing.all.first {
            $0.bridge == row.bridge && $0.settings.isPeer && isPeer($0, row.introduction.owner, source)
        }?.settings.name
    }

    /// Whether a member is the peer of this id, or of this number.
    private func isPeer(_ member: RoutingTable.Member, _ owner: RelayID, _ source: PeerIndex?) -> Bool {
        if organisations[owner] == member.settings.endpoint { return true }
        guard let id = source.flatMap({ relay(of: $0) }) else { return false }
        return organisations[id] == member.settings.endpoint
    }

    /// What became of an event's parts at a destination, also what has been noted a moment ago.
    func knownParts(of id: EventID, at destination: DestinationID) async throws -> [NativePart] {
        let written = try await journal.reader.parts(of: id, at: destination)
        // Which is newer than what is durable.
        let recent = ids.parts(id, at: destination) ?? []
        return (recent + written.filter { one in !recent.contains { $0.part == one.part } }).sorted { $0.part < $1.part }
    }

    private func step(_ part: NativePart, _ position: Position?, _ member: RoutingTable.Member) async throws -> Story.Step {
        var bounce: Story.Bounce?
        if let position, [.bounced, .parked, .unconfirmed].contains(part.outcome) {
            bounce = try await self.bounce(of: position, at: member.destination)
        }
        return Story.Step(
            destination: member.settings.name, part: part.part, outcome: part.outcome, time: part.time, nativeID: part.nativeID?.text,
            bounce: bounce)
    }

    /// The newest entry of the bounce list that speaks of an entry of the log at a destination.
    private func bounce(of position: Position, at destination: DestinationID) async throws -> Story.Bounce? {
        var found: Story.Bounce?
        var (next, count): (UInt64, Int) = (0, 0)
        while count < CoreLimits.searchedBounces {
            let rows = try await journal.reader.bounces(from: next, atMost: 200)
            for row in rows where row.destination == destination && row.positions.contains(position) {
                found = Story.Bounce(number: row.id, reason: BounceReason(row.code, row.text))
            }
            guard let last = rows.last else { break }
            count += rows.count
            next = last.id + 1
        }
        return found
    }

    // MARK: Channels

    /// What a channel still waits for; nil where everything has ended, or the event was born.
    private func pending(_ entry: LogEntry, _ id: EventID, _ parts: [NativePart], at member: RoutingTable.Member) async throws
        -> Story.Pending?
    {
        let (name, destination) = (member.settings.name, member.destination)
        guard let (event, number) = entry.event else { return nil }
        switch event {
        case .profile, .attachmentReady: return nil
        case .posted, .edited, .deleted, .reacted, .topic, .call, .unknown: break
        }
        let profile = streams.profile(entry.head.stream, number)
        if streams.isOwn(entry.head.stream), let profile, profile.home == member.home { return nil }
        if member.settings.direction == .into { return Story.Pending(destination: name, state: .notForIt, why: .direction) }
        if givenBack.contains(id) { return Story.Pending(destination: name, state: .waits, why: .unconfirmed) }
        let pause = paused[member.bridge]
        if member.settings.isReader {
            if let pause, entry.position >= pause.position { return Story.Pending(destination: name, state: .paused, time: pause.time) }
            return Story.Pending(destination: name, state: .reader)
        }
        guard let outbox = outboxes[destination] else { return nil }
        let isUnderWay = outbox.machine.isUnderWay(stream: entry.head.stream, number: entry.head.number)
        let isRetried = outbox.retry?.isAwaited(entry.position, from: outbox.machine.head) == true
        if !isUnderWay && !isRetried && entry.position < outbox.machine.head {
            return parts.isEmpty ? Story.Pending(destination: name, state: .notForIt, why: .nothing) : nil
        }
        // Settled ahead of its turn: by its mark, or with the message that it changes.
        if !isUnderWay && !isRetried && !parts.isEmpty { return nil }
        return await self.standing(of: entry, outbox, isUnderWay, isRetried, pause, at: member)
    }

    private func standing(
        of entry: LogEntry, _ outbox: Outbox, _ isUnderWay: Bool, _ isRetried: Bool, _ pause: Pause?, at member: RoutingTable.Member
    ) async -> Story.Pending {
        let (name, machine) = (member.settings.name, outbox.machine)
        let endpoint = endpoints[member.settings.endpoint]
        let lastError = await endpoint?.lastErrors.latest(in: member.destination)
        if machine.connection == .down || endpoint == nil {
            return Story.Pending(destination: name, state: .down, lastError: lastError)
        }
        var pending = Story.Pending(destination: name, state: .waits)
        pending.lastError = lastError
        if let pause, !isUnderWay {
            pending.state = .paused
            pending.time = pause.time
        } else if machine.connection == .reconciling {
            if isUnderWay { pending.state = .asking } else { pending.why = .behind(max(0, entry.position - machine.cursor)) }
        } else if machine.isPutOff, let putOff = outbox.putOff {
            if putOff.position == entry.position {
                pending.state = .deferred
                pending.time = putOff.until
                pending.reason = putOff.reason
                pending.attempts = putOff.attempts
            } else {
                pending.why = .behindDeferred(putOff.until)
            }
        } else if isFull {
            pending.why = .noRoom
        } else if isUnderWay {
            pending.state = .sending
        } else if isRetried {
            pending.why = .retried
        } else if entry.position < outbox.parkedBefore {
            pending.why = .parked
        } else {
            pending.why = .behind(max(0, entry.position - machine.cursor))
        }
        return pending
    }

    // MARK: Peers

    private func passing(
        _ entry: LogEntry, _ id: EventID, _ row: StreamRow, to member: RoutingTable.Member, _ link: LinkStanding?
    ) async throws -> Story.Passing {
        let (name, position) = (member.settings.name, entry.position)
        func notAwaited(_ why: Story.Why) -> Story.Passing { Story.Passing(destination: name, state: .notAwaited, why: why) }
        if isPeer(member, row.introduction.owner, entry.head.source) { return Story.Passing(destination: name, state: .source) }
        guard streams.isOwn(row.index) else { return notAwaited(.thirdRelay) }
        guard let base = knownBase(of: member.destination) else { return notAwaited(link?.isRevoked == true ? .revoked : .notShared) }
        if position < base { return notAwaited(.beforeSharing) }
        if entry.head.isGivenBack {
            switch try await standing(of: id) {
            case nil: return Story.Passing(destination: name, state: .waits, why: .unconfirmed)
            case false: return notAwaited(.unconfirmed)
            case true: break
            }
        }
        if position < peerCursors[member.destination] ?? .zero {
            return Story.Passing(destination: name, state: .acknowledged, time: acknowledgements[member.destination]?.time(of: position))
        }
        if link?.isRevoked == true { return notAwaited(.revoked) }
        guard let link, link.isUp else {
            return Story.Passing(destination: name, state: .waits, why: .linkDown, lastError: link?.lastError)
        }
        guard let sent = link.sentBefore[member.settings.channel] else {
            return Story.Passing(destination: name, state: .waits, why: .notFlowing)
        }
        if position < sent { return Story.Passing(destination: name, state: .sent) }
        if let pause = paused[member.bridge] { return Story.Passing(destination: name, state: .paused, time: pause.time) }
        return Story.Passing(destination: name, state: .waits, why: isFull ? .noRoom : .behind(max(0, position - sent)))
    }
}
