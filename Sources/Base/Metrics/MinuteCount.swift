/// How often something happened in the last minute, in slots of ten seconds: what an operator reads as a rate.
package struct MinuteCount: Hashable, Sendable {
    private static let slot: UInt64 = 10_000_000_000
    private static let slots: UInt64 = 6

    private var counts = [UInt64](repeating: 0, count: Int(slots))
    /// The slot that is being filled, counted from the clock's beginning.
    private var newest: UInt64 = 0

    package init() {}

    package mutating func note(_ count: UInt64 = 1, at now: Instant) {
        let current = now.nanoseconds / MinuteCount.slot
        if current > newest {
            for passed in 0..<min(current - newest, MinuteCount.slots) { counts[Int((current - passed) % MinuteCount.slots)] = 0 }
            newest = current
        }
        counts[Int(current % MinuteCount.slots)] += count
    }

    /// In the fifty to sixty seconds before `now`.
    package func total(at now: Instant) -> UInt64 {
        let current = now.nanoseconds / MinuteCount.slot
        guard current < newest + MinuteCount.slots else { return 0 }
        let first = current >= MinuteCount.slots - 1 ? current - (MinuteCount.slots - 1) : 0
        return first > newest ? 0 : (first...newest).reduce(0) { $0 + counts[Int($1 % MinuteCount.slots)] }
    }
}
