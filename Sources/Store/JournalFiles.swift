import Base
import Core
import IO

/// Moves journals in and out of a relay's state folder while no daemon runs.
package enum JournalFiles {
    /// The note that makes the next start wait longer for what peers give back (semantics 6).
    package static let restoredNote = Engine.restoredNote

    /// Whether a daemon holds the folder, which must be there.
    package static func isInUse(_ folder: String) throws(FileError) -> Bool { try FileLock("\(folder)/journal.lock") == nil }

    /// Whether there is a journal in a folder; a folder that is not there has none.
    package static func isJournal(in folder: String) throws(FileError) -> Bool {
        try Files.names(in: folder).contains { "\(folder)/\($0)" == SQLiteJournal.path(in: folder) }
    }

    /// Puts a backup in the place of what is in `folder`, which is kept beside it under a name ending in `.before-restore`.
    /// Refuses (`inUse`) while a daemon holds the folder, and a backup that is damaged before anything is touched.
    package static func restore(from backup: String, to folder: String, at time: UnixTime) async throws(JournalError) {
        let lock = try SQLiteJournal.lock(folder)
        defer { _ = lock }
        let source = SQLiteJournal.path(in: backup)
        guard Files.exists(source) else { throw .failed("\(source) does not exist") }
        let path = SQLiteJournal.path(in: folder)
        let incoming = "\(path).incoming"
        try fileErrors { () throws(FileError) in
            try Files.remove(incoming)
            try Files.copy(source, to: incoming)
        }
        try mark(incoming, time)
        try fileErrors { () throws(FileError) in
            if Files.exists(path) {
                // A write-ahead log belongs to its file: both go, or the next opening would mix two histories.
                for suffix in ["-wal", "-shm", ""] where Files.exists(path + suffix) {
                    try Files.rename(path + suffix, to: "\(path).before-restore-\(time.seconds)\(suffix)")
                }
            }
            try Files.rename(incoming, to: path)
        }
    }

    private static func mark(_ path: String, _ time: UnixTime) throws(JournalError) {
        let database = try Database(path, readOnly: false, vfs: nil)
        try database.execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL")
        if try Schema.isNew(database) { throw .foreign(path) }
        _ = try StateReader(database).state()
        var value = ByteWriter()
        value.uint64(time.seconds)
        try database.statement("INSERT OR REPLACE INTO notes VALUES (?,?)").bind(restoredNote).bind(value.bytes).run()
    }
}
