/// What a session has carried, or all sessions of a link.
package struct LinkCounters: Hashable, Sendable {
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    /// Of batches before they were packed.
    package var unpackedIn: UInt64 = 0
    package var unpackedOut: UInt64 = 0
    package var recordsIn: UInt64 = 0
    package var recordsOut: UInt64 = 0
    package var batchesOut: UInt64 = 0
    /// Each is a TLS record of its own, or several where it is long.
    package var writesOut: UInt64 = 0
    /// Frames and records of the peer's that broke the protocol.
    package var faults: UInt64 = 0

    package init() {}

    /// Adds another session's counts.
    package mutating func add(_ other: LinkCounters) {
        bytesIn += other.bytesIn
        bytesOut += other.bytesOut
        unpackedIn += other.unpackedIn
        unpackedOut += other.unpackedOut
        recordsIn += other.recordsIn
        recordsOut += other.recordsOut
        batchesOut += other.batchesOut
        writesOut += other.writesOut
        faults += other.faults
    }

    /// By name, as `status` shows them.
    package var byName: [String: UInt64] {
        [
            "bytes_in": bytesIn, "bytes_out": bytesOut, "unpacked_in": unpackedIn, "unpacked_out": unpackedOut, "records_in": recordsIn,
            "records_out": recordsOut, "batches_out": batchesOut, "writes_out": writesOut, "faults": faults,
        ]
    }
}
