import Core

/// Goes over the blocks that hold entries of some streams, from a place on, by the lanes alone.
///
/// A stream's lanes rise with their blocks, so where to begin is found by halving its numbers: some twenty looks a stream. Entries that came
/// late have rows of their own; they are few.
struct LaneWalk {
    private let database: Database
    private let isBackwards: Bool
    /// The next lane of each stream that has one.
    private var lanes: [Lane] = []
    /// Blocks of late entries, the next one last.
    private var late: [UInt64] = []

    private struct Lane {
        let stream: UInt32
        var number: UInt64
        var block: UInt64
    }

    init(_ database: Database, _ streams: Set<StreamIndex>, _ place: ReadingPlace) throws(JournalError) {
        self.database = database
        let bound: UInt64
        switch place {
        case .before(let end):
            isBackwards = true
            bound = end.rawValue
        case .from(let start):
            isBackwards = false
            // The block in which the position lies begins before it.
            bound =
                try database.statement("SELECT max(position) FROM log WHERE position <= ?").bind(start.rawValue).first { $0.integer(0) }
                ?? 0
        }
        var blocks: Set<UInt64> = []
        for stream in streams.sorted().map(\.rawValue) {
            let border = try border(of: stream, at: bound)
            let first = isBackwards ? try lane(of: stream, atMost: border.last) : try lane(of: stream, atLeast: border.first)
            if let first { lanes.append(first) }
            try database.statement("SELECT block FROM late WHERE stream = ? AND block \(isBackwards ? "<" : ">=") ?").bind(stream).bind(
                bound
            )
            .rows { row in
                blocks.insert(row.integer(0))
                return true
            }
        }
        late = isBackwards ? blocks.sorted() : blocks.sorted(by: >)
    }

    /// The next block, each once.
    mutating func nextBlock() throws(JournalError) -> UInt64? {
        let ahead = lanes.map(\.block) + (late.last.map { [$0] } ?? [])
        guard let block = isBackwards ? ahead.max() : ahead.min() else { return nil }
        if late.last == block { late.removeLast() }
        for index in lanes.indices.reversed() where lanes[index].block == block {
            let (stream, number) = (lanes[index].stream, lanes[index].number)
            if let next = isBackwards ? try lane(of: stream, atMost: number - 1) : try lane(of: stream, atLeast: number + 1) {
                lanes[index] = next
            } else {
                lanes.remove(at: index)
            }
        }
        return block
    }

    /// A number up to which a stream's lanes lie in blocks before `bound`, and the one from which they don't.
    private func border(of stream: UInt32, at bound: UInt64) throws(JournalError) -> (last: UInt64, first: UInt64) {
        let highest = try database.statement("SELECT max(number) FROM lanes WHERE stream = ?").bind(stream).first { $0.integer(0) } ?? 0
        var (low, high) = (UInt64(0), highest + 1)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let lane = try lane(of: stream, atMost: middle), lane.block >= bound { high = lane.number } else { low = middle }
        }
        return (low, high)
    }

    private func lane(of stream: UInt32, atMost number: UInt64) throws(JournalError) -> Lane? {
        try database.statement("SELECT number, block FROM lanes WHERE stream = ? AND number <= ? ORDER BY number DESC LIMIT 1")
            .bind(stream).bind(number).first { Lane(stream: stream, number: $0.integer(0), block: $0.integer(1)) }
    }

    private func lane(of stream: UInt32, atLeast number: UInt64) throws(JournalError) -> Lane? {
        try database.statement("SELECT number, block FROM lanes WHERE stream = ? AND number >= ? ORDER BY number LIMIT 1")
            .bind(stream).bind(number).first { Lane(stream: stream, number: $0.integer(0), block: $0.integer(1)) }
    }
}
