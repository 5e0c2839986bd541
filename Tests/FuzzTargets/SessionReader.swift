import Base
import Links
import WireLink

/// Reads what a peer sends as a driver does, but journals nothing: for tests of hostile bytes and for fuzzing. It shares two channels,
/// `ops` and `more`.
package struct SessionReader {
    private var decoder = FrameDecoder()
    private var session = LinkSession(Hello(epochOrdinal: 1, epochBits: 1))
    private var unpackers = Unpackers()

    package init() {
        decoder.limit = LinkLimits.frame
        _ = session.offer("ops", title: "")
        _ = session.offer("more", title: "")
    }

    /// Why the session would be closed; nil if all is well so far.
    package mutating func feed(_ bytes: [UInt8]) -> LinkFailure? {
        decoder.feed(bytes)
        do throws(LinkFailure) {
            while let frame = try decoder.next() {
                for action in try session.received(frame) {
                    switch action {
                    case .offered(let offer): _ = session.accept(offer.name)
                    case .batch(_, let batch):
                        let (items, unpacked) = try unpackers.unpack(batch)
                        let numbered = try session.unpacked(items, of: batch, byteCount: unpacked.count)
                        precondition(numbered.count == items.count && unpacked.count <= LinkLimits.batch)
                    default: break
                    }
                }
            }
            return nil
        } catch {
            return error
        }
    }
}
