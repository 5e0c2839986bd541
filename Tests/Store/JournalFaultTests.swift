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

/// Disks that are full, that fail, and files that are not what was written.
@Suite(.serialized) struct JournalFaultTests {
    /// The disk fills at every possible write of a commit: each time nothing is written, and the same batch goes in afterwards.
    @Test func aFullDiskLosesNothing() async throws {
        faulty_register()
        let folder = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path, vfs: "faulty")
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        var next = Position.first
        var refusals = 0
        for room in stride(from: 0, through: 60_000, by: 997) {
            let batch = JournalSamples.events(from: next, count: 60)
            faulty_set_room(Int64(room))
            do {
                try await journal.commit(batch)
            } catch {
                #expect(error == .full)
                refusals += 1
                #expect(try await journal.reader.read(from: next, atMost: 1).entries.isEmpty)
                faulty_set_room(-1)
                try await journal.commit(batch)
            }
            faulty_set_room(-1)
            next = next + 60
        }
        #expect(refusals >= 10)
        try await journal.reader.verify()
        try await expectSamples(journal.reader, from: .first, to: next)
        await journal.close()
    }

    @Test func aFailedSyncIsNotTakenForFull() async throws {
        faulty_register()
        let folder = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path, vfs: "faulty")
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        faulty_set_failing_syncs(1)
        let error = await #expect(throws: JournalError.self) { try await journal.commit(JournalSamples.events(from: .first, count: 3)) }
        faulty_set_failing_syncs(0)
        guard case .failed = error else { Issue.record("it says: \(String(describing: error))"); return }
        await journal.close()
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

    @Test func aDamagedHeaderIsRefused() async throws {
        let folder = try await closedJournal()
        try patch(folder, at: 0, [0, 0, 0, 0])
        let error = await openingError(folder)
        guard case .damaged(let place, _) = error else { Issue.record("it says: \(String(describing: error))"); return }
        #expect(place.hasSuffix("journal.sqlite"))
    }

    @Test func anotherProgramsFileIsRefused() async throws {
        let folder = try await closedJournal()
        try patch(folder, at: 68, [0, 0, 0, 9])
        #expect(await openingError(folder) == .foreign(SQLiteJournal.path(in: folder.path)))
    }

    @Test func aNewerSchemaIsRefusedNamingBoth() async throws {
        let folder = try await closedJournal()
        try patch(folder, at: 60, [0, 0, 0, 7])
        let error = await openingError(folder)
        #expect(error == .newerSchema(found: 7, known: 1))
        #expect(error?.description == "the journal has schema 7; this program knows up to 1")
    }

    @Test func aChangedSchemaIsRefused() async throws {
        let folder = try await closedJournal()
        try patch(folder, replacing: "CREATE TABLE claims(destination", with: "CREATE TABLE claims(destinatioN")
        guard case .damaged = await openingError(folder) else { Issue.record("opened"); return }
    }

    @Test func aDamagedBlockIsRefusedAndNamed() async throws {
        let folder = try await closedJournal()
        try patch(folder, replacing: "event number 77 in", with: "event number 78 in")
        let error = await openingError(folder)
        guard case .damaged(let place, let what) = error else { Issue.record("it says: \(String(describing: error))"); return }
        #expect(place.hasPrefix("position ") && what == "wrong checksum")
    }

    @Test func damageDeepInTheLogIsFoundByVerify() async throws {
        let folder = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path)
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        for start in 1...100 { try await journal.commit(JournalSamples.events(from: Position(UInt64(start)), count: 1)) }
        await journal.close()
        try patch(folder, replacing: "event number 7 in", with: "event number 8 in")
        let again = SQLiteJournal(folder: folder.path)
        _ = try await again.open()
        let error = await #expect(throws: JournalError.self) { try await again.reader.verify() }
        #expect(error == .damaged(place: "position 7", what: "wrong checksum"))
        await again.close()
    }

    /// The write-ahead log is cut anywhere, or has bytes changed: what opens is a beginning of what was written, in whole batches.
    @Test(arguments: 0..<24) func aTornWriteAheadLogOpens(seed: Int) async throws {
        let folder = TemporaryFolder()
        let torn = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path)
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        for batch in 0..<30 { try await journal.commit(JournalSamples.events(from: Position(UInt64(batch * 5 + 1)), count: 5)) }
        let path = SQLiteJournal.path(in: folder.path)
        let copy = SQLiteJournal.path(in: torn.path)
        try Files.copy(path, to: copy)
        var log = try Files.read(path + "-wal", atMost: 1 << 30)
        await journal.close()
        var generator = SeededGenerator(seed: UInt64(seed))
        switch seed % 3 {
        case 0: log.removeLast(Int.random(in: 1..<log.count, using: &generator))
        case 1: log[Int.random(in: log.count / 2..<log.count, using: &generator)] ^= 0x40
        default: log += (0..<3000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        try Files.create(copy + "-wal", log)
        let again = SQLiteJournal(folder: torn.path)
        let state = try await again.open()
        #expect((state.next.rawValue - 1) % 5 == 0)
        if seed % 3 == 2 { #expect(state.next == Position(151)) }
        if state.next > .first { try await expectSamples(again.reader, from: .first, to: state.next) }
        try await again.reader.verify()
        await again.close()
    }

    @Test func aBackupTakenWhileWritingIsRestored() async throws {
        let folder = TemporaryFolder()
        let backup = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path)
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        try await journal.commit(JournalSamples.events(from: .first, count: 500))
        async let copied: Void = journal.reader.backup(to: backup.path)
        for start in stride(from: 501, to: 1001, by: 10) {
            try await journal.commit(JournalSamples.events(from: Position(UInt64(start)), count: 10))
        }
        try await copied
        let inUse = await #expect(throws: JournalError.self) {
            try await JournalFiles.restore(from: backup.path, to: folder.path, at: JournalSamples.start)
        }
        #expect(inUse == .inUse(SQLiteJournal.path(in: folder.path)))
        await journal.close()

        try await JournalFiles.restore(from: backup.path, to: folder.path, at: JournalSamples.start)
        let again = SQLiteJournal(folder: folder.path)
        let state = try await again.open()
        #expect(state.next >= Position(501) && state.next <= Position(1001))
        #expect(state.notes[JournalFiles.restoredNote] != nil)
        try await expectSamples(again.reader, from: .first, to: state.next)
        try await again.reader.verify()
        await again.close()
        #expect(Files.exists("\(SQLiteJournal.path(in: folder.path)).before-restore-\(JournalSamples.start.seconds)"))
    }

    /// A backup is its owner's alone from its first byte on, whatever the umask; the kernel tells of every change of its mode.
    @Test func aBackupIsNeverOpenToOthers() async throws {
        let folder = TemporaryFolder()
        let backup = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path)
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        let watch = inotify_init1(Int32(O_NONBLOCK))
        defer { close(watch) }
        #expect(inotify_add_watch(watch, backup.path, UInt32(IN_ATTRIB)) >= 0)
        try await journal.reader.backup(to: backup.path)
        var events = [UInt8](repeating: 0, count: 4096)
        var rest = events[..<max(0, read(watch, &events, events.count))]
        var changed: [String] = []
        // Each is four numbers of four bytes, the last of them the length of the name that follows, which ends in zeros (inotify(7)).
        while rest.count > 16 {
            let length = Int(rest[rest.startIndex + 12])
            changed.append(String(decoding: rest.dropFirst(16).prefix(length).prefix { $0 != 0 }, as: UTF8.self))
            rest = rest.dropFirst(16 + length)
        }
        #expect(!changed.contains("journal.sqlite"), "\(changed)")
        #expect(try FileExposure.of(SQLiteJournal.path(in: backup.path)) == nil)
        // One that is there is not touched.
        await #expect(throws: JournalError.self) { try await journal.reader.backup(to: backup.path) }
        await journal.close()
    }

    @Test func aDamagedBackupChangesNothing() async throws {
        let backup = try await closedJournal()
        let folder = try await closedJournal()
        try patch(backup, replacing: "event number 77 in", with: "event number 78 in")
        let error = await #expect(throws: JournalError.self) {
            try await JournalFiles.restore(from: backup.path, to: folder.path, at: JournalSamples.start)
        }
        // What is named is the backup, and no half of it is left.
        #expect(error?.description.contains(backup.path) == true, "\(String(describing: error))")
        #expect(!fileNames(in: folder.path).contains { $0.contains(".part") || $0.contains("incoming") })
        let journal = SQLiteJournal(folder: folder.path)
        #expect(try await journal.open().next == Position(101))
        await journal.close()
    }

    private func closedJournal() async throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        let journal = SQLiteJournal(folder: folder.path)
        _ = try await journal.open()
        try await journal.commit(JournalSamples.foundation())
        try await journal.commit(JournalSamples.events(from: .first, count: 100))
        await journal.close()
        return folder
    }

    private func openingError(_ folder: TemporaryFolder) async -> JournalError? {
        do {
            _ = try await SQLiteJournal(folder: folder.path).open()
            return nil
        } catch {
            return error
        }
    }

    private func patch(_ folder: TemporaryFolder, replacing old: String, with new: String) throws {
        let bytes = try Files.read(SQLiteJournal.path(in: folder.path), atMost: 1 << 30)
        let pattern = [UInt8](old.utf8)
        // A page may have been copied: every copy is changed.
        let places = (0...bytes.count - pattern.count).filter {
            bytes[$0] == pattern[0] && bytes[$0..<$0 + pattern.count].elementsEqual(pattern)
        }
        try #require(!places.isEmpty, "\(old) is not in the file")
        for place in places { try patch(folder, at: place, [UInt8](new.utf8)) }
    }

    private func patch(_ folder: TemporaryFolder, at offset: Int, _ bytes: [UInt8]) throws {
        let file = try #require(fopen(SQLiteJournal.path(in: folder.path), "r+b"))
        fseek(file, offset, SEEK_SET)
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}
