import Base
import Core
import IO
import Model
import Simulation
import Store
import Support
import Testing

/// The writer is killed between append and acknowledgement, wherever that falls.
@Suite(.serialized) struct JournalKillTests {
    @Test func nothingAcknowledgedIsLost() async throws {
        let folder = TemporaryFolder()
        var acknowledged = Position.first
        for round in 0..<testRounds(12) {
            let victim = ChildProcess("JournalVictim", [folder.path, String(round)])
            var generator = SeededGenerator(seed: UInt64(round))
            for _ in 0..<Int.random(in: 1...60, using: &generator) {
                let line = try #require(victim.line())
                acknowledged = Position(try #require(UInt64(line), "the victim says: \(line)"))
            }
            victim.kill()
            let journal = SQLiteJournal(folder: folder.path)
            let state = try await journal.open()
            // More may be there: commits whose word was on its way.
            #expect(state.next >= acknowledged)
            #expect(state.streams.map(\.prefix) == [state.next.rawValue / 2, (state.next.rawValue - 1) / 2])
            try await journal.reader.verify()
            try await expectSamples(journal.reader, from: state.oldest, to: state.next)
            await journal.close()
        }
    }

    /// A restore is killed behind each of its steps: the next opening finds the old journal or the new one, whole, and the old one is kept.
    @Test(arguments: [true, false]) func aRestoreThatIsKilledIsDoneOrNot(isOverAnother: Bool) async throws {
        let backup = TemporaryFolder()
        try await JournalKillTests.write(100, in: backup)
        try Files.create("\(backup.path)/identity.pem", [1, 2, 3])
        var isDone = false
        for step in 0..<12 where !isDone {
            let folder = TemporaryFolder()
            if isOverAnother { try await JournalKillTests.write(300, in: folder, leavingItsLog: true) }
            let victim = ChildProcess("JournalVictim", ["restore", backup.path, folder.path, String(step)])
            let word = victim.line()
            isDone = word == "done"
            #expect(isDone || word == nil)
            victim.kill()
            let before = JournalFiles.interruptedRestore(in: folder.path)
            if let before {
                #expect(!isOverAnother && before.contains("run `fairlead restore` again"))
                let refused = await #expect(throws: JournalError.self) { _ = try await SQLiteJournal(folder: folder.path).open() }
                #expect(refused == .failed(before))
                try await JournalFiles.restore(from: backup.path, to: folder.path, at: JournalSamples.start, keeping: ["identity.pem"])
            }
            let journal = SQLiteJournal(folder: folder.path)
            let state = try await journal.open()
            let isNew = state.next == Position(101)
            #expect(isNew || isOverAnother && state.next == Position(301), "step \(step): \(state.next)")
            #expect(isNew == (state.notes[JournalFiles.restoredNote] != nil))
            try await journal.reader.verify()
            try await expectSamples(journal.reader, from: .first, to: state.next)
            await journal.close()
            if isNew {
                #expect(try Files.read("\(folder.path)/identity.pem", atMost: 10) == [1, 2, 3])
                let kept = "\(SQLiteJournal.path(in: folder.path)).before-restore-1795000000"
                #expect(Files.exists(kept) == isOverAnother)
                #expect(Files.exists(kept + "-wal") == isOverAnother)
            }
            // And once more, over whatever is there.
            try await JournalFiles.restore(from: backup.path, to: folder.path, at: JournalSamples.start, keeping: ["identity.pem"])
            let again = SQLiteJournal(folder: folder.path)
            #expect(try await again.open().next == Position(101))
            await again.close()
            #expect(try Files.names(in: folder.path).filter { $0.contains("part") || $0.contains("incoming") } == [])
        }
        #expect(isDone)
    }

    /// A journal of so many events; with what a process that was killed leaves beside it.
    private static func write(_ count: Int, in folder: TemporaryFolder, leavingItsLog isKilled: Bool = false) async throws {
        let journal = SQLiteJournal(folder: isKilled ? "\(folder.path)/live" : folder.path)
        if isKilled { try Files.makeFolder("\(folder.path)/live") }
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        try await journal.commit(JournalSamples.events(from: .first, count: count))
        if isKilled {
            for suffix in ["", "-wal"] {
                try Files.copy("\(folder.path)/live/journal.sqlite\(suffix)", to: "\(folder.path)/journal.sqlite\(suffix)")
            }
        }
        await journal.close()
    }

    @Test func aSecondProcessIsToldInWords() async throws {
        let folder = TemporaryFolder()
        let victim = ChildProcess("JournalVictim", [folder.path, "1"])
        _ = victim.line()
        let error = await #expect(throws: JournalError.self) { _ = try await SQLiteJournal(folder: folder.path).open() }
        #expect(error == .inUse("\(folder.path)/journal.sqlite"))
        #expect(error?.description == "the journal \(folder.path)/journal.sqlite is in use by another process")
    }
}
