import Base

/// Whether this machine's calendar can be believed. One without a battery clock begins in 1970, and an administrator's slip or a lying time server
/// sets it years ahead: nothing is dropped, erased or given up by such a word until it has stood for a day.
extension Engine {
    /// What was known when the calendar was looked at last, and until when it is doubted.
    struct Clock: Sendable {
        var seen: (now: Instant, time: UnixTime)?
        var doubtedUntil: Instant?
    }

    /// Whether the calendar has jumped lately.
    var isClockDoubted: Bool {
        lookAtClock()
        return clock.doubtedUntil.map { loop.now < $0 } ?? false
    }

    /// Compares it with the time that has passed.
    func lookAtClock() {
        let (now, time) = (loop.now, loop.time)
        defer { clock.seen = (now, time) }
        guard let seen = clock.seen else { return }
        let expected = UnixTime(seconds: seen.time.seconds + seen.now.distance(to: now).seconds)
        if expected.seconds(until: time).magnitude > CoreLimits.clockJump { doubtClock(from: expected) }
    }

    /// At the opening: compares it with the last entry of the journal. A relay that was away for long is no harm in doubting.
    func compareClock(withEnd end: UnixTime?) {
        let away = end.map { $0.seconds(until: loop.time) } ?? 0
        if let end, away < 0 || away > CoreLimits.clockAway { doubtClock(from: end) }
        lookAtClock()
    }

    private func doubtClock(from expected: UnixTime) {
        counters.clockJumps += 1
        clock.doubtedUntil = loop.now + CoreLimits.clockDoubt
        log.warning(
            "the clock has jumped; for a day nothing is parked, erased or bounced for its age",
            ["expected": expected.text, "found": loop.time.text])
    }
}
