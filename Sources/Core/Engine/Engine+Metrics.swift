import Base
import Model

/// What the engine tells of itself in numbers: docs/operations.md, "Metrics".
extension Engine {
    package func metrics() -> [Metric] { counters.metrics + measures.metrics + outboxMetrics + [fullness, waiting] }

    private var fullness: Metric {
        .gauge("fairlead_journal_full", "1 while the journal's disk is full and intake stands still.", isFull ? 1 : 0)
    }

    private var waiting: Metric {
        .gauge("fairlead_journal_below_reserve", "1 while less than the reserve is free and intake waits.", isBelowReserve ? 1 : 0)
    }

    /// How each member of each bridge stands.
    private var outboxMetrics: [Metric] {
        var depth = Metric(.gauge, "fairlead_outbox_depth_entries", "Entries of the log that a bridge's member has not got yet, at most.")
        var age = Metric(
            .gauge, "fairlead_outbox_oldest_age_seconds",
            "Age of the first entry that a bridge's member has not got yet, at least; 0 if it lacks none.")
        var up = Metric(.gauge, "fairlead_outbox_up", "1 while a bridge's member can be written to.")
        var parked = Metric(.gauge, "fairlead_outbox_parked", "1 while a bridge's member goes over what was parked.")
        for status in status() where !status.isReader {
            let labels = (Metric.Label("bridge", status.bridge), Metric.Label("member", status.name))
            depth.add(.number(Double(status.behind)), labels.0, labels.1)
            // What is older than memory reaches is at least as old as that.
            let oldest = status.behind > 0 ? status.oldest ?? recent.run(at: recent.start)?.accepted.first : nil
            age.add(.number(oldest.map { Double(max(0, $0.seconds(until: loop.time))) } ?? 0), labels.0, labels.1)
            if let isUp = status.isUp { up.add(.number(isUp ? 1 : 0), labels.0, labels.1) }
            parked.add(.number(status.isParked ? 1 : 0), labels.0, labels.1)
        }
        return [depth, age, up, parked]
    }
}

extension EngineCounters {
    /// What is told by endpoint too stands in `EngineMeasures`.
    var metrics: [Metric] {
        [
            .counter("fairlead_intake_passed_on_total", "Events and SKIPs that peers passed on.", passedOn),
            .counter("fairlead_intake_duplicates_total", "Events that were told again by their network or by a peer.", duplicates),
            .counter(
                "fairlead_intake_without_target_total", "Edits, deletions and reactions of something that never was an event here.",
                withoutTarget),
            .counter(
                "fairlead_intake_mended_total", "Texts that broke a limit or a rule and were mended before they were taken in.", mended),
            .counter("fairlead_intake_given_back_total", "Events of ours that peers gave back after a restore.", givenBack),
            .counter("fairlead_intake_confirmed_total", "Events given back that were found again, or delivered again by word.", confirmed),
            .counter("fairlead_intake_unconfirmed_total", "Events given back that were not found again on their network.", unconfirmed),
            .counter("fairlead_intake_forks_total", "Times that a peer knew more of the running epoch than was numbered here.", forks),
            .counter(
                "fairlead_intake_conflicts_total",
                "Times that an event, or what a peer said of one, had another content than the one here.",
                conflicts),
            .counter("fairlead_intake_streams_forgotten_total", "Streams that were silent for longer than ids are kept.", streamsForgotten),
            .counter("fairlead_intake_authors_refused_total", "Authors of peers beyond the number that is kept.", authorsRefused),
            .counter(
                "fairlead_intake_peers_not_awaited_total", "Peers whose word was awaited in vain when the relay started.", peersNotAwaited),
            .counter("fairlead_outbox_bounced_total", "Parts that a destination will never get.", bounced),
            .counter("fairlead_outbox_superseded_total", "Events edited or deleted before their turn at a destination.", superseded),
            .counter("fairlead_outbox_parked_total", "Events that a destination held back for too long and will not get.", parked),
            .counter(
                "fairlead_outbox_dropped_total", "Events that refer to what a destination does not show, or that it can't show.", dropped),
            .counter("fairlead_outbox_repeated_total", "Parts sent again though they may have arrived.", repeated),
            .counter("fairlead_outbox_uncertain_total", "Parts not sent again though they may be missing.", uncertain),
            .counter("fairlead_outbox_found_total", "Parts that were found in their channel by their mark.", found),
            .counter("fairlead_outbox_orphans_total", "Marks in a channel that name an event which is not in the journal.", orphans),
            .counter("fairlead_outbox_retried_total", "Events that an operator had delivered again.", retried),
            .counter("fairlead_journal_commits_total", "Commits of the journal.", commits),
            .counter("fairlead_journal_disk_full_total", "Times that a commit found the disk full.", full),
            .counter("fairlead_journal_below_reserve_total", "Times that the disk came to have less than the reserve.", belowReserve),
        ]
    }
}

extension EngineMeasures {
    var metrics: [Metric] {
        var accepted = Metric(.counter, "fairlead_intake_accepted_total", "Events born here, by endpoint; by none: what the operator says.")
        var delivered = Metric(.counter, "fairlead_outbox_delivered_total", "Parts that arrived, by endpoint.")
        var deferred = Metric(.counter, "fairlead_outbox_deferred_total", "Times that a part was put off, by endpoint.")
        var bounces = Metric(.counter, "fairlead_outbox_bounces_total", "Entries of the bounce list, by endpoint and code.")
        var latency = Metric(
            .histogram, "fairlead_outbox_latency_seconds", "From the commit of an event to the receipt of each of its parts, by endpoint.")
        for place in places {
            let label = Metric.Label("endpoint", place.endpoint)
            accepted.add(.count(place.accepted), label)
            delivered.add(.count(place.delivered), label)
            deferred.add(.count(place.deferred), label)
            for (code, count) in place.bounces.sorted(by: { $0.key < $1.key }) {
                bounces.add(.count(count), label, Metric.Label("code", code))
            }
            if place.latency.count > 0 { latency.add(.histogram(place.latency), label) }
        }
        return [
            accepted, delivered, deferred, bounces, latency,
            .histogram("fairlead_journal_commit_seconds", "How long commits took.", commitTime),
            .histogram("fairlead_journal_commit_entries", "How many entries of the log each commit held.", commitEntries),
            .counter("fairlead_intake_waits_total", "Times that intake waited for the journal: a bound was reached.", intakeWaits),
        ]
    }
}
