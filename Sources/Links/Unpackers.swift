import Base
import WireLink

/// The contexts in which a session's batches are unpacked: as many as HELLO says, the one that was unused longest is given up first.
package struct Unpackers {
    private var contexts: [UInt64: Unpacker] = [:]
    /// Channels by their sender's index, the one that was unused longest first.
    private var use: [UInt64] = []

    package init() {}

    /// A batch's items, and the bytes that they speak of.
    package mutating func unpack(_ batch: BatchFrame) throws(LinkFailure) -> (items: [BatchItem], bytes: [UInt8]) {
        if batch.isReset {
            if contexts[batch.channel] == nil && contexts.count >= LinkLimits.contexts { contexts[use.removeFirst()] = nil }
            contexts[batch.channel] = Unpacker()
        }
        guard let context = contexts[batch.channel] else { throw LinkFailure(.unexpected, "a batch that goes on where no context is") }
        use.removeAll { $0 == batch.channel }
        use.append(batch.channel)
        let bytes = try context.unpack(batch.packed)
        return (try BatchDecoder.items(bytes.span.bytes, &context.columns), bytes)
    }
}
