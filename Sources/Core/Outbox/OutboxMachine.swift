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
    /// A slice, so that the first one goes without the others being moved.
    private var flights: ArraySlice<Flight> = []
    private var policy = UncertainPolicy.again
    private var deferral: Int64 = 0
    /// The server has put something off, and its time has not come.
    package private(set) var isPutOff = false

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
                // One without a claim had been settled, or none of it had been sent: it is looked at again in its place.
                var flight = Flight(position: head, stream: place.stream, number: place.number)
                for claim in claims where claim.position == head {
                    flight.parts.append(Flight.Part(number: claim.part, range: claim.range, state: .claimed, maySent: true))
                    flight.text = claim.text
                }
                flights.append(flight)
            }
            head = head.next
        }
    }

    // MARK: What can be asked

    /// How many parts are under way.
    package var inFlight: Int { flights.reduce(0) { $0 + $1.underWay } }

    /// Whether another event can be taken.
    package var wantsMore: Bool {
        connection == .up && !isPutOff && inFlight < window && !flights.contains { $0.isUnclaimed || !$0.isWhole }
    }

    /// An event whose text must be cut anew behind what has arrived or was claimed of it.
    package struct Rest: Hashable, Sendable {
        package let position: Position
        /// The first byte of the rest, and the number of its first part.
        package let start: UInt32
        package let part: UInt32
        /// The entry whose text is being sent; nil if nothing has been sent of any.
        package let text: Position?

        /// Whether a beginning has arrived: the text must stay what it was.
        package var hasBegun: Bool { part > 0 }
    }

    /// The first event whose rest must be cut. Nothing else is taken before.
    package var rest: Rest? {
        guard connection == .up, let flight = flights.first(where: { !$0.isWhole }) else { return nil }
        if let last = flight.parts.last {
            return Rest(position: flight.position, start: last.range.upperBound, part: last.number + 1, text: flight.text)
        }
        guard flight.position == cursor, received.parts > 0 else { return Rest(position: flight.position, start: 0, part: 0, text: nil) }
        return Rest(position: flight.position, start: received.bytes, part: received.parts, text: received.text)
    }

    /// The same for the event at `head`, of which an earlier life may have sent a beginning.
    package var headRest: Rest {
        guard head == cursor, received.parts > 0 else { return Rest(position: head, start: 0, part: 0, text: nil) }
        return Rest(position: head, start: received.bytes, part: received.parts, text: received.text)
    }

    /// Whether an event is on its way here: taken, and its receipt not written yet.
    package func isUnderWay(stream: StreamIndex, number: UInt64) -> Bool {
        flights.contains { $0.stream == stream && $0.number == number }
    }

    /// Whether nothing is under way.
    package var isIdle: Bool { flights.isEmpty }

    /// Events of which a part is about to be sent or waits for it.
    package var unsent: [Position] { flights.filter(\.hasUnsent).map(\.position) }

    /// What may have been sent before the interruption, in order.
    package var openClaims: [Claim] {
        flights.flatMap { flight in
            flight.parts.filter(\.isOpenClaim).map {
                Claim(
                    destination: destination, position: flight.position, part: $0.number, range: $0.range,
                    text: flight.text ?? flight.position)
            }
        }
    }

    // MARK: Connection

    /// The channel can be written to. True: `openClaims` must be reconciled first.
    package mutating func connected(_ capabilities: Capabilities) -> Bool {
        window = max(1, capabilities.partsInFlight)
        policy = capabilities.uncertain
        deferral = capabilities.deferral
        connection = openClaims.isEmpty ? .up : .reconciling
        return connection == .reconciling
    }

    /// The endpoint's answers to `openClaims`; what it did not answer is unknown. What did not arrive is cut anew behind the last part
    /// that did. Says how many parts will come again though they may have arrived.
    package mutating func reconciled(_ answers: [PartID: ClaimResult]) -> Int {
        guard connection == .reconciling else { return 0 }  // the connection went meanwhile
        var repeated = 0
        for flight in flights.indices {
            var wasAsked = false
            for part in flights[flight].parts.indices where flights[flight].parts[part].isOpenClaim {
                wasAsked = true
                flights[flight].parts[part].maySent = false
                let id = PartID(position: flights[flight].position, part: flights[flight].parts[part].number)
                switch answers[id] ?? .unknown {
                case .arrived(let nativeID): flights[flight].parts[part].state = .ended(flights[flight].success, nativeID)
                case .absent: flights[flight].parts[part].state = .waiting
                case .unknown where policy == .skip: flights[flight].parts[part].state = .ended(.uncertain, nil)
                case .unknown:
                    flights[flight].parts[part].state = .waiting
                    flights[flight].note(repeated: flights[flight].parts[part].number)
                    repeated += 1
                }
            }
            if wasAsked { flights[flight].cutAnew() }
        }
        connection = .up
        return repeated
    }

    /// What a claimed event's receipts will say, as planned again after a restart.
    package mutating func setSuccess(_ position: Position, _ outcome: Outcome) {
        if let index = index(of: position) { flights[index].success = outcome }
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
            if flights[flight].hasUnsent { flights[flight].cutAnew() }
        }
    }

    // MARK: Taking events

    /// The entry at `head` is none of this destination's, or was settled otherwise.
    package mutating func pass() {
        if flights.isEmpty { finishCursor(head.next) }
        head = head.next
    }

    /// Nothing of this destination's lies before `position`.
    package mutating func jump(to position: Position) {
        guard position > head else { return }
        if flights.isEmpty { finishCursor(position) }
        head = position
    }

    /// Entries from `position` on are looked at again. Nothing is under way, and of none a beginning has arrived.
    package mutating func goBack(to position: Position) {
        precondition(flights.isEmpty && received.parts == 0, "an outbox goes back while something is under way")
        guard position < head else { return }
        finishCursor(position)
        head = position
    }

    private mutating func finishCursor(_ position: Position) {
        cursor = position
        received = DestinationRow.Received()
        deferredSince = nil
    }

    /// The entry at `head` is settled without being sent.
    package mutating func finish(stream: StreamIndex, number: UInt64, _ outcome: Outcome) {
        var flight = Flight(position: head, stream: stream, number: number)
        flight.parts = [Flight.Part(number: 0, range: 0..<0, state: .ended(outcome, nil))]
        flight.isWhole = true
        append(flight)
    }

    /// The event at `head` is to be sent in these parts of the text of the entry at `text`.
    package mutating func take(stream: StreamIndex, number: UInt64, parts: [Range<UInt32>], success: Outcome, text: Position) {
        var flight = Flight(position: head, stream: stream, number: number)
        flight.success = success
        flight.text = text
        flight.add(parts, from: headRest.part)
        append(flight)
    }

    private mutating func append(_ flight: Flight) {
        flights.append(flight)
        head = head.next
    }

    /// The rest of the event that `rest` named.
    package mutating func takeRest(_ parts: [Range<UInt32>], success: Outcome, text: Position) {
        guard let rest, let index = index(of: rest.position) else { return }
        flights[index].success = success
        flights[index].text = text
        flights[index].add(parts, from: rest.part)
    }

    /// There is no rest of the event that `rest` named: `outcome` is what becomes of it if nothing of it has arrived.
    package mutating func finishRest(_ outcome: Outcome?) {
        guard let rest, let index = index(of: rest.position) else { return }
        if let outcome, !rest.hasBegun { flights[index].parts = [Flight.Part(number: 0, range: 0..<0, state: .ended(outcome, nil))] }
        flights[index].parts.removeAll { $0.state == .waiting }
        flights[index].isWhole = true
    }

    // MARK: Sending

    /// Claims for the next parts, as many as the window allows, to be written in batch number `batch`.
    package mutating func claim(batch: UInt64) -> [Claim] {
        guard connection == .up, !isPutOff else { return [] }
        var free = window - inFlight
        var claims: [Claim] = []
        for flight in flights.indices where free > 0 {
            for part in flights[flight].claim(atMost: free, batch: batch) {
                claims.append(
                    Claim(
                        destination: destination, position: flights[flight].position, part: part.number, range: part.range,
                        text: flights[flight].text ?? flights[flight].position))
                free -= 1
            }
        }
        return claims
    }

    /// Batches up to this number are durable.
    package mutating func committed(batch: UInt64) {
        for flight in flights.indices { flights[flight].committed(batch: batch) }
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
            if flights[flight].isUnclaimed || !flights[flight].isWhole { return sent }
        }
        return sent
    }

    // MARK: Answers

    /// A part has arrived. A late word about one that has ended is no error: the connection was replaced meanwhile.
    package mutating func received(_ position: Position, part: UInt32, as nativeID: NativeKey?) {
        guard let (flight, index) = place(position, part), flights[flight].parts[index].state == .sent else { return }
        flights[flight].parts[index].state = .ended(flights[flight].success(of: part), nativeID)
    }

    /// A part was found in the channel by its mark, whatever was thought of it before. False if it is not under way.
    package mutating func found(stream: StreamIndex, number: UInt64, part: UInt32, as nativeID: NativeKey?) -> Bool {
        guard let flight = flights.firstIndex(where: { $0.stream == stream && $0.number == number }),
            let index = flights[flight].index(of: part)
        else { return false }
        if case .ended = flights[flight].parts[index].state { return true }
        flights[flight].parts[index].state = .ended(flights[flight].success, nativeID)
        return true
    }

    /// A part was put off. False: it has been put off for too long and must be bounced.
    package mutating func deferred(_ position: Position, part: UInt32, at time: UnixTime) -> Bool {
        guard let (flight, index) = place(position, part), flights[flight].parts[index].state == .sent else { return true }
        flights[flight].parts[index].state = .claimed
        isPutOff = true
        guard flight == flights.startIndex else { return true }
        if let deferredSince { return deferredSince.seconds(until: time) < deferral }
        deferredSince = time
        return true
    }

    /// The time of the deferral is over.
    package mutating func retry() { isPutOff = false }

    /// The server will not have a part. Others of the event that are under way will still be answered; no further ones are sent.
    /// True for the first refusal of an event: that one is told.
    package mutating func bounce(_ position: Position, part: UInt32) -> Bool {
        guard let (flight, index) = place(position, part) else { return false }
        if case .ended = flights[flight].parts[index].state { return false }
        let isFirst = !flights[flight].isRefused
        flights[flight].isRefused = true
        flights[flight].parts[index].state = .ended(.bounced, nil)
        abandon(position, as: .bounced)
        // What was put off was this event, unless another one before it is.
        if flight == flights.startIndex { isPutOff = false }
        return isFirst
    }

    /// An event is given up: none of its parts that are not under way will be sent.
    package mutating func abandon(_ position: Position, as outcome: Outcome) {
        if let index = index(of: position) { flights[index].abandon(as: outcome) }
    }

    private func index(of position: Position) -> Int? { flights.firstIndex { $0.position == position } }

    private func place(_ position: Position, _ part: UInt32) -> (flight: Int, part: Int)? {
        guard let flight = index(of: position), let index = flights[flight].parts.firstIndex(where: { $0.number == part }) else {
            return nil
        }
        return (flight, index)
    }

    // MARK: Receipts

    /// The receipts that are next in order. Moves the cursor.
    package mutating func receipts(at time: UnixTime) -> [Receipt] {
        var receipts: [Receipt] = []
        while let flight = flights.first {
            cursor = flight.position
            var done = 0
            for part in flight.parts {
                guard case .ended(let outcome, let nativeID) = part.state else { break }
                receipts.append(
                    Receipt(
                        destination: destination, position: flight.position, stream: flight.stream, number: flight.number,
                        part: part.number,
                        outcome: outcome, time: time, nativeID: nativeID))
                received = DestinationRow.Received(parts: part.number + 1, bytes: part.range.upperBound, text: flight.text)
                done += 1
            }
            flights[flights.startIndex].parts.removeFirst(done)
            if flights.first?.isDone == false { return receipts }
            flights.removeFirst()
            finishCursor(flight.position.next)
        }
        if cursor != head { finishCursor(head) }
        return receipts
    }
}

/// Names one part of one event at a destination.
package struct PartID: Hashable, Sendable {
    package let position: Position
    package let part: UInt32

    package init(position: Position, part: UInt32) {
        self.position = position
        self.part = part
    }
}
