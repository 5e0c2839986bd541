/// Why bytes could not be read. `offset` is where, in bytes from the start of what was given to the reader.
package struct ByteError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The bytes end before the value does.
        case truncated
        /// A varint longer than its value needs, or above 64 bits.
        case varint
    }

    package let reason: Reason
    package let offset: Int

    package init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

/// Reads integers and runs of bytes in order from a span it does not own.
///
/// Integers are varints (seven bits a byte, low group first, the high bit says that more follow, at most ten bytes)
/// or big endian of fixed width. A varint must be minimal: a longer form is an error, so that one value has one spelling.
package struct ByteReader: ~Escapable {
    package let bytes: RawSpan
    package private(set) var offset: Int

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, from offset: Int = 0) {
        precondition(offset >= 0 && offset <= bytes.byteCount, "reader starts outside its bytes")
        self.bytes = bytes
        self.offset = offset
    }

    package var isAtEnd: Bool { offset == bytes.byteCount }
    package var remaining: Int { bytes.byteCount - offset }

    @_lifetime(self: copy self)
    package mutating func byte() throws(ByteError) -> UInt8 {
        guard offset < bytes.byteCount else { throw ByteError(reason: .truncated, offset: offset) }
        defer { offset += 1 }
        return bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @_lifetime(self: copy self)
    package mutating func varint() throws(ByteError) -> UInt64 {
        let start = offset
        let first = try byte()
        if first < 0x80 { return UInt64(first) }
        var value = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while true {
            let next = try byte()
            // The tenth byte carries bit 63 alone.
            if shift == 63 && next > 1 { throw ByteError(reason: .varint, offset: start) }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 {
                if next == 0 { throw ByteError(reason: .varint, offset: start) }
                return value
            }
            shift += 7
        }
    }

    /// A signed number as `ByteWriter.varint(zigzag:)` writes it.
    @_lifetime(self: copy self)
    package mutating func zigzag() throws(ByteError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Four bytes, big endian.
    @_lifetime(self: copy self)
    package mutating func uint32() throws(ByteError) -> UInt32 { UInt32(truncatingIfNeeded: try fixed(4)) }

    /// Eight bytes, big endian.
    @_lifetime(self: copy self)
    package mutating func uint64() throws(ByteError) -> UInt64 { try fixed(8) }

    /// The next `count` bytes, as their range in `bytes`.
    @_lifetime(self: copy self)
    package mutating func skip(_ count: UInt64) throws(ByteError) -> Range<Int> {
        guard count <= UInt64(remaining) else { throw ByteError(reason: .truncated, offset: offset) }
        let start = offset
        offset += Int(count)
        return start..<offset
    }

    private mutating func fixed(_ width: Int) throws(ByteError) -> UInt64 {
        guard remaining >= width else { throw ByteError(reason: .truncated, offset: offset) }
        var value: UInt64 = 0
        for index in offset..<offset + width {
            value = value << 8 | UInt64(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
        }
        offset += width
        return value
    }
}

extension RawSpan {
    /// A copy of the bytes in `range`.
    package func copied(_ range: Range<Int>) -> [UInt8] {
        extracting(range).withUnsafeBytes { [UInt8]($0) }
    }
}
