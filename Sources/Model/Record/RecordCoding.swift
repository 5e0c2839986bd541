import Base

extension Event {
    /// A record's meaning. `droppedSpans` counts the spans that broke a rule; their text stays.
    package static func decode(_ record: RawSpan, droppedSpans: inout Int) throws(RecordError) -> (event: Event, author: UInt64) {
        let outline = try RecordOutline(checking: record)
        var parts = RecordParts()
        try parts.read(record, droppedSpans: &droppedSpans)
        return (parts.event(outline), outline.author)
    }
}

/// The values of a record's fields. Filled from a checked record, so that the forced values below are there.
private struct RecordParts {
    private var text: String?
    private var spans: [RichText.Span] = []
    private var target: EventID?
    private var thread: EventID?
    private var style = Post.Style.plain
    private var attachments: [Attachment] = []
    private var emoji: String?
    private var isOff = false
    private var picture: [UInt8]?
    private var name: String?
    private var version: UInt64?
    private var key: AuthorKey?
    private var home: Home?
    private var title = ""
    private var link: String?
    private var isForMembers = false
    private var expires: UnixTime?
    private var hasEnded = false
    private var index: UInt64?
    private var hash: [UInt8]?
    private var fallback: String?
    private var content = RichText("")

    mutating func read(_ record: RawSpan, droppedSpans: inout Int) throws(RecordError) {
        typealias Number = RecordFormat.Field
        var reader = RecordFieldReader(record)
        _ = try reader.header()
        while let field = try reader.next() {
            switch field.number {
            case Number.text: text = reader.text(of: field)
            case Number.spans: spans = SpanList.decode(reader.span(of: field), dropped: &droppedSpans)
            case Number.target: target = try reader.eventID(in: field)
            case Number.thread: thread = try reader.eventID(in: field)
            case Number.style: style = Post.Style(rawValue: field.value) ?? .plain
            case Number.attachments: attachments = AttachmentList.decode(reader.span(of: field)) ?? []
            case Number.emoji: emoji = reader.text(of: field)
            case Number.off: isOff = field.value == 1
            case Number.picture: picture = reader.bytes(of: field)
            case Number.name: name = Sanitiser.name(reader.text(of: field))
            case Number.version: version = field.value
            case Number.authorKey: key = AuthorKey(rawValue: reader.bytes(of: field).firstUInt64)
            case Number.home: home = Home(rawValue: reader.bytes(of: field).firstUInt32)
            case Number.title: title = reader.text(of: field)
            case Number.link: link = reader.text(of: field)
            case Number.members: isForMembers = field.value == 1
            // Zero is what a record says that leaves it out.
            case Number.expires: expires = field.value == 0 ? nil : UnixTime(seconds: field.value)
            case Number.ended: hasEnded = field.value == 1
            case Number.index: index = field.value
            case Number.hash: hash = reader.bytes(of: field)
            case Number.fallback: fallback = reader.text(of: field)
            default: break
            }
        }
        content = spans.isEmpty ? RichText(text ?? "") : RichText(text ?? "", spans: spans, dropped: &droppedSpans)
    }

    func event(_ outline: RecordOutline) -> Event {
        typealias Kind = RecordFormat.Kind
        let post = Post(content, style: style, reply: outline.kind == Kind.posted ? target : nil, thread: thread, attachments: attachments)
        switch outline.kind {
        case Kind.posted: return .posted(post)
        case Kind.edited: return .edited(target: target!, content: post)
        case Kind.deleted: return .deleted(target: target!)
        case Kind.reacted: return .reacted(Reaction(target: target!, emoji: emoji!, picture: picture, isOn: !isOff))
        case Kind.topic: return .topic(text!)
        case Kind.profile: return .profile(Profile(key: key!, name: name!, picture: picture, version: version!, home: home!))
        case Kind.call:
            return .call(
                Call(target: target, title: title, link: link!, isForMembers: isForMembers, expires: expires, hasEnded: hasEnded))
        case Kind.attachmentReady: return .attachmentReady(AttachmentReady(target: target!, index: index!, hash: hash!))
        default: return .unknown(kind: outline.kind, fallback: fallback)
        }
    }
}

