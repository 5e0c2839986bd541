/// What the engine has done since it began.
package struct EngineCounters: Hashable, Sendable {
    package var accepted: UInt64 = 0
    /// Events and SKIPs that peers passed on.
    package var passedOn: UInt64 = 0
    /// Told again by their network or by a peer.
    package var duplicates: UInt64 = 0
    /// Edits, deletions and reactions of something that never was an event here.
    package var withoutTarget: UInt64 = 0
    package var delivered: UInt64 = 0
    package var superseded: UInt64 = 0
    package var bounced: UInt64 = 0
    package var deferred: UInt64 = 0
    package var parked: UInt64 = 0
    /// Dropped at a destination, as what they refer to is not shown there.
    package var dropped: UInt64 = 0
    /// Sent again though they may have arrived.
    package var repeated: UInt64 = 0
    /// Not sent again though they may be missing.
    package var uncertain: UInt64 = 0
    /// Parts that were found in the channel by their mark.
    package var found: UInt64 = 0
    /// Marks in a channel that name an event which is not in the journal.
    package var orphans: UInt64 = 0
    /// Texts that broke a limit or a rule and were mended before they were taken in.
    package var mended: UInt64 = 0
    /// Events of ours that peers gave back, those found again, those not.
    package var givenBack: UInt64 = 0
    package var confirmed: UInt64 = 0
    package var unconfirmed: UInt64 = 0
    /// Times that a peer knew more of the running epoch than was numbered here.
    package var forks: UInt64 = 0
    /// Times that an event of a peer's, or what it said of one, was another than the event that is here under the same id.
    package var conflicts: UInt64 = 0
    /// Streams that were forgotten, as nothing was said in them for longer than ids are kept.
    package var streamsForgotten: UInt64 = 0
    /// Authors of peers beyond the number that is kept.
    package var authorsRefused: UInt64 = 0
    /// Peers whose word was awaited in vain at the opening.
    package var peersNotAwaited: UInt64 = 0
    /// Events that an operator had delivered again.
    package var retried: UInt64 = 0
    package var commits: UInt64 = 0
    /// Times that the disk was full.
    package var full: UInt64 = 0
    /// Times that less than the reserve was free, and intake waited.
    package var belowReserve: UInt64 = 0

    package init() {}

    /// Adds another life's counts.
    package mutating func add(_ other: EngineCounters) {
        accepted += other.accepted
        passedOn += other.passedOn
        duplicates += other.duplicates
        withoutTarget += other.withoutTarget
        delivered += other.delivered
        superseded += other.superseded
        bounced += other.bounced
        deferred += other.deferred
        parked += other.parked
        dropped += other.dropped
        repeated += other.repeated
        uncertain += other.uncertain
        found += other.found
        orphans += other.orphans
        mended += other.mended
        givenBack += other.givenBack
        confirmed += other.confirmed
        unconfirmed += other.unconfirmed
        forks += other.forks
        conflicts += other.conflicts
        streamsForgotten += other.streamsForgotten
        authorsRefused += other.authorsRefused
        peersNotAwaited += other.peersNotAwaited
        retried += other.retried
        commits += other.commits
        full += other.full
        belowReserve += other.belowReserve
    }

    /// By name, as metrics and `status` show them.
    package var byName: [String: UInt64] {
        [
            "accepted": accepted, "passed_on": passedOn, "duplicates": duplicates, "without_target": withoutTarget, "delivered": delivered,
            "superseded": superseded, "bounced": bounced, "deferred": deferred, "parked": parked, "dropped": dropped, "repeated": repeated,
            "uncertain": uncertain, "found": found, "orphans": orphans, "mended": mended, "given_back": givenBack, "confirmed": confirmed,
            "unconfirmed": unconfirmed, "peers_not_awaited": peersNotAwaited, "commits": commits, "full": full,
            "below_reserve": belowReserve,
            "forks": forks, "conflicts": conflicts, "streams_forgotten": streamsForgotten, "authors_refused": authorsRefused,
            "retried": retried,
        ]
    }

    mutating func count(_ outcome: Outcome) {
        switch outcome {
        case .origin: break
        case .delivered, .asMessage, .found: delivered += 1
        case .superseded, .hidden: superseded += 1
        case .withoutTarget, .notExpressible: dropped += 1
        case .bounced: bounced += 1
        case .parked: parked += 1
        case .unconfirmed: break
        case .uncertain: uncertain += 1
        }
    }
}
