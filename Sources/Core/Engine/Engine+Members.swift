import Base
import Model

/// Which channels there are, and which endpoints serve them.
extension Engine {
    /// The note that `restore` leaves for the next opening.
    package static let restoredNote = "restored"

    /// Makes the bridges agree with the configuration, at the start and at each reload. What is unchanged is not touched.
    package func configure(_ settings: [BridgeSettings]) async throws {
        let before = Set(routing.all.map(\.destination))
        let peersBefore = Set(routing.all.filter(\.settings.isPeer).map(\.settings.endpoint))
        for bridge in settings where routing.hasOther(formerly: bridge, among: settings) {
            log.warning(
                "a former name has no effect: the bridge was there before, and so was the other",
                ["bridge": bridge.name, "was": bridge.formerName ?? ""])
        }
        let rows = before.compactMap(row(of:))
        for row in rows { routing.store(row) }
        let changes = routing.configure(settings, head: recent.end, entropy: entropy)
        let endBefore = recent.end
        pending.bridges += changes.bridges
        let now = Set(routing.all.map(\.destination))
        for gone in before.subtracting(now) {
            if let timer = outboxes[gone]?.retryTimer { loop.cancel(timer) }
            forgetRetry(of: gone)
            outboxes[gone] = nil
            peerCursors[gone] = nil
            acknowledgements[gone] = nil
            sources[gone] = nil
        }
        for destination in now.subtracting(before) { try await openOutbox(destination) }
        for gone in before.subtracting(now) where awaited.removeValue(forKey: gone) != nil { goOnAfterPeers() }
        if isOpening {
            isOpening = false
            let end = try await journal.reader.read(from: Position(max(begin.rawValue, 1) - 1), atMost: 1).accepted.last
            compareClock(withEnd: end)
            let isRestored = openState.notes[Engine.restoredNote].map(\.isEmpty) == false
            awaitPeers(for: isRestored ? CoreLimits.peersWordAfterRestore : CoreLimits.peersWord, isRestored: isRestored, end: end)
            if openState.notes[Engine.restoredNote] != nil { pending.notes[Engine.restoredNote] = [] }
            try await recallGivenBack()
        }
        for member in routing.all where member.settings.isPeer && !peersBefore.contains(member.settings.endpoint) {
            let isKnown = openState.destinations.contains { row in
                MemberSettings(identity: row.name).map { $0.isPeer && $0.endpoint == member.settings.endpoint } ?? false
            }
            if !isKnown && away[member.settings.endpoint] == nil { noteAway(member.settings.endpoint) }
        }
        changedDestinations.formUnion(changes.destinations.map(\.id))
        for begun in changes.begun { outboxes[begun]?.machine.jump(to: endBefore) }
        for (member, cursor) in changes.ended { try await noteLacked(member, cursor..<max(cursor, endBefore)) }
        if !changes.bridges.isEmpty || !changes.destinations.isEmpty { commitSignal.set() }
    }

    /// A channel was taken out: what it had not got it will not get. A peer is known to have what it acknowledged, and may have more.
    private func noteLacked(_ gone: RoutingTable.Member, _ range: Range<Position>) async throws {
        if gone.settings.isPeer || range.lowerBound == .zero || range.isEmpty { return }
        let count = try await lacked(gone, from: range.lowerBound, to: range.upperBound)
        if count == 0 { return }
        log.warning(
            "a channel was taken out of its bridge before it had everything",
            ["channel": gone.settings.name, "messages": String(count)])
        let words = texts.takenOut(isCut: count >= CoreLimits.countedRemoved)
        bounce("removed", words, at: gone.destination, range.lowerBound...Position(range.upperBound.rawValue - 1), count: count)
    }

    /// How many messages of a range a channel had not got; of a long backlog no more than some are counted. What others said meanwhile, for
    /// years perhaps, is not looked at.
    private func lacked(_ gone: RoutingTable.Member, from start: Position, to end: Position) async throws -> UInt64 {
        let streams = self.streams.indexes(of: gone.bridge)
        let durable = min(committedEnd, end)
        var count: UInt64 = 0
        var position = start
        while position < durable, count < CoreLimits.countedRemoved {
            let page = try await journal.reader.entries(of: streams, .from(position), atMost: CoreLimits.readerPage)
            guard let last = page.last else { break }
            for entry in page where entry.position < durable {
                if try await isMessage(entry, of: gone) { count += 1 }
            }
            position = last.position.next
        }
        return count + (try await self.count(of: gone, from: max(start, durable), to: end))
    }

    /// A reader has none.
    private func openOutbox(_ destination: DestinationID) async throws {
        guard var row = routing.row(destination) else { return }
        sources[destination] = row.source
        if routing.member(destination)?.settings.isPeer == true {
            peerCursors[destination] = row.cursor
            acknowledgements[destination] = CursorTimes(from: row.cursor)
            return
        }
        if routing.member(destination)?.settings.isReader == true { return }
        if row.cursor == .zero { row.cursor = recent.end }
        let place = measures.place(of: routing.member(destination)?.settings.endpoint ?? "")
        let claims = openState.claims.filter { $0.destination == destination && !row.isPast($0) }
        openState.claims.removeAll { $0.destination == destination }
        var places: [Position: (stream: StreamIndex, number: UInt64)] = [:]
        if let last = claims.last?.position {
            var position = row.cursor
            while position <= last {
                if let entry = try await entry(at: position) { places[position] = (entry.head.stream, entry.head.number) }
                position = position.next
            }
        }
        if row.received.parts > 0, let begun = try await entry(at: row.cursor) {
            // What has arrived of it must be known together with what is still to come.
            let id = streams.id(begun.head.stream, begun.head.number)
            ids.remember(try await journal.reader.parts(of: id, at: destination), of: id, at: destination)
        }
        outboxes[destination] = Outbox(
            machine: OutboxMachine(row, claims: claims, places: places), place: place, parkedBefore: row.parkedBefore,
            written: row.cursor)
        recallRetry(of: destination)
    }

    /// The names that we gave to other relays: shown behind those of their authors.
    package func name(_ organisations: [RelayID: String]) { self.organisations = organisations }

    /// Which endpoint serves channels of this name from now on.
    package func attach(_ endpoint: any Endpoint, as name: String) {
        endpoints[name] = endpoint
        for member in routing.all where member.settings.endpoint == name { wake(member.destination) }
    }

    /// An endpoint has ended; its channels wait until another is attached under its name.
    package func detach(_ name: String) {
        endpoints[name] = nil
        for member in routing.all where member.settings.endpoint == name { disconnected(member.destination) }
    }

    /// The channels that an endpoint of this name has to serve.
    package func channels(of endpoint: String) -> [ServedChannel] {
        routing.all.filter { $0.settings.endpoint == endpoint }.map {
            ServedChannel($0.destination, of: routing.bridges[$0.bridge]?.name ?? "", $0.settings)
        }
    }

    package func destination(endpoint: String, channel: String) -> DestinationID? {
        routing.destination(endpoint: endpoint, channel: channel)
    }
}
