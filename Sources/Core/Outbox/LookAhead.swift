import Base
import Model

/// What became of events later: the newest edit and the deletion of each, so that an outbox does not show what is gone.
package struct LookAhead: Sendable {
    /// What happened to one event.
    package struct Later: Hashable, Sendable {
        package var edit: ChangeRow?
        package var deletion: ChangeRow?

        var position: Position { max(edit?.position ?? .zero, deletion?.position ?? .zero) }

        package init(_ rows: [ChangeRow] = []) {
            for row in rows {
                if row.kind == .edited { edit = row } else { deletion = row }
            }
        }
    }

    /// Every change at this position or behind it is here; of older ones the journal must be asked.
    package private(set) var knownFrom: Position
    private var changes: [EventID: Later] = [:]
    /// How many deletions are among them.
    private var deletions = 0
    private var order: [(position: Position, target: EventID)] = []

    package init(knownFrom: Position) { self.knownFrom = knownFrom }

    package func later(_ id: EventID) -> Later { changes[id] ?? Later() }

    /// Whether anything is known to have been deleted.
    package var hasDeletions: Bool { deletions > 0 }

    /// Whether memory alone can say what became of an event at this position.
    package func covers(_ position: Position) -> Bool { position >= knownFrom }

    /// Takes an accepted change in and says whether it is the one of its kind that holds: only that one is written. `replaces` is asked
    /// whether it holds in place of the one that is known.
    package mutating func note(_ row: ChangeRow, replaces: (ChangeRow, ChangeRow) -> Bool) -> Bool {
        var later = changes[row.target] ?? Later()
        let known = row.kind == .edited ? later.edit : later.deletion
        if let known, !replaces(row, known) { return false }
        switch row.kind {
        case .edited: later.edit = row
        case .deleted:
            later.deletion = row
            if known == nil { deletions += 1 }
        }
        changes[row.target] = later
        order.append((row.position, row.target))
        if order.count > CoreLimits.changes { forgetHalf() }
        return true
    }

    private mutating func forgetHalf() {
        let gone = order.count / 2
        knownFrom = order[gone].position
        for (_, target) in order[..<gone] {
            // One that changed again later stays whole.
            guard let later = changes[target], later.position < knownFrom else { continue }
            if later.deletion != nil { deletions -= 1 }
            changes[target] = nil
        }
        order.removeFirst(gone)
    }
}
