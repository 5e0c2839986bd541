import Base

/// Bodies that may grow: fields in ascending order, each once. Field = varint (number·2 + form); form 0 is a varint, form 1 is
/// varint length and bytes. Unknown fields are ignored.
struct FieldWriter {
    private(set) var writer = ByteWriter()

    mutating func number(_ field: UInt64, _ value: UInt64) {
        writer.varint(field * 2)
        writer.varint(value)
    }

    mutating func bytes(_ field: UInt64, _ value: some Collection<UInt8>) {
        writer.varint(field * 2 + 1)
        writer.varint(UInt64(value.count))
        writer.append(value)
    }
}

/// The fields of a body by number.
struct Fields {
    private var numbers: [UInt64: UInt64] = [:]
    private var runs: [UInt64: [UInt8]] = [:]

    init(_ body: [UInt8], _ kind: FrameKind) throws(LinkFailure) {
        var reader = ByteReader(body.span.bytes)
        var last: UInt64 = 0
        do {
            while !reader.isAtEnd {
                let head = try reader.varint()
                guard head >> 1 > last else { throw LinkFailure(.malformed, "\(kind): field \(head >> 1) behind field \(last)") }
                last = head >> 1
                if head & 1 == 0 {
                    numbers[last] = try reader.varint()
                } else {
                    let range = try reader.skip(try reader.varint())
                    runs[last] = reader.bytes.copied(range)
                }
            }
        } catch let error as LinkFailure {
            throw error
        } catch {
            throw LinkFailure(.malformed, "\(kind): a field that ends too early or is spelled longer than needed")
        }
    }

    func number(_ field: UInt64, or usual: UInt64) -> UInt64 { numbers[field] ?? usual }

    func number(_ field: UInt64, _ what: String) throws(LinkFailure) -> UInt64 {
        guard let value = numbers[field] else { throw LinkFailure(.malformed, "no \(what)") }
        return value
    }

    func bytes(_ field: UInt64) -> [UInt8]? { runs[field] }

    func text(_ field: UInt64, atMost limit: Int, _ what: String) throws(LinkFailure) -> String? {
        guard let bytes = runs[field] else { return nil }
        guard bytes.count <= limit else { throw LinkFailure(.tooLarge, "\(what) of \(bytes.count) bytes; \(limit) are allowed") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw LinkFailure(.malformed, "\(what) is not UTF-8") }
        return text
    }
}
