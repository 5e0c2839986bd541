import Base
import Model

/// Edits and deletions that came before what they change: over another path, or after a SKIP. Their target must not show beside them when it comes
/// at last, be that years later, so they are kept as notes of the journal: the look-ahead begins anew with each process.
extension Engine {
    private static let earlyNote = "early "

    static func earlyChanges(in state: JournalState) -> Set<EventID> {
        Set(state.notes.keys.lazy.filter { $0.hasPrefix(earlyNote) }.compactMap { EventID(text: String($0.dropFirst(earlyNote.count))) })
    }

    /// Takes note of a change whose target is not here yet.
    func noteEarly(_ target: EventID) {
        if streams.hasCome(target) || earlyChanges.contains(target) { return }
        guard earlyChanges.count < CoreLimits.earlyChanges else {
            counters.earlyForgotten += 1
            return
        }
        earlyChanges.insert(target)
        pending.notes[Engine.earlyNote + target.description] = [1]
    }

    /// Forgets some of those whose target has come and had its turn everywhere.
    func forgetEarly() async throws {
        for target in earlyChanges.filter({ streams.hasCome($0) }).sorted().prefix(CoreLimits.earlySlice) {
            guard let stream = streams.index(of: target.stream), recent.end == committedEnd else { continue }
            let position = try await journal.reader.positions(of: stream, numbers: target.number...target.number).first
            let isOwed = outboxes.values.contains { outbox in position.map { outbox.machine.cursor <= $0 } ?? false }
            if isOwed { continue }
            earlyChanges.remove(target)
            pending.notes[Engine.earlyNote + target.description] = []
            commitWhenQuiet()
        }
    }
}
