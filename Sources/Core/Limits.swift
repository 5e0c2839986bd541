import Base

/// Bounds of the core's queues and memories.
package enum CoreLimits {
    /// Recent entries kept in memory, in bytes of heads and records: some 30,000 messages. Outboxes behind it read the journal.
    package static let recentBytes = 4 << 20
    /// Uncommitted entries in bytes; above it intake waits for the disk. Four commits of the largest useful size.
    package static let pendingBytes = 2 << 20
    /// One cold read: large enough that a thread crossing costs nothing, small enough to be forgotten.
    package static let coldRead = 64 << 10
    /// Cold reads kept, so that outboxes and links that are behind don't read a block once for each of its entries.
    package static let coldReads = 16
    /// Native ids remembered a channel, and in all (docs/semantics.md, "Identity").
    package static let idsPerChannel = 10_000
    package static let ids = 400_000
    /// Keys of authors remembered, so that none is derived anew for each message of theirs.
    package static let authorKeys = 10_000
    /// An event that says it happened so much later than it was accepted, in seconds, is shown as of then: its network's clock is wrong.
    package static let clockAhead: Int64 = 300
    /// Messages that are counted of what a channel lacked when it was taken out: about a second.
    package static let countedRemoved: UInt64 = 20_000
    /// Later changes remembered by target. Older ones are asked of the journal.
    package static let changes = 100_000
    /// Edits and deletions kept for events that never came, some 1 MB; and how many of those that came are looked after in a minute.
    package static let earlyChanges = 10_000
    package static let earlySlice = 100
    /// Receipts wait so long for a commit to ride on.
    package static let receiptQuiet = Interval.milliseconds(20)
    /// At least so long between the beginnings of two commits while events keep coming: it halves the CPU of a flood
    /// and is not felt by an idle relay.
    package static let linger = Interval(nanoseconds: 500_000)
    /// After every opening a peer's word is awaited for so long before anything is numbered; longer after a restore; and what a peer
    /// has told of, and does not give, for so long (semantics 6).
    package static let peersWord = Interval.seconds(30)
    package static let peersWordAfterRestore = Interval.seconds(300)
    package static let givingBack = Interval.seconds(200)
    /// What was given back and is not found again by so long after its channel was read to the head is given up.
    package static let confirmation = Interval.seconds(60)
    /// Nor is its channel waited for longer than so.
    package static let longestConfirmation = Interval.seconds(86_400)
    /// Given-back events that wait at once, some 25 MB; what is above is unconfirmed at once.
    package static let givenBack = 100_000
    /// Streams and authors of one relay in one bridge: one stream for each start of a peer with something to say, for some years; every author
    /// who spoke after each. Some 10 and 50 MB.
    package static let peerStreams = 65_536
    package static let peerAuthors = 262_144
    /// Streams of this relay's own in a bridge that was made anew under its name after a restore: one for each start while the lost one was there.
    package static let lostStreams = 256
    /// Open holes in all streams of one relay in one bridge: some restores with dozens each. Less than a megabyte.
    package static let peerHoles = 16_384
    /// People whom a channel may bring anew at once, and how often one more: a net split that gives everybody of a large channel another nick,
    /// and 1,440 strangers a day. Somebody who has spoken before is no stranger.
    package static let newAuthors = 4096
    package static let newAuthorPace = Interval.seconds(60)
    /// Authors of this relay's own in one bridge, each counted once for every start after which they spoke: three quarters of what a peer
    /// takes (`peerAuthors`), who may have to keep them for a little longer. Some 40 MB in memory and 20 MB in the journal.
    package static let ownAuthors = 196_608
    /// How often an operator is told that a channel brings too many.
    package static let crowdNotice = Interval.seconds(3600)
    /// Between two epochs that are opened at one peer's word: the second time, the third, and from then on. The first of them too between
    /// any two.
    package static let forkPauses = [Interval.seconds(60), .seconds(3600), .seconds(86_400)]
    /// A peer that had been away for longer, in seconds, when the journal ended is not awaited at the opening.
    package static let longAway: Int64 = 3600
    /// Streams in which nothing was taken in for longer, in seconds, are not named to a peer unless they are open: 30 days.
    package static let resumed: Int64 = 30 * 86_400
    /// Streams are kept for so long, in seconds, beyond the id map, whose months are dropped whole: 62 days.
    package static let keptStreams: UInt64 = 62 * 86_400
    /// Bytes of an edge's last error that are kept: a line of a terminal or two.
    package static let lastError = 300
    /// Moments at which a peer's acknowledgements moved on that are remembered, a channel.
    package static let acknowledgements = 1000
    /// Events that one entry of the bounce list is shown with, and entries of the log that are looked at for them.
    package static let shownEvents = 20
    package static let searchedEvents = 5000
    /// Entries of the bounce list that are looked through for the reason of one delivery.
    package static let searchedBounces = 10_000
    /// Whoever wants to say something and can't yet looks again after so long at latest: whether there is room, and whether they are still there.
    package static let sayingAgain = Interval.milliseconds(250)
    /// Events with two contents that are remembered, and bytes of the second one that the operator is shown.
    package static let conflicts = 1000
    package static let evidence = 200
    /// Events of peers that could not be read once and are remembered.
    package static let unreadable = 1000
    /// An author is told of a bounce up to so long after having said it, in seconds, and once in so long; so many are remembered.
    package static let authorNotice: Int64 = 3600
    package static let authorPause = Interval.seconds(600)
    package static let authorsTold = 10_000
    /// Events settled ahead of their turn at a destination, above which it is looked whose turn is over.
    package static let settled = 1000
    /// Marks of events that are not known here, a channel.
    package static let orphans = 10_000
    /// A full disk is tried again after so long.
    package static let fullRetry = Interval.seconds(1)
    /// A relay that stops tries so often before it gives up: what is not written then was not told to be.
    package static let fullAtTheEnd = 3
    /// How much room the disk has is looked at once in so long at most, while events come or wait; otherwise once in `upkeep`.
    package static let look = Interval.seconds(1)
    /// Intake goes on when the reserve is free and this part of it more, so that it does not stop and go at the border: a twentieth.
    package static let reserveMargin: Int64 = 20
    /// The longest a server's word can put a delivery off before it is tried again.
    package static let longestDeferral = Interval.seconds(3600)
    /// An outbox that passed so many entries of others without a receipt of its own has its row written.
    package static let cursorLag = 10_000
    /// A destination that is behind by fewer entries holds back too few bytes for `holdBytes` to be measured.
    package static let measuredBacklog = 10_000
    /// Entries that a reader's question takes from the journal at a time: as many as fit a dozen blocks.
    static let readerPage = 1000
    /// A calendar that is off by more than so many seconds from the time that has passed, between two looks, has jumped: a suspended machine
    /// has too, and is no harm. So far from the journal's last entry at the opening it may have: a day.
    package static let clockJump: UInt64 = 600
    package static let clockAway: Int64 = 86_400
    /// So long its word drops nothing: whoever runs the machine has a day to see it, and time servers set it right within minutes.
    package static let clockDoubt = Interval.seconds(86_400)
    /// How often retention and `hold` are looked after.
    package static let upkeep = Interval.seconds(60)
    /// Blocks erased in one commit: a bump of it is not felt at 10,000 messages a second.
    package static let retentionSlice = 8
}

/// Limits that an administrator can change.
package struct EngineLimits: Hashable, Sendable {
    /// How long a destination may hold back events, in seconds: 14 days.
    package var hold: Int64 = 14 * 86_400
    /// How many bytes of the log it may hold back: a quarter of 10 GB.
    package var holdBytes = 2_500_000_000
    /// How long content stays after its last receipt, in seconds: 30 days.
    package var keepContent: Int64 = 30 * 86_400
    /// How long the id map stays, in seconds: 400 days.
    package var keepIDs: UInt64 = 400 * 86_400

    /// How many bytes of the disk are to stay free; nil for 500 MB, or 5 % of a file system below 10 GB.
    package var reserve: Int64?

    package init() {}

    /// What is to stay free of a disk.
    func reserve(of room: DiskRoom) -> Int64 { reserve ?? min(500_000_000, room.size / 20) }
}
