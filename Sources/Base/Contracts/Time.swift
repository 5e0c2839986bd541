/// A moment of the monotonic clock, in nanoseconds since an unnamed beginning. Never leaves the process.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (instant: Instant, interval: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds + interval.nanoseconds)
    }

    /// How much later `later` is; zero if it is not later.
    package func distance(to later: Instant) -> Interval {
        Interval(nanoseconds: later.nanoseconds > nanoseconds ? later.nanoseconds - nanoseconds : 0)
    }
}

/// A length of time, in nanoseconds, never negative.
package struct Interval: Hashable, Comparable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func milliseconds(_ count: UInt64) -> Interval { Interval(nanoseconds: count * 1_000_000) }
    package static func seconds(_ count: UInt64) -> Interval { Interval(nanoseconds: count * 1_000_000_000) }
    package static let zero = Interval(nanoseconds: 0)

    package var seconds: UInt64 { nanoseconds / 1_000_000_000 }
    package var milliseconds: UInt64 { nanoseconds / 1_000_000 }

    package static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: Interval, right: Interval) -> Interval { Interval(nanoseconds: left.nanoseconds + right.nanoseconds) }
}

/// A moment of the calendar: whole seconds since 1970-01-01 UTC, without leap seconds, as POSIX counts them.
package struct UnixTime: Hashable, Comparable, Sendable {
    package let seconds: UInt64

    package init(seconds: UInt64) { self.seconds = seconds }

    package static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }

    /// How many seconds later `later` is; negative if it is earlier.
    package func seconds(until later: UnixTime) -> Int64 { Int64(bitPattern: later.seconds &- seconds) }

    /// `2026-11-24T19:52:54Z` (RFC 3339 section 5.6).
    package var text: String {
        let (year, month, day) = date
        let clock = seconds % 86_400
        return
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(clock / 3600, 2)):\(padded(clock / 60 % 60, 2)):\(padded(clock % 60, 2))Z"
    }

    /// Year and month as one number, `202611`: what tables that are dropped month by month are named by.
    package var month: UInt32 {
        let (year, month, _) = date
        return UInt32(year * 100 + month)
    }

    /// The Gregorian date, by counting 400-year eras from 1 March (H. Hinnant, "chrono-compatible low-level date algorithms").
    package var date: (year: UInt64, month: UInt64, day: UInt64) {
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let ofEra = days % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
    }

    private func padded(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
