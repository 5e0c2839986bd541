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
