import Base

/// What a stream's id is derived from, as the link spells it: `owner, 1 (0 sender, 1 receiver, 2 another: 32 bytes of its relay id follow)
/// ‖ bridge key, 16 ‖ varint epoch ordinal ‖ salt, 8 ‖ bits, 8`.
package struct WireIntroduction: Hashable, Sendable {
    package enum Owner: Hashable, Sendable {
        case sender, receiver
        case other([UInt8])
    }

    package let owner: Owner
    package let bridgeKey: [UInt8]
    package let ordinal: UInt64
    package let salt: UInt64
    package let bits: UInt64

    package init(owner: Owner, bridgeKey: [UInt8], ordinal: UInt64, salt: UInt64, bits: UInt64) {
        self.owner = owner
        self.bridgeKey = bridgeKey
        self.ordinal = ordinal
        self.salt = salt
        self.bits = bits
    }

    init(_ reader: inout ByteReader) throws(ByteError) {
        switch try reader.byte() {
        case 0: owner = .sender
        case 1: owner = .receiver
        case 2: owner = .other(reader.bytes.copied(try reader.skip(32)))
        default: throw ByteError(reason: .truncated, offset: reader.offset - 1)
        }
        bridgeKey = reader.bytes.copied(try reader.skip(16))
        ordinal = try reader.varint()
        salt = try reader.uint64()
        bits = try reader.uint64()
        if ordinal > UInt64(UInt32.max) { throw ByteError(reason: .varint, offset: reader.offset) }
    }

    func write(_ writer: inout ByteWriter) {
        switch owner {
        case .sender: writer.byte(0)
        case .receiver: writer.byte(1)
        case .other(let id):
            writer.byte(2)
            writer.append(id)
        }
        writer.append(bridgeKey)
        writer.varint(ordinal)
        writer.uint64(salt)
        writer.uint64(bits)
    }
}

/// RESUME: what its sender holds of a channel. `varint channel ‖ flags, 1 (1: transit is set for this peer; 2: more follows)
/// ‖ streams: introduction ‖ varint prefix ‖ digest, 8 ‖ varint holes ‖ each varint first ‖ varint last`.
package struct Resume: Hashable, Sendable {
    /// One stream: everything up to `prefix` is held or SKIPped for good but for the holes, which ascend; `digest` is that of the event at
    /// `prefix`, 0 if it has none.
    package struct Holding: Hashable, Sendable {
        package let introduction: WireIntroduction
        package let prefix: UInt64
        package let digest: UInt64
        package let holes: [ClosedRange<UInt64>]

        package init(introduction: WireIntroduction, prefix: UInt64, digest: UInt64, holes: [ClosedRange<UInt64>]) {
            self.introduction = introduction
            self.prefix = prefix
            self.digest = digest
            self.holes = holes
        }
    }

    /// By its sender's index.
    package let channel: UInt64
    package let hasTransit: Bool
    package let isPartial: Bool
    package let holdings: [Holding]

    package init(channel: UInt64, hasTransit: Bool, isPartial: Bool, holdings: [Holding]) {
        self.channel = channel
        self.hasTransit = hasTransit
        self.isPartial = isPartial
        self.holdings = holdings
    }

    package init(body: [UInt8]) throws(LinkFailure) {
        var reader = ByteReader(body.span.bytes)
        do {
            channel = try reader.varint()
            let flags = try reader.byte()
            hasTransit = flags & 1 != 0
            isPartial = flags & 2 != 0
            var holdings: [Holding] = []
            while !reader.isAtEnd {
                guard holdings.count < LinkLimits.resumeStreams else {
                    throw LinkFailure(.tooLarge, "RESUME of more than \(LinkLimits.resumeStreams) streams")
                }
                let introduction = try WireIntroduction(&reader)
                let prefix = try reader.varint()
                guard prefix <= LinkLimits.number else { throw LinkFailure(.tooLarge, "number \(prefix) of a stream") }
                let digest = try reader.uint64()
                let count = try reader.varint()
                guard count <= UInt64(LinkLimits.holes) else { throw LinkFailure(.tooLarge, "a stream with \(count) holes") }
                var holes: [ClosedRange<UInt64>] = []
                for _ in 0..<count {
                    let (first, last) = (try reader.varint(), try reader.varint())
                    guard first > holes.last?.upperBound ?? 0, first <= last, last <= prefix else {
                        throw LinkFailure(.malformed, "RESUME with a hole from \(first) to \(last) in a stream held up to \(prefix)")
                    }
                    holes.append(first...last)
                }
                holdings.append(Holding(introduction: introduction, prefix: prefix, digest: digest, holes: holes))
            }
            self.holdings = holdings
        } catch let error as LinkFailure {
            throw error
        } catch {
            throw LinkFailure(.malformed, "RESUME ends too early, or has a number spelled longer than needed")
        }
    }

    /// As many RESUMEs as it takes to name these streams, each within the limits of a frame.
    package static func frames(of holdings: ArraySlice<Holding>, channel: UInt64) -> [Frame] {
        var frames: [Frame] = []
        var rest = holdings
        repeat {
            var size = 0
            let part = rest.prefix(LinkLimits.resumeStreams).prefix { holding in
                size += LinkLimits.holding + holding.holes.count * 2 * LinkLimits.varint
                return size <= LinkLimits.frame / 2
            }
            rest = rest.dropFirst(part.count)
            frames.append(Resume(channel: channel, hasTransit: false, isPartial: !rest.isEmpty, holdings: Array(part)).frame)
        } while !rest.isEmpty
        return frames
    }

    package var frame: Frame {
        var writer = ByteWriter()
        writer.varint(channel)
        writer.byte((hasTransit ? 1 : 0) | (isPartial ? 2 : 0))
        for holding in holdings {
            holding.introduction.write(&writer)
            writer.varint(holding.prefix)
            writer.uint64(holding.digest)
            writer.varint(UInt64(holding.holes.count))
            for hole in holding.holes {
                writer.varint(hole.lowerBound)
                writer.varint(hole.upperBound)
            }
        }
        return Frame(.resume, writer.bytes)
    }
}
