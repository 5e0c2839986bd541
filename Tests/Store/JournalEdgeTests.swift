import Base
import Core
import Glibc
import IO
import Model
import Simulation
import Store
import Support
import Testing

@Suite(.serialized) struct JournalEdgeTests {
    /// A row whose count was changed on the disk is damage, not the end of the process.
    @Test func aDamagedCountIsReportedNotTrapped() async throws {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let journal = SQLiteJournal(folder: folder.path)
            _ = try await journal.open()
            try await journal.commit(JournalSamples.foundation())
            try await journal.commit(JournalSamples.events(from: .first, count: 3))
            await journal.close()
            let tool = Glibc.system(
                "python3 -c \"import sqlite3; c=sqlite3.connect('\(SQLiteJournal.path(in: folder.path))'); c.execute('UPDATE log SET count = -1'); c.commit()\""
            )
            precondition(tool == 0)
            do { _ = try await SQLiteJournal(folder: folder.path).open() } catch JournalError.damaged {}
        }
    }
}
