import Base
import Core

/// Bounds and deadlines of links as this side keeps them.
enum LinkDriverLimits {
    /// Resolving, connecting and TLS; and from there to HELLO.
    static let connecting = Interval.seconds(30)
    static let greeting = Interval.seconds(20)
    /// A batch holds so many records at most.
    static let batchItems = 1024
    /// Batches that were read and are not journaled yet.
    static let intake = 64
    /// Records that come late are looked for so many at a time, with so many searches: what a peer lacks of a stream may be all of it.
    static let late = 4096
    static let lateSearches = 64
    /// Streams that are not taken and that the log of a session tells of.
    static let strays = 16
    /// Entries of the log between two places at which a batch ends: channels that are behind go through the log side by side, and what one
    /// has read the others find in memory.
    private static let stride: UInt64 = 8192
    static func border(behind position: Position) -> Position { Position((position.rawValue / stride + 1) * stride) }
    /// How often retention learns how far a peer has come.
    static let acknowledged = Interval.seconds(1)
    /// The other side's CLOSE, or the end of ours, is waited for.
    static let closing = Interval.milliseconds(500)
    /// A second session makes the first one prove that it lives.
    static let proof = Interval.seconds(5)
    /// How soon a relay that stops is usually back, as it tells its peers; and the longest time for which a peer's word is heeded. Seconds.
    static let drain: UInt64 = 2
    static let longestRedialPause: UInt64 = 300
    /// A session that lasts so long was of use, however it ends.
    static let useful = Interval.seconds(60)
    static let redial = Backoff(first: .milliseconds(500), longest: .seconds(60))
    /// Connections that have not shown a known key yet.
    static let unauthenticated = 64
    static let read = 64 << 10
    static let write = 64 << 10
    /// Bytes of unwritten answers from which on nothing more is read: above what all acknowledgements of a full window take, so that two
    /// sides that keep to the protocol never both wait.
    static let answers = 1 << 20
    /// Connections of one peer that wait for the running session to be decided about.
    static let contenders = 4
    /// The clock of a session.
    static let tick = Interval.seconds(5)
}
