import Base
import Model

/// One event on its way to one destination.
struct Flight: Hashable, Sendable {
    struct Part: Hashable, Sendable {
        enum State: Hashable, Sendable {
            case waiting
            case claiming(batch: UInt64)
            case claimed
            case sent
            case ended(Outcome, NativeKey?)
        }

        let number: UInt32
        let range: Range<UInt32>
        var state: State
        /// Whether it may have reached the server before the last interruption.
        var maySent = false

        var isOpenClaim: Bool { maySent && state == .claimed }
    }

    let position: Position
    let stream: StreamIndex
    let number: UInt64
    /// What its receipts say when it has arrived.
    var success = Outcome.delivered
    /// Parts that are sent again though they may have arrived; nil if there are none.
    var repeated: ClosedRange<UInt32>?
    /// The entry whose text is sent: its own, or an edit that was known when it was taken. nil before anything was claimed.
    var text: Position?
    /// Parts that were claimed at least once, in order; at most a window of them and those that ended out of turn.
    var parts: [Part] = []
    /// Parts of which no claim was written yet.
    private var unclaimed: ArraySlice<Part> = []
    /// Whether the parts hold the text to its end. After a reconnect the rest is cut anew.
    var isWhole = false
    /// Whether the server has refused a part of it.
    var isRefused = false

    init(position: Position, stream: StreamIndex, number: UInt64) {
        self.position = position
        self.stream = stream
        self.number = number
    }

    mutating func note(repeated part: UInt32) {
        repeated = repeated.map { min($0.lowerBound, part)...max($0.upperBound, part) } ?? part...part
    }

    /// What the receipt of a part says when it has arrived.
    func success(of part: UInt32) -> Outcome {
        success == .delivered && repeated?.contains(part) == true ? .perhapsTwice : success
    }

    /// Whether parts wait for their claim.
    var isUnclaimed: Bool { !unclaimed.isEmpty || parts.contains { $0.state == .waiting } }

    /// Whether parts wait to be sent, with a claim or without.
    var hasUnsent: Bool {
        !unclaimed.isEmpty
            || parts.contains {
                switch $0.state {
                case .waiting, .claiming: true
                case .claimed: !$0.maySent
                case .sent, .ended: false
                }
            }
    }

    var underWay: Int {
        parts.count {
            switch $0.state {
            case .claiming, .claimed, .sent: true
            case .waiting, .ended: false
            }
        }
    }

    /// Whether nothing is left of it.
    var isDone: Bool { isWhole && parts.isEmpty && unclaimed.isEmpty }

    /// Adds the parts of the text to its end, numbered from `first` on.
    mutating func add(_ ranges: [Range<UInt32>], from first: UInt32) {
        unclaimed += ranges.enumerated().map { Part(number: first + UInt32($0.offset), range: $0.element, state: .waiting) }
        isWhole = true
    }

    /// Parts behind the last that was sent are cut anew, as the way of cutting may have changed.
    mutating func cutAnew() {
        unclaimed = []
        while let last = parts.last, last.state == .waiting { parts.removeLast() }
        isWhole = false
        if parts.isEmpty { text = nil }
    }

    /// The next parts to be claimed: first those that did not arrive before, then the rest in order.
    mutating func claim(atMost count: Int, batch: UInt64) -> [Part] {
        var claimed: [Part] = []
        for index in parts.indices where claimed.count < count && parts[index].state == .waiting {
            parts[index].state = .claiming(batch: batch)
            claimed.append(parts[index])
        }
        while claimed.count < count, var part = unclaimed.popFirst() {
            part.state = .claiming(batch: batch)
            parts.append(part)
            claimed.append(part)
        }
        return claimed
    }

    /// Where a part is among those that have a state of their own; one that has had no claim yet comes to be there, with those before it.
    mutating func index(of part: UInt32) -> Int? {
        if let index = parts.firstIndex(where: { $0.number == part }) { return index }
        guard let place = unclaimed.firstIndex(where: { $0.number == part }) else { return nil }
        parts += unclaimed[...place]
        unclaimed = unclaimed[unclaimed.index(after: place)...]
        return parts.count - 1
    }

    mutating func committed(batch: UInt64) {
        for index in parts.indices {
            if case .claiming(let claimed) = parts[index].state, claimed <= batch { parts[index].state = .claimed }
        }
    }

    /// None of its parts that are not under way will be sent.
    mutating func abandon(as outcome: Outcome) {
        for index in parts.indices {
            switch parts[index].state {
            case .ended, .sent: break
            case .waiting, .claiming, .claimed: parts[index].state = .ended(outcome, nil)
            }
        }
        if parts.isEmpty, let next = unclaimed.first { parts = [Part(number: next.number, range: next.range, state: .ended(outcome, nil))] }
        unclaimed = []
        isWhole = true
    }
}
