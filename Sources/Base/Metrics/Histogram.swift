/// How often values fell into each of some fixed ranges, and their sum. Cheap to add to: a search through at most `bounds`.
package struct Histogram: Hashable, Sendable {
    /// The upper bound of each range, which belongs to it, ascending. What is larger than the last falls into one more range.
    package let bounds: [Double]
    /// How many fell into each range; one more than `bounds`.
    package private(set) var counts: [UInt64]
    package private(set) var sum = 0.0

    package init(_ bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds ascend")
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
    }

    package var count: UInt64 { counts.reduce(0, +) }

    package mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// An interval, in seconds.
    package mutating func observe(_ interval: Interval) { observe(Double(interval.nanoseconds) / 1e9) }
}
