import Base

/// Goes through a record field by field and checks each against its shape.
struct RecordFieldReader: ~Escapable {
    /// One field. A number's `range` is empty and its value in `value`.
    struct Field {
        let number: UInt64
        let value: UInt64
        let range: Range<Int>
    }

    private var reader: ByteReader
    private var previous: UInt64 = 0

    @_lifetime(copy record)
    init(_ record: RawSpan) { reader = ByteReader(record) }

    @_lifetime(self: copy self)
    mutating func header() throws(RecordError) -> (kind: UInt64, isIgnorable: Bool, author: UInt64) {
        guard let major = try? reader.byte() else { throw RecordError(reason: .truncated, offset: 0) }
        // What follows can only be read by a program that knows the major version.
        guard major == RecordFormat.major else { throw RecordError(reason: .major(major), offset: 0) }
        do {
            let kind = try reader.varint()
            return (kind >> 1, kind & 1 == 1, try reader.varint())
        } catch {
            throw RecordError(error)
        }
    }

    /// The next field; nil at the record's end.
    @_lifetime(self: copy self)
    mutating func next() throws(RecordError) -> Field? {
        if reader.isAtEnd { return nil }
        let start = reader.offset
        let field: Field
        let hasBytes: Bool
        do {
            let head = try reader.varint()
            let number = head >> 1
            hasBytes = head & 1 == 1
            let value = try reader.varint()
            field = Field(number: number, value: value, range: hasBytes ? try reader.skip(value) : 0..<0)
        } catch {
            throw RecordError(error)
        }
        guard field.number > previous else { throw RecordError(reason: .fieldOrder(field.number), offset: start) }
        previous = field.number
        if let shape = RecordFormat.shape(of: field.number) { try check(field, hasBytes: hasBytes, shape, at: start) }
        return field
    }

    private func check(_ field: Field, hasBytes: Bool, _ shape: RecordFormat.Shape, at start: Int) throws(RecordError) {
        if case .number(let limit) = shape {
            guard !hasBytes else { throw RecordError(reason: .fieldForm(field.number), offset: start) }
            guard field.value <= limit else { throw RecordError(reason: .fieldValue(field.number), offset: start) }
            return
        }
        guard hasBytes else { throw RecordError(reason: .fieldForm(field.number), offset: start) }
        switch shape {
        case .number:
            break
        case .bytes(let counts):
            guard counts.contains(field.range.count) else { throw RecordError(reason: .fieldValue(field.number), offset: start) }
        case .text(let limit):
            guard field.range.count <= limit else { throw RecordError(reason: .fieldValue(field.number), offset: start) }
            let isSanitary = reader.bytes.extracting(field.range).withUnsafeBytes { raw in
                Sanitiser.isSanitary(raw.bindMemory(to: UInt8.self).span)
            }
            guard isSanitary else { throw RecordError(reason: .unsanitary(field.number), offset: field.range.lowerBound) }
        case .eventID:
            _ = try eventID(in: field)
        case .spans:
            guard SpanList.isReadable(reader.bytes.extracting(field.range)) else {
                throw RecordError(reason: .fieldValue(field.number), offset: start)
            }
        case .attachments:
            guard AttachmentList.decode(reader.bytes.extracting(field.range)) != nil else {
                throw RecordError(reason: .fieldValue(field.number), offset: start)
            }
        }
    }

    func eventID(in field: Field) throws(RecordError) -> EventID {
        var inner = ByteReader(reader.bytes.extracting(field.range))
        if let stream = try? inner.uint64(), let number = try? inner.varint(), number > 0, inner.isAtEnd {
            return EventID(stream: StreamID(rawValue: stream), number: number)
        }
        throw RecordError(reason: .fieldValue(field.number), offset: field.range.lowerBound)
    }

    func bytes(of field: Field) -> [UInt8] { reader.bytes.copied(field.range) }
    func text(of field: Field) -> String { String(decoding: bytes(of: field), as: UTF8.self) }
    @_lifetime(copy self)
    func span(of field: Field) -> RawSpan { reader.bytes.extracting(field.range) }
}

extension RecordError {
    init(_ error: ByteError) {
        switch error.reason {
        case .truncated: self.init(reason: .truncated, offset: error.offset)
        case .varint: self.init(reason: .varint, offset: error.offset)
        }
    }
}
