import Base
import Core
import IO
import Model

/// Everything that only reads, on a thread and a connection of its own, so that a look at old events never holds up a commit.
actor SQLiteReader: JournalReader {
    private let thread = WorkerThread()
    private let folder: String
    private let vfs: String?
    private var database: Database?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(folder: String, vfs: String?) {
        self.folder = folder
        self.vfs = vfs
    }

    func open() throws(JournalError) {
        let database = try Database(SQLiteJournal.path(in: folder), readOnly: true, vfs: vfs)
        try database.execute("PRAGMA cache_size = -2000")
        self.database = database
    }

    func close() { database = nil }

    private func opened() -> Database {
        guard let database else { preconditionFailure("a journal is read after it was opened") }
        return database
    }

    func read(from position: Position, atMost byteCount: Int) throws(JournalError) -> EntryRun {
        let database = opened()
        let start =
            try database.statement("SELECT position FROM log WHERE position <= ? ORDER BY position DESC LIMIT 1")
            .bind(position.rawValue).first { $0.integer(0) } ?? 0
        var first: Position?
        var buffer = EntryBuffer()
        var accepted: [UnixTime] = []
        try database.statement("SELECT position, count, time, entries FROM log WHERE position >= ? ORDER BY position").bind(start)
            .rows { row throws(JournalError) in
                let block = Position(row.integer(0))
                let count = Int(truncatingIfNeeded: row.integer(1))
                let time = UnixTime(seconds: row.integer(2))
                // The block before the one asked for may end before it.
                if first == nil && block + count <= position { return true }
                if let first, first + buffer.count != block {
                    throw .damaged(place: "position \(block)", what: "entries before it are missing")
                }
                if first == nil { first = block }
                try row.withBytes(3) { bytes throws(JournalError) in
                    try BlockCodec.decode(bytes, first: block, count: count, time: time, into: &buffer)
                }
                accepted += repeatElement(time, count: count)
                return buffer.byteCount < byteCount
            }
        return EntryRun(first: first ?? position, entries: buffer, accepted: accepted)
    }

    func byteCount(from position: Position) throws(JournalError) -> Int {
        try opened().statement("SELECT coalesce(sum(length(entries)), 0) FROM log WHERE position >= ?").bind(position.rawValue)
            .first { Int(truncatingIfNeeded: $0.integer(0)) } ?? 0
    }

    func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) throws(JournalError) -> [Position] {
        let database = opened()
        var blocks: Set<UInt64> = []
        let start =
            try database.statement("SELECT max(number) FROM lanes WHERE stream = ? AND number <= ?")
            .bind(stream.rawValue).bind(numbers.lowerBound).first { $0.integer(0) } ?? 0
        for table in ["lanes", "late"] {
            try database.statement("SELECT block FROM \(table) WHERE stream = ? AND number BETWEEN ? AND ?")
                .bind(stream.rawValue).bind(table == "lanes" ? start : numbers.lowerBound).bind(numbers.upperBound)
                .rows { row in
                    blocks.insert(row.integer(0))
                    return true
                }
        }
        var found: [(number: UInt64, position: Position)] = []
        for block in blocks {
            guard let run = try run(ofBlockAt: block) else { continue }
            for (index, head) in run.entries.heads.enumerated()
            where head.stream == stream && head.isEvent && numbers.contains(head.number) { found.append((head.number, run.first + index)) }
        }
        return found.sorted { $0.number < $1.number }.map(\.position)
    }

    func start(of stream: StreamIndex, from number: UInt64) throws(JournalError) -> Position? {
        let database = opened()
        // The lane that covers the number, or else the next one.
        let lane = try database.statement(
            "SELECT max(block) FROM (SELECT block FROM lanes WHERE stream = ? AND number <= ? ORDER BY number DESC LIMIT 1)"
        ).bind(stream.rawValue).bind(number).first { $0.isNull(0) ? nil : $0.integer(0) }
        let next = try database.statement("SELECT block FROM lanes WHERE stream = ? AND number > ? ORDER BY number LIMIT 1")
            .bind(stream.rawValue).bind(number).first { $0.integer(0) }
        let late = try database.statement("SELECT min(block) FROM late WHERE stream = ? AND number >= ?")
            .bind(stream.rawValue).bind(number).first { $0.isNull(0) ? nil : $0.integer(0) }
        return [(lane ?? nil) ?? next, late ?? nil].compactMap(\.self).min().map { Position($0) }
    }

    func lastErased(of stream: StreamIndex) throws(JournalError) -> (number: UInt64, digest: UInt64)? {
        try opened().statement("SELECT erased, digest FROM streams WHERE id = ? AND erased > 0").bind(stream.rawValue)
            .first { ($0.integer(0), $0.integer(1)) }
    }

    /// nil if it was retired.
    private func run(ofBlockAt position: UInt64) throws(JournalError) -> EntryRun? {
        try opened().statement("SELECT count, time, entries FROM log WHERE position = ?").bind(position).first { row throws(JournalError) in
            var run = EntryRun(first: Position(position), entries: EntryBuffer(), accepted: [])
            let (count, time) = (Int(truncatingIfNeeded: row.integer(0)), UnixTime(seconds: row.integer(1)))
            try row.withBytes(2) { bytes throws(JournalError) in
                try BlockCodec.decode(bytes, first: run.first, count: count, time: time, into: &run.entries)
            }
            run.accepted = [UnixTime](repeating: time, count: count)
            return run
        }
    }

    func entries(of streams: Set<StreamIndex>, _ place: ReadingPlace, atMost count: Int) throws(JournalError) -> [LogEntry] {
        var walk = try LaneWalk(opened(), streams, place)
        var found: [LogEntry] = []
        while found.count < count, let block = try walk.nextBlock() {
            guard let run = try run(ofBlockAt: block) else { continue }
            let entries = (0..<run.entries.count).filter { streams.contains(run.entries.heads[$0].stream) }
                .map { LogEntry(run, at: run.first + $0) }
            switch place {
            case .before(let end): found.insert(contentsOf: entries.filter { $0.position < end }, at: 0)
            case .from(let start): found += entries.filter { $0.position >= start }
            }
        }
        if case .before = place { return found.suffix(count) }
        return Array(found.prefix(count))
    }

    func position(at time: UnixTime) throws(JournalError) -> Position {
        let database = opened()
        guard
            let (oldest, newest, end) = try database.statement("SELECT min(position), max(position), max(position + count) FROM log").first(
                {
                    ($0.integer(0), $0.integer(1), $0.integer(2))
                }), newest > 0
        else { return .first }
        // Halves the log by position, as blocks have no index by time: every block before `low` is earlier, `high` and those behind are not.
        var (low, high) = (oldest, newest + 1)
        while low < high {
            let block = try database.statement("SELECT position, time, count FROM log WHERE position <= ? ORDER BY position DESC LIMIT 1")
                .bind((low + high) / 2).first { (start: $0.integer(0), time: $0.integer(1), end: $0.integer(0) + $0.integer(2)) }
            guard let block else { break }
            if block.time < time.seconds { low = block.end } else { high = block.start }
        }
        return Position(min(low, end))
    }

    func eventID(for key: NativeKey, at destination: DestinationID) throws(JournalError) -> EventID? {
        let database = opened()
        // One snapshot: a month must not be forgotten between being listed and being read.
        try database.execute("BEGIN")
        defer { try? database.execute("COMMIT") }
        for month in try monthsOfIDs(database).reversed() {
            let found = try database.statement(
                "SELECT stream, number FROM natives_\(month) WHERE hash = ? AND destination = ? AND native = ?"
            )
            .bind(nativeHash(key, destination)).bind(destination.rawValue).bind(key.text)
            .first { EventID(stream: StreamID(rawValue: $0.integer(0)), number: $0.integer(1)) }
            if let found { return found }
        }
        return nil
    }

    func parts(of event: EventID, at destination: DestinationID) throws(JournalError) -> [NativePart] {
        let database = opened()
        guard
            let stream = try database.statement("SELECT id FROM streams WHERE stream = ?").bind(event.stream.rawValue).first({
                $0.integer(0)
            })
        else { return [] }
        var parts: [UInt32: NativePart] = [:]
        for month in try monthsOfIDs(database) {
            let sql = "SELECT part, outcome, time, native FROM receipts_\(month) WHERE destination = ? AND stream = ? AND number = ?"
            try database.statement(sql).bind(destination.rawValue).bind(stream).bind(event.number).rows { row in
                let native = row.isNull(3) ? nil : NativeKey(row.text(3))
                let outcome = Outcome(rawValue: UInt8(truncatingIfNeeded: row.integer(1))) ?? .delivered
                // Of a part that has receipts in two months the later one stands.
                parts[row.integer32(0)] = NativePart(
                    part: row.integer32(0), outcome: outcome, time: UnixTime(seconds: row.integer(2)), nativeID: native)
                return true
            }
        }
        return parts.values.sorted { $0.part < $1.part }
    }

    func changes(of targets: [EventID]) throws(JournalError) -> [ChangeRow] {
        var rows: [ChangeRow] = []
        for target in targets {
            try opened().statement("SELECT kind, by_stream, by_number, position FROM changes WHERE stream = ? AND number = ? ORDER BY kind")
                .bind(target.stream.rawValue).bind(target.number).rows { row in
                    guard let kind = ChangeRow.Kind(rawValue: UInt8(truncatingIfNeeded: row.integer(0))) else { return true }
                    let by = EventID(stream: StreamID(rawValue: row.integer(1)), number: row.integer(2))
                    rows.append(ChangeRow(target: target, kind: kind, by: by, position: Position(row.integer(3))))
                    return true
                }
        }
        return rows
    }

    func deletions(from first: Position, before end: Position) throws(JournalError) -> [ChangeRow] {
        var rows: [ChangeRow] = []
        let sql =
            "SELECT stream, number, by_stream, by_number, position FROM changes WHERE kind = 2 AND position >= ? AND position < ? ORDER BY position"
        try opened().statement(sql).bind(first.rawValue).bind(end.rawValue).rows { row in
            let target = EventID(stream: StreamID(rawValue: row.integer(0)), number: row.integer(1))
            let by = EventID(stream: StreamID(rawValue: row.integer(2)), number: row.integer(3))
            rows.append(ChangeRow(target: target, kind: .deleted, by: by, position: Position(row.integer(4))))
            return true
        }
        return rows
    }

    func bounces(from id: UInt64, atMost limit: Int) throws(JournalError) -> [BounceRow] {
        var rows: [BounceRow] = []
        try opened().statement(
            "SELECT id, destination, first, last, count, code, text, time FROM bounces WHERE id >= ? ORDER BY id LIMIT ?"
        ).bind(id).bind(limit).rows { row throws(JournalError) in
            guard row.integer(2) <= row.integer(3) else {
                throw .damaged(place: "bounce \(row.integer(0))", what: "its range ends before it begins")
            }
            rows.append(
                BounceRow(
                    id: row.integer(0), destination: DestinationID(row.integer32(1)),
                    positions: Position(row.integer(2))...Position(row.integer(3)), count: row.integer(4), code: row.text(5),
                    text: row.text(6), time: UnixTime(seconds: row.integer(7))))
            return true
        }
        return rows
    }

    func backup(to folder: String) throws(JournalError) {
        let path = SQLiteJournal.path(in: folder)
        if Files.exists(path) { throw .failed("\(path) exists already") }
        // SQLite would make it readable for whom the umask lets; it takes one that is there and empty as it is.
        try fileErrors { () throws(FileError) in try Files.create(path, []) }
        do {
            // One statement, so one snapshot, however long it takes and whatever is committed meanwhile.
            try opened().execute("VACUUM INTO '\(path.replacing("'", with: "''"))'")
            try fileErrors { () throws(FileError) in try Files.makeDurable(path) }
        } catch {
            // Half a backup would stand in the way of the next one.
            try? Files.remove(path)
            throw error
        }
    }

    func verify() throws(JournalError) {
        let database = opened()
        var words: [String] = []
        try database.statement("PRAGMA integrity_check(3)").rows { row in
            words.append(row.text(0))
            return true
        }
        if words != ["ok"] { throw .damaged(place: database.path, what: words.joined(separator: "; ")) }
        var next: Position?
        try database.statement("SELECT position, count, time, entries FROM log ORDER BY position").rows { row throws(JournalError) in
            let first = Position(row.integer(0))
            let count = Int(truncatingIfNeeded: row.integer(1))
            if let next, next != first { throw .damaged(place: "position \(next)", what: "the log goes on at \(first)") }
            var buffer = EntryBuffer()
            try row.withBytes(3) { bytes throws(JournalError) in
                try BlockCodec.decode(bytes, first: first, count: count, time: UnixTime(seconds: row.integer(2)), into: &buffer)
            }
            next = first + count
            for index in 0..<buffer.count where buffer.heads[index].isEvent {
                do throws(RecordError) {
                    _ = try buffer.withRecord(index) { record throws(RecordError) in try RecordOutline(checking: record) }
                } catch {
                    throw .damaged(place: "position \(first + index)", what: "not a record: \(error.reason) at byte \(error.offset)")
                }
            }
            return true
        }
    }
}
