import Base
import Model

/// One entry of the log without its record.
package struct EntryHead: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// An event; its record is bytes of the buffer.
        case event
        /// Numbers that will not be passed on, from the head's own number to this one.
        case skip(through: UInt64, SkipReason)
    }

    package let stream: StreamIndex
    package let number: UInt64
    package let originTime: UnixTime
    package let hops: UInt8
    package let content: Content
    /// Who passed it on: a peer, or this relay where it was born.
    package let source: PeerIndex
    /// A lost event of mine that a peer gave back: vouched for by that peer alone until it is confirmed (semantics 6).
    package let isGivenBack: Bool

    package init(
        stream: StreamIndex, number: UInt64, originTime: UnixTime, hops: UInt8, content: Content = .event, source: PeerIndex = .local,
        isGivenBack: Bool = false
    ) {
        self.stream = stream
        self.number = number
        self.originTime = originTime
        self.hops = hops
        self.content = content
        self.source = source
        self.isGivenBack = isGivenBack
    }

    package var isEvent: Bool { content == .event }
}

/// Why numbers of a stream will not be passed on. Values are those of the link.
package enum SkipReason: UInt8, Hashable, Sendable, CaseIterable {
    case beforeJoin = 1
    case expired = 2
    case erased = 3
    case givenUp = 4
    case hops = 5
    case unconfirmed = 6
    case refused = 7
}

/// Entries in order: their heads, and all their records in one run of bytes, so that a batch costs no allocation per entry.
package struct EntryBuffer: Hashable, Sendable {
    private var ends: [Int] = []
    package private(set) var heads: [EntryHead] = []
    package private(set) var bytes: [UInt8] = []
    /// The stream that all of it is of; nil if there are several, or none.
    package private(set) var onlyStream: StreamIndex?

    package init() {}

    package var count: Int { heads.count }
    package var isEmpty: Bool { heads.isEmpty }

    /// Records and heads together, as an estimate of what they take in memory.
    package var byteCount: Int { bytes.count + heads.count * 48 }

    package mutating func append(_ head: EntryHead, record: [UInt8]) { append(head, record: record[...]) }

    package mutating func append(_ head: EntryHead, record: ArraySlice<UInt8>) {
        onlyStream = heads.isEmpty || onlyStream == head.stream ? head.stream : nil
        heads.append(head)
        bytes.append(contentsOf: record)
        ends.append(bytes.count)
    }

    package mutating func append(_ other: EntryBuffer) { append(other, 0..<other.count) }

    /// Some entries of another buffer, in one piece; all of one come to an empty buffer without a copy.
    package mutating func append(_ other: EntryBuffer, _ range: Range<Int>) {
        if range.isEmpty { return }
        if isEmpty && range.count == other.count { return self = other }
        let first = other.recordRange(range.lowerBound).lowerBound
        let base = bytes.count - first
        let stream = other.heads[range.lowerBound].stream
        let isOne = other.onlyStream != nil || other.heads[range].allSatisfy { $0.stream == stream }
        onlyStream = isOne && (heads.isEmpty || onlyStream == stream) ? stream : nil
        heads += other.heads[range]
        bytes += other.bytes[first..<other.ends[range.upperBound - 1]]
        ends.reserveCapacity(ends.count + range.count)
        for index in range { ends.append(other.ends[index] + base) }
    }

    /// Where in `bytes` an entry's record lies; empty for a SKIP.
    package func recordRange(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// A copy of an entry's record.
    package func record(_ index: Int) -> [UInt8] { Array(bytes[recordRange(index)]) }

    /// The bytes of an entry's record, in place.
    package func withRecord<Result>(_ index: Int, _ body: (RawSpan) throws(RecordError) -> Result) throws(RecordError) -> Result {
        try body(bytes.span.bytes.extracting(recordRange(index)))
    }
}

/// Entries that follow one another in the log.
package struct EntryRun: Hashable, Sendable {
    package let first: Position
    package var entries: EntryBuffer
    /// When they were accepted; one time for each entry would say no more, as a block is one commit.
    package var accepted: [UnixTime]

    package init(first: Position, entries: EntryBuffer, accepted: [UnixTime]) {
        self.first = first
        self.entries = entries
        self.accepted = accepted
    }

    /// The position after the last entry.
    package var end: Position { first + entries.count }
}
