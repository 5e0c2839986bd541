import CZlib

/// What texts alone take: each with a newline, in one stream of raw deflate at zlib's default level, flushed as often as the link is. The
/// constant tail of a flush is left out, as the link leaves it out.
enum BareText {
    /// Bytes of all of it.
    static func packed(_ texts: some Sequence<String>, perFlush: Int) -> Int {
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has no memory")
        defer { deflateEnd(&stream) }
        var total = 0
        var waiting: [UInt8] = []
        var count = 0
        func flush() {
            var room = [UInt8](repeating: 0, count: waiting.count + 1024)
            let size = room.count
            waiting.withUnsafeMutableBufferPointer { input in
                room.withUnsafeMutableBufferPointer { output in
                    stream.next_in = input.baseAddress
                    stream.avail_in = UInt32(input.count)
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    precondition(deflate(&stream, Z_SYNC_FLUSH) == Z_OK, "zlib refuses to pack")
                }
            }
            total += size - Int(stream.avail_out) - 4
            waiting.removeAll(keepingCapacity: true)
            count = 0
        }
        for text in texts {
            waiting += text.utf8
            waiting.append(0x0A)
            count += 1
            if count == perFlush { flush() }
        }
        if count > 0 { flush() }
        return total
    }
}
