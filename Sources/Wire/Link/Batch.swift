import Base

/// What a batch carries, in order. Unpacked it is a run of items: `head, 1 ‖ columns ‖ content`.
///
/// head: bits 0 and 1 the kind (0 record, 1 SKIP, 2 introduction, 3 late record), bit 2: the stream's index follows (varint), else it is that of the item before;
/// bit 3: the origin time follows (signed varint, seconds after that of the record before), else it is the same; bit 4: the hop count follows (1 byte),
/// else it is 0. Stream and time begin anew with each batch whose context was reset: at stream 0 and time 0.
package enum BatchItem: Hashable, Sendable {
    /// The next number of its stream. The record's bytes are in the batch.
    case record(stream: UInt64, time: UInt64, hops: UInt8, record: Range<Int>)
    /// A number of its stream that was SKIPped before, and is to be had after all.
    case late(stream: UInt64, number: UInt64, time: UInt64, hops: UInt8, record: Range<Int>)
    /// The next numbers of a stream, up to `last`, will not come; the newest profiles of authors whose profile events are among them.
    case skip(stream: UInt64, through: UInt64, reason: UInt8, profiles: [Profile])
    /// A stream gets the next index of its sender's session, beginning at 1; the next number of it is the one after `prefix`.
    case introduction(WireIntroduction, prefix: UInt64)

    package struct Profile: Hashable, Sendable {
        package let author: UInt64
        package let record: [UInt8]

        package init(author: UInt64, record: [UInt8]) {
            self.author = author
            self.record = record
        }
    }
}

/// What items leave out because it is that of the item before.
package struct BatchColumns: Hashable, Sendable {
    fileprivate var stream: UInt64 = 0
    fileprivate var time: UInt64 = 0

    package init() {}
}

/// Puts the items of a batch together.
package struct BatchEncoder: Hashable, Sendable {
    package private(set) var writer = ByteWriter()
    package private(set) var count = 0
    private var columns: BatchColumns

    package init(_ columns: BatchColumns) { self.columns = columns }

    /// What the next batch of the channel begins with.
    package var columnsAfter: BatchColumns { columns }

    package mutating func record(stream: UInt64, time: UInt64, hops: UInt8, _ record: ArraySlice<UInt8>) {
        head(0, stream, time, hops)
        writer.varint(UInt64(record.count))
        writer.append(record)
    }

    package mutating func late(stream: UInt64, number: UInt64, time: UInt64, hops: UInt8, _ record: ArraySlice<UInt8>) {
        head(3, stream, time, hops)
        writer.varint(number)
        writer.varint(UInt64(record.count))
        writer.append(record)
    }

    package mutating func skip(stream: UInt64, through last: UInt64, reason: UInt8, profiles: [BatchItem.Profile]) {
        head(1, stream, columns.time, 0)
        writer.varint(last)
        writer.byte(reason)
        writer.varint(UInt64(profiles.count))
        for profile in profiles {
            writer.varint(profile.author)
            writer.varint(UInt64(profile.record.count))
            writer.append(profile.record)
        }
    }

    package mutating func introduction(_ introduction: WireIntroduction, prefix: UInt64) {
        head(2, columns.stream, columns.time, 0)
        introduction.write(&writer)
        writer.varint(prefix)
    }

    private mutating func head(_ kind: UInt8, _ stream: UInt64, _ time: UInt64, _ hops: UInt8) {
        count += 1
        writer.byte(kind | (stream != columns.stream ? 4 : 0) | (time != columns.time ? 8 : 0) | (hops != 0 ? 16 : 0))
        if stream != columns.stream { writer.varint(stream) }
        if time != columns.time { writer.varint(zigzag: Int64(bitPattern: time &- columns.time)) }
        if hops != 0 { writer.byte(hops) }
        columns.stream = stream
        columns.time = time
    }
}

/// Reads the items of an unpacked batch.
package enum BatchDecoder {
    package static func items(_ bytes: RawSpan, _ columns: inout BatchColumns) throws(LinkFailure) -> [BatchItem] {
        var reader = ByteReader(bytes)
        var items: [BatchItem] = []
        do {
            while !reader.isAtEnd {
                guard items.count < LinkLimits.batchItems else {
                    throw LinkFailure(.tooLarge, "a batch of more than \(LinkLimits.batchItems) items")
                }
                items.append(try item(&reader, &columns))
            }
        } catch let error as LinkFailure {
            throw error
        } catch {
            throw LinkFailure(.malformed, "a batch ends within an item, or has a number spelled longer than needed")
        }
        return items
    }

    private static func item(_ reader: inout ByteReader, _ columns: inout BatchColumns) throws -> BatchItem {
        let head = try reader.byte()
        guard head < 32 else { throw LinkFailure(.malformed, "an item of unknown form \(head)") }
        if head & 4 != 0 { columns.stream = try reader.varint() }
        if head & 8 != 0 { columns.time = columns.time &+ UInt64(bitPattern: try reader.zigzag()) }
        guard columns.time <= LinkLimits.time else { throw LinkFailure(.tooLarge, "an origin time of \(columns.time) s") }
        let hops = head & 16 != 0 ? try reader.byte() : 0
        guard hops <= LinkLimits.hops else { throw LinkFailure(.tooLarge, "a hop count of \(hops)") }
        switch head & 3 {
        case 0: return .record(stream: columns.stream, time: columns.time, hops: hops, record: try record(&reader))
        case 1:
            let last = try reader.varint()
            let reason = try reader.byte()
            let count = try reader.varint()
            guard count <= UInt64(LinkLimits.skipProfiles) else { throw LinkFailure(.tooLarge, "a SKIP with \(count) profiles") }
            var profiles: [BatchItem.Profile] = []
            for _ in 0..<count {
                let author = try reader.varint()
                let range = try reader.skip(try reader.varint())
                profiles.append(BatchItem.Profile(author: author, record: reader.bytes.copied(range)))
            }
            return .skip(stream: columns.stream, through: last, reason: reason, profiles: profiles)
        case 2: return .introduction(try WireIntroduction(&reader), prefix: try reader.varint())
        default:
            let number = try reader.varint()
            return .late(stream: columns.stream, number: number, time: columns.time, hops: hops, record: try record(&reader))
        }
    }

    private static func record(_ reader: inout ByteReader) throws -> Range<Int> {
        let length = try reader.varint()
        guard length <= UInt64(LinkLimits.record) else { throw LinkFailure(.tooLarge, "a record of \(length) bytes") }
        return try reader.skip(length)
    }
}

/// BATCH: `varint channel ‖ flags, 1 (1: the context begins anew) ‖ packed items`.
package struct BatchFrame: Hashable, Sendable {
    package let channel: UInt64
    package let isReset: Bool
    package let packed: ArraySlice<UInt8>

    package init(body: [UInt8]) throws(LinkFailure) {
        var reader = ByteReader(body.span.bytes)
        do {
            channel = try reader.varint()
            let flags = try reader.byte()
            guard flags < 2 else { throw LinkFailure(.malformed, "BATCH with flags \(flags)") }
            isReset = flags == 1
            packed = body[reader.offset...]
        } catch let error as LinkFailure {
            throw error
        } catch {
            throw LinkFailure(.malformed, "BATCH ends too early")
        }
    }

    package static func head(channel: UInt64, isReset: Bool) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(channel)
        writer.byte(isReset ? 1 : 0)
        return writer.bytes
    }
}
