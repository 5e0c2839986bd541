import Base
import Model

/// What an operator asks.
extension Engine {
    /// How a destination stands.
    package struct OutboxStatus: Hashable, Sendable {
        /// `endpoint:channel`
        package let name: String
        package let bridge: String
        package let isPeer: Bool
        /// It reads the journal and is never behind.
        package let isReader: Bool
        /// Whether its channel can be written to; nil for a peer, whose link says so.
        package let isUp: Bool?
        /// Entries of the log that it has not got yet, at most: others' are among them.
        package let behind: Int
        /// When the first message that it lacks was accepted; nil if it lacks none.
        package let oldest: UnixTime?
        package let isParked: Bool
        /// Its bridge was stopped by an operator.
        package let isPaused: Bool
    }

    package func status() -> [OutboxStatus] {
        routing.all.map { member in
            let outbox = outboxes[member.destination]
            let cursor = outbox?.machine.cursor ?? peerCursor(member)
            let isIdle = outbox?.machine.isIdle != false && cursor >= ends[member.bridge] ?? begin
            let behind = isIdle ? 0 : max(0, recent.end - cursor)
            var oldest: UnixTime?
            if behind > 0, let run = recent.run(at: cursor) { oldest = run.accepted[cursor - run.first] }
            return OutboxStatus(
                name: member.settings.name, bridge: routing.bridges[member.bridge]?.name ?? "", isPeer: member.settings.isPeer,
                isReader: member.settings.isReader,
                isUp: outbox.map { $0.machine.connection == .up }, behind: behind, oldest: oldest,
                isParked: (outbox?.parkedBefore ?? .zero) > cursor, isPaused: paused[member.bridge] != nil)
        }
    }

    /// Before it a peer lacks nothing of a channel: it has it, or was never to have it. One with whom the channel is not shared yet lacks
    /// nothing at all, nor does a reader.
    private func peerCursor(_ member: RoutingTable.Member) -> Position {
        guard let cursor = peerCursors[member.destination], let base = knownBase(of: member.destination) else { return recent.end }
        return max(cursor, base)
    }

    /// What became of one event.
    package struct Story: Hashable, Sendable {
        package let id: EventID
        /// nil if it is not in the journal (any more).
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
        package let isGivenBack: Bool
        package let deliveries: [Step]

        package struct Step: Hashable, Sendable {
            package let destination: String
            package let part: UInt32
            package let outcome: Outcome
            package let time: UnixTime
            package let nativeID: String?
        }
    }

    /// nil for a stream that was never heard of, or a number that was not given in it.
    package func story(of id: EventID) async throws -> Story? {
        guard let stream = streams.index(of: id.stream) else { return nil }
        let row = streams[stream]
        guard (1...max(1, row.prefix)).contains(id.number), row.prefix > 0 else { return nil }
        var entry: LogEntry?
        if let position = try await journal.reader.positions(of: stream, numbers: id.number...id.number).first {
            entry = try await self.entry(at: position)
        }
        var steps: [Story.Step] = []
        for member in routing.all where member.bridge == row.bridge {
            let parts = try await journal.reader.parts(of: id, at: member.destination)
            let recent = ids.parts(id, at: member.destination) ?? []
            for part in (parts + recent.filter { one in !parts.contains { $0.part == one.part } }).sorted(by: { $0.part < $1.part }) {
                steps.append(
                    Story.Step(
                        destination: member.settings.name, part: part.part, outcome: part.outcome, time: part.time,
                        nativeID: part.nativeID?.text))
            }
        }
        let author = entry?.event.flatMap { streams.profile(stream, $0.author)?.name } ?? ""
        return Story(
            id: id, accepted: entry?.accepted, originTime: entry?.head.originTime, hops: entry?.head.hops ?? 0, kind: entry?.kind ?? "",
            author: author, bridge: routing.bridges[row.bridge]?.name ?? "", isOurs: streams.isOwn(stream),
            owner: organisations[row.introduction.owner] ?? row.introduction.owner.description,
            isGivenBack: entry?.head.isGivenBack ?? false, deliveries: steps)
    }

    /// The event that a channel's server knows under a name of its own.
    package func event(native: String, in channel: String) async throws -> EventID? {
        guard let member = routing.all.first(where: { $0.settings.name == channel }) else { return nil }
        let key = NativeKey(native)
        if let known = ids.event(key, at: member.destination) { return known }
        return try await journal.reader.eventID(for: key, at: member.destination)
    }

    package func bounces(from id: UInt64, atMost limit: Int) async throws -> [BounceRow] {
        try await journal.reader.bounces(from: id, atMost: limit)
    }

    /// Forgets a bounce entry.
    package func dropBounce(_ id: UInt64) async throws {
        forget(bounce: id)
        try await waitForCommit()
    }

    /// Which channel a number of the journal stands for.
    package func name(of destination: DestinationID) -> String { routing.row(destination)?.name ?? "" }

    /// Writes a consistent copy of the journal into a folder that exists.
    package func backup(to folder: String) async throws { try await journal.reader.backup(to: folder) }

    /// Single values that the daemon keeps in the journal. An empty one takes the note away. Returns when it is durable.
    package func keep(_ value: [UInt8], as name: String) async throws {
        pending.notes[name] = value
        try await waitForCommit()
    }
}

extension LogEntry {
    /// A word for what it is.
    var kind: String {
        guard head.isEvent else { return "skip" }
        switch event?.event {
        case .posted: return "posted"
        case .edited: return "edited"
        case .deleted: return "deleted"
        case .reacted: return "reacted"
        case .topic: return "topic"
        case .profile: return "profile"
        case .call: return "call"
        case .attachmentReady: return "attachmentReady"
        case .unknown, nil: return "unknown"
        }
    }
}
