import Base
import Core
import FaultyVFS
import Glibc
import IO
import Model
import Simulation
import Store
import Support
import Testing

@Suite(.serialized) struct ReviewStore {
    /// A log of `count` blocks of one entry each, in one commit.
    private func log(_ count: Int) async throws -> (SQLiteJournal, TemporaryFolder) {
        let folder = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path)
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        let text = String(repeating: "x", count: 13_000)
        var next = Position.first
        for _ in 0..<(count / 200) {
            var batch = JournalBatch(time: JournalSamples.start, first: next)
            for offset in 0..<200 {
                let (stream, number) = JournalSamples.place(of: next + offset)
                batch.entries.append(
                    EntryHead(stream: stream, number: number, originTime: JournalSamples.start, hops: 0),
                    record: RecordEncoder.encode(.posted(Post(RichText(text))), author: 1))
            }
            next = next + 200
            batch.streams = [JournalSamples.stream(1, prefix: next.rawValue / 2), JournalSamples.stream(2, prefix: next.rawValue / 2)]
            try await journal.commit(batch)
        }
        return (journal, folder)
    }

    private func timeOfOneRetire(_ count: Int) async throws -> Duration {
        let (journal, folder) = try await log(count)
        defer { _ = folder }
        var best = Duration.seconds(100)
        for block in 2...6 {
            let clock = ContinuousClock()
            // As `Engine.retire` calls it: up to the end of the first block that is there.
            let began = clock.now
            let gone = try await journal.retire(before: Position(UInt64(block)), slice: 8)
            let time = clock.now - began
            #expect(gone == 1)
            best = min(best, time)
        }
        await journal.close()
        return best
    }

    /// Erasing one block must not cost a walk over all blocks.
    @Test func retiringDoesNotReadTheWholeLog() async throws {
        let small = try await timeOfOneRetire(200)
        let large = try await timeOfOneRetire(10_000)
        #expect(large < small * 4, "one block of 200: \(small), one of 10,000: \(large)")
    }

    /// The disk is full when retention runs: what the engine gets to hear.
    @Test func retentionOnAFullDiskSaysFull() async throws {
        faulty_register()
        let folder = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path, vfs: "faulty")
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        for start in 1...10 { try await journal.commit(JournalSamples.events(from: Position(UInt64(start)), count: 1)) }
        faulty_set_room(0)
        let error = await #expect(throws: JournalError.self) { _ = try await journal.retire(before: Position(5), slice: 8) }
        faulty_set_room(-1)
        #expect(error == .full)
        await journal.close()
    }

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
                "python3 -c \"import sqlite3; c=sqlite3.connect('\(SQLiteJournal.path(in: folder.path))'); c.execute('UPDATE log SET count = -1'); c.commit()\"")
            precondition(tool == 0)
            do { _ = try await SQLiteJournal(folder: folder.path).open() } catch JournalError.damaged {}
        }
    }
}
