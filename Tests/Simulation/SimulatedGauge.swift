import Base

/// A disk whose room a test says. It is large and empty at first.
package final class SimulatedGauge: DiskGauge, @unchecked Sendable {  // the driving thread's alone
    package var now: DiskRoom? = DiskRoom(free: 90_000_000_000, size: 100_000_000_000)
    /// How often somebody looked.
    package private(set) var looks = 0

    package func room() -> DiskRoom? {
        looks += 1
        return now
    }
}

/// What an operator would have read.
package final class SimulatedLog: @unchecked Sendable {  // the driving thread's alone
    package private(set) var lines: [String] = []

    package init() {}

    package var log: Log { Log { self.lines.append($0.text) } }
}
