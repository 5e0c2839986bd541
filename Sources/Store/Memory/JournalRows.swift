import Core
import Model

/// Everything that a journal in memory holds, for tests that compare two moments.
package struct JournalRows: Hashable, Sendable {
    package var state = JournalState()
    package var entries: [LogEntry] = []
    package var parts: [DestinationID: [EventID: [UInt32: NativePart]]] = [:]
    package var changes: [ChangeRow] = []
    package var bounces: [BounceRow] = []

    package init() {}
}
