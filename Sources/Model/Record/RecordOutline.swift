import Base

/// Why bytes are not a record. `offset` is where in the record, in bytes.
package struct RecordError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case tooLong(limit: Int)
        case truncated
        case varint
        /// A major version this program does not read.
        case major(UInt8)
        /// A kind this program does not know and that its sender does not allow to be passed over.
        case kind(UInt64)
        /// A kind that speaks for somebody, without an author.
        case noAuthor
        /// Field numbers must rise.
        case fieldOrder(UInt64)
        /// A varint where bytes belong, or the other way round.
        case fieldForm(UInt64)
        /// Too long, too short or out of its range.
        case fieldValue(UInt64)
        /// Text that has not passed the sanitiser.
        case unsanitary(UInt64)
        case missingField(UInt64)
    }

    package let reason: Reason
    package let offset: Int
}

/// A checked record's parts that routing needs, without copying any of it.
///
/// Whoever holds an outline knows that the bytes it was made from are a record. Unknown fields and unknown ignorable
/// kinds pass: they are stored and forwarded as they came.
package struct RecordOutline: Hashable, Sendable {
    package let kind: UInt64
    package let isIgnorable: Bool
    /// 0 where nobody is named.
    package let author: UInt64
    /// Field `target`: the answered message of a post, else what the event is about.
    package private(set) var target: EventID?
    /// Where in the record the text is; empty if there is none.
    package private(set) var text: Range<Int>
    /// What the record bears, as bits by field number, numbers below 64.
    private(set) var fields: UInt64

    package init(checking record: RawSpan) throws(RecordError) {
        guard record.byteCount <= ModelLimits.record else {
            throw RecordError(reason: .tooLong(limit: ModelLimits.record), offset: ModelLimits.record)
        }
        text = 0..<0
        fields = 0
        target = nil
        var reader = RecordFieldReader(record)
        (kind, isIgnorable, author) = try reader.header()
        while let field = try reader.next() {
            fields |= RecordFormat.bit(field.number)
            switch field.number {
            case RecordFormat.Field.text: text = field.range
            case RecordFormat.Field.target: target = try reader.eventID(in: field)
            default: break
            }
        }
        try checkPresence(end: record.byteCount)
    }

    private func checkPresence(end: Int) throws(RecordError) {
        guard let required = RecordFormat.requiredFields(of: kind) else {
            if isIgnorable { return }
            throw RecordError(reason: .kind(kind), offset: 1)
        }
        if author == 0 && RecordFormat.needsAuthor(kind) { throw RecordError(reason: .noAuthor, offset: 2) }
        let missing = required & ~fields
        if missing != 0 { throw RecordError(reason: .missingField(UInt64(missing.trailingZeroBitCount)), offset: end) }
        if kind == RecordFormat.Kind.posted && !has(RecordFormat.Field.text) && !has(RecordFormat.Field.attachments) {
            throw RecordError(reason: .missingField(RecordFormat.Field.text), offset: end)
        }
    }

    private func has(_ field: UInt64) -> Bool { fields & RecordFormat.bit(field) != 0 }

    /// Whether it changes or deletes a message.
    package var isChange: Bool { kind == RecordFormat.Kind.edited || kind == RecordFormat.Kind.deleted }
    /// Whether what it says of its target is for the target's owner alone: anything but an answer and a reaction.
    package var isOwnersOnly: Bool {
        switch kind {
        case RecordFormat.Kind.edited, RecordFormat.Kind.deleted, RecordFormat.Kind.attachmentReady, RecordFormat.Kind.call: true
        default: false
        }
    }
    package var hasSpans: Bool { has(RecordFormat.Field.spans) }
    package var isProfile: Bool { kind == RecordFormat.Kind.profile }

    /// Whether this program knows the kind.
    package var isKnown: Bool { RecordFormat.requiredFields(of: kind) != nil }
}
