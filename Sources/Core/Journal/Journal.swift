import Base
import Model

/// Where accepted events stay: one append-only log of the whole relay, and what must be durable together with it.
///
/// The engine is the only writer. Batches commit in call order; a batch is there whole or not at all. When `commit` returns,
/// its batch outlives a power cut. `full` has written nothing and the same batch may be tried again; after any other
/// error of `commit` nobody knows what is on the disk, and the process must end.
package protocol Journal: Actor {
    /// Reading is apart from writing, so that a look at old events never waits for a commit nor holds one up.
    nonisolated var reader: any JournalReader { get }

    /// Opens for writing, once, before anything else.
    func open() async throws(JournalError) -> JournalState

    func commit(_ batch: JournalBatch) async throws(JournalError)

    /// Erases the content of entries before a position, at most `slice` blocks of them; says how many blocks went.
    func retire(before position: Position, slice: Int) async throws(JournalError) -> Int

    /// Forgets the id map of months before `month` (`UnixTime.month`), and what changed then.
    func forgetIDs(before month: UInt32) async throws(JournalError)

    /// Ends the use of the store. Nothing is called afterwards.
    func close() async
}

/// Reads what has been committed. Of use once the journal is open, until it is closed.
package protocol JournalReader: Actor {
    /// Entries from a position on, in order, at least one if there is any, and about `byteCount` bytes of them.
    /// The first one may lie before `position` if it shares a block with it; what was retired is not there.
    func read(from position: Position, atMost byteCount: Int) async throws(JournalError) -> EntryRun

    /// About how many bytes of the log lie at a position and behind it.
    func byteCount(from position: Position) async throws(JournalError) -> Int

    /// Where events of a stream are, ascending by number. Retired ones are left out.
    func positions(of stream: StreamIndex, numbers: ClosedRange<UInt64>) async throws(JournalError) -> [Position]

    /// A place in the log before which a stream has no number from `number` on; nil if none of it is here.
    func start(of stream: StreamIndex, from number: UInt64) async throws(JournalError) -> Position?

    /// The highest number of a stream whose content was erased, and the digest that it had; nil if none was.
    func lastErased(of stream: StreamIndex) async throws(JournalError) -> (number: UInt64, digest: UInt64)?

    /// Entries of some streams nearest to a place, ascending by position, at most `count` of them. Costs as much in a busy log as in a quiet
    /// one: other streams' entries are not looked at, but for those that share a block.
    func entries(of streams: Set<StreamIndex>, _ place: ReadingPlace, atMost count: Int) async throws(JournalError) -> [LogEntry]

    /// The first position that was accepted at a time or later; the end of the log if there is none.
    func position(at time: UnixTime) async throws(JournalError) -> Position

    /// The event that a channel's server told under this name.
    func eventID(for key: NativeKey, at destination: DestinationID) async throws(JournalError) -> EventID?

    /// What became of an event at a destination, by part; empty if it has no receipt there.
    func parts(of event: EventID, at destination: DestinationID) async throws(JournalError) -> [NativePart]

    /// The newest edits and the deletions of events.
    func changes(of targets: [EventID]) async throws(JournalError) -> [ChangeRow]

    /// Deletions among a range of positions, also of entries that were retired.
    func deletions(from first: Position, before end: Position) async throws(JournalError) -> [ChangeRow]

    /// Bounces in order, at most `limit` beginning at `id`.
    func bounces(from id: UInt64, atMost limit: Int) async throws(JournalError) -> [BounceRow]

    /// Writes a consistent copy, while running, into a folder that exists and has no journal in it.
    func backup(to folder: String) async throws(JournalError)

    /// Reads everything and checks it.
    func verify() async throws(JournalError)
}

/// Where reading begins, and in which direction it goes.
package enum ReadingPlace: Hashable, Sendable {
    /// The last entries before a position.
    case before(Position)
    /// The first entries at a position or behind it.
    case from(Position)
}

/// Why a journal can't be opened, read or written.
package enum JournalError: Error, Hashable, Sendable {
    /// No room. Nothing was written.
    case full
    /// Another process has it open.
    case inUse(String)
    /// Not a journal of this program.
    case foreign(String)
    /// Written by a newer program.
    case newerSchema(found: Int, known: Int)
    /// Bytes are not what was written: where, and what is wrong with them.
    case damaged(place: String, what: String)
    /// The system refused, with its words. What is on the disk is unknown.
    case failed(String)
}

extension JournalError: CustomStringConvertible {
    /// For the log.
    package var description: String { words(OperatorTexts(.en)) }

    /// For whoever gave a command.
    package func words(_ texts: OperatorTexts) -> String {
        switch self {
        case .full: texts.journalIsFull
        case .inUse(let path): texts.journalInUse(path)
        case .foreign(let path): texts.noJournal(path)
        case .newerSchema(let found, let known): texts.newerSchema(found, known)
        case .damaged(let place, let what): texts.journalIsDamaged(place, what)
        case .failed(let words): texts.journalFailed(words)
        }
    }
}

/// Everything that is written together. Where it has entries of a stream it has that stream's row too.
package struct JournalBatch: Hashable, Sendable {
    package var time: UnixTime
    /// The position of the first of `entries`: the one after the last that was ever appended.
    package var first: Position
    package var entries = EntryBuffer()
    package var bridges: [BridgeRow] = []
    package var streams: [StreamRow] = []
    package var authors: [AuthorRow] = []
    package var destinations: [DestinationRow] = []
    package var claims: [Claim] = []
    package var receipts: [Receipt] = []
    package var keys: [KeyRow] = []
    package var changes: [ChangeRow] = []
    package var bounces: [BounceRow] = []
    package var droppedBounces: [UInt64] = []
    /// Streams whose content is gone and that nobody speaks of any more; their authors go with them.
    package var forgottenStreams: [StreamIndex] = []
    /// Single values by name, such as what `restore` leaves for the next start. An empty one takes the note away.
    package var notes: [String: [UInt8]] = [:]

    package init(time: UnixTime, first: Position) {
        self.time = time
        self.first = first
    }

    package var isEmpty: Bool {
        entries.isEmpty && bridges.isEmpty && streams.isEmpty && authors.isEmpty && destinations.isEmpty && claims.isEmpty
            && receipts.isEmpty && keys.isEmpty && changes.isEmpty && bounces.isEmpty && droppedBounces.isEmpty
            && forgottenStreams.isEmpty && notes.isEmpty
    }
}

/// What is known when a journal was opened. The log itself is read when it is needed.
package struct JournalState: Hashable, Sendable {
    /// The position that the next entry gets.
    package var next: Position = .first
    /// The lowest position whose content is still there.
    package var oldest: Position = .first
    package var bridges: [BridgeRow] = []
    package var streams: [StreamRow] = []
    package var authors: [AuthorRow] = []
    package var destinations: [DestinationRow] = []
    /// In the order of destination, position, part.
    package var claims: [Claim] = []
    package var bounceCount = 0
    package var lastBounce: UInt64 = 0
    package var notes: [String: [UInt8]] = [:]

    package init() {}
}
