import Base

/// What the engine has done since it began.
package struct EngineCounters: Counting, Hashable, Sendable {
    package var accepted: UInt64 = 0
    /// Events and SKIPs that peers passed on.
    package var passedOn: UInt64 = 0
    /// Events that came after they had been SKIPped; and numbers that were SKIPped and for which nothing more is asked.
    package var late: UInt64 = 0
    package var holesGivenUp: UInt64 = 0
    /// Told again by their network or by a peer.
    package var duplicates: UInt64 = 0
    /// Edits, deletions and reactions of something that never was an event here.
    package var withoutTarget: UInt64 = 0
    package var delivered: UInt64 = 0
    package var superseded: UInt64 = 0
    package var bounced: UInt64 = 0
    package var deferred: UInt64 = 0
    /// Authors who were told that something of theirs did not arrive.
    package var authorsTold: UInt64 = 0
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
    /// Spans of peers' texts that broke a rule and are not shown.
    package var spansDropped: UInt64 = 0
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

    mutating func count(_ outcome: Outcome) {
        switch outcome {
        case .origin: break
        case .delivered, .perhapsTwice, .asMessage, .found: delivered += 1
        case .superseded, .hidden: superseded += 1
        case .withoutTarget, .notExpressible: dropped += 1
        case .bounced: bounced += 1
        case .parked: parked += 1
        case .unconfirmed: break
        case .uncertain: uncertain += 1
        }
    }
}

extension EngineCounters {
    /// What is told by endpoint too stands in `EngineMeasures`.
    package static let fields: [CountField<EngineCounters>] = [
        .init("accepted", \.accepted),
        .init("passed_on", \.passedOn, "fairlead_intake_passed_on_total", "Events and SKIPs that peers passed on."),
        .init("late", \.late, "fairlead_intake_late_total", "Events that came from a peer after they had been passed over."),
        .init(
            "holes_given_up", \.holesGivenUp, "fairlead_intake_holes_given_up_total",
            "Numbers that peers passed over and that are not asked for any more."),
        .init("duplicates", \.duplicates, "fairlead_intake_duplicates_total", "Events that were told again by their network or by a peer."),
        .init(
            "without_target", \.withoutTarget, "fairlead_intake_without_target_total",
            "Edits, deletions and reactions of something that never was an event here."),
        .init("delivered", \.delivered),
        .init(
            "superseded", \.superseded, "fairlead_outbox_superseded_total", "Events edited or deleted before their turn at a destination."),
        .init("bounced", \.bounced, "fairlead_outbox_bounced_total", "Parts that a destination will never get."),
        .init("deferred", \.deferred),
        .init(
            "authors_told", \.authorsTold, "fairlead_outbox_authors_told_total",
            "Times that an author was told of something that did not arrive."),
        .init("parked", \.parked, "fairlead_outbox_parked_total", "Events that a destination held back for too long and will not get."),
        .init(
            "dropped", \.dropped, "fairlead_outbox_dropped_total",
            "Events that refer to what a destination does not show, or that it can't show."),
        .init("repeated", \.repeated, "fairlead_outbox_repeated_total", "Parts sent again though they may have arrived."),
        .init("uncertain", \.uncertain, "fairlead_outbox_uncertain_total", "Parts not sent again though they may be missing."),
        .init("found", \.found, "fairlead_outbox_found_total", "Parts that were found in their channel by their mark."),
        .init("orphans", \.orphans, "fairlead_outbox_orphans_total", "Marks in a channel that name an event which is not in the journal."),
        .init(
            "mended", \.mended, "fairlead_intake_mended_total",
            "Texts that broke a limit or a rule and were mended before they were taken in."),
        .init(
            "spans_dropped", \.spansDropped, "fairlead_intake_spans_dropped_total",
            "Spans of peers' texts that broke a rule and are not shown."),
        .init("given_back", \.givenBack, "fairlead_intake_given_back_total", "Events of ours that peers gave back after a restore."),
        .init(
            "confirmed", \.confirmed, "fairlead_intake_confirmed_total",
            "Events given back that were found again, or delivered again by word."),
        .init(
            "unconfirmed", \.unconfirmed, "fairlead_intake_unconfirmed_total",
            "Events given back that were not found again on their network."),
        .init("forks", \.forks, "fairlead_intake_forks_total", "Times that a peer knew more of the running epoch than was numbered here."),
        .init(
            "conflicts", \.conflicts, "fairlead_intake_conflicts_total",
            "Times that an event, or what a peer said of one, had another content than the one here."),
        .init(
            "streams_forgotten", \.streamsForgotten, "fairlead_intake_streams_forgotten_total",
            "Streams that were silent for longer than ids are kept."),
        .init(
            "authors_refused", \.authorsRefused, "fairlead_intake_authors_refused_total", "Authors of peers beyond the number that is kept."
        ),
        .init(
            "peers_not_awaited", \.peersNotAwaited, "fairlead_intake_peers_not_awaited_total",
            "Peers whose word was awaited in vain when the relay started."),
        .init("retried", \.retried, "fairlead_outbox_retried_total", "Events that an operator had delivered again."),
        .init("commits", \.commits, "fairlead_journal_commits_total", "Commits of the journal."),
        .init("full", \.full, "fairlead_journal_disk_full_total", "Times that a commit found the disk full."),
        .init(
            "below_reserve", \.belowReserve, "fairlead_journal_below_reserve_total",
            "Times that the disk came to have less than the reserve."),
    ]
}
