import Base
import Model

/// Marks that stand in channels and name events which are not in the journal: it was put back to an earlier state, and they may come again,
/// from a peer that holds them under the same id, or from their network under another one. Kept in the journal's notes, as a channel is
/// not read twice.
extension Engine {
    private static let orphanNote = "orphan "

    private static func note(_ mark: Mark, _ destination: DestinationID) -> String {
        "\(orphanNote)\(destination.rawValue) \(mark.id) \(mark.part)"
    }

    static func orphans(in state: JournalState) -> [DestinationID: [Mark: NativeKey]] {
        var orphans: [DestinationID: [Mark: NativeKey]] = [:]
        for (name, value) in state.notes where name.hasPrefix(orphanNote) && value.count >= 16 {
            let words = name.split(separator: " ")
            guard words.count == 4, let destination = UInt32(words[1]), let id = EventID(text: words[2]), let part = UInt32(words[3]) else {
                continue
            }
            let mark = Mark(
                id: id, part: part, author: AuthorKey(rawValue: value.firstUInt64), second: UnixTime(seconds: value[8...].firstUInt64))
            orphans[DestinationID(destination), default: [:]][mark] = NativeKey(String(decoding: value[16...], as: UTF8.self))
        }
        return orphans
    }

    func keepOrphan(_ mark: Mark, in destination: DestinationID, as nativeID: NativeKey) {
        counters.orphans += 1
        guard orphans[destination]?[mark] == nil, orphans[destination]?.count ?? 0 < CoreLimits.orphans else { return }
        orphans[destination, default: [:]][mark] = nativeID
        pending.notes[Engine.note(mark, destination)] =
            mark.author.rawValue.bigEndianBytes + mark.second.seconds.bigEndianBytes + [UInt8](nativeID.text.utf8)
        commitWhenQuiet()
    }

    /// What nobody has claimed for as long as ids are kept is nobody's any more.
    func forgetOrphans(before month: UInt32) {
        for (destination, marks) in orphans {
            for mark in marks.keys where mark.second.month < month {
                orphans[destination]?[mark] = nil
                pending.notes[Engine.note(mark, destination)] = []
            }
            dropIfEmpty(destination)
        }
        if !pending.notes.isEmpty { commitWhenQuiet() }
    }

    private func dropIfEmpty(_ destination: DestinationID) { if orphans[destination]?.isEmpty == true { orphans[destination] = nil } }

    /// An event is known now, born here or passed on: where its mark stands in a channel already, or one of the same author and second
    /// under an id that was lost, it is not shown again.
    func takeOverOrphans(_ id: EventID, _ stream: StreamIndex, author: AuthorKey?, second: UnixTime) {
        for destination in routing.destinations(of: streams[stream].bridge) {
            guard let marks = orphans[destination], !marks.isEmpty else { continue }
            var same = marks.keys.filter { $0.id == id }
            if same.isEmpty, let author {
                // Of several of one second the lowest number: marks are taken over in the order of birth.
                let lost = marks.keys.filter { $0.author == author && $0.second == second && !streams.hasCome($0.id) }
                guard let first = lost.map(\.id).min() else { continue }
                same = lost.filter { $0.id == first }
            }
            for orphan in same {
                guard let nativeID = orphans[destination]?.removeValue(forKey: orphan) else { continue }
                pending.notes[Engine.note(orphan, destination)] = []
                counters.found += 1
                settleFound(id, stream, orphan.part, at: destination, as: nativeID)
            }
            dropIfEmpty(destination)
        }
    }

    /// A message's turn has come, so its channel was read to the head. What its owner, who lost its journal too, has read again comes under
    /// another id than its mark has; what was given back comes under the same.
    func takeOverOrphan(_ entry: LogEntry, at destination: DestinationID) {
        guard orphans[destination] != nil, !entry.head.isGivenBack, case (.posted, let author)? = entry.event,
            let key = streams.profile(entry.head.stream, author)?.key
        else { return }
        let stream = entry.head.stream
        takeOverOrphans(streams.id(stream, entry.head.number), stream, author: key, second: entry.head.originTime)
    }
}
