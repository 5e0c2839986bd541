import Base
import Core
import IO
import Model

/// The journal in an SQLite file: write-ahead log, every commit synced (PRAGMA synchronous = FULL).
///
/// Writing has a thread of its own; whatever reads asks `SQLiteReader`, which has a second one.
package actor SQLiteJournal: Journal {
    private let thread = WorkerThread()
    private let readings: SQLiteReader
    private let folder: String
    private let vfs: String?
    private var lock: FileLock?
    private var database: Database?
    private var streams: [StreamIndex: StreamWritten] = [:]
    private var months: Set<UInt32> = []
    private var next = Position.first

    /// What must be known of a stream to place its next entries.
    private struct StreamWritten {
        let id: StreamID
        /// The highest number that a lane covers.
        var highest: UInt64
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Nothing is opened yet. `vfs` names another file layer than the system's (tests).
    package init(folder: String, vfs: String? = nil) {
        self.folder = folder
        self.vfs = vfs
        readings = SQLiteReader(folder: folder, vfs: vfs)
    }

    package nonisolated var reader: any JournalReader { readings }

    package static func path(in folder: String) -> String { "\(folder)/journal.sqlite" }

    package func open() async throws(JournalError) -> JournalState {
        precondition(database == nil, "a journal is opened once")
        let path = SQLiteJournal.path(in: folder)
        lock = try SQLiteJournal.lock(folder)
        try JournalFiles.finishRestore(in: folder)
        if let words = JournalFiles.interruptedRestore(in: folder) { throw .failed(words) }
        if !Files.exists(path) { try fileErrors { () throws(FileError) in try Files.create(path, []) } }
        let database = try Database(path, readOnly: false, vfs: vfs)
        try database.execute("PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF")
        if try Schema.isNew(database) {
            try database.execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            try Schema.create(in: database)
        } else {
            try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        self.database = database
        let state = try StateReader(database).state()
        next = state.next
        for row in state.streams { streams[row.index] = StreamWritten(id: row.introduction.stream, highest: row.prefix) }
        try await readings.open()
        return state
    }

    /// What keeps two processes from one journal.
    static func lock(_ folder: String) throws(JournalError) -> FileLock {
        var lock: FileLock?
        try fileErrors { () throws(FileError) in lock = try FileLock("\(folder)/journal.lock") }
        guard let lock else { throw .inUse(path(in: folder)) }
        return lock
    }

    package func commit(_ batch: JournalBatch) async throws(JournalError) {
        guard let database else { preconditionFailure("commit before open") }
        precondition(batch.first == next || batch.entries.isEmpty, "a batch begins at \(batch.first), the log ends before \(next)")
        let known = (streams, months)
        do {
            try database.transaction { () throws(JournalError) in try write(batch, database) }
            next = next + batch.entries.count
        } catch {
            (streams, months) = known
            database.forgetStatements()
            throw error
        }
    }

    private func write(_ batch: JournalBatch, _ database: Database) throws(JournalError) {
        try writeRegisters(batch, database)
        for block in BlockCodec.encode(batch.entries, first: batch.first, time: batch.time) {
            try database.statement("INSERT INTO log VALUES (?,?,?,?)")
                .bind(block.first.rawValue).bind(block.count).bind(batch.time.seconds).bind(block.bytes).run()
            let start = block.first - batch.first
            try writeLanes(batch.entries.heads[start..<start + block.count], block.first, database)
        }
        try writeDeliveries(batch, database)
    }

    /// Where each stream of a block begins in it.
    private func writeLanes(_ heads: ArraySlice<EntryHead>, _ block: Position, _ database: Database) throws(JournalError) {
        var seen: Set<StreamIndex> = []
        for head in heads {
            guard var written = streams[head.stream] else { preconditionFailure("an entry of a stream that was never introduced") }
            let last = if case .skip(let through, _) = head.content { through } else { head.number }
            let isLate = head.number <= written.highest
            if isLate || seen.insert(head.stream).inserted {
                try database.statement("INSERT OR REPLACE INTO \(isLate ? "late" : "lanes") VALUES (?,?,?)")
                    .bind(head.stream.rawValue).bind(head.number).bind(block.rawValue).run()
            }
            written.highest = max(written.highest, last)
            streams[head.stream] = written
        }
    }

    private func writeRegisters(_ batch: JournalBatch, _ database: Database) throws(JournalError) {
        for row in batch.bridges {
            try database.statement("INSERT OR REPLACE INTO bridges VALUES (?,?,?,?)")
                .bind(row.index.rawValue).bind(row.name).bind(row.key.bytes).bind(row.secret).run()
        }
        for row in batch.streams {
            let introduction = row.introduction
            try database.statement(
                """
                INSERT INTO streams(id, stream, owner, bridge_key, ordinal, salt, bits, bridge, prefix, holes, changed) \
                VALUES (?,?,?,?,?,?,?,?,?,?,?) \
                ON CONFLICT(id) DO UPDATE SET prefix = excluded.prefix, holes = excluded.holes, changed = excluded.changed
                """
            ).bind(row.index.rawValue).bind(introduction.stream.rawValue).bind(introduction.owner.bytes).bind(introduction.bridge.bytes)
                .bind(introduction.epoch.ordinal).bind(introduction.epoch.salt).bind(introduction.epoch.bits)
                .bind(row.bridge.rawValue).bind(row.prefix).bind(HoleCodec.encode(row.holes)).bind(row.changed.seconds).run()
            if streams[row.index] == nil { streams[row.index] = StreamWritten(id: introduction.stream, highest: 0) }
        }
        for row in batch.authors {
            try database.statement("INSERT OR REPLACE INTO authors VALUES (?,?,?)")
                .bind(row.stream.rawValue).bind(row.number).bind(row.record).run()
        }
        for row in batch.destinations {
            try database.statement("INSERT OR REPLACE INTO destinations VALUES (?,?,?,?,?,?,?,?,?,?,?)")
                .bind(row.id.rawValue).bind(row.bridge.rawValue).bind(row.name).bind(row.cursor.rawValue)
                .bind(row.received.parts).bind(row.received.bytes).bind(row.received.text?.rawValue ?? 0).bind(
                    row.deferredSince?.seconds ?? 0
                ).bind(row.parkedBefore.rawValue)
                .bind(row.source)
                .bind(row.isRemoved ? 1 : 0).run()
            try database.statement("DELETE FROM claims WHERE destination = ? AND (position < ? OR position = ? AND part < ?)")
                .bind(row.id.rawValue).bind(row.cursor.rawValue).bind(row.cursor.rawValue).bind(row.received.parts).run()
        }
        for stream in batch.forgottenStreams {
            for (table, column) in [("streams", "id"), ("authors", "stream"), ("lanes", "stream"), ("late", "stream")] {
                try database.statement("DELETE FROM \(table) WHERE \(column) = ?").bind(stream.rawValue).run()
            }
            streams[stream] = nil
        }
        for (name, value) in batch.notes.sorted(by: { $0.key < $1.key }) {
            if value.isEmpty {
                try database.statement("DELETE FROM notes WHERE name = ?").bind(name).run()
            } else {
                try database.statement("INSERT OR REPLACE INTO notes VALUES (?,?)").bind(name).bind(value).run()
            }
        }
    }

    private func writeDeliveries(_ batch: JournalBatch, _ database: Database) throws(JournalError) {
        for claim in batch.claims {
            try database.statement("INSERT OR REPLACE INTO claims VALUES (?,?,?,?,?,?)")
                .bind(claim.destination.rawValue).bind(claim.position.rawValue).bind(claim.part)
                .bind(claim.range.lowerBound).bind(claim.range.upperBound).bind(claim.text.rawValue).run()
        }
        let month = batch.time.month
        if !(batch.receipts.isEmpty && batch.keys.isEmpty) && months.insert(month).inserted {
            for statement in Schema.monthly(month) { try database.execute(statement) }
        }
        for receipt in batch.receipts { try write(receipt, month, database) }
        for row in batch.keys { try writeNative(row.key, row.destination, row.event, month, database) }
        for change in batch.changes {
            try database.statement("INSERT OR REPLACE INTO changes VALUES (?,?,?,?,?,?,?)")
                .bind(change.target.stream.rawValue).bind(change.target.number).bind(Int(change.kind.rawValue))
                .bind(change.by.stream.rawValue).bind(change.by.number).bind(change.position.rawValue).bind(month).run()
        }
        for row in batch.bounces {
            try database.statement("INSERT OR REPLACE INTO bounces VALUES (?,?,?,?,?,?,?,?)")
                .bind(row.id).bind(row.destination.rawValue).bind(row.positions.lowerBound.rawValue).bind(row.positions.upperBound.rawValue)
                .bind(row.count).bind(row.code).bind(row.text).bind(row.time.seconds).run()
        }
        for id in batch.droppedBounces { try database.statement("DELETE FROM bounces WHERE id = ?").bind(id).run() }
    }

    private func write(_ receipt: Receipt, _ month: UInt32, _ database: Database) throws(JournalError) {
        try database.statement("INSERT OR REPLACE INTO receipts_\(month) VALUES (?,?,?,?,?,?,?)")
            .bind(receipt.destination.rawValue).bind(receipt.stream.rawValue).bind(receipt.number).bind(receipt.part)
            .bind(Int(receipt.outcome.rawValue)).bind(receipt.time.seconds).bind(receipt.nativeID?.text).run()
        guard let native = receipt.nativeID, let stream = streams[receipt.stream] else { return }
        try writeNative(native, receipt.destination, EventID(stream: stream.id, number: receipt.number), month, database)
    }

    private func writeNative(_ key: NativeKey, _ destination: DestinationID, _ event: EventID, _ month: UInt32, _ database: Database)
        throws(JournalError)
    {
        try database.statement("INSERT OR REPLACE INTO natives_\(month) VALUES (?,?,?,?,?)")
            .bind(nativeHash(key, destination)).bind(destination.rawValue).bind(key.text)
            .bind(event.stream.rawValue).bind(event.number).run()
    }

    package func retire(before position: Position, slice: Int) async throws(JournalError) -> Int {
        guard let database else { preconditionFailure("retire before open") }
        return try Retention(database).retire(before: position, slice: slice)
    }

    package func forgetIDs(before month: UInt32) async throws(JournalError) {
        guard let database else { preconditionFailure("forgetIDs before open") }
        for old in try monthsOfIDs(database) where old < month {
            try database.transaction { () throws(JournalError) in
                try database.execute("DROP TABLE IF EXISTS receipts_\(old)")
                try database.execute("DROP TABLE IF EXISTS natives_\(old)")
            }
            months.remove(old)
        }
        // Some hundred thousand rows in one go, once a month: less than dropping a month's table takes.
        try database.statement("DELETE FROM changes WHERE month < ?").bind(month).run()
    }

    package func close() async {
        await readings.close()
        database = nil
        lock = nil
    }
}

/// The months whose id map is there, ascending.
func monthsOfIDs(_ database: Database) throws(JournalError) -> [UInt32] {
    var months: [UInt32] = []
    try database.statement("SELECT substr(name, 9) FROM sqlite_master WHERE name GLOB 'natives_[0-9]*' ORDER BY name").rows { row in
        if let month = UInt32(row.text(0)) { months.append(month) }
        return true
    }
    return months
}

/// Runs file operations and says their failures in the journal's words.
func fileErrors(_ body: () throws(FileError) -> Void) throws(JournalError) {
    do {
        try body()
    } catch {
        throw error.isFull ? .full : .failed(error.description)
    }
}
