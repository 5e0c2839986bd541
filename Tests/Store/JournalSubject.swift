import Base
import Core
import IO
import Simulation
import Store
import Support

/// A journal under test that can be closed and opened again.
final class JournalSubject {
    enum Kind: String, CaseIterable, Sendable { case memory, sqlite }

    private let kind: Kind
    private let thread = WorkerThread()
    private var memory: MemoryJournal?
    let folder = TemporaryFolder()
    private(set) var journal: any Journal

    init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .memory:
            let memory = MemoryJournal(on: thread)
            self.memory = memory
            journal = memory
        case .sqlite:
            journal = SQLiteJournal(folder: folder.path)
        }
    }

    /// Ends the use as a clean stop would, and opens what is there.
    func reopen() async throws -> JournalState {
        await journal.close()
        switch kind {
        case .memory:
            let again = MemoryJournal(disk: await memory!.disk.afterCrash(keeping: 0), on: thread)
            memory = again
            journal = again
        case .sqlite:
            journal = SQLiteJournal(folder: folder.path)
        }
        return try await journal.open()
    }

    func setFull(_ isFull: Bool) async { await memory?.setFull(isFull) }
}
