import Base
import Core
import Model

/// A journal in memory, with an explicit unsynced part: for simulated relays and for tests. Keeps the contract of the one in SQLite.
package actor MemoryJournal: Journal, JournalReader {
    /// What a crash or a copy of the machine would find.
    package private(set) var disk: MemoryDisk
    private var image = MemoryImage()
    private let executor: any SerialExecutor
    private let sync: @Sendable () async -> Void
    private var isFull = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package nonisolated var reader: any JournalReader { self }

    /// `sync` is what a commit waits for between being written and being safe.
    package init(disk: MemoryDisk = MemoryDisk(), on executor: any SerialExecutor, sync: @escaping @Sendable () async -> Void = {}) {
        self.disk = disk
        self.executor = executor
        self.sync = sync
    }

    /// From now on commits answer `full`, or no longer.
    package func setFull(_ isFull: Bool) { self.isFull = isFull }

    package func open() async throws(JournalError) -> JournalState {
        for operation in disk.operations { image.apply(operation) }
        return image.state
    }

    package func commit(_ batch: JournalBatch) async throws(JournalError) {
        precondition(
            batch.first == image.state.next || batch.entries.isEmpty,
            "a batch begins at \(batch.first), the log ends before \(image.state.next)")
        if isFull { throw .full }
        let operation = MemoryDisk.Operation.commit(batch)
        disk.operations.append(operation)
        let written = disk.operations.count
        await sync()
        disk.synced = max(disk.synced, written)
        image.apply(operation)
    }

    package func read(from position: Position, atMost byteCount: Int) async throws(JournalError) -> EntryRun {
        image.read(from: position, atMost: byteCount)
    }

    package func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) async throws(JournalError) -> [Position] {
        image.positions(of: stream, numbers: numbers)
    }

    package func start(of stream: StreamIndex, from number: UInt64) async throws(JournalError) -> Position? {
        image.start(of: stream, from: number)
    }

    package func lastErased(of stream: StreamIndex) async throws(JournalError) -> (number: UInt64, digest: UInt64)? { image.erased[stream] }

    package func entries(of streams: Set<StreamIndex>, _ place: ReadingPlace, atMost count: Int) async throws(JournalError) -> [LogEntry] {
        image.entries(of: streams, place, atMost: count)
    }

    package func position(at time: UnixTime) async throws(JournalError) -> Position { image.position(at: time) }

    package func eventID(for key: NativeKey, at destination: DestinationID) async throws(JournalError) -> EventID? {
        image.natives.reversed().lazy.compactMap { $0.events[destination]?[key] }.first
    }

    package func parts(of event: EventID, at destination: DestinationID) async throws(JournalError) -> [NativePart] {
        var parts: [UInt32: NativePart] = [:]
        for month in image.natives { parts.merge(month.parts[destination]?[event] ?? [:]) { $1 } }
        return parts.values.sorted { $0.part < $1.part }
    }

    package func changes(of targets: [EventID]) async throws(JournalError) -> [ChangeRow] {
        targets.flatMap { (image.changes[$0] ?? [:]).values.sorted { $0.kind.rawValue < $1.kind.rawValue } }
    }

    package func deletions(from first: Position, before end: Position) async throws(JournalError) -> [ChangeRow] {
        image.changes.values.compactMap { $0[.deleted] }.filter { $0.position >= first && $0.position < end }.sorted {
            $0.position < $1.position
        }
    }

    package func bounces(from id: UInt64, atMost limit: Int) async throws(JournalError) -> [BounceRow] {
        Array(image.bounces.values.filter { $0.id >= id }.sorted { $0.id < $1.id }.prefix(limit))
    }

    /// The first position whose content is still there.
    package var oldest: Position { image.blocks.first?.first ?? .first }

    /// Everything that it holds now, for tests that compare.
    package var rows: JournalRows { image.rows }

    /// Every bounce, without waiting.
    package var currentBounces: [BounceRow] { image.bounces.values.sorted { $0.id < $1.id } }

    package func byteCount(from position: Position) async throws(JournalError) -> Int {
        image.blocks.reduce(0) { $1.end > position ? $0 + $1.entries.byteCount : $0 }
    }

    package func retire(before position: Position, slice: Int) async throws(JournalError) -> Int {
        let operation = MemoryDisk.Operation.retire(before: position, slice: slice)
        disk.operations.append(operation)
        disk.synced = disk.operations.count
        let before = image.blocks.count
        image.apply(operation)
        return before - image.blocks.count
    }

    package func forgetIDs(before month: UInt32) async throws(JournalError) {
        let operation = MemoryDisk.Operation.forgetIDs(before: month)
        disk.operations.append(operation)
        disk.synced = disk.operations.count
        image.apply(operation)
    }

    package func backup(to folder: String) async throws(JournalError) {
        throw .failed("a journal in memory has no files; copy its disk")
    }

    package func verify() async throws(JournalError) {
        var next = image.blocks.first?.first
        for block in image.blocks {
            if block.first != next { throw .damaged(place: "position \(block.first)", what: "the log does not go on here") }
            next = block.end
        }
    }

    package func close() async {}
}
