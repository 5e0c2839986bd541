import Base
import Model

/// When a peer came to have all that lies before some positions of the log, as far as it is remembered.
struct CursorTimes: Sendable {
    /// Of what lies before it nothing is remembered.
    private var start: Position
    /// Ascending in both.
    private var moves: [(before: Position, time: UnixTime)] = []

    /// Entries that it came to have.
    private(set) var arrivals = MinuteCount()

    init(from start: Position) { self.start = start }

    mutating func note(_ position: Position, _ count: UInt64, at time: UnixTime, _ now: Instant) {
        arrivals.note(count, at: now)
        if moves.count >= CoreLimits.acknowledgements {
            // Half of them at once, so that a flood moves none each time.
            start = moves[CoreLimits.acknowledgements / 2 - 1].before
            moves.removeFirst(CoreLimits.acknowledgements / 2)
        }
        moves.append((position, time))
    }

    /// When the peer had an entry at latest; nil if that is too long ago, was in an earlier life, or is still to come.
    func time(of position: Position) -> UnixTime? {
        position < start ? nil : moves.first { $0.before > position }?.time
    }
}
