import CSQLite
import Core

/// One connection. Confined to the actor that made it.
final class Database {
    private let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    let path: String

    /// Opens a file; `vfs` names another file layer than the system's (tests).
    init(_ path: String, readOnly: Bool, vfs: String?) throws(JournalError) {
        var opened: OpaquePointer?
        let flags = (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX
        let status = sqlite3_open_v2(path, &opened, flags, vfs)
        guard status == SQLITE_OK, let opened else {
            let words = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw .failed("\(path): \(words)")
        }
        handle = opened
        self.path = path
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 5000)
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    func execute(_ sql: String) throws(JournalError) {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        if status != SQLITE_OK { throw error(status) }
    }

    /// A statement that is prepared once and kept.
    func statement(_ sql: String) throws(JournalError) -> Statement {
        if let known = statements[sql] { return known }
        var prepared: OpaquePointer?
        let status = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard status == SQLITE_OK, let prepared else { throw error(status) }
        let statement = Statement(prepared, of: self)
        statements[sql] = statement
        return statement
    }

    /// Forgets statements, so that tables they name can be dropped.
    func forgetStatements() { statements.removeAll() }

    /// Runs `body` in a transaction that is there whole or not at all.
    func transaction(_ body: () throws(JournalError) -> Void) throws(JournalError) {
        try execute("BEGIN IMMEDIATE")
        do {
            try body()
            try execute("COMMIT")
        } catch {
            // After some errors SQLite has rolled back by itself.
            if sqlite3_get_autocommit(handle) == 0 {
                sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
                if sqlite3_get_autocommit(handle) == 0 { throw JournalError.failed("can't roll back after: \(error)") }
            }
            throw error
        }
    }

    func error(_ status: Int32) -> JournalError {
        let words = String(cString: sqlite3_errmsg(handle))
        return switch status & 0xff {
        case SQLITE_FULL: .full
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(place: path, what: words)
        default: .failed("\(path): \(words) (SQLite \(status))")
        }
    }
}

/// A prepared statement. Bind in order, step, and it is ready to be bound again.
final class Statement {
    private let handle: OpaquePointer
    private unowned let database: Database
    private var bound: Int32 = 0

    init(_ handle: OpaquePointer, of database: Database) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    @discardableResult func bind(_ value: UInt64) -> Statement {
        bound += 1
        // SQLite's integers are signed; the bits are what is kept.
        sqlite3_bind_int64(handle, bound, Int64(bitPattern: value))
        return self
    }

    @discardableResult func bind(_ value: UInt32) -> Statement { bind(UInt64(value)) }
    @discardableResult func bind(_ value: Int) -> Statement { bind(UInt64(bitPattern: Int64(value))) }

    @discardableResult func bind(_ value: [UInt8]) -> Statement {
        bound += 1
        _ = value.withUnsafeBytes {
            sqlite3_bind_blob64(handle, bound, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1), UInt64($0.count), transient)
        }
        return self
    }

    @discardableResult func bind(_ value: String) -> Statement {
        bound += 1
        sqlite3_bind_text(handle, bound, value, -1, transient)
        return self
    }

    @discardableResult func bind(_ value: String?) -> Statement {
        if let value { return bind(value) }
        bound += 1
        sqlite3_bind_null(handle, bound)
        return self
    }

    /// Runs a statement that returns no rows.
    func run() throws(JournalError) {
        let status = sqlite3_step(handle)
        reset()
        if status != SQLITE_DONE && status != SQLITE_ROW { throw database.error(status) }
    }

    /// Calls `body` for each row until it returns false.
    func rows(_ body: (Row) throws(JournalError) -> Bool) throws(JournalError) {
        defer { reset() }
        while true {
            let status = sqlite3_step(handle)
            if status == SQLITE_DONE { return }
            guard status == SQLITE_ROW else { throw database.error(status) }
            if try !body(Row(handle: handle)) { return }
        }
    }

    /// The first row, if there is one.
    func first<Value>(_ body: (Row) throws(JournalError) -> Value) throws(JournalError) -> Value? {
        var value: Value?
        try rows { row throws(JournalError) in
            value = try body(row)
            return false
        }
        return value
    }

    private func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        bound = 0
    }

    /// A row while it is the current one.
    struct Row {
        let handle: OpaquePointer

        func integer(_ column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(handle, column)) }
        func integer32(_ column: Int32) -> UInt32 { UInt32(truncatingIfNeeded: integer(column)) }
        func text(_ column: Int32) -> String { sqlite3_column_text(handle, column).map { String(cString: $0) } ?? "" }
        func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

        func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { $0.copied(0..<$0.byteCount) } }

        /// A blob in place.
        func withBytes<Result, Failure>(_ column: Int32, _ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
            let start = sqlite3_column_blob(handle, column)
            let buffer = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
            return try body(buffer.bytes)
        }
    }
}

/// Tells SQLite to copy what is bound.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
