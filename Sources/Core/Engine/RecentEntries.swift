import Base
import Model

/// The end of the log in memory: what was committed lately and what is about to be.
package struct RecentEntries: Sendable {
    private var runs: [EntryRun] = []
    private var bytes = 0
    /// The position after the last entry.
    package private(set) var end: Position

    package init(end: Position) { self.end = end }

    /// The first position that is here.
    package var start: Position { runs.first?.first ?? end }

    /// Takes over entries that follow the last one, each accepted at `time`, and forgets old ones before `committed` beyond the limit.
    package mutating func append(_ entries: EntryBuffer, at time: UnixTime, committed: Position) {
        if entries.isEmpty { return }
        runs.append(EntryRun(first: end, entries: entries, accepted: [UnixTime](repeating: time, count: entries.count)))
        end = end + entries.count
        bytes += entries.byteCount
        var gone = 0
        while bytes > CoreLimits.recentBytes, gone < runs.count - 1, runs[gone].end <= committed {
            bytes -= runs[gone].entries.byteCount
            gone += 1
        }
        if gone > 0 { runs.removeFirst(gone) }
    }

    /// The run that holds a position; nil if it is older than what is here.
    package func run(at position: Position) -> EntryRun? {
        guard position >= start, position < end else { return nil }
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].first <= position { low = middle } else { high = middle }
        }
        return runs[low]
    }
}
