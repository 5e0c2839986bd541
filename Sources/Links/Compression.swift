import Base
import CZlib
import WireLink

/// The streaming compression of one channel in one direction: raw deflate (RFC 1951) with the preset dictionary of docs/protocol.md
/// section 7, a sync flush behind each batch whose constant tail is left out (as RFC 7692 section 7.2.1 does).
final class Packer {
    /// Small batches on an idle line are packed well, full ones fast; the stream is the same.
    private static let idleLevel: Int32 = 6
    private static let floodLevel: Int32 = 1
    /// A batch from this size on is one of many.
    private static let flood = 16 << 10

    private let stream: UnsafeMutablePointer<z_stream>
    private var level = Packer.idleLevel
    /// What one step of zlib may write; packed batches are mostly smaller.
    private static let room = 8 << 10

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has no memory for a context")
        deflateSetDictionary(stream, LinkDictionary.bytes, UInt32(LinkDictionary.bytes.count))
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets what was packed, for another channel.
    func beginAnew() {
        deflateReset(stream)
        deflateSetDictionary(stream, LinkDictionary.bytes, UInt32(LinkDictionary.bytes.count))
    }

    /// The packed form of a batch, behind what is in `output` already.
    func pack(_ bytes: [UInt8], behind output: inout [UInt8]) {
        let wanted = bytes.count >= Packer.flood ? Packer.floodLevel : Packer.idleLevel
        if wanted != level {
            level = wanted
            stream.pointee.next_in = nil
            stream.pointee.avail_in = 0
            run(&output) { deflateParams(stream, level, Z_DEFAULT_STRATEGY) }
        }
        bytes.withUnsafeBufferPointer { input in
            // zlib only reads what `next_in` points to.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            run(&output) { deflate(stream, Z_SYNC_FLUSH) }
        }
        precondition(output.suffix(4) == [0, 0, 0xFF, 0xFF], "zlib flushed otherwise than it says")
        output.removeLast(4)
    }

    private func run(_ output: inout [UInt8], _ step: () -> Int32) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Packer.room) { room in
            repeat {
                stream.pointee.next_out = room.baseAddress
                stream.pointee.avail_out = UInt32(room.count)
                let status = step()
                precondition(status == Z_OK || status == Z_BUF_ERROR, "zlib refuses to pack: \(status)")
                output += room[..<(room.count - Int(stream.pointee.avail_out))]
            } while stream.pointee.avail_out == 0
        }
    }
}

/// The other side of `Packer`.
final class Unpacker {
    /// What one step of zlib may write, and how many times its size a packed batch usually unpacks to.
    private static let room = 16 << 10
    private static let usual = 4

    private let stream: UnsafeMutablePointer<z_stream>
    var columns = BatchColumns()

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has no memory for a context")
        inflateSetDictionary(stream, LinkDictionary.bytes, UInt32(LinkDictionary.bytes.count))
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// A batch unpacked. Refuses what grows beyond the limits, however small it is packed.
    func unpack(_ packed: ArraySlice<UInt8>) throws(LinkFailure) -> [UInt8] {
        let limit = min(LinkLimits.batch, max(LinkLimits.expansionFloor, packed.count * LinkLimits.expansion))
        let input = packed + [0, 0, 0xFF, 0xFF]
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, packed.count * Unpacker.usual))
        var failure: LinkFailure?
        unpack(input, atMost: limit, packed.count, &output, &failure)
        if let failure { throw failure }
        return output
    }

    private func unpack(
        _ input: ArraySlice<UInt8>, atMost limit: Int, _ packed: Int, _ output: inout [UInt8], _ failure: inout LinkFailure?
    ) {
        input.withUnsafeBufferPointer { buffer in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Unpacker.room) { room in
                // zlib only reads what `next_in` points to.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: buffer.baseAddress)
                stream.pointee.avail_in = UInt32(buffer.count)
                repeat {
                    stream.pointee.next_out = room.baseAddress
                    stream.pointee.avail_out = UInt32(room.count)
                    let status = inflate(stream, Z_SYNC_FLUSH)
                    output += room[..<(room.count - Int(stream.pointee.avail_out))]
                    if status != Z_OK && status != Z_BUF_ERROR { failure = LinkFailure(.malformed, "a batch that is not deflate") }
                    if output.count > limit {
                        failure = LinkFailure(.tooLarge, "a batch of \(packed) bytes unpacks to more than \(limit)")
                    }
                } while failure == nil && stream.pointee.avail_out == 0
            }
            if failure == nil && stream.pointee.avail_in > 0 { failure = LinkFailure(.malformed, "bytes behind the end of a batch") }
        }
    }
}

/// What both sides of every context begin with: words that chat is made of. Part of the protocol; changed only with its major version.
enum LinkDictionary {
    static let bytes = [UInt8](
        """
        https://www.example.org/ .html http:// github.com/ .de/ .com/ Guten Morgen zusammen, Vielen Dank für die Rückmeldung. Kannst du das bitte \
        noch einmal prüfen? Ich habe gerade nicht verstanden, was wir morgen um Uhr machen sollen. Termin Besprechung Montag Dienstag Mittwoch \
        Donnerstag Freitag Woche heute gestern schon immer wieder auch nicht mehr oder aber wenn dann weil dass das die der den dem des ein eine \
        einen einer und ist sind war haben hat wird werden kann können mit von auf für bei nach aus zum zur über unter ich du wir ihr sie es \
        Thanks for the update, I will have a look at it tomorrow. Could you please check whether this is still working? I think that we should \
        have been there about what you would like to know when they meeting today yesterday please thank you very much the and that have for not \
        with you this but his from they say her she will one all would there their what so up out if about who get which go me when make can like \
        time no just him know take people into year your good some could them see other than then now look only come its over think also back after
        """.utf8)
}
