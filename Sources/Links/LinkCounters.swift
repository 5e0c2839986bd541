/// What a session has carried.
package struct LinkCounters: Hashable, Sendable {
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    /// Of batches before they were packed.
    package var unpackedIn: UInt64 = 0
    package var unpackedOut: UInt64 = 0
    package var recordsIn: UInt64 = 0
    package var recordsOut: UInt64 = 0
    /// Frames and records of the peer's that broke the protocol.
    package var faults: UInt64 = 0

    package init() {}
}
