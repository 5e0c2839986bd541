import Core
import Model
import Store

extension JournalRows {
    /// What came to be since `before` that does not belong to `owner`'s streams, or went, or was changed; in words.
    package func differences(from before: JournalRows, besides owner: RelayID) -> [String] {
        var found: [String] = []
        let theirs = Set(state.streams.filter { $0.introduction.owner == owner }.map(\.index))
        let names = Set(state.streams.filter { $0.introduction.owner == owner }.map(\.introduction.stream))
        if Array(entries.prefix(before.entries.count)) != before.entries { found.append("entries of the log changed") }
        for entry in entries.dropFirst(before.entries.count) where !theirs.contains(entry.head.stream) {
            found.append("entry \(entry.position) is of stream \(entry.head.stream.rawValue)")
        }
        let others = { (rows: [StreamRow]) in rows.filter { $0.introduction.owner != owner } }
        if others(state.streams) != others(before.state.streams) { found.append("streams changed: \(others(state.streams))") }
        let named = { (rows: [AuthorRow]) in rows.filter { !theirs.contains($0.stream) } }
        if named(state.authors) != named(before.state.authors) { found.append("authors changed") }
        for (place, events) in before.parts {
            for (event, known) in events where parts[place]?[event] != known { found.append("what became of \(event) changed") }
        }
        for (place, events) in parts {
            for event in events.keys where before.parts[place]?[event] == nil && !names.contains(event.stream) {
                found.append("something became of \(event)")
            }
        }
        for change in changes where !before.changes.contains(change) {
            if !names.contains(change.by.stream) || !names.contains(change.target.stream) { found.append("\(change.target) was changed") }
        }
        if bounces != before.bounces { found.append("bounces: \(bounces.dropFirst(before.bounces.count).map(\.code))") }
        return found
    }
}
