/// Collects bytes; the counterpart of `ByteReader`. Kept and emptied where many values are written one after another.
package struct ByteWriter: Hashable, Sendable {
    package private(set) var bytes: [UInt8]

    package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package var count: Int { bytes.count }

    package mutating func byte(_ value: UInt8) { bytes.append(value) }

    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A signed number, small ones of both signs short: 0, −1, 1, −2 … as 0, 1, 2, 3 …
    package mutating func varint(zigzag value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    package mutating func uint32(_ value: UInt32) { fixed(UInt64(value), 4) }
    package mutating func uint64(_ value: UInt64) { fixed(value, 8) }
    // Without these two every append from another module would go byte by byte through the sequence's witnesses.
    package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }
    package mutating func append(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }
    package mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Empties the writer and keeps its memory.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// The bytes, leaving the writer empty.
    package consuming func take() -> [UInt8] { bytes }

    private mutating func fixed(_ value: UInt64, _ width: Int) {
        for shift in (0..<width).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(shift)))) }
    }
}
