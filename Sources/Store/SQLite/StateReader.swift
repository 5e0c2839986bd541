import Base
import Core
import Model

/// Reads what a journal knows when it is opened, and looks at the end of its log.
struct StateReader {
    /// Blocks at the end of the log whose checksums are compared at each start; `check --journal` compares all.
    private static let checkedBlocks = 64

    private let database: Database

    init(_ database: Database) { self.database = database }

    func state() throws(JournalError) -> JournalState {
        var state = JournalState()
        state.next = try end()
        state.oldest =
            try database.statement("SELECT min(position) FROM log").first { $0.isNull(0) ? state.next : Position($0.integer(0)) }
            ?? state.next
        state.bridges = try bridges()
        state.streams = try streams()
        state.authors = try authors()
        state.destinations = try destinations()
        state.claims = try claims()
        try database.statement("SELECT count(*), max(id) FROM bounces").rows { row in
            state.bounceCount = Int(truncatingIfNeeded: row.integer(0))
            state.lastBounce = row.integer(1)
            return false
        }
        try database.statement("SELECT name, value FROM notes").rows { row in
            state.notes[row.text(0)] = row.bytes(1)
            return true
        }
        return state
    }

    /// The position after the last entry, once the last blocks have been read.
    private func end() throws(JournalError) -> Position {
        var next: Position?
        try database.statement("SELECT position, count, time, entries FROM log ORDER BY position DESC LIMIT \(StateReader.checkedBlocks)")
            .rows { row throws(JournalError) in
                let first = Position(row.integer(0))
                var buffer = EntryBuffer()
                try row.withBytes(3) { bytes throws(JournalError) in
                    try BlockCodec.decode(
                        bytes, first: first, count: Int(truncatingIfNeeded: row.integer(1)), time: UnixTime(seconds: row.integer(2)),
                        into: &buffer)
                }
                if next == nil { next = first + buffer.count }
                return true
            }
        return next ?? .first
    }

    private func bridges() throws(JournalError) -> [BridgeRow] {
        var rows: [BridgeRow] = []
        try database.statement("SELECT id, name, key, secret FROM bridges ORDER BY id").rows { row throws(JournalError) in
            let key = row.bytes(2)
            guard key.count == 16 else { throw damaged("bridges", row.integer(0)) }
            rows.append(
                BridgeRow(index: BridgeIndex(row.integer32(0)), name: row.text(1), key: BridgeKey(bytes: key), secret: row.bytes(3)))
            return true
        }
        return rows
    }

    private func streams() throws(JournalError) -> [StreamRow] {
        var rows: [StreamRow] = []
        let sql = "SELECT id, owner, bridge_key, ordinal, salt, bits, bridge, prefix, holes, stream, changed FROM streams ORDER BY id"
        try database.statement(sql).rows { row throws(JournalError) in
            let (owner, key) = (row.bytes(1), row.bytes(2))
            guard owner.count == 32, key.count == 16, let holes = HoleCodec.decode(row.bytes(8)) else {
                throw damaged("streams", row.integer(0))
            }
            let epoch = Epoch(ordinal: row.integer32(3), salt: row.integer(4), bits: row.integer(5))
            let introduction = StreamIntroduction(owner: RelayID(bytes: owner), bridge: BridgeKey(bytes: key), epoch: epoch)
            guard introduction.stream.rawValue == row.integer(9) else { throw damaged("streams", row.integer(0)) }
            rows.append(
                StreamRow(
                    index: StreamIndex(row.integer32(0)), introduction: introduction, bridge: BridgeIndex(row.integer32(6)),
                    prefix: row.integer(7), holes: holes, changed: UnixTime(seconds: row.integer(10))))
            return true
        }
        return rows
    }

    private func authors() throws(JournalError) -> [AuthorRow] {
        var rows: [AuthorRow] = []
        try database.statement("SELECT stream, number, record FROM authors ORDER BY stream, number").rows { row in
            rows.append(AuthorRow(stream: StreamIndex(row.integer32(0)), number: row.integer(1), record: row.bytes(2)))
            return true
        }
        return rows
    }

    private func destinations() throws(JournalError) -> [DestinationRow] {
        var rows: [DestinationRow] = []
        let sql = "SELECT id, bridge, name, cursor, source, removed, parts, bytes, deferred, parked, text FROM destinations ORDER BY id"
        try database.statement(sql).rows { row in
            var destination = DestinationRow(
                id: DestinationID(row.integer32(0)), bridge: BridgeIndex(row.integer32(1)), name: row.text(2),
                cursor: Position(row.integer(3)), source: row.bytes(4), isRemoved: row.integer(5) == 1)
            destination.received = .init(
                parts: row.integer32(6), bytes: row.integer32(7), text: row.integer(10) == 0 ? nil : Position(row.integer(10)))
            destination.deferredSince = row.integer(8) == 0 ? nil : UnixTime(seconds: row.integer(8))
            destination.parkedBefore = Position(row.integer(9))
            rows.append(destination)
            return true
        }
        return rows
    }

    private func claims() throws(JournalError) -> [Claim] {
        var rows: [Claim] = []
        try database.statement("SELECT destination, position, part, first, last, text FROM claims ORDER BY destination, position, part")
            .rows { row throws(JournalError) in
                guard row.integer32(3) <= row.integer32(4) else { throw damaged("claims", row.integer(1)) }
                rows.append(
                    Claim(
                        destination: DestinationID(row.integer32(0)), position: Position(row.integer(1)), part: row.integer32(2),
                        range: row.integer32(3)..<row.integer32(4), text: Position(row.integer(5))))
                return true
            }
        return rows
    }

    private func damaged(_ table: String, _ row: UInt64) -> JournalError {
        .damaged(place: "\(database.path), \(table) row \(row)", what: "a value of the wrong size")
    }
}

/// A stream's open holes, the oldest first: for each the varints first number, how many more, peer, and a byte for the reason.
enum HoleCodec {
    static func encode(_ holes: OpenHoles) -> [UInt8] {
        var writer = ByteWriter()
        for hole in holes.holes {
            writer.varint(hole.numbers.lowerBound)
            writer.varint(hole.numbers.upperBound - hole.numbers.lowerBound)
            writer.varint(UInt64(hole.saidBy.rawValue))
            writer.byte(hole.reason.rawValue)
        }
        return writer.bytes
    }

    /// nil for bytes that are none.
    static func decode(_ bytes: [UInt8]) -> OpenHoles? {
        var reader = ByteReader(bytes.span.bytes)
        var holes: [OpenHoles.Hole] = []
        while !reader.isAtEnd {
            guard let first = try? reader.varint(), let more = try? reader.varint(), let peer = try? reader.varint(),
                let code = try? reader.byte(), let reason = SkipReason(rawValue: code), peer <= UInt64(UInt32.max)
            else { return nil }
            let (last, overflow) = first.addingReportingOverflow(more)
            if overflow { return nil }
            holes.append(OpenHoles.Hole(numbers: first...last, saidBy: PeerIndex(UInt32(peer)), reason: reason))
        }
        return OpenHoles(holes)
    }
}
