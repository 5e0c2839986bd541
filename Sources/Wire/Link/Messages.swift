import Base

/// HELLO: the first frame of both sides, once the other's relay id is known. It names the version, limits and the epoch.
package struct Hello: Hashable, Sendable {
    package var minor: UInt64 = 0
    package var epochOrdinal: UInt64
    package var epochBits: UInt64
    /// Unacknowledged records and bytes that this side takes at most, in the session.
    package var windowRecords = UInt64(LinkLimits.windowRecords)
    package var windowBytes = UInt64(LinkLimits.windowBytes)
    /// Streaming contexts that this side keeps for what it receives.
    package var contexts = UInt64(LinkLimits.contexts)
    /// After so many seconds of silence this side asks for a sign of life.
    package var silence: UInt64 = 30

    package init(epochOrdinal: UInt64, epochBits: UInt64) {
        self.epochOrdinal = epochOrdinal
        self.epochBits = epochBits
    }

    package init(body: [UInt8]) throws(LinkFailure) {
        let fields = try Fields(body, .hello)
        minor = fields.number(1, or: 0)
        epochOrdinal = try fields.number(2, "epoch in HELLO")
        guard let bits = fields.bytes(3), bits.count == 8, epochOrdinal <= UInt64(UInt32.max) else {
            throw LinkFailure(.malformed, "HELLO's epoch is none")
        }
        epochBits = bits.firstUInt64
        windowRecords = fields.number(4, or: windowRecords)
        windowBytes = fields.number(5, or: windowBytes)
        contexts = fields.number(6, or: contexts)
        silence = fields.number(7, or: silence)
        guard windowRecords >= 1, windowBytes >= UInt64(LinkLimits.record), contexts >= 1, (1...LinkLimits.silence).contains(silence) else {
            throw LinkFailure(.malformed, "HELLO with a limit that lets nothing through, or a silence that is too long")
        }
    }

    package var frame: Frame {
        var writer = FieldWriter()
        writer.number(1, minor)
        writer.number(2, epochOrdinal)
        writer.bytes(3, epochBits.bigEndianBytes)
        writer.number(4, windowRecords)
        writer.number(5, windowBytes)
        writer.number(6, contexts)
        writer.number(7, silence)
        return Frame(.hello, writer.writer.bytes)
    }
}

/// OFFER: a channel that the sender wants to share under this name. `index` names it in frames of the sender's; from 1.
package struct Offer: Hashable, Sendable {
    package let index: UInt64
    package let name: String
    package let title: String

    package init(index: UInt64, name: String, title: String) {
        self.index = index
        self.name = name
        self.title = title
    }

    package init(body: [UInt8]) throws(LinkFailure) {
        let fields = try Fields(body, .offer)
        index = try fields.number(1, "index in OFFER")
        guard let name = try fields.text(2, atMost: LinkLimits.name, "a channel's name"), !name.isEmpty else {
            throw LinkFailure(.malformed, "OFFER without a name")
        }
        self.name = name
        title = try fields.text(3, atMost: LinkLimits.title, "a channel's title") ?? ""
    }

    package var frame: Frame {
        var writer = FieldWriter()
        writer.number(1, index)
        writer.bytes(2, Array(name.utf8))
        if !title.isEmpty { writer.bytes(3, Array(title.utf8)) }
        return Frame(.offer, writer.writer.bytes)
    }
}

/// A body that is nothing but varints.
package enum Varints {
    static func decode(_ body: [UInt8], _ kind: FrameKind, count: ClosedRange<Int>) throws(LinkFailure) -> [UInt64] {
        var reader = ByteReader(body.span.bytes)
        var values: [UInt64] = []
        do {
            while !reader.isAtEnd && values.count <= count.upperBound { values.append(try reader.varint()) }
        } catch {
            throw LinkFailure(.malformed, "\(kind): a number that ends too early or is spelled longer than needed")
        }
        guard count.contains(values.count) else { throw LinkFailure(.malformed, "\(kind) of \(values.count) numbers") }
        return values
    }

    package static func encode(_ values: [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        for value in values { writer.varint(value) }
        return writer.bytes
    }
}

/// ACK: streams, by the index under which the receiver of the ACK introduced them, and the number up to which all is held durably.
package struct Acknowledgement: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let stream: UInt64
        package let prefix: UInt64

        package init(stream: UInt64, prefix: UInt64) {
            self.stream = stream
            self.prefix = prefix
        }
    }

    package let entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    package init(body: [UInt8]) throws(LinkFailure) {
        let values = try Varints.decode(body, .acknowledge, count: 2...2 * LinkLimits.batchItems)
        guard values.count % 2 == 0 else { throw LinkFailure(.malformed, "ACK of \(values.count) numbers") }
        entries = stride(from: 0, to: values.count, by: 2).map { Entry(stream: values[$0], prefix: values[$0 + 1]) }
    }

    package var frame: Frame { Frame(.acknowledge, Varints.encode(entries.flatMap { [$0.stream, $0.prefix] })) }
}

/// CREDIT: more that the receiver of the CREDIT may send in one of its channels, beyond what it was granted before.
package struct Credit: Hashable, Sendable {
    package let channel: UInt64
    package let records: UInt64
    package let bytes: UInt64

    package init(channel: UInt64, records: UInt64, bytes: UInt64) {
        self.channel = channel
        self.records = records
        self.bytes = bytes
    }

    package init(body: [UInt8]) throws(LinkFailure) {
        let values = try Varints.decode(body, .credit, count: 3...3)
        (channel, records, bytes) = (values[0], values[1], values[2])
    }

    package var frame: Frame { Frame(.credit, Varints.encode([channel, records, bytes])) }
}

/// CLOSE: why, which kind of frame it is about (0: none), and words for an administrator.
package struct Closing: Hashable, Sendable {
    package let code: UInt64
    package let kind: UInt8
    package let words: String

    package init(_ failure: LinkFailure, about kind: UInt8 = 0) {
        code = failure.code.rawValue
        self.kind = kind
        words = failure.words
    }

    package init(body: [UInt8]) throws(LinkFailure) {
        let fields = try Fields(body, .close)
        code = try fields.number(1, "code in CLOSE")
        kind = UInt8(truncatingIfNeeded: fields.number(2, or: 0))
        words = try fields.text(3, atMost: LinkLimits.words, "words") ?? ""
    }

    package var frame: Frame {
        var writer = FieldWriter()
        writer.number(1, code)
        if kind != 0 { writer.number(2, UInt64(kind)) }
        writer.bytes(3, Array(words.utf8.prefix(LinkLimits.words)))
        return Frame(.close, writer.writer.bytes)
    }
}

extension Closing {
    /// The code's name, or its number if it is newer than this program.
    package var name: String { CloseCode(rawValue: code).map { "\($0)" } ?? "code \(code)" }
}
