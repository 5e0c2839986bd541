/// Numbers of the record, version 1 (docs/record.md). They are never used again for something else.
enum RecordFormat {
    static let major: UInt8 = 1

    /// Kinds. 9 joined, 10 left and 11 typing are reserved.
    enum Kind {
        static let posted: UInt64 = 1
        static let edited: UInt64 = 2
        static let deleted: UInt64 = 3
        static let reacted: UInt64 = 4
        static let topic: UInt64 = 5
        static let profile: UInt64 = 6
        static let call: UInt64 = 7
        static let attachmentReady: UInt64 = 8
    }

    /// Fields. 32 to 40 are reserved (docs/record.md, "Reserved fields").
    enum Field {
        static let text: UInt64 = 1
        static let spans: UInt64 = 2
        static let target: UInt64 = 3
        static let thread: UInt64 = 4
        static let style: UInt64 = 5
        static let attachments: UInt64 = 6
        static let emoji: UInt64 = 7
        static let off: UInt64 = 8
        static let picture: UInt64 = 9
        static let name: UInt64 = 10
        static let version: UInt64 = 11
        static let authorKey: UInt64 = 12
        static let home: UInt64 = 13
        static let title: UInt64 = 14
        static let link: UInt64 = 15
        static let members: UInt64 = 16
        static let expires: UInt64 = 17
        static let ended: UInt64 = 18
        static let index: UInt64 = 19
        static let hash: UInt64 = 20
        static let fallback: UInt64 = 31
    }

    /// What a field's value must look like.
    enum Shape {
        /// A varint up to this value.
        case number(atMost: UInt64)
        /// Bytes, in this many.
        case bytes(ClosedRange<Int>)
        /// Sanitary text, at most so many bytes.
        case text(atMost: Int)
        /// A stream, 8 bytes, and a number as varint, nothing behind it.
        case eventID
        case spans
        case attachments
    }

    static func shape(of field: UInt64) -> Shape? {
        switch field {
        case Field.text: .text(atMost: ModelLimits.text)
        case Field.spans: .spans
        case Field.target, Field.thread: .eventID
        case Field.style: .number(atMost: .max)
        case Field.attachments: .attachments
        case Field.emoji: .text(atMost: ModelLimits.emoji)
        case Field.off, Field.members, Field.ended: .number(atMost: 1)
        case Field.picture, Field.hash: .bytes(32...32)
        case Field.name: .text(atMost: ModelLimits.name)
        case Field.version: .number(atMost: .max)
        case Field.authorKey: .bytes(8...8)
        case Field.home: .bytes(4...4)
        case Field.title: .text(atMost: ModelLimits.title)
        case Field.link: .text(atMost: ModelLimits.link)
        case Field.expires: .number(atMost: 1 << 40)
        case Field.index: .number(atMost: UInt64(ModelLimits.attachments - 1))
        case Field.fallback: .text(atMost: ModelLimits.description)
        default: nil
        }
    }

    /// The fields a kind can't do without, as a set of bits by field number; nil for a kind this version does not know.
    static func requiredFields(of kind: UInt64) -> UInt64? {
        switch kind {
        case Kind.posted: 0  // text or attachments, see RecordOutline
        case Kind.edited: bit(Field.text) | bit(Field.target)
        case Kind.deleted: bit(Field.target)
        case Kind.reacted: bit(Field.target) | bit(Field.emoji)
        case Kind.topic: bit(Field.text)
        case Kind.profile: bit(Field.name) | bit(Field.version) | bit(Field.authorKey) | bit(Field.home)
        case Kind.call: bit(Field.link)
        case Kind.attachmentReady: bit(Field.target) | bit(Field.index) | bit(Field.hash)
        default: nil
        }
    }

    /// Whether a kind speaks for somebody, so that its author number can't be 0.
    static func needsAuthor(_ kind: UInt64) -> Bool {
        switch kind {
        case Kind.posted, Kind.edited, Kind.reacted, Kind.profile: true
        default: false
        }
    }

    static func bit(_ field: UInt64) -> UInt64 { field < 64 ? 1 << field : 0 }
}
