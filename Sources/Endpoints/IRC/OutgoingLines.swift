import Base
import Core
import WireIRC

/// Lines on their way to a server: which may be sent, and which of them an answer is about.
///
/// Servers answer in one of three ways: a labelled echo for each line, an echo without a label, or nothing, so that only the answer to a
/// PING behind the lines tells that they were taken in (facts of networks; IRCv3 echo-message, labeled-response).
struct OutgoingLines {
    enum Answering: Hashable { case labels, echoes, pings }

    struct Line {
        let part: PartDelivery
        let destination: DestinationID
        let channel: String
        let command: String
        let text: String
        let tags: [String: String]
    }

    private struct Sent {
        let line: Line
        let label: String
        let at: Instant
        /// The PING behind it; nil as long as that was not sent.
        var ping: UInt64?
    }

    var answering = Answering.pings
    private(set) var pacing = Pacing()
    private var waiting: [Line] = []
    private var first = 0
    private var sent: [Sent] = []
    private var count: UInt64 = 0
    private var pings: UInt64 = 0

    /// Whether nothing is on its way.
    var isEmpty: Bool { first == waiting.count && sent.isEmpty }
    var underWay: Int { sent.count }
    /// When the line was sent that has waited longest for its answer.
    var oldest: Instant? { sent.first?.at }
    var queued: Int { waiting.count - first }

    /// A new connection: nothing of an older one is answered any more.
    mutating func reset(wasThrownOut: Bool) {
        waiting = []
        first = 0
        sent = []
        if wasThrownOut { pacing.thrownOut() } else { pacing.reconnected() }
    }

    /// Nothing of a channel is sent or answered any more.
    mutating func drop(_ destination: DestinationID) {
        waiting = waiting[first...].filter { $0.destination != destination }
        first = 0
        sent.removeAll { $0.line.destination == destination }
    }

    mutating func add(_ line: Line) { waiting.append(line) }

    /// The messages to be sent now, in order, a PING behind them where that is the answer.
    mutating func take(at now: Instant) -> [IRCMessage] {
        var messages: [IRCMessage] = []
        while first < waiting.count, sent.count < pacing.allowance {
            let line = waiting[first]
            first += 1
            count += 1
            let label = "f\(count)"
            var tags = line.tags
            if answering == .labels { tags["label"] = label }
            let parameters = line.command == "TAGMSG" ? [line.channel] : [line.channel, line.text]
            messages.append(IRCMessage(line.command, parameters, tags: tags))
            sent.append(Sent(line: line, label: label, at: now))
        }
        if first == waiting.count || first > 1024 {
            waiting.removeFirst(first)
            first = 0
        }
        if answering == .labels || messages.isEmpty { return messages }
        pings += 1
        for index in sent.indices where sent[index].ping == nil { sent[index].ping = pings }
        messages.append(IRCMessage("PING", OutgoingLines.token(pings)))
        return messages
    }

    private static func token(_ ping: UInt64) -> String { "fairlead-\(ping)" }

    /// Lines that a PONG says were taken in: all that were sent before its PING. Where the server echoes, those of them that it did not
    /// echo were not.
    mutating func ponged(_ token: String, at now: Instant) -> (taken: [Line], swallowed: [Line]) {
        guard let end = sent.lastIndex(where: { $0.ping.map(OutgoingLines.token) == token }) else { return ([], []) }
        let answered = sent[...end].map(\.line)
        pacing.answered(answered.count, sentAt: sent[0].at, now: now)
        sent.removeFirst(end + 1)
        return answering == .echoes ? ([], answered) : (answered, [])
    }

    /// The line that an echo shows to have been taken in: by its label; without one the first that is the same.
    mutating func echoed(_ echo: ChannelLine, at now: Instant) -> Line? {
        let index =
            if answering == .labels {
                sent.firstIndex { $0.label == echo.label }
            } else {
                sent.firstIndex { $0.line.channel == echo.channel && $0.line.isSame(as: echo) }
            }
        guard let index else { return nil }
        let answered = sent.remove(at: index)
        pacing.answered(1, sentAt: answered.at, now: now)
        return answered.line
    }

    /// The line that the server refused: by its label, else the first of the channel.
    mutating func refused(label: String?, channel: String?) -> Line? {
        let index =
            if let label {
                sent.firstIndex { $0.label == label }
            } else {
                sent.firstIndex { $0.line.channel == channel }
            }
        return index.map { sent.remove(at: $0).line }
    }
}

extension OutgoingLines.Line {
    /// Whether an echo may be of this line. Servers may take formatting out.
    fileprivate func isSame(as echo: ChannelLine) -> Bool {
        if let mark = tags[IRCMark.tag], let echoed = echo.tags[IRCMark.tag] { return mark == echoed }
        return text == echo.text || text.filter { !$0.isControl } == echo.text.filter { !$0.isControl }
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.allSatisfy { $0.value < 0x20 } }
}
