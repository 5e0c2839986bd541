import Base
import Model

/// The middle of the relay: takes happenings in, numbers them, journals them, and gives every destination what it has to get.
///
/// The only writer of the journal. What must be durable before what (semantics 3): an event before its acceptance is told and before
/// anything of it leaves; a claim before its part is sent; receipts with the next commit, at latest after `CoreLimits.receiptQuiet`.
package actor Engine: RelayPort {
    let loop: any Loop
    let journal: any Journal
    let entropy: any Entropy
    let relay: RelayID
    let epochSecret: [UInt8]
    var limits: EngineLimits
    let disk: (any DiskGauge)?
    /// Of the bounce list.
    let texts: OperatorTexts
    let log: Log

    var streams: StreamTable
    var routing: RoutingTable
    var ids = IDMemory()
    var authorKeys = AuthorKeys()
    var newAuthors: [DestinationID: NewAuthors] = [:]
    var lookAhead: LookAhead
    /// Events that are not here and were edited or deleted already.
    var earlyChanges: Set<EventID>
    var recent: RecentEntries
    /// What was read from the journal lately, for outboxes that are behind.
    var cold: [EntryRun] = []
    var outboxes: [DestinationID: Outbox] = [:]
    var endpoints: [String: any Endpoint] = [:]
    var sources: [DestinationID: [UInt8]] = [:]
    /// The names that we gave to other relays.
    var organisations: [RelayID: String] = [:]
    package internal(set) var counters = EngineCounters()
    var measures = EngineMeasures()

    // The batch that is being filled, and what became of earlier ones.
    var pending: JournalBatch
    var batch: UInt64 = 1
    var committedBatch: UInt64 = 0
    var committedEnd: Position
    var changedDestinations: Set<DestinationID> = []
    var commitWaiters: [(batch: UInt64, continuation: UnsafeContinuation<Void, Never>)] = []
    var commitSignal = Signal()
    var workSignal = Signal()
    var work: Set<DestinationID> = []
    var quietTimer: TimerID?
    var isFull = false
    /// How much room the disk had when it was looked at last, and when that was.
    var room: DiskRoom?
    var lastLook: Instant?
    /// Less than the reserve is free: intake waits.
    var isBelowReserve = false
    var roomWaiters: [UnsafeContinuation<Void, Never>] = []
    var isEnding = false
    /// Nothing is journaled any more.
    var hasWrittenAll = false
    /// What ended the engine: a failed commit, a damaged journal.
    var failure: (any Error)?
    var isUpkeepDue = false
    var clock = Clock()
    /// Behind the last entry of each bridge, as far as this process has appended any.
    var ends: [BridgeIndex: Position] = [:]
    var lastBounce: UInt64
    /// Every peer that was ever known, in the order of their numbers.
    var peers: [RelayID] = []
    package internal(set) var confirmations: UInt64 = 0
    /// Up to where peers have acknowledged their channels.
    var peerCursors: [DestinationID: Position] = [:]
    /// Events of peers whose record could not be read once.
    var unreadable: Set<EventID> = []
    /// When a peer last spoke of events of the running epoch that were never numbered here.
    var lastFork: Instant?
    /// And each peer, or a mark in a channel: when its word counts again, and how often it has counted.
    var forkWords: [RelayID?: (due: Instant, count: Int)] = [:]
    /// Entries of the bounce list that grow with what is alike, instead of being many.
    var openBounces: [BounceKind: BounceRow] = [:]
    /// Events that somebody else holds with another content, as far as the operator was told of them.
    var conflicts: Set<EventID> = []
    /// Whom to tell of commits.
    var followers: [UInt64: @Sendable () -> Void] = [:]
    var lastFollower: UInt64 = 0
    /// Peers of whom something is awaited before anything is numbered, by channel.
    var awaited: [DestinationID: Awaited] = [:]
    var peerWaiters: [UnsafeContinuation<Void, Never>] = []
    /// Peers whose word was awaited in vain.
    var notAwaited: Set<String> = []
    /// Whether the log was told that peers are awaited, and not yet that they are no more.
    var isAwaiting = false
    /// When peers came to where `peerCursors` are, by channel.
    var acknowledgements: [DestinationID: CursorTimes] = [:]
    /// Whoever wants to say something and can't yet.
    var changeWaiters: [UnsafeContinuation<Void, Never>] = []
    /// Peers without a session, by our names for them, and since when.
    var away: [String: UnixTime] = [:]
    var isStopping = false
    /// Lost events of ours that came back and are not settled; where the first of them may stand.
    var givenBack = GivenBackList()
    /// When the next verdict on them is due, by their channel.
    var verdicts: [DestinationID?: (timer: TimerID, due: Instant)] = [:]
    var givenBackStart: Position?
    /// When authors were last told of a bounce.
    var authorsTold: [AuthorKey: Instant] = [:]
    /// Bridges that an operator has stopped.
    var paused: [BridgeIndex: Pause] = [:]
    /// Channels whose past can be read.
    var hasHistory: Set<DestinationID> = []
    /// Marks that stand in channels and name events that are not known here.
    var orphans: [DestinationID: [Mark: NativeKey]] = [:]
    /// Where the log ended when this process began.
    let begin: Position
    /// The month up to which the id map was forgotten last.
    var forgottenBefore: UInt32 = 0
    /// The first position whose content is still there.
    var oldest: Position

    var isOpening = true
    /// What `configure` still needs of the journal's state at the opening: rows and claims of destinations.
    var openState: JournalState

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    /// One destination at work.
    struct Outbox {
        var machine: OutboxMachine
        /// Where it is measured.
        let place: Int
        /// Events whose turn has not come and that are settled here already: found by their mark, absorbed by their message, shown as an edit.
        var settled: Set<EventID> = []
        var isFilling = false
        var mustFillAgain = false
        var isReconciling = false
        /// Counts connections, so that an answer to an old one is known.
        var connection = 0
        var retryTimer: TimerID?
        /// Parts that arrived lately.
        var arrivals = MinuteCount()
        /// What the server put off last, as long as it has not ended.
        var putOff: PutOff?
        var parkedBefore: Position
        /// What an operator asked for again.
        var retry: Retry?
        /// The first message that is held back, as far as it was looked for; nil if there is none before `searched`.
        var held: (position: Position, accepted: UnixTime)?
        var searched = Position.zero
        /// Deletions whose records were retired before their turn, by position.
        var retired: [Position: ChangeRow]?
        /// The cursor in the row that was written last.
        var written: Position
        /// What is under way, as it is to be sent: an edit that comes meanwhile does not change a text that is being cut.
        var deliveries: [Position: Delivery] = [:]
    }

    /// A part that a server put off, for an operator.
    package struct PutOff: Hashable, Sendable {
        package let position: Position
        package let until: UnixTime
        package let reason: String
        /// How often since this process began.
        package let attempts: Int
    }

    /// Takes over an opened journal. `epochSecret` is 32 bytes that only this relay knows; `disk` is the one that the journal is on, nil for
    /// one that needs no reserve.
    package init(
        loop: any Loop, journal: any Journal, state: JournalState, relay: RelayID, epochSecret: [UInt8], entropy: any Entropy,
        limits: EngineLimits = EngineLimits(), disk: (any DiskGauge)? = nil, texts: OperatorTexts = OperatorTexts(.en),
        log: Log = Log { _ in }
    ) {
        self.loop = loop
        self.journal = journal
        self.entropy = entropy
        self.relay = relay
        self.epochSecret = epochSecret
        self.limits = limits
        self.texts = texts
        self.disk = disk
        self.log = log
        streams = StreamTable(owner: relay, secret: epochSecret, salt: entropy.bytes(8).firstUInt64, state: state)
        routing = RoutingTable(state)
        lookAhead = LookAhead(knownFrom: state.next)
        recent = RecentEntries(end: state.next)
        pending = JournalBatch(time: UnixTime(seconds: 0), first: state.next)
        committedEnd = state.next
        begin = state.next
        oldest = state.oldest
        lastBounce = state.lastBounce
        openState = state
        peers = Engine.peers(in: state)
        orphans = Engine.orphans(in: state)
        earlyChanges = Engine.earlyChanges(in: state)
        paused = Engine.pauses(in: state)
        away = Engine.away(in: state)
        if let note = state.notes[Engine.givenBackNote], note.count == 8 { givenBackStart = Position(note.firstUInt64) }
    }

    /// Commits and delivers until `end`. Throws what ends the process: a failed commit, a damaged journal. Called by a task that prefers
    /// the loop as its executor, so that its children begin there.
    package func run() async throws {
        scheduleUpkeep()
        look()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.ending { try await $0.commitLoop() } }
            while !isEnding {
                await withUnsafeContinuation { workSignal.wait($0) }
                for destination in work.sorted() { group.addTask { await self.ending { try await $0.dispatch(destination) } } }
                work.removeAll()
                if isUpkeepDue {
                    isUpkeepDue = false
                    group.addTask { await self.ending { try await $0.upkeep() } }
                }
            }
        }
        if let failure { throw failure }
    }

    /// Ends `run` once what is being filled is written.
    package func end() {
        isEnding = true
        goOnAfterPeers()
        goOnWithRoom()
        commitSignal.set()
        workSignal.set()
    }

    /// What happened can't be told to whoever asked for it: it ends the engine.
    func fail(_ error: any Error) {
        failure = failure ?? error
        end()
        for waiter in commitWaiters { waiter.continuation.resume() }
        commitWaiters.removeAll()
        goOnAfterPeers()
    }

    /// Does a part of the engine's work; what it throws ends the engine, as nobody knows what is on the disk.
    private func ending(_ body: @Sendable (isolated Engine) async throws -> Void) async {
        do {
            try await body(self)
        } catch {
            fail(error)
        }
    }

    /// Has a destination looked at by the dispatcher.
    func wake(_ destination: DestinationID) {
        if work.insert(destination).inserted { workSignal.set() }
    }

    /// The entry at a position; nil if it was retired.
    func entry(at position: Position) async throws(JournalError) -> LogEntry? {
        let run = try await run(at: position)
        return run.first <= position && position < run.end ? LogEntry(run, at: position) : nil
    }

    /// The run that holds a position, from memory or from the journal; if the position was retired, what comes behind it.
    func run(at position: Position) async throws(JournalError) -> EntryRun {
        if let run = recent.run(at: position) ?? cold.first(where: { $0.first <= position && position < $0.end }) { return run }
        let run = try await journal.reader.read(from: position, atMost: CoreLimits.coldRead)
        if run.first <= position && position < run.end {
            cold.insert(run, at: 0)
            if cold.count > CoreLimits.coldReads { cold.removeLast() }
        }
        return run
    }
}

/// Nothing is journaled any more: the relay ends.
package struct EngineEnded: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String { "the relay ends; this was not done" }
}
