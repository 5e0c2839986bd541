import Base
import Model

/// What one destination still has to get: strictly first in, first out.
///
/// A value that decides. The dispatcher tells it what happened and does what it answers: writes claims and receipts,
/// sends parts whose claims are durable. Receipts leave in order, so `cursor`, `received` and the open claims are all
/// that must be known after a restart.
///
/// A part's way: waiting → claiming (its claim is in a batch) → claimed (the batch is durable) → sent → ended.
package struct OutboxMachine: Hashable, Sendable {
    package enum Connection: Hashable, Sendable { case down, reconciling, up }

    /// One event on its way.
    struct Flight: Hashable, Sendable {
        let position: Position
        let stream: StreamIndex
        let number: UInt64
        /// What its receipts say when it has arrived.
        let success: Outcome
        var parts: [Part]
        /// Whether `parts` hold the text to its end. After a reconnect the rest is cut anew.
        var isWhole: Bool

        /// Parts behind the last that was sent are cut anew, as the way of cutting may have changed.
        mutating func dropUnsentTail() {
            while let last = parts.last, last.state == .waiting {
                parts.removeLast()
                isWhole = false
            }
        }
    }

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

    package let destination: DestinationID
    package private(set) var connection = Connection.down
    /// Everything before it is finished.
    package private(set) var cursor: Position
    /// How much of the event at the cursor has arrived.
    package private(set) var received: DestinationRow.Received
    package private(set) var deferredSince: UnixTime?
    /// The next position to look at.
    package private(set) var head: Position
    /// Parts that may be under way at once.
    package private(set) var window = 1
    private(set) var flights: [Flight] = []
    private var policy = UncertainPolicy.again
    private var isPutOff = false

    /// Continues where a journal's row and claims say. `places` tells which events stand at the positions from the cursor to the last claim.
    package init(_ row: DestinationRow, claims: [Claim], places: [Position: (stream: StreamIndex, number: UInt64)]) {
        destination = row.id
        cursor = row.cursor
        received = row.received
        deferredSince = row.deferredSince
        head = row.cursor
        guard let last = claims.last?.position else { return }
        while head <= last {
            if let place = places[head] {
                let parts = claims.filter { $0.position == head }.map {
                    Part(number: $0.part, range: $0.range, state: .claimed, maySent: true)
                }
                // One without a claim had been settled, or none of it had been sent: it is looked at again in its place.
                flights.append(
                    Flight(position: head, stream: place.stream, number: place.number, success: .delivered, parts: parts, isWhole: false))
            }
            head = head.next
        }
    }

    // MARK: What can be asked

    /// How many parts are under way.
    package var inFlight: Int {
        flights.reduce(0) { total, flight in
            total
                + flight.parts.count {
                    switch $0.state {
                    case .claiming, .claimed, .sent: true
                    case .waiting, .ended: false
                    }
                }
        }
    }

    /// Whether another event can be taken.
    package var wantsMore: Bool {
        connection == .up && !isPutOff && rest == nil && inFlight < window
            && !flights.contains { $0.parts.contains { $0.state == .waiting } }
    }

    /// An event of which a beginning has arrived or was claimed, and whose rest must be cut: its position, the first byte of the rest
    /// and the number of its next part.
    package var rest: (position: Position, start: UInt32, part: UInt32)? {
        guard connection == .up, let flight = flights.first(where: { !$0.isWhole }) else { return nil }
        if let last = flight.parts.last { return (flight.position, last.range.upperBound, last.number + 1) }
        return flight.position == cursor ? (flight.position, received.bytes, received.parts) : (flight.position, 0, 0)
    }

    /// Whether an event is on its way here: taken, and its receipt not written yet.
    package func isUnderWay(stream: StreamIndex, number: UInt64) -> Bool {
        flights.contains { $0.stream == stream && $0.number == number }
    }

    /// Whether a beginning of the event at `head` has arrived.
    package var hasBegunHead: Bool { head == cursor && received.parts > 0 }

    /// The first byte of the event at `head` that has not arrived.
    package var headStart: UInt32 { head == cursor ? received.bytes : 0 }

    /// Whether nothing is left to do for positions before `end`.
    package func isIdle(before end: Position) -> Bool { flights.isEmpty && head == end }

    /// What may have been sent before the interruption, in order.
    package var openClaims: [Claim] {
        flights.flatMap { flight in
            flight.parts.filter(\.isOpenClaim).map {
                Claim(destination: destination, position: flight.position, part: $0.number, range: $0.range)
            }
        }
    }

    // MARK: Connection

    /// The channel can be written to. True: `openClaims` must be reconciled first.
    package mutating func connected(_ capabilities: Capabilities) -> Bool {
        window = max(1, capabilities.partsInFlight)
        policy = capabilities.uncertain
        connection = openClaims.isEmpty ? .up : .reconciling
        return connection == .reconciling
    }

    /// Answers of the endpoint to `openClaims`, in their order. What did not arrive is cut anew behind the last part that did.
    /// Says how many parts will come again though they may have arrived.
    package mutating func reconciled(_ results: [ClaimResult]) -> Int {
        guard connection == .reconciling else { return 0 }  // the connection went meanwhile
        var answers = results.makeIterator()
        var repeated = 0
        for flight in flights.indices {
            for part in flights[flight].parts.indices where flights[flight].parts[part].isOpenClaim {
                flights[flight].parts[part].maySent = false
                switch answers.next() ?? .unknown {
                case .arrived(let nativeID): flights[flight].parts[part].state = .ended(flights[flight].success, nativeID)
                case .absent: flights[flight].parts[part].state = .waiting
                case .unknown where policy == .skip: flights[flight].parts[part].state = .ended(.uncertain, nil)
                case .unknown:
                    flights[flight].parts[part].state = .waiting
                    repeated += 1
                }
            }
            flights[flight].dropUnsentTail()
        }
        connection = .up
        return repeated
    }

    /// The channel can't be written to any more. Parts that were sent stay claimed until they are reconciled; the rest is cut anew.
    package mutating func disconnected() {
        connection = .down
        isPutOff = false
        for flight in flights.indices {
            for part in flights[flight].parts.indices {
                switch flights[flight].parts[part].state {
                case .sent:
                    flights[flight].parts[part].state = .claimed
                    flights[flight].parts[part].maySent = true
                case .claimed where !flights[flight].parts[part].maySent, .claiming:
                    flights[flight].parts[part].state = .waiting
                case .claimed, .waiting, .ended: break
                }
            }
            flights[flight].dropUnsentTail()
        }
    }

    // MARK: Taking events

    /// The entry at `head` is none of this destination's.
    package mutating func pass() {
        if flights.isEmpty { cursor = head.next }
        head = head.next
    }

    /// The entry at `head` is settled without being sent.
    package mutating func finish(stream: StreamIndex, number: UInt64, _ outcome: Outcome) {
        let part = Part(number: 0, range: 0..<0, state: .ended(outcome, nil))
        append(Flight(position: head, stream: stream, number: number, success: outcome, parts: [part], isWhole: true))
    }

    /// The event at `head` is to be sent in these parts.
    package mutating func take(stream: StreamIndex, number: UInt64, parts: [Range<UInt32>], success: Outcome) {
        let first = head == cursor ? received.parts : 0
        let cut = parts.enumerated().map { Part(number: first + UInt32($0.offset), range: $0.element, state: .waiting) }
        append(Flight(position: head, stream: stream, number: number, success: success, parts: cut, isWhole: true))
    }

    /// Whether a beginning of the event that `rest` names has arrived.
    package var hasBegun: Bool { rest.map { $0.start > 0 || $0.part > 0 } ?? false }

    /// There is no rest of the event that `rest` named: `outcome` is what becomes of it if nothing of it has arrived.
    package mutating func finishRest(_ outcome: Outcome?) {
        guard let rest, let index = flights.firstIndex(where: { $0.position == rest.position }) else { return }
        if let outcome, !hasBegun { flights[index].parts = [Part(number: 0, range: 0..<0, state: .ended(outcome, nil))] }
        flights[index].isWhole = true
    }

    /// The rest of the event that `rest` named.
    package mutating func takeRest(_ parts: [Range<UInt32>]) {
        guard let rest, let index = flights.firstIndex(where: { $0.position == rest.position }) else { return }
        flights[index].parts += parts.enumerated().map { Part(number: rest.part + UInt32($0.offset), range: $0.element, state: .waiting) }
        flights[index].isWhole = true
    }

    private mutating func append(_ flight: Flight) {
        flights.append(flight)
        head = head.next
    }

    // MARK: Sending

    /// Claims for the next parts, as many as the window allows, to be written in batch number `batch`.
    package mutating func claim(batch: UInt64) -> [Claim] {
        guard connection == .up, !isPutOff else { return [] }
        var free = window - inFlight
        var claims: [Claim] = []
        for flight in flights.indices {
            for part in flights[flight].parts.indices where free > 0 && flights[flight].parts[part].state == .waiting {
                flights[flight].parts[part].state = .claiming(batch: batch)
                let (number, range) = (flights[flight].parts[part].number, flights[flight].parts[part].range)
                claims.append(Claim(destination: destination, position: flights[flight].position, part: number, range: range))
                free -= 1
            }
        }
        return claims
    }

    /// Batches up to this number are durable.
    package mutating func committed(batch: UInt64) {
        for flight in flights.indices {
            for part in flights[flight].parts.indices {
                if case .claiming(let claimed) = flights[flight].parts[part].state, claimed <= batch {
                    flights[flight].parts[part].state = .claimed
                }
            }
        }
    }

    /// The parts that may be sent now; they count as sent.
    package mutating func send() -> [(position: Position, part: UInt32, range: Range<UInt32>)] {
        guard connection == .up, !isPutOff else { return [] }
        var sent: [(position: Position, part: UInt32, range: Range<UInt32>)] = []
        for flight in flights.indices {
            for part in flights[flight].parts.indices {
                switch flights[flight].parts[part].state {
                case .claimed:
                    flights[flight].parts[part].state = .sent
                    sent.append((flights[flight].position, flights[flight].parts[part].number, flights[flight].parts[part].range))
                case .sent, .ended: break
                // Order: nothing overtakes a part whose claim is not durable.
                case .waiting, .claiming: return sent
                }
            }
        }
        return sent
    }

    // MARK: Answers

    /// A part has arrived. A late word about one that has ended is no error: the connection was replaced meanwhile.
    package mutating func received(_ position: Position, part: UInt32, as nativeID: NativeKey?) {
        end(position, part: part) { .ended($0, nativeID) }
    }

    /// A part was found in the channel by its mark, whatever was thought of it before.
    /// False if it is not under way.
    package mutating func found(stream: StreamIndex, number: UInt64, part: UInt32, as nativeID: NativeKey) -> Bool {
        guard let flight = flights.firstIndex(where: { $0.stream == stream && $0.number == number }),
            let index = flights[flight].parts.firstIndex(where: { $0.number == part })
        else { return false }
        if case .ended = flights[flight].parts[index].state { return true }
        flights[flight].parts[index].state = .ended(flights[flight].success, nativeID)
        return true
    }

    /// A part was put off. False: it has been put off for too long and must be bounced.
    package mutating func deferred(_ position: Position, part: UInt32, at time: UnixTime, endsAfter limit: Int64) -> Bool {
        guard let (flight, index) = place(position, part), flights[flight].parts[index].state == .sent else { return true }
        flights[flight].parts[index].state = .claimed
        isPutOff = true
        guard position == cursor || flights.first?.position == position else { return true }
        if let deferredSince { return deferredSince.seconds(until: time) < limit }
        deferredSince = time
        return true
    }

    /// The time of the deferral is over.
    package mutating func retry() { isPutOff = false }

    /// An event is given up: none of its parts that are not under way will be sent. Says which event it was.
    package mutating func abandon(_ position: Position, as outcome: Outcome) -> (stream: StreamIndex, number: UInt64)? {
        guard let index = flights.firstIndex(where: { $0.position == position }) else { return nil }
        for part in flights[index].parts.indices {
            switch flights[index].parts[part].state {
            case .ended: break
            case .sent where outcome != .bounced: break
            case .waiting, .claiming, .claimed, .sent: flights[index].parts[part].state = .ended(outcome, nil)
            }
        }
        flights[index].isWhole = true
        isPutOff = false
        return (flights[index].stream, flights[index].number)
    }

    private mutating func end(_ position: Position, part: UInt32, _ state: (Outcome) -> Part.State) {
        guard let (flight, index) = place(position, part), flights[flight].parts[index].state == .sent else { return }
        flights[flight].parts[index].state = state(flights[flight].success)
    }

    private func place(_ position: Position, _ part: UInt32) -> (flight: Int, part: Int)? {
        guard let flight = flights.firstIndex(where: { $0.position == position }),
            let index = flights[flight].parts.firstIndex(where: { $0.number == part })
        else { return nil }
        return (flight, index)
    }

    // MARK: Receipts

    /// The receipts that are next in order. Moves the cursor.
    package mutating func receipts(at time: UnixTime) -> [Receipt] {
        var receipts: [Receipt] = []
        while let flight = flights.first {
            var done = 0
            for part in flight.parts {
                guard case .ended(let outcome, let nativeID) = part.state else { break }
                receipts.append(
                    Receipt(
                        destination: destination, position: flight.position, stream: flight.stream, number: flight.number,
                        part: part.number,
                        outcome: outcome, time: time, nativeID: nativeID))
                received = DestinationRow.Received(parts: part.number + 1, bytes: part.range.upperBound)
                done += 1
            }
            flights[0].parts.removeFirst(done)
            cursor = flight.position
            if !flights[0].parts.isEmpty || !flight.isWhole { return receipts }
            flights.removeFirst()
            cursor = flight.position.next
            received = DestinationRow.Received()
            deferredSince = nil
        }
        cursor = head
        return receipts
    }
}
