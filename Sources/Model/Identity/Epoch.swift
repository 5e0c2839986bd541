import Base

/// One opening of a journal for writing. Ordered by ordinal, then by bits.
package struct Epoch: Hashable, Comparable, Sendable {
    package let ordinal: UInt32
    /// Drawn at the opening; with the epoch secret it gives `bits`.
    package let salt: UInt64
    /// The first 8 bytes of HMAC-SHA-256(epoch secret, ordinal, 4 ‖ salt, 8): an epoch that was never ours can't be invented.
    package let bits: UInt64

    package init(ordinal: UInt32, salt: UInt64, bits: UInt64) {
        self.ordinal = ordinal
        self.salt = salt
        self.bits = bits
    }

    package init(ordinal: UInt32, salt: UInt64, secret: [UInt8]) {
        self.init(ordinal: ordinal, salt: salt, bits: Epoch.bits(ordinal: ordinal, salt: salt, secret: secret))
    }

    /// Whether this epoch was opened by whoever holds `secret`.
    package func isGenuine(secret: [UInt8]) -> Bool { bits == Epoch.bits(ordinal: ordinal, salt: salt, secret: secret) }

    package static func < (left: Epoch, right: Epoch) -> Bool {
        left.ordinal == right.ordinal ? left.bits < right.bits : left.ordinal < right.ordinal
    }

    private static func bits(ordinal: UInt32, salt: UInt64, secret: [UInt8]) -> UInt64 {
        var message = ByteWriter(capacity: 12)
        message.uint32(ordinal)
        message.uint64(salt)
        return SHA256.authenticate(message.bytes, key: secret).firstUInt64
    }
}

/// Everything a stream's id is derived from, so that whoever is told of a stream can check it.
package struct StreamIntroduction: Hashable, Sendable {
    package let owner: RelayID
    package let bridge: BridgeKey
    package let epoch: Epoch
    /// The first 8 bytes of SHA-256(`fairlead stream 1` ‖ owner, 32 ‖ bridge key, 16 ‖ ordinal, 4 ‖ bits, 8).
    package let stream: StreamID

    package init(owner: RelayID, bridge: BridgeKey, epoch: Epoch) {
        self.owner = owner
        self.bridge = bridge
        self.epoch = epoch
        var message = ByteWriter(capacity: 77)
        message.append("fairlead stream 1")
        message.append(owner.bytes)
        message.append(bridge.bytes)
        message.uint32(epoch.ordinal)
        message.uint64(epoch.bits)
        stream = StreamID(rawValue: SHA256.digest(message.bytes).firstUInt64)
    }
}
