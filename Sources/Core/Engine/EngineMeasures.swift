import Base
import Model

/// What the engine measures beside its counters.
package struct EngineMeasures: Sendable {
    /// What became of the events of one endpoint, or of a peer.
    package struct Place: Hashable, Sendable {
        package let endpoint: String
        /// Events that were born there.
        package var accepted: UInt64 = 0
        /// Parts that arrived there.
        package var delivered: UInt64 = 0
        package var deferred: UInt64 = 0
        /// Entries of the bounce list by the label of their code.
        package var bounces: [String: UInt64] = [:]
        /// From the commit of an event to the receipt of a part of it, in seconds.
        package var latency = Histogram([
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3600, 86_400,
        ])
    }

    package private(set) var places: [Place] = []
    private var indexes: [String: Int] = [:]
    /// How long commits took, in seconds, and how many entries each held.
    package var commitTime = Histogram([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5])
    package var commitEntries = Histogram([0, 1, 4, 16, 64, 256, 1024, 4096, 16_384])
    /// Times that intake waited, as too much was uncommitted or the disk was full.
    package var intakeWaits: UInt64 = 0
    private var commits = CommitTimes()

    /// The number of an endpoint's place; names come from the configuration alone.
    mutating func place(of endpoint: String) -> Int {
        if let known = indexes[endpoint] { return known }
        indexes[endpoint] = places.count
        places.append(Place(endpoint: endpoint))
        return places.count - 1
    }

    mutating func accepted(_ count: Int, from endpoint: String) {
        if count > 0 { places[place(of: endpoint)].accepted += UInt64(count) }
    }

    mutating func deferred(at place: Int) { places[place].deferred += 1 }

    mutating func bounced(_ code: String, at endpoint: String) {
        places[place(of: endpoint)].bounces[EngineMeasures.label(ofCode: code), default: 0] += 1
    }

    /// `accepted`: when the event was accepted, for one whose commit is too long ago to be remembered exactly; nil: its age tells nothing.
    mutating func delivered(at place: Int, _ position: Position, accepted: UnixTime?, now: Instant, time: UnixTime) {
        places[place].delivered += 1
        guard let accepted else { return }
        if let committed = commits.time(of: position) {
            places[place].latency.observe(committed.distance(to: now))
        } else {
            places[place].latency.observe(Double(max(0, accepted.seconds(until: time))))
        }
    }

    mutating func committed(_ entries: Int, before end: Position, since begin: Instant, at now: Instant) {
        commitTime.observe(begin.distance(to: now))
        commitEntries.observe(Double(entries))
        if entries > 0 { commits.note(entries, before: end, at: now) }
    }

    /// The codes of docs/operations.md that are words of this program; those of servers by their network, as servers may say any.
    package static func label(ofCode code: String) -> String {
        let own = ["parked", "removed", "fork", "conflict", "unconfirmed", "undecodable", "deferred-too-long", "irc-swallowed"]
        if own.contains(code) { return code }
        return code.hasPrefix("irc-") ? "irc" : code.hasPrefix("mail-") ? "mail" : "other"
    }
}

/// When the latest commits were durable, exactly; the log itself knows whole seconds.
private struct CommitTimes: Sendable {
    /// Commits that are remembered: two seconds of a flood, hours of a quiet relay.
    private static let limit = 4096

    private var begin = Position.zero
    private var commits: [(end: Position, time: Instant)] = []

    mutating func note(_ entries: Int, before end: Position, at time: Instant) {
        if commits.isEmpty { begin = Position(end.rawValue - UInt64(entries)) }
        commits.append((end, time))
        if commits.count > CommitTimes.limit {
            begin = commits[CommitTimes.limit / 2 - 1].end
            commits.removeFirst(CommitTimes.limit / 2)
        }
    }

    func time(of position: Position) -> Instant? {
        guard position >= begin, let last = commits.last, position < last.end else { return nil }
        var (low, high) = (0, commits.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if commits[middle].end > position { high = middle } else { low = middle + 1 }
        }
        return commits[low].time
    }
}
