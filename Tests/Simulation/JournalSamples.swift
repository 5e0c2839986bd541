import Base
import Core
import Model

/// Batches whose content follows from their positions alone, so that a reader can say what must stand where.
package enum JournalSamples {
    package static let owner = RelayID(bytes: [UInt8](repeating: 1, count: 32))
    package static let bridge = BridgeRow(
        index: BridgeIndex(1), name: "ops", key: BridgeKey(bytes: [UInt8](repeating: 2, count: 16)),
        secret: [UInt8](repeating: 3, count: 32))
    package static let start = UnixTime(seconds: 1_795_549_974)

    package static func introduction(_ ordinal: UInt32) -> StreamIntroduction {
        StreamIntroduction(
            owner: owner, bridge: bridge.key, epoch: Epoch(ordinal: ordinal, salt: 5, secret: [UInt8](repeating: 4, count: 32)))
    }

    /// Stream 1 has the odd positions, stream 2 the even ones.
    package static func place(of position: Position) -> (stream: StreamIndex, number: UInt64) {
        (StreamIndex(position.rawValue % 2 == 1 ? 1 : 2), (position.rawValue + 1) / 2)
    }

    package static func record(at position: Position) -> [UInt8] {
        RecordEncoder.encode(.posted(Post(RichText("event number \(position) in the log"))), author: 1)
    }

    package static func stream(_ index: UInt32, prefix: UInt64 = 0) -> StreamRow {
        StreamRow(index: StreamIndex(index), introduction: introduction(index), bridge: bridge.index, prefix: prefix)
    }

    package static func eventID(at position: Position) -> EventID {
        let (stream, number) = place(of: position)
        return EventID(stream: introduction(stream.rawValue).stream, number: number)
    }

    /// What a journal has before its first event.
    package static func foundation() -> JournalBatch {
        var batch = JournalBatch(time: start, first: .first)
        batch.bridges = [bridge]
        batch.streams = [stream(1), stream(2)]
        batch.destinations = [
            DestinationRow(id: DestinationID(1), bridge: bridge.index, name: "libera:#ops", cursor: .first),
            DestinationRow(id: DestinationID(2), bridge: bridge.index, name: "post:ops", cursor: .first, source: [1, 2]),
        ]
        return batch
    }

    /// The next `count` events from `first` on, each claimed and received at destination 1.
    package static func events(from first: Position, count: Int, time: UnixTime = start) -> JournalBatch {
        var batch = JournalBatch(time: time, first: first)
        var highest: [StreamIndex: UInt64] = [:]
        for offset in 0..<count {
            let position = first + offset
            let (stream, number) = place(of: position)
            batch.entries.append(EntryHead(stream: stream, number: number, originTime: time, hops: 0), record: record(at: position))
            highest[stream] = number
            batch.receipts.append(
                Receipt(
                    destination: DestinationID(1), position: position, stream: stream, number: number, outcome: .delivered, time: time,
                    nativeID: NativeKey("native-\(position)")))
        }
        batch.streams = highest.sorted { $0.key < $1.key }.map { self.stream($0.key.rawValue, prefix: $0.value) }
        return batch
    }
}
