import Base
import Core
import IO

/// Moves journals in and out of a relay's state folder while no daemon runs.
package enum JournalFiles {
    /// The note that makes the next start wait longer for what peers give back (semantics 6).
    package static let restoredNote = Engine.restoredNote

    /// Whether a daemon holds the folder, which must be there.
    package static func isInUse(_ folder: String) throws(FileError) -> Bool { try FileLock("\(folder)/journal.lock") == nil }

    /// Puts a backup in the place of what is in `folder`, which is kept beside it under a name with `.before-restore-` and the time. Files of
    /// `kept` that the folder lacks come with it. Refuses (`inUse`) while a daemon holds the folder, and a backup that is damaged before
    /// anything is touched.
    ///
    /// Killed anywhere, it leaves the old state or the new one: the copy is made under a name ending in `.part`; its renaming to `.incoming-`
    /// and the time decides, and whoever opens the folder next does the rest. `step` is called after each thing that is durable.
    package static func restore(
        from backup: String, to folder: String, at time: UnixTime, keeping kept: [String] = [], step: () -> Void = {}
    ) async throws(JournalError) {
        let lock = try SQLiteJournal.lock(folder)
        defer { _ = lock }
        try finishRestore(in: folder, step: step)
        let source = SQLiteJournal.path(in: backup)
        guard Files.exists(source) else { throw .failed("\(source) does not exist") }
        let path = SQLiteJournal.path(in: folder)
        try fileErrors { () throws(FileError) in try copy(source, to: partial(folder), step) }
        do {
            try mark(partial(folder), time)
        } catch {
            // What is wrong with the copy is wrong with the backup.
            try? Files.remove(partial(folder))
            throw error.naming(source, for: partial(folder))
        }
        try fileErrors { () throws(FileError) in
            try Files.makeDurable(partial(folder))
            step()
            for name in kept where !Files.exists("\(folder)/\(name)") {
                try copy("\(backup)/\(name)", to: "\(folder)/\(name).part", step)
                try Files.rename("\(folder)/\(name).part", to: "\(folder)/\(name)")
                step()
            }
            try Files.rename(partial(folder), to: "\(path)\(incoming)\(time.seconds)")
            step()
        }
        try finishRestore(in: folder, step: step)
    }

    /// Does what an interrupted restore left to do. Whoever calls it holds the folder's lock. Throws where one was interrupted before it had
    /// what it needs, and there was no journal before.
    static func finishRestore(in folder: String, step: () -> Void = {}) throws(JournalError) {
        let path = SQLiteJournal.path(in: folder)
        let prefix = "journal.sqlite\(incoming)"
        try fileErrors { () throws(FileError) in
            for name in try Files.names(in: folder) where name.hasPrefix(prefix) {
                // A write-ahead log belongs to its file: both go, or the next opening would mix two histories.
                for suffix in ["-wal", "-shm", ""] where Files.exists(path + suffix) {
                    try Files.rename(path + suffix, to: "\(path).before-restore-\(name.dropFirst(prefix.count))\(suffix)")
                    step()
                }
                try Files.rename("\(folder)/\(name)", to: path)
                step()
            }
        }
    }

    /// Whether a folder has a journal, or one that a restore has decided for; a folder that is not there has none.
    package static func hasJournal(_ folder: String) throws(FileError) -> Bool {
        try Files.names(in: folder).contains { $0 == "journal.sqlite" || $0.hasPrefix("journal.sqlite\(incoming)") }
    }

    /// Words for a folder that has no journal, as a restore into it was interrupted; nil for any other.
    package static func interruptedRestore(in folder: String) -> String? {
        guard (try? hasJournal(folder)) != true, Files.exists(partial(folder)) else { return nil }
        return
            "a restore was interrupted, and there is no journal: run `fairlead restore` again, or remove \(partial(folder)) to begin without one"
    }

    private static let incoming = ".incoming-"
    private static func partial(_ folder: String) -> String { "\(SQLiteJournal.path(in: folder)).part" }

    private static func copy(_ source: String, to path: String, _ step: () -> Void) throws(FileError) {
        try Files.remove(path)
        try Files.copy(source, to: path)
        step()
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

extension JournalError {
    /// The same of another file, of which the one that it names is a copy.
    fileprivate func naming(_ path: String, for copy: String) -> JournalError {
        switch self {
        case .foreign(copy): .foreign(path)
        case .damaged(let place, let what):
            .damaged(place: place.contains(copy) ? place.replacing(copy, with: path) : "\(path), \(place)", what: what)
        case .failed(let words): .failed(words.replacing(copy, with: path))
        case .full, .inUse, .foreign, .newerSchema: self
        }
    }
}
