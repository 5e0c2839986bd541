import Base
import Core
import Model
import WireLink

/// What is passed on in one channel of a session: where in the log it stands, and what the peer has not acknowledged. Only the session's
/// writer changes it, but for acknowledgements.
final class Outflow {
    let destination: DestinationID
    let bridge: BridgeIndex
    let name: String
    /// By which frames name the channel.
    let index: UInt64
    /// The next entry to look at.
    var position: Position
    /// Entries before it are from before the channel was shared.
    let base: Position
    /// The log's end when the session began: behind it nothing of the past is missing.
    let pastEnd: Position
    /// How far streams were known then.
    var past: [StreamIndex: UInt64] = [:]
    var hasSettledPast = false
    /// Records before `position` that the peer lacks; and for how many words of operators they were looked for. nil: not yet.
    var late: ArraySlice<Position> = []
    /// Numbers that the peer lacks and whose records have not been looked for yet, the next ones last.
    var unsearched: [(stream: StreamIndex, numbers: ClosedRange<UInt64>)] = []
    /// How often something of it was looked for.
    var searches: UInt64 = 0
    var confirmations: UInt64?
    var ledger = Ledger()
    /// Before it the peer lacks nothing; and where it was when the engine was told of it last.
    var cursor: Position { ledger.firstOpen ?? position }
    var told = Position.zero
    var packer: Packer?
    /// When it was packed last, counted in batches of the session.
    var lastPacked: UInt64 = 0
    var columns = BatchColumns()

    init(
        destination: DestinationID, bridge: BridgeIndex, name: String, index: UInt64, position: Position, base: Position, pastEnd: Position
    ) {
        self.destination = destination
        self.bridge = bridge
        self.name = name
        self.index = index
        self.position = position
        self.base = base
        self.pastEnd = pastEnd
    }
}

/// The streams that a session passes on, of all its channels, found by the journal's number of a stream in two steps: each channel looks at
/// every entry of the log.
struct PassedStreams {
    /// A stream as far as the session knows it.
    struct Passed {
        /// The channel it belongs to, by which frames name it.
        let channel: UInt64
        let introduction: StreamIntroduction
        /// Everything up to here the peer has, or it was sent.
        var sent: UInt64
        /// Of those what it lacks all the same, and may get; at most as many holes as a peer keeps.
        var holes: [ClosedRange<UInt64>] = []
        /// Its index in the session; 0 before it was introduced.
        var index: UInt64 = 0

        func lacks(_ number: UInt64) -> Bool { holes.contains { $0.contains(number) } }
    }

    /// Places in `passed`, by the journal's number of a stream.
    private var places: [UInt32] = []
    private var passed: [Passed] = []

    private static let unknown: UInt32 = 0
    /// Of a bridge that is not shared with this peer.
    private static let foreign = UInt32.max

    enum Place { case unknown, foreign, at(Int) }

    func place(of stream: StreamIndex) -> Place {
        let number = Int(stream.rawValue)
        guard number < places.count else { return .unknown }
        switch places[number] {
        case PassedStreams.unknown: return .unknown
        case PassedStreams.foreign: return .foreign
        case let place: return .at(Int(place) - 1)
        }
    }

    subscript(place: Int) -> Passed {
        get { passed[place] }
        set { passed[place] = newValue }
    }

    /// Its place in the session; nil for one that is not passed on.
    subscript(stream: StreamIndex) -> Passed? {
        if case .at(let place) = place(of: stream) { passed[place] } else { nil }
    }

    /// Raises what the peer has of a stream.
    mutating func raise(_ place: Int, to number: UInt64) { passed[place].sent = number }

    /// Numbers are passed over that may come late.
    mutating func open(_ place: Int, _ numbers: ClosedRange<UInt64>) {
        if let last = passed[place].holes.last, last.upperBound + 1 == numbers.lowerBound {
            passed[place].holes[passed[place].holes.count - 1] = last.lowerBound...numbers.upperBound
        } else {
            passed[place].holes.append(numbers)
        }
        if passed[place].holes.count > OpenHoles.most { passed[place].holes.removeFirst() }
    }

    /// One of them was passed on.
    mutating func fill(_ place: Int, _ number: UInt64) {
        guard let index = passed[place].holes.firstIndex(where: { $0.contains(number) }) else { return }
        passed[place].holes.replaceSubrange(index...index, with: passed[place].holes[index].without(number))
    }

    /// What the peer lacks of a channel's streams and may get late; what is above what it was passed comes in its turn.
    func holes(in channel: UInt64) -> [(stream: StreamIndex, numbers: ClosedRange<UInt64>)] {
        places.indices.flatMap { number in
            let stream = StreamIndex(UInt32(number))
            guard case .at(let place) = self.place(of: stream), passed[place].channel == channel else {
                return [(stream: StreamIndex, numbers: ClosedRange<UInt64>)]()
            }
            let sent = passed[place].sent
            return passed[place].holes.compactMap { $0.lowerBound > sent ? nil : (stream, $0.lowerBound...min($0.upperBound, sent)) }
        }
    }

    mutating func add(_ stream: StreamIndex, _ new: Passed) {
        passed.append(new)
        set(stream, UInt32(passed.count))
    }

    /// What was another bridge's may be that of a channel which is shared now.
    mutating func forgetForeign() {
        for number in places.indices where places[number] == PassedStreams.foreign { places[number] = PassedStreams.unknown }
    }

    mutating func setForeign(_ stream: StreamIndex) { set(stream, PassedStreams.foreign) }

    private mutating func set(_ stream: StreamIndex, _ place: UInt32) {
        let number = Int(stream.rawValue)
        if number >= places.count { places += [UInt32](repeating: PassedStreams.unknown, count: number + 1 - places.count) }
        places[number] = place
    }
}

/// What was passed on in one channel and is not durable on the other side yet: runs of entries that follow one another in the log and in
/// their stream.
struct Ledger {
    private struct Run {
        var position: Position
        let stream: StreamIndex
        var first: UInt64
        var last: UInt64
    }

    private var acknowledged: [StreamIndex: UInt64] = [:]
    private var runs: [Run] = []
    private var gone = 0
    /// Entries that became durable on the other side and were not asked for yet.
    private var durable: UInt64 = 0

    mutating func sent(_ stream: StreamIndex, _ number: UInt64, at position: Position) {
        let tail = runs.count - 1
        if tail >= gone, runs[tail].stream == stream, runs[tail].last + 1 == number,
            runs[tail].position + Int(number - runs[tail].first) == position
        {
            runs[tail].last = number
        } else {
            runs.append(Run(position: position, stream: stream, first: number, last: number))
        }
    }

    /// The peer has a stream durably up to a number.
    mutating func acknowledge(_ stream: StreamIndex, _ prefix: UInt64) {
        acknowledged[stream] = max(prefix, acknowledged[stream] ?? 0)
        while gone < runs.count {
            let run = runs[gone]
            let held = acknowledged[run.stream] ?? 0
            if run.last <= held {
                gone += 1
                durable += run.last - run.first + 1
                continue
            }
            if run.first <= held {
                runs[gone].position = run.position + Int(held + 1 - run.first)
                runs[gone].first = held + 1
                durable += held + 1 - run.first
            }
            break
        }
        if gone > 4096 || gone == runs.count {
            runs.removeFirst(gone)
            gone = 0
        }
    }

    /// How many entries became durable on the other side since this was asked last.
    mutating func takeDurable() -> UInt64 {
        defer { durable = 0 }
        return durable
    }

    /// The first entry that is not acknowledged; nil if everything is.
    var firstOpen: Position? { gone < runs.count ? runs[gone].position : nil }
}
