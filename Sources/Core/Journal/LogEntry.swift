import Base
import Model

/// One entry of the log with its place.
package struct LogEntry: Hashable, Sendable {
    package let head: EntryHead
    package let record: [UInt8]
    package let position: Position
    package let accepted: UnixTime

    package init(_ run: EntryRun, at position: Position) {
        let index = position - run.first
        head = run.entries.heads[index]
        record = run.entries.record(index)
        self.position = position
        accepted = run.accepted[index]
    }

    init(_ head: EntryHead, _ record: [UInt8], _ position: Position, _ accepted: UnixTime) {
        self.head = head
        self.record = record
        self.position = position
        self.accepted = accepted
    }

    /// A deletion whose record was retired: what it deleted is still known.
    init(deletion: ChangeRow, stream: StreamIndex, at time: UnixTime) {
        head = EntryHead(stream: stream, number: deletion.by.number, originTime: time, hops: 0)
        record = RecordEncoder.encode(.deleted(target: deletion.target), author: 0)
        position = deletion.position
        accepted = time
    }

    /// When it happened, as it is shown.
    var shownTime: UnixTime { head.originTime.shown(acceptedAt: accepted) }

    /// Its meaning; nil for a SKIP.
    var event: (event: Event, author: UInt64)? {
        guard head.isEvent else { return nil }
        var dropped = 0
        return try? Event.decode(record.span.bytes, droppedSpans: &dropped)
    }
}

extension UnixTime {
    /// A network's or a peer's clock that is far ahead is not believed, but for the envelope, which says the same everywhere (docs/semantics.md).
    func shown(acceptedAt accepted: UnixTime) -> UnixTime {
        accepted.seconds(until: self) > CoreLimits.clockAhead ? accepted : self
    }
}
