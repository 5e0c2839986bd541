import Base
import Core
import Model
import WireIRC

/// How far a channel has been read: what the journal keeps as a destination's source.
struct SourceCursor: Hashable, Sendable {
    /// The last line's time, or when the channel was last known to be read; milliseconds since 1970.
    var time: UInt64
    /// The last line's id, where the server has ids.
    var messageID: String?

    init(time: UInt64, messageID: String? = nil) {
        self.time = time
        self.messageID = messageID
    }

    /// nil for what is empty or of another form.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 9, bytes[0] == 1 else { return nil }
        time = bytes[1..<9].firstUInt64
        messageID = bytes.count > 9 ? String(decoding: bytes[9...], as: UTF8.self) : nil
    }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.uint64(time)
        writer.append(messageID ?? "")
        return writer.bytes
    }
}

/// A channel that this endpoint serves, on the connection of now.
struct IRCChannel {
    enum Phase: Hashable {
        case absent
        case joining
        /// Joined; what was said before is being read.
        case catchingUp
        /// Read to the head; the engine may not know yet, as an earlier connection of ours may still be printing.
        case caughtUp
        case connected
    }

    let destination: DestinationID
    /// As it is joined and left.
    let name: String
    var settings: MemberSettings
    var phase = Phase.absent
    /// Which of the endpoint's connected channels it is, counted up; nil unless `phase` is `connected`.
    var connected: UInt64?
    /// When the server was last asked for something that `joining` and `catchingUp` wait for.
    var askedAt = Instant(nanoseconds: 0)
    /// How far it has been read, and how much of that the journal knows; nil before anything was read in any life.
    var source: SourceCursor?
    var written: SourceCursor?
    var catchUp = CatchUp()
    var rejoin = EndpointLimits.rejoin
    var rejoinAt: Instant?
    /// Lines without ids: how many of a kind came in this second.
    var kinds: (second: UInt64, counts: [NativeKey: Int]) = (0, [:])

    init(_ served: ServedChannel, as name: String) {
        destination = served.destination
        self.name = name
        settings = served.settings
    }

    /// What is known of the time before joining.
    struct CatchUp {
        var joinedAt: UInt64 = 0
        /// It was never served before: what was said until now is not for the others of its bridge.
        var isFirst = false
        /// Lines that came live meanwhile.
        var held: [ChannelLine] = []
        var heldBytes = 0
        /// The time of the oldest line that the server had, in milliseconds.
        var oldest: UInt64?
        /// What the server played at joining, piece by piece, as long as it is not known whether something before it is missing.
        private(set) var unplaced: [[ChannelLine]] = []
        private(set) var unplacedLines = 0
        private var unplacedBytes = 0
        /// Whether what the server had reaches back to what was read before.
        var reachesBack = false
        var hasHistory = false
        /// The page of CHATHISTORY that was asked for last; nil if none was.
        var page: HistoryPage?
        /// Whether any page was asked for by time.
        var readByTime = false
        /// A server without batches announced old lines: what comes until the barrier can't be told from new ones.
        var isReplaying = false
        /// Lines of our own account that bear no mark, which claims may be matched with: text, and the server's id.
        private(set) var ownLines: [(text: String, messageID: String?)] = []
        /// Somewhere behind what was read before, something could not be had.
        var hasGap = false
        /// The engine was told that the channel is connected, so it has asked for what became of its claims, or will.
        var isTold = false

        mutating func addOwn(_ line: ChannelLine) {
            if ownLines.count >= EndpointLimits.ownLines { ownLines.removeFirst() }
            ownLines.append((line.text, line.messageID))
        }

        /// False: it is more than may be held.
        mutating func hold(_ lines: [ChannelLine]) -> Bool {
            unplaced.append(lines)
            unplacedLines += lines.count
            unplacedBytes += lines.reduce(0) { $0 + $1.bytes }
            return unplacedLines <= EndpointLimits.held && unplacedBytes <= EndpointLimits.heldBytes
        }

        mutating func takeUnplaced() -> [[ChannelLine]] {
            defer { (unplaced, unplacedLines, unplacedBytes) = ([], 0, 0) }
            return unplaced
        }

        mutating func takeOwnLines() -> [(text: String, messageID: String?)] {
            defer { ownLines = [] }
            return ownLines
        }

        /// For the next try: what was read of our own lines is not read again, so it is kept until the engine can ask for it.
        func renewed() -> CatchUp {
            var next = CatchUp()
            if isTold { return next }
            next.ownLines = ownLines
            next.hasGap = hasGap
            return next
        }
    }

    /// The channel was left or the connection lost.
    mutating func reset() {
        phase = .absent
        connected = nil
        rejoinAt = nil
        catchUp = catchUp.renewed()
        kinds = (0, [:])
    }

    /// A line was read. `time` is the server's if it says so, and then not compared with this machine's.
    mutating func read(_ line: ChannelLine, at time: UInt64) {
        let time = line.time ?? max(time, source?.time ?? 0)
        // History need not hold topics: what was said behind one can't be asked for everywhere.
        let id = line.kind == .topic ? nil : line.messageID
        source = SourceCursor(time: time, messageID: id ?? source?.messageID)
    }

    /// The name that a line without an id gets.
    mutating func derivedKey(of line: ChannelLine, nick: String, second: UInt64) -> NativeKey {
        if kinds.second != second { kinds = (second, [:]) }
        // A topic is never taken for a message of the same words: some servers keep only the one in their history.
        let text = line.kind == .topic ? "\0topic\0\(line.text)" : line.text
        let first = IRCMapping.derivedKey(nick: nick, second: second, text: text, ordinal: 0)
        let ordinal = kinds.counts[first, default: 0]
        if ordinal > 0 || kinds.counts.count < EndpointLimits.kinds { kinds.counts[first] = ordinal + 1 }
        return ordinal == 0 ? first : IRCMapping.derivedKey(nick: nick, second: second, text: text, ordinal: ordinal)
    }
}
