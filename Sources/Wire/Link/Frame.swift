import Base

/// The kinds of frames (docs/protocol.md section 3). A kind with the ignorable bit may be unknown to its receiver.
package enum FrameKind: UInt8, Hashable, Sendable, CaseIterable {
    case hello = 1
    case offer = 2
    case accept = 3
    case revoke = 4
    case resume = 5
    case batch = 6
    case acknowledge = 7
    case credit = 8
    case ping = 9
    case pong = 10
    case drain = 11
    case close = 12
    case pair = 13

    /// Set in a kind that its receiver may ignore if it does not know it: neither credit, order nor compression depend on it.
    package static let ignorable: UInt8 = 0x80
}

/// One frame as it came: `varint length ‖ kind, 1 ‖ body`; the length counts kind and body.
package struct Frame: Hashable, Sendable {
    package let kind: UInt8
    package let body: [UInt8]

    package init(kind: UInt8, body: [UInt8]) {
        self.kind = kind
        self.body = body
    }

    package init(_ kind: FrameKind, _ body: [UInt8]) { self.init(kind: kind.rawValue, body: body) }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: body.count + 5)
        writer.varint(UInt64(body.count + 1))
        writer.byte(kind)
        writer.append(body)
        return writer.bytes
    }
}

/// Cuts a stream of bytes into frames.
package struct FrameDecoder: Hashable, Sendable {
    private var buffer: [UInt8] = []
    private var start = 0
    /// The longest frame that is taken: small until the peer is known.
    package var limit = LinkLimits.smallFrame

    package init() {}

    package mutating func feed(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer += bytes
    }

    /// The next whole frame; nil if more bytes are needed.
    package mutating func next() throws(LinkFailure) -> Frame? {
        guard let (length, headLength) = try length() else { return nil }
        let end = start + headLength + length
        guard buffer.count >= end else { return nil }
        let frame = Frame(kind: buffer[start + headLength], body: Array(buffer[(start + headLength + 1)..<end]))
        start = end
        return frame
    }

    /// The frame's length, and the bytes that say it. At most three: a longer varint is a frame over the limit.
    private func length() throws(LinkFailure) -> (Int, Int)? {
        var value = 0
        for (index, byte) in buffer[start...].prefix(4).enumerated() {
            value |= Int(byte & 0x7F) << (7 * index)
            if byte < 0x80 {
                guard value > 0, index == 0 || byte > 0 else {
                    throw LinkFailure(.malformed, "a frame of length \(value), or one spelled longer than needed")
                }
                guard value <= limit else { throw LinkFailure(.tooLarge, "a frame of \(value) bytes; \(limit) are allowed") }
                return (value, index + 1)
            }
        }
        if buffer.count - start >= 4 { throw LinkFailure(.tooLarge, "a frame longer than \(LinkLimits.frame) bytes") }
        return nil
    }
}
