import Base

/// Bounds of the core's queues and memories.
package enum CoreLimits {
    /// Recent entries kept in memory, in bytes of heads and records: some 30,000 messages. Outboxes behind it read the journal.
    package static let recentBytes = 4 << 20
    /// Uncommitted entries in bytes; above it intake waits for the disk. Four commits of the largest useful size.
    package static let pendingBytes = 2 << 20
    /// One cold read: large enough that a thread crossing costs nothing, small enough to be forgotten.
    package static let coldRead = 256 << 10
    /// Native ids remembered a channel, and in all (docs/semantics.md, "Identity").
    package static let idsPerChannel = 10_000
    package static let ids = 400_000
    /// Later changes remembered by target. Older ones are asked of the journal.
    package static let changes = 100_000
    /// Receipts wait so long for a commit to ride on.
    package static let receiptQuiet = Interval.milliseconds(20)
    /// At least so long between the beginnings of two commits while events keep coming: it halves the CPU of a flood
    /// and is not felt by an idle relay.
    package static let linger = Interval(nanoseconds: 500_000)
    /// A full disk is tried again after so long.
    package static let fullRetry = Interval.seconds(1)
    /// After so long of `deferred` an event is bounced, in chat.
    package static let deferralEnd: Int64 = 24 * 3600
}
