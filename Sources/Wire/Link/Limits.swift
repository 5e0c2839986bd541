import Base

/// Bounds of the link (docs/protocol.md section 9). Sizes in bytes.
package enum LinkLimits {
    /// A frame with its kind. A batch is the largest; unpacked it is never larger either.
    package static let frame = 1 << 20
    /// A frame before the peer's relay id was found to be a known one, and of every kind but BATCH and RESUME.
    package static let smallFrame = 4096
    /// A hop count (docs/record.md).
    package static let hops: UInt8 = 8
    /// What a batch unpacks to at most.
    package static let batch = 1 << 20
    /// How many times its packed size a batch unpacks to (zlib's own limit is 1032, chat has 2 to 5); up to `expansionFloor` it may be any
    /// number of times, as a thousand people who say the same are no bomb (decision 0007).
    package static let expansion = 64
    package static let expansionFloor = 384 << 10
    /// What a sender puts into a batch: with one record more it stays below the floor.
    package static let fullBatch = 64 << 10
    /// Records of one batch.
    package static let batchItems = 4096
    package static let record = 256 << 10
    /// Name and title of a channel.
    package static let name = 128
    package static let title = 256
    /// Channels offered in one session.
    package static let channels = 1024
    /// Streams named in all RESUMEs of a session, and introduced in it.
    package static let streams = 65_536
    package static let resumeStreams = 4096
    /// What a stream takes in a RESUME at most, without its holes; and a number.
    static let holding = 100
    static let varint = 10
    /// Open holes of a stream.
    package static let holes = 64
    /// Profiles that one SKIP carries.
    package static let skipProfiles = 1024
    /// Streaming contexts of one direction of a session: a deflating one takes 268 KB, an inflating one 44 KB.
    package static let contexts = 32
    /// Unacknowledged records and bytes that a receiver takes, unless HELLO says less: some milliseconds of a flood.
    package static let windowRecords = 8192
    package static let windowBytes = 4 << 20
    /// Credit that is counted: beyond it more changes nothing, and no sum of it overflows.
    package static let credit: Int64 = 1 << 40
    /// The highest number of an event: what comes after it still fits 64 bits, and the journal's columns, which have a sign.
    package static let number: UInt64 = 1 << 62
    /// The latest origin time, in seconds: the end of the year 9999, behind which calendars of four digits end.
    package static let time: UInt64 = 253_402_300_799
    /// The longest silence, in seconds, after which a side may wish to be asked for.
    package static let silence: UInt64 = 3600
    /// Words of a CLOSE.
    package static let words = 512
    package static let pingToken = 8
}
