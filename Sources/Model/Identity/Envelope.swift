import Base

/// What stands around a record: columns in the journal, delta-coded on the link. It never changes on the way, but for the hop count.
package struct Envelope: Hashable, Sendable {
    package let id: EventID
    /// When it happened, by the clock of the network it happened on.
    package let originTime: UnixTime
    /// Relays it has passed since its birth, at most `ModelLimits.hops`.
    package let hops: UInt8

    package init(id: EventID, originTime: UnixTime, hops: UInt8) {
        self.id = id
        self.originTime = originTime
        self.hops = hops
    }

    /// The first 8 bytes of SHA-256(number, 8 ‖ origin time, 8 ‖ record): two events under one id differ in it.
    package func digest(of record: [UInt8]) -> UInt64 {
        var message = ByteWriter(capacity: 16 + record.count)
        message.uint64(id.number)
        message.uint64(originTime.seconds)
        message.append(record)
        return SHA256.digest(message.bytes).firstUInt64
    }
}
