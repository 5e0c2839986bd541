import Base

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

    /// Times that nothing more was read for a while, as too much waited to be journaled or written.
    package var waits: UInt64 = 0

    package init() {}

    /// Adds another session's counts.
    mutating func add(_ other: LinkCounters) {
        bytesIn += other.bytesIn
        bytesOut += other.bytesOut
        unpackedIn += other.unpackedIn
        unpackedOut += other.unpackedOut
        recordsIn += other.recordsIn
        recordsOut += other.recordsOut
        batchesOut += other.batchesOut
        writesOut += other.writesOut
        faults += other.faults
        waits += other.waits
    }

    /// By name, as `status` shows them.
    package var byName: [String: UInt64] {
        [
            "bytes_in": bytesIn, "bytes_out": bytesOut, "unpacked_in": unpackedIn, "unpacked_out": unpackedOut, "records_in": recordsIn,
            "records_out": recordsOut, "batches_out": batchesOut, "writes_out": writesOut, "faults": faults,
        ]
    }

    var metrics: [Metric] {
        [
            .counter("fairlead_link_received_bytes_total", "Bytes of a peer's frames, compressed.", bytesIn),
            .counter("fairlead_link_sent_bytes_total", "Bytes of frames for a peer, compressed.", bytesOut),
            .counter("fairlead_link_received_unpacked_bytes_total", "Bytes of a peer's batches after decompression.", unpackedIn),
            .counter("fairlead_link_sent_unpacked_bytes_total", "Bytes of batches for a peer before compression.", unpackedOut),
            .counter("fairlead_link_received_records_total", "Events and SKIPs of a peer that were journaled or known.", recordsIn),
            .counter("fairlead_link_sent_records_total", "Events and SKIPs sent to a peer.", recordsOut),
            .counter("fairlead_link_faults_total", "Frames and records of a peer that broke the protocol.", faults),
            .counter(
                "fairlead_link_waits_total",
                "Times that a peer was read later, as too much waited to be journaled or written: a bound was reached.",
                waits),
        ]
    }
}
