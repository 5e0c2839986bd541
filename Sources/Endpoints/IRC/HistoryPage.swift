import WireIRC

/// What one CHATHISTORY AFTER asks for (IRCv3 chathistory): what came behind a message or a time.
enum HistoryPage: Hashable, Sendable {
    case afterMessage(String)
    /// Milliseconds since 1970.
    case afterTime(UInt64)

    /// Behind what was read last.
    static func first(after source: SourceCursor) -> HistoryPage {
        source.messageID.map { .afterMessage($0) } ?? .wholeSecond(of: source.time)
    }

    /// From the beginning of a second on: lines without ids are counted by the second, and some of it may have been read.
    static func wholeSecond(of time: UInt64) -> HistoryPage { .afterTime(max(1, time / 1000 * 1000) - 1) }

    /// The page behind this one, whose lines are known now; nil if nothing can be there. `isFull`: as many lines as were asked for.
    func next(behind lines: [ChannelLine], isFull: Bool) -> HistoryPage? {
        guard let last = lines.last else { return nil }
        if let id = lines.last(where: { $0.messageID != nil })?.messageID {
            let next = HistoryPage.afterMessage(id)
            return next == self ? nil : next
        }
        guard let time = last.time else { return nil }
        guard case .afterTime(let asked) = self else { return .wholeSecond(of: time) }
        // Time goes forward from page to page, or this would never end.
        if case .afterTime(let next) = HistoryPage.wholeSecond(of: time), next > asked { return .afterTime(next) }
        return isFull && time > asked ? .afterTime(time) : nil
    }

    var isByTime: Bool { if case .afterTime = self { true } else { false } }

    /// Whether it begins where a second does.
    var isWholeSecond: Bool { if case .afterTime(let time) = self { (time + 1) % 1000 == 0 } else { false } }

    /// As the server reads it.
    var selector: String {
        switch self {
        case .afterMessage(let id): "msgid=\(id)"
        case .afterTime(let time): "timestamp=\(ServerTime.text(time))"
        }
    }
}