/// Writes records. An event is encoded once, where it is born.
package struct RecordEncoder {
    private var writer: ByteWriter

    private init(kind: UInt64, author: UInt64) {
        writer = ByteWriter(capacity: 128)
        writer.byte(RecordFormat.major)
        writer.varint(kind << 1)
        writer.varint(author)
    }

    /// The record of an event that was born here. Its text is sanitary and within the limits, its kind known: intake saw to that.
    package static func encode(_ event: Event, author: UInt64) -> [UInt8] {
        typealias Kind = RecordFormat.Kind
        typealias Number = RecordFormat.Field
        var encoder: RecordEncoder
        switch event {
        case .posted(let post):
            encoder = RecordEncoder(kind: Kind.posted, author: author)
            encoder.content(of: post, target: post.reply)
        case .edited(let target, let post):
            encoder = RecordEncoder(kind: Kind.edited, author: author)
            encoder.content(of: post, target: target)
        case .deleted(let target):
            encoder = RecordEncoder(kind: Kind.deleted, author: author)
            encoder.field(Number.target, target)
        case .reacted(let reaction):
            encoder = RecordEncoder(kind: Kind.reacted, author: author)
            encoder.field(Number.target, reaction.target)
            encoder.field(Number.emoji, [UInt8](reaction.emoji.utf8))
            encoder.field(Number.off, reaction.isOn ? 0 : 1)
            encoder.field(Number.picture, reaction.picture)
        case .topic(let text):
            encoder = RecordEncoder(kind: Kind.topic, author: author)
            encoder.field(Number.text, [UInt8](text.utf8))
        case .profile(let profile):
            encoder = RecordEncoder(kind: Kind.profile, author: author)
            encoder.field(Number.picture, profile.picture)
            encoder.field(Number.name, [UInt8](profile.name.utf8))
            encoder.field(Number.version, profile.version, evenZero: true)
            encoder.field(Number.authorKey, bigEndian(profile.key.rawValue))
            encoder.field(Number.home, bigEndian(profile.home.rawValue))
        case .call(let call):
            encoder = RecordEncoder(kind: Kind.call, author: author)
            encoder.field(Number.target, call.target)
            if !call.title.isEmpty { encoder.field(Number.title, [UInt8](call.title.utf8)) }
            encoder.field(Number.link, [UInt8](call.link.utf8))
            encoder.field(Number.members, call.isForMembers ? 1 : 0)
            encoder.field(Number.expires, call.expires?.seconds ?? 0)
            encoder.field(Number.ended, call.hasEnded ? 1 : 0)
        case .attachmentReady(let ready):
            encoder = RecordEncoder(kind: Kind.attachmentReady, author: author)
            encoder.field(Number.target, ready.target)
            encoder.field(Number.index, ready.index, evenZero: true)
            encoder.field(Number.hash, ready.hash)
        case .unknown:
            preconditionFailure("an event of unknown kind is never born here")
        }
        return encoder.writer.bytes
    }

    private mutating func content(of post: Post, target: EventID?) {
        typealias Number = RecordFormat.Field
        field(Number.text, [UInt8](post.content.text.utf8))
        if !post.content.spans.isEmpty { field(Number.spans, SpanList.encode(post.content.spans)) }
        field(Number.target, target)
        field(Number.thread, post.thread)
        field(Number.style, post.style.rawValue)
        if !post.attachments.isEmpty { field(Number.attachments, AttachmentList.encode(post.attachments)) }
    }

    private mutating func field(_ number: UInt64, _ value: UInt64, evenZero: Bool = false) {
        if value == 0 && !evenZero { return }
        writer.varint(number << 1)
        writer.varint(value)
    }

    private mutating func field(_ number: UInt64, _ bytes: [UInt8]?) {
        guard let bytes else { return }
        writer.varint(number << 1 | 1)
        writer.varint(UInt64(bytes.count))
        writer.append(bytes)
    }

    private mutating func field(_ number: UInt64, _ id: EventID?) {
        guard let id else { return }
        var value = ByteWriter(capacity: 18)
        value.uint64(id.stream.rawValue)
        value.varint(id.number)
        field(number, value.bytes)
    }
}

private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
}
