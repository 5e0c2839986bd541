import Base
import Model

/// One name, two things: a machine that was rolled back while it ran, a copy of it elsewhere, or a peer that tells one event in two ways
/// (docs/semantics.md, "Backup, restore, fork").
///
/// Nothing that was accepted is taken back: the first content of an event stays. The operator is told, and a relay that finds its own running
/// epoch doubled opens a new one, so that no number is used twice.
extension Engine {
    /// What a peer says it holds of a stream.
    struct Held {
        let stream: StreamIndex
        let number: UInt64
        /// Of the event with that number; 0 where the peer has no content of it, or says nothing of it.
        let digest: UInt64
        /// What it holds, in words.
        let words: String
    }

    /// A peer, or a mark in a channel, knows more of the running epoch than this process ever numbered. Nothing more is born in that epoch, and
    /// the operator is told what may have been numbered twice: everything of the stream that no peer has acknowledged.
    ///
    /// It is somebody else's word, which costs an epoch: once a minute at most, and of one that says so again and again ever more seldom.
    /// `peer` is nil for a mark in a channel.
    func forked(_ stream: StreamIndex, through last: UInt64, by peer: RelayID?) async throws {
        if let lastFork, lastFork.distance(to: loop.now) < CoreLimits.forkPauses[0] { return }
        let words = forkWords[peer]?.count ?? 0
        if let due = forkWords[peer]?.due, loop.now < due { return }
        forkWords[peer] = (loop.now + CoreLimits.forkPauses[min(words, CoreLimits.forkPauses.count - 1)], words + 1)
        lastFork = loop.now
        counters.forks += 1
        streams.openEpoch(salt: entropy.bytes(8).firstUInt64, secret: epochSecret)
        let bridge = streams[stream].bridge
        guard let place = routing.destinations(of: bridge).first else { return }
        let known = streams[stream].prefix
        let end = recent.end
        let acknowledged = routing.destinations(of: bridge).compactMap { peerCursors[$0] }.max() ?? .zero
        let ours = try await journal.reader.entries(of: [stream], .from(acknowledged), atMost: 1).first
        let positions = ours.map { $0.position...max($0.position, Position(end.rawValue - 1)) } ?? Position.zero...Position.zero
        bounce(
            "fork", texts.forked("\(streams.id(stream, last))", last: known, from: ours?.head.number), at: place,
            positions, count: ours.map { known >= $0.head.number ? known - $0.head.number + 1 : 1 } ?? last - min(last, known),
            of: peer.map { index(of: $0) } ?? .local)
    }

    /// Compares what a peer holds with what is here, where both have the content (semantics 1, digest).
    func compare(_ held: Held, with peer: RelayID) async throws {
        guard held.digest != 0, held.number > 0, streams.contains(held.stream), held.number <= streams[held.stream].prefix else { return }
        let own = try await digest(of: held.stream, held.number)
        guard own != 0, own != held.digest, streams.contains(held.stream) else { return }
        counters.conflicts += 1
        let id = streams.id(held.stream, held.number)
        if streams.isOwn(held.stream) && streams[held.stream].introduction.epoch == epoch {
            try await forked(held.stream, through: held.number, by: peer)
        }
        // Said again at each session, and told once, as far as it is remembered.
        if conflicts.count >= CoreLimits.conflicts { conflicts.removeAll() }
        guard conflicts.insert(id).inserted, let place = routing.destinations(of: streams[held.stream].bridge).first else { return }
        let name = organisations[peer] ?? peer.description
        let position = try await journal.reader.positions(of: held.stream, numbers: held.number...held.number).first ?? .zero
        log.error("an event has two contents", ["event": id.description, "peer": name])
        bounce(
            "conflict", texts.conflict("\(id)", at: name, theirs: hex(held.digest), ours: hex(own), held.words), at: place,
            position...position, count: 1, of: index(of: peer))
    }

    /// Those entries of a peer's that are known here already.
    func compare(_ entries: EntryBuffer, _ known: [Int], with peer: RelayID) async throws {
        for index in known {
            let head = entries.heads[index]
            guard head.isEvent, streams.contains(head.stream) else { continue }
            let record = entries.record(index)
            let envelope = Envelope(id: streams.id(head.stream, head.number), originTime: head.originTime, hops: head.hops)
            let held = Held(stream: head.stream, number: head.number, digest: envelope.digest(of: record), words: words(of: record))
            try await compare(held, with: peer)
        }
    }

    /// The digest of an event; 0 where its content is not here.
    func digest(of stream: StreamIndex, _ number: UInt64) async throws -> UInt64 {
        if number == 0 { return 0 }
        let id = streams.id(stream, number)
        if let position = try await journal.reader.positions(of: stream, numbers: number...number).first,
            let entry = try await entry(at: position)
        {
            let envelope = Envelope(id: id, originTime: entry.head.originTime, hops: entry.head.hops)
            return envelope.digest(of: entry.record)
        }
        if let erased = try await journal.reader.lastErased(of: stream), erased.number == number { return erased.digest }
        return 0
    }

    /// The evidence: the beginning of what the other one says.
    private func words(of record: [UInt8]) -> String {
        var dropped = 0
        switch try? Event.decode(record.span.bytes, droppedSpans: &dropped).event {
        case .posted(let post)?: return texts.thereItSays(post.content.text.cut(toBytes: CoreLimits.evidence))
        case .edited(_, let post)?: return texts.thereItIsAnEdit(post.content.text.cut(toBytes: CoreLimits.evidence))
        case .some(let event): return texts.thereItIs(String(describing: event).cut(toBytes: CoreLimits.evidence))
        case nil: return texts.thereUnreadable
        }
    }

    private func hex(_ digest: UInt64) -> String {
        let text = String(digest, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
