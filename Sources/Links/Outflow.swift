import Base
import Core
import Model
import WireLink

/// What is passed on in one channel of a session: where in the log it stands, and what the peer has of each stream.
struct Outflow {
    /// A stream as far as this session knows it.
    struct Passed {
        let introduction: StreamIntroduction
        /// Everything up to here the peer has, or it was sent.
        var sent: UInt64
        /// Its index in the session; nil before it was introduced.
        var index: UInt64?
    }

    let destination: DestinationID
    let name: String
    /// By which frames name the channel.
    let index: UInt64
    /// The next entry to look at.
    var position: Position
    /// Entries before it are from before the channel was shared.
    let base: Position
    /// The log's end when the session began: behind it nothing of the past is missing.
    let pastEnd: Position
    var streams: [StreamIndex: Passed] = [:]
    /// Streams of other bridges.
    var foreign: Set<StreamIndex> = []
    /// How far streams were known then.
    var past: [StreamIndex: UInt64] = [:]
    var hasSettledPast = false
    var packer: Packer?
    var columns = BatchColumns()

    init(destination: DestinationID, name: String, index: UInt64, position: Position, base: Position, pastEnd: Position) {
        self.destination = destination
        self.name = name
        self.index = index
        self.position = position
        self.base = base
        self.pastEnd = pastEnd
    }
}

/// What was passed on in one channel and is not durable on the other side yet.
struct Ledger {
    private struct Sent {
        let position: Position
        let stream: StreamIndex
        let number: UInt64
    }

    private struct Account {
        var sent: UInt64
        var acknowledged: UInt64
    }

    private var accounts: [StreamIndex: Account] = [:]
    private var sent: [Sent] = []
    private var first = 0

    /// The peer has a stream up to a number already.
    mutating func open(_ stream: StreamIndex, at prefix: UInt64) { accounts[stream] = Account(sent: prefix, acknowledged: prefix) }

    mutating func sent(_ stream: StreamIndex, _ number: UInt64, at position: Position) {
        accounts[stream]?.sent = number
        sent.append(Sent(position: position, stream: stream, number: number))
    }

    /// The peer has a stream durably up to a number.
    mutating func acknowledge(_ stream: StreamIndex, _ prefix: UInt64) throws(LinkFailure) {
        guard let account = accounts[stream], prefix <= account.sent else { throw LinkFailure(.unexpected, "ACK of what was not sent") }
        accounts[stream]?.acknowledged = max(prefix, account.acknowledged)
        while first < sent.count, sent[first].number <= accounts[sent[first].stream]?.acknowledged ?? 0 { first += 1 }
        if first > 4096 || first == sent.count {
            sent.removeFirst(first)
            first = 0
        }
    }

    /// The first entry that is not acknowledged; nil if everything is.
    var firstOpen: Position? { first < sent.count ? sent[first].position : nil }
}
