import Base
import Core
import Model

/// Erases old content block by block. The id map and the streams' rows stay.
struct Retention {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Erases whole blocks that end before `position`, at most `slice` of them, never the newest. Says how many went.
    func retire(before position: Position, slice: Int) throws(JournalError) -> Int {
        var blocks: [UInt64] = []
        var last: [StreamIndex: (number: UInt64, digest: UInt64)] = [:]
        try database.statement(
            """
            SELECT position, count, time, entries FROM log WHERE position < ? AND position + count <= ? AND position < (SELECT max(position) FROM log) \
            ORDER BY position LIMIT ?
            """
        ).bind(position.rawValue).bind(position.rawValue).bind(slice).rows { row throws(JournalError) in
            let first = Position(row.integer(0))
            var buffer = EntryBuffer()
            try row.withBytes(3) { bytes throws(JournalError) in
                try BlockCodec.decode(
                    bytes, first: first, count: Int(truncatingIfNeeded: row.integer(1)), time: UnixTime(seconds: row.integer(2)),
                    into: &buffer)
            }
            blocks.append(first.rawValue)
            for (index, head) in buffer.heads.enumerated() where head.isEvent && head.number > last[head.stream]?.number ?? 0 {
                let id = EventID(stream: StreamID(rawValue: 0), number: head.number)
                let digest = Envelope(id: id, originTime: head.originTime, hops: head.hops).digest(of: buffer.record(index))
                last[head.stream] = (head.number, digest)
            }
            return true
        }
        if blocks.isEmpty { return 0 }
        // What people wrote is overwritten on the disk, not only unlinked.
        try database.execute("PRAGMA secure_delete = ON")
        defer { try? database.execute("PRAGMA secure_delete = OFF") }
        try database.transaction { () throws(JournalError) in
            for block in blocks {
                try database.statement("DELETE FROM log WHERE position = ?").bind(block).run()
            }
            let edge = blocks[blocks.count - 1]
            for (stream, erased) in last.sorted(by: { $0.key < $1.key }) {
                for table in ["lanes", "late"] {
                    try database.statement("DELETE FROM \(table) WHERE stream = ? AND number <= ? AND block <= ?")
                        .bind(stream.rawValue).bind(erased.number).bind(edge).run()
                }
                try database.statement("UPDATE streams SET erased = ?, digest = ? WHERE id = ? AND erased < ?")
                    .bind(erased.number).bind(erased.digest).bind(stream.rawValue).bind(erased.number).run()
            }
        }
        return blocks.count
    }
}
