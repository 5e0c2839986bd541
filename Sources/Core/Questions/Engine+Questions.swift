import Base
import Model

/// What an operator asks.
extension Engine {
    /// How a destination stands.
    package struct OutboxStatus: Hashable, Sendable {
        package let destination: DestinationID
        /// The endpoint, or the peer.
        package let endpoint: String
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
        /// Parts that arrived, or entries that a peer acknowledged, in the last minute; nil for a reader.
        package let lastMinute: UInt64?
        package let isParked: Bool
        /// Since when its bridge is stopped by an operator.
        package let pausedSince: UnixTime?
        /// When what its server put off is tried again; nil if it put nothing off.
        package let deferredUntil: UnixTime?
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
                destination: member.destination, endpoint: member.settings.endpoint, name: member.settings.name,
                bridge: routing.bridges[member.bridge]?.name ?? "", isPeer: member.settings.isPeer,
                isReader: member.settings.isReader,
                isUp: outbox.map { $0.machine.connection == .up }, behind: behind, oldest: oldest,
                lastMinute: (outbox?.arrivals ?? acknowledgements[member.destination]?.arrivals)?.total(at: loop.now),
                isParked: (outbox?.parkedBefore ?? .zero) > cursor,
                pausedSince: paused[member.bridge]?.time,
                deferredUntil: outbox?.machine.isPutOff == true ? outbox?.putOff?.until : nil)
        }
    }

    /// Before it a peer lacks nothing of a channel: it has it, or was never to have it. One with whom the channel is not shared yet lacks
    /// nothing at all, nor does a reader.
    private func peerCursor(_ member: RoutingTable.Member) -> Position {
        guard let cursor = peerCursors[member.destination], let base = knownBase(of: member.destination) else { return recent.end }
        return max(cursor, base)
    }

    /// Every member of every bridge, as `endpoint:channel`.
    package var memberNames: [String] { Set(routing.all.map(\.settings.name)).sorted() }

    /// The event that a channel's server knows under a name of its own, or a reader's people under the id of a line.
    package func event(native: String, in channel: String) async throws -> EventID? {
        let members = routing.all.filter { $0.settings.name == channel && !$0.settings.isPeer }
        for member in members {
            if let event = try await event(native: native, at: member) { return event }
        }
        return nil
    }

    private func event(native: String, at member: RoutingTable.Member) async throws -> EventID? {
        if member.settings.isReader {
            guard let endpoint = endpoints[member.settings.endpoint] as? any ReadingEndpoint, let id = endpoint.event(named: native),
                let stream = streams.index(of: id.stream),
                streams[stream].bridge == member.bridge
            else { return nil }
            return id
        }
        let key = NativeKey(native)
        if let known = ids.event(key, at: member.destination) { return known }
        return try await journal.reader.eventID(for: key, at: member.destination)
    }

    package func bounces(from id: UInt64, atMost limit: Int) async throws -> [BounceRow] {
        try await journal.reader.bounces(from: id, atMost: limit)
    }

    /// Forgets a bounce entry. False if there is none of this number.
    package func dropBounce(_ id: UInt64) async throws -> Bool {
        // What was added a moment ago can be read only when it is durable.
        try await waitForCommit()
        guard try await journal.reader.bounces(from: id, atMost: 1).first?.id == id else { return false }
        forget(bounce: id)
        try await waitForCommit()
        return true
    }

    /// Which channel a number of the journal stands for.
    package func name(of destination: DestinationID) -> String { routing.everMember(destination)?.settings.name ?? "" }

    /// The bridge in which it is, or was: a channel in two, one after the other, has two numbers.
    package func bridge(of destination: DestinationID) -> String {
        routing.row(destination).flatMap { routing.bridges[$0.bridge]?.name } ?? ""
    }

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
