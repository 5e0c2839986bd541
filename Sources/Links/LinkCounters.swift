import Base

/// What a session has carried, or all sessions of a link.
package struct LinkCounters: Counting, Hashable, Sendable {
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
    /// Streams of the peer's that were not taken: of epochs that this relay never had, or of another bridge here.
    package var strays: UInt64 = 0
    /// Times that nothing more was read for a while, as too much waited to be journaled or written.
    package var waits: UInt64 = 0

    package init() {}

    package static let fields: [CountField<LinkCounters>] = [
        .init("bytes_in", \.bytesIn, "fairlead_link_received_bytes_total", "Bytes of a peer's frames, compressed."),
        .init("bytes_out", \.bytesOut, "fairlead_link_sent_bytes_total", "Bytes of frames for a peer, compressed."),
        .init("unpacked_in", \.unpackedIn, "fairlead_link_received_unpacked_bytes_total", "Bytes of a peer's batches after decompression."),
        .init("unpacked_out", \.unpackedOut, "fairlead_link_sent_unpacked_bytes_total", "Bytes of batches for a peer before compression."),
        .init(
            "records_in", \.recordsIn, "fairlead_link_received_records_total", "Events and SKIPs of a peer that were journaled or known."),
        .init("records_out", \.recordsOut, "fairlead_link_sent_records_total", "Events and SKIPs sent to a peer."),
        .init("batches_out", \.batchesOut),
        .init("writes_out", \.writesOut),
        .init("faults", \.faults, "fairlead_link_faults_total", "Frames and records of a peer that broke the protocol."),
        .init(
            "strays", \.strays, "fairlead_link_stray_streams_total",
            "Streams of a peer that were not taken: of epochs that never were, or of another bridge here."),
        .init(
            "waits", \.waits, "fairlead_link_waits_total",
            "Times that a peer was read later, as too much waited to be journaled or written: a bound was reached."),
    ]
}
