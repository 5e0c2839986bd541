import Core

/// Schema 1. A newer one comes with a migration; an older program refuses a newer schema.
enum Schema {
    static let version = 1
    /// `FLJ1`, in the header of the file: what `file(1)` can tell it by.
    static let applicationID = 0x464C_4A31

    /// In this order, spelled like this: a journal whose tables are spelled otherwise is not ours or is damaged.
    static let statements = [
        "CREATE TABLE notes(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE bridges(id INTEGER PRIMARY KEY, name TEXT NOT NULL, key BLOB NOT NULL, secret BLOB NOT NULL)",
        """
        CREATE TABLE streams(id INTEGER PRIMARY KEY, stream INTEGER NOT NULL UNIQUE, owner BLOB NOT NULL, bridge_key BLOB NOT NULL, \
        ordinal INTEGER NOT NULL, salt INTEGER NOT NULL, bits INTEGER NOT NULL, bridge INTEGER NOT NULL, prefix INTEGER NOT NULL, \
        holes BLOB NOT NULL, changed INTEGER NOT NULL, erased INTEGER NOT NULL DEFAULT 0, digest INTEGER NOT NULL DEFAULT 0)
        """,
        "CREATE TABLE authors(stream INTEGER, number INTEGER, record BLOB NOT NULL, PRIMARY KEY(stream, number)) WITHOUT ROWID",
        """
        CREATE TABLE destinations(id INTEGER PRIMARY KEY, bridge INTEGER NOT NULL, name TEXT NOT NULL, cursor INTEGER NOT NULL, \
        parts INTEGER NOT NULL, bytes INTEGER NOT NULL, text INTEGER NOT NULL, deferred INTEGER NOT NULL, parked INTEGER NOT NULL, source BLOB NOT NULL, \
        removed INTEGER NOT NULL)
        """,
        """
        CREATE TABLE claims(destination INTEGER, position INTEGER, part INTEGER, first INTEGER NOT NULL, last INTEGER NOT NULL, \
        text INTEGER NOT NULL, PRIMARY KEY(destination, position, part)) WITHOUT ROWID
        """,
        """
        CREATE TABLE changes(stream INTEGER, number INTEGER, kind INTEGER, by_stream INTEGER NOT NULL, by_number INTEGER NOT NULL, \
        position INTEGER NOT NULL, month INTEGER NOT NULL, PRIMARY KEY(stream, number, kind)) WITHOUT ROWID
        """,
        """
        CREATE TABLE bounces(id INTEGER PRIMARY KEY, destination INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, \
        count INTEGER NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL, time INTEGER NOT NULL)
        """,
        "CREATE TABLE log(position INTEGER PRIMARY KEY, count INTEGER NOT NULL, time INTEGER NOT NULL, entries BLOB NOT NULL)",
        // For each block, where each of its streams begins in it; `late` for numbers that came after higher ones.
        "CREATE TABLE lanes(stream INTEGER, number INTEGER, block INTEGER NOT NULL, PRIMARY KEY(stream, number)) WITHOUT ROWID",
        "CREATE TABLE late(stream INTEGER, number INTEGER, block INTEGER NOT NULL, PRIMARY KEY(stream, number)) WITHOUT ROWID",
    ]

    /// The id map, a pair of tables a month: dropping a table forgets a month at once.
    static func monthly(_ month: UInt32) -> [String] {
        [
            """
            CREATE TABLE IF NOT EXISTS receipts_\(month)(destination INTEGER, stream INTEGER, number INTEGER, part INTEGER, \
            outcome INTEGER NOT NULL, time INTEGER NOT NULL, native TEXT, PRIMARY KEY(destination, stream, number, part)) WITHOUT ROWID
            """,
            """
            CREATE TABLE IF NOT EXISTS natives_\(month)(hash INTEGER, destination INTEGER, native TEXT, stream INTEGER NOT NULL, \
            number INTEGER NOT NULL, PRIMARY KEY(hash, destination, native)) WITHOUT ROWID
            """,
        ]
    }

    static func create(in database: Database) throws(JournalError) {
        try database.transaction { () throws(JournalError) in
            for statement in statements { try database.execute(statement) }
            try database.execute("PRAGMA application_id = \(applicationID)")
            try database.execute("PRAGMA user_version = \(version)")
        }
    }

    /// Whether the file is new, ours, foreign, of a newer program, or damaged.
    static func isNew(_ database: Database) throws(JournalError) -> Bool {
        let application = try database.statement("PRAGMA application_id").first { $0.integer(0) } ?? 0
        let found = try database.statement("PRAGMA user_version").first { $0.integer(0) } ?? 0
        var tables: [String] = []
        try database.statement("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*_[0-9]*' ORDER BY rowid").rows {
            row in
            tables.append(row.text(0))
            return true
        }
        if application == 0 && found == 0 && tables.isEmpty { return true }
        guard application == UInt64(applicationID) else { throw .foreign(database.path) }
        guard found <= UInt64(version) else { throw .newerSchema(found: Int(found), known: version) }
        guard tables == statements else { throw .damaged(place: database.path, what: "its tables are not those of schema \(found)") }
        return false
    }
}
