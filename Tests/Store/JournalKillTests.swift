import Base
import Core
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

    @Test func aSecondProcessIsToldInWords() async throws {
        let folder = TemporaryFolder()
        let victim = ChildProcess("JournalVictim", [folder.path, "1"])
        _ = victim.line()
        let error = await #expect(throws: JournalError.self) { _ = try await SQLiteJournal(folder: folder.path).open() }
        #expect(error == .inUse("\(folder.path)/journal.sqlite"))
        #expect(error?.description == "the journal \(folder.path)/journal.sqlite is in use by another process")
    }
}
