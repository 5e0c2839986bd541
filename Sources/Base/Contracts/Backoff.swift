/// How long to wait before the next try: doubling from `first` to `longest`, each time a random share of it from half upwards, so that many
/// that lost the same server don't come back at the same moment.
package struct Backoff: Sendable {
    private let first: Interval
    private let longest: Interval
    private var next: Interval

    package init(first: Interval, longest: Interval) {
        self.first = first
        self.longest = longest
        next = first
    }

    /// The next wait. `chance` is any random number.
    package mutating func wait(_ chance: UInt64) -> Interval {
        let half = next.nanoseconds / 2
        defer { next = min(longest, Interval(nanoseconds: next.nanoseconds * 2)) }
        return Interval(nanoseconds: half + chance % (half + 1))
    }

    /// It worked.
    package mutating func reset() { next = first }
}
