import Base

/// Who said wrong words to an open invite lately.
struct WrongWords: Hashable, Sendable {
    private var since = Instant(nanoseconds: 0)
    private var all = 0
    private var counts: [String: Int] = [:]

    /// Whether an address is listened to.
    func mayTry(_ address: String, at now: Instant) -> Bool {
        if since.distance(to: now) > DaemonLimits.wrongWindow { return true }
        return all < DaemonLimits.wrongWordsOfAll && counts[address, default: 0] < DaemonLimits.wrongWords
    }

    /// Counts one. True if it is the last that is listened to.
    mutating func add(from address: String, at now: Instant) -> Bool {
        if since.distance(to: now) > DaemonLimits.wrongWindow || all == 0 { self = WrongWords(since: now) }
        all += 1
        counts[address, default: 0] += 1
        return !mayTry(address, at: now)
    }

    init(since: Instant = Instant(nanoseconds: 0)) { self.since = since }
}
