import Base
import CZlib
import Core
import Model

/// The log's rows: entries of one commit in a run of at most `target` bytes, guarded by a checksum.
///
/// Layout: byte version (1) ‖ entries ‖ CRC-32 (ISO 3309, by zlib), 4, over first position, 8 ‖ count, 4 ‖ time, 8 ‖ version and entries.
/// Entry: varint flags (1 SKIP, 2 given back) ‖ varint stream ‖ varint number ‖ varint zigzag(origin time − time) ‖ byte hops ‖
/// varint source ‖ SKIP: varint last number, byte reason; event: varint length, record.
package enum BlockCodec {
    static let version: UInt8 = 1
    /// More than this is not put into one row: larger rows spill over pages that SQLite reads one after another.
    static let target = 12 * 1024

    package struct Block {
        package let first: Position
        package let count: Int
        package let bytes: [UInt8]
    }

    /// The blocks of a batch's entries.
    package static func encode(_ entries: EntryBuffer, first: Position, time: UnixTime) -> [Block] {
        var blocks: [Block] = []
        var writer = ByteWriter(capacity: min(entries.byteCount + 64, target + 1024))
        writer.byte(version)
        var start = 0
        for index in 0..<entries.count {
            append(entries, index, time, to: &writer)
            if writer.count >= target || index == entries.count - 1 {
                let count = index + 1 - start
                writer.uint32(checksum(writer.bytes.span.bytes, first: first + start, count: count, time: time))
                blocks.append(Block(first: first + start, count: count, bytes: writer.bytes))
                writer.removeAll()
                writer.byte(version)
                start = index + 1
            }
        }
        return blocks
    }

    private static func append(_ entries: EntryBuffer, _ index: Int, _ time: UnixTime, to writer: inout ByteWriter) {
        let head = entries.heads[index]
        writer.varint((head.isEvent ? 0 : 1) | (head.isGivenBack ? 2 : 0))
        writer.varint(UInt64(head.stream.rawValue))
        writer.varint(head.number)
        writer.varint(zigzag: time.seconds(until: head.originTime))
        writer.byte(head.hops)
        writer.varint(UInt64(head.source.rawValue))
        if case .skip(let last, let reason) = head.content {
            writer.varint(last)
            writer.byte(reason.rawValue)
        } else {
            let range = entries.recordRange(index)
            writer.varint(UInt64(range.count))
            writer.append(entries.bytes[range])
        }
    }

    /// Appends a row's entries to `buffer`. The place in the error is the block's position.
    package static func decode(_ row: RawSpan, first: Position, count: Int, time: UnixTime, into buffer: inout EntryBuffer)
        throws(JournalError)
    {
        func damaged(_ what: String) -> JournalError { .damaged(place: "position \(first)", what: what) }
        guard row.byteCount > 5 else { throw damaged("a block of \(row.byteCount) bytes") }
        // An entry has at least six bytes.
        guard count > 0, count <= row.byteCount / 6 else { throw damaged("a block of \(row.byteCount) bytes with \(count) entries") }
        let body = row.extracting(0..<row.byteCount - 4)
        var tail = ByteReader(row, from: row.byteCount - 4)
        guard (try? tail.uint32()) == checksum(body, first: first, count: count, time: time) else { throw damaged("wrong checksum") }
        var reader = ByteReader(body)
        guard (try? reader.byte()) == version else { throw damaged("a block of an unknown version") }
        do {
            for _ in 0..<count {
                let (head, record) = try entry(&reader, time)
                buffer.append(head, record: body.copied(record))
            }
        } catch {
            throw damaged("its entries can't be read at byte \(error.offset)")
        }
        guard reader.isAtEnd else { throw damaged("\(reader.remaining) bytes too many") }
    }

    private static func entry(_ reader: inout ByteReader, _ time: UnixTime) throws(ByteError) -> (EntryHead, Range<Int>) {
        let flags = try reader.varint()
        let stream = StreamIndex(UInt32(truncatingIfNeeded: try reader.varint()))
        let number = try reader.varint()
        let originTime = UnixTime(seconds: time.seconds &+ UInt64(bitPattern: try reader.zigzag()))
        let hops = try reader.byte()
        let source = PeerIndex(UInt32(truncatingIfNeeded: try reader.varint()))
        var content = EntryHead.Content.event
        var record = 0..<0
        if flags & 1 == 1 {
            let last = try reader.varint()
            content = .skip(through: last, SkipReason(rawValue: try reader.byte()) ?? .givenUp)
        } else {
            record = try reader.skip(try reader.varint())
        }
        let head = EntryHead(
            stream: stream, number: number, originTime: originTime, hops: hops, content: content, source: source,
            isGivenBack: flags & 2 == 2)
        return (head, record)
    }

    /// A row whose version and entries are these bytes, whatever they are. For fuzzing: without a right checksum nothing is read.
    package static func sealed(_ body: [UInt8], first: Position, count: Int, time: UnixTime) -> [UInt8] {
        var writer = ByteWriter(capacity: body.count + 4)
        writer.append(body)
        writer.uint32(checksum(body.span.bytes, first: first, count: count, time: time))
        return writer.bytes
    }

    private static func checksum(_ body: RawSpan, first: Position, count: Int, time: UnixTime) -> UInt32 {
        var place = ByteWriter(capacity: 20)
        place.uint64(first.rawValue)
        place.uint32(UInt32(count))
        place.uint64(time.seconds)
        let head = crc32(0, place.bytes, UInt32(place.count))
        return body.withUnsafeBytes { UInt32(crc32(head, $0.bindMemory(to: UInt8.self).baseAddress, UInt32($0.count))) }
    }
}
