import Base

/// One session of two relays, from HELLO to CLOSE: which frames may come, which channels and streams they may speak of, how much may be sent.
///
/// A value that decides. Its driver feeds it frames and unpacked batches and does what it answers, in order. What breaks the protocol is
/// thrown as the `LinkFailure` that the session is closed with.
package struct LinkSession: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case send(Frame)
        /// HELLO came: channels can be offered.
        case greeted(Hello)
        /// A channel that the peer wants to share.
        case offered(Offer)
        /// The peer shares this channel of ours.
        case accepted(String)
        /// The peer takes a channel back.
        case revoked(String)
        /// What the peer holds of a channel, by its name.
        case resumed(String, Resume)
        /// A batch of the peer's, to be unpacked and given to `unpacked`.
        case batch(String, BatchFrame)
        case acknowledged([Acknowledgement.Entry])
        /// More may be sent in a channel.
        case credited(String)
        case pong([UInt8])
        /// The peer stops soon: it is not to be dialled again before so many seconds.
        case draining(UInt64)
        case closed(Closing)
    }

    /// A channel of one side's offer.
    private struct Channel: Hashable {
        let name: String
        var isAccepted = false
        var isRevoked = false
        var isResumed = false
        var records = Int64(LinkLimits.windowRecords)
        var bytes = Int64(LinkLimits.windowBytes)
    }

    /// A stream that was introduced.
    private struct Introduced: Hashable {
        let channel: UInt64
        var number: UInt64
    }

    /// An item with the number that it stands for.
    package enum Numbered: Hashable, Sendable {
        /// `isLate`: its number was passed before, by a SKIP.
        case record(stream: UInt64, number: UInt64, time: UInt64, hops: UInt8, record: Range<Int>, isLate: Bool)
        case skip(stream: UInt64, numbers: ClosedRange<UInt64>, reason: UInt8, profiles: [BatchItem.Profile])
        /// The stream's index is the next one.
        case introduction(WireIntroduction, prefix: UInt64)
    }

    private let own: Hello
    private var peer: Hello?
    private var offers: [UInt64: Channel] = [:]
    private var theirs: [UInt64: Channel] = [:]
    private var introduced: [Introduced] = []
    private var introducing = 0
    /// Streams that the peer has named in RESUMEs.
    private var named = 0
    private var isDraining = false
    /// What may still be sent in the session, and what the peer may still send.
    private var records: Int64 = 0
    private var bytes: Int64 = 0
    private var peerRecords: Int64
    private var peerBytes: Int64
    private var isClosed = false

    package init(_ own: Hello) {
        self.own = own
        peerRecords = Int64(own.windowRecords)
        peerBytes = Int64(own.windowBytes)
    }

    package func begin() -> [Action] { [.send(own.frame)] }

    /// Whether the peer has said HELLO.
    package var isGreeted: Bool { peer != nil }
    package var peerHello: Hello? { peer }

    // MARK: What the driver wants

    /// Offers a channel; its index.
    package mutating func offer(_ name: String, title: String) -> (index: UInt64, actions: [Action]) {
        let index = UInt64(offers.count + 1)
        offers[index] = Channel(name: name)
        return (index, [.send(Offer(index: index, name: name, title: title).frame)])
    }

    /// Accepts the peer's offer of a channel, whenever that came; nil if there is none, it was accepted before, or it was taken back.
    package mutating func accept(_ name: String) -> [Action]? {
        guard let (index, channel) = theirs.first(where: { $0.value.name == name }), !channel.isAccepted, !channel.isRevoked else {
            return nil
        }
        theirs[index]?.isAccepted = true
        return [.send(Frame(.accept, Varints.encode([index])))]
    }

    /// Takes an offer back.
    package mutating func revoke(_ name: String) -> [Action] {
        guard let index = offers.first(where: { $0.value.name == name })?.key else { return [] }
        offers[index]?.isAccepted = false
        offers[index]?.isRevoked = true
        return [.send(Frame(.revoke, Varints.encode([index])))]
    }

    /// Whether both sides share a channel and the peer has said what it holds: events may be sent.
    package func isOpen(_ index: UInt64) -> Bool { offers[index].map { $0.isAccepted && $0.isResumed } ?? false }

    /// How many records and bytes may be sent in a channel now.
    package func credit(_ index: UInt64) -> (records: Int, bytes: Int) {
        guard let channel = offers[index], isOpen(index) else { return (0, 0) }
        return (Int(max(0, min(channel.records, records))), Int(max(0, min(channel.bytes, bytes))))
    }

    /// A batch goes out.
    package mutating func sent(_ index: UInt64, records count: Int, bytes size: Int) {
        offers[index]?.records -= Int64(count)
        offers[index]?.bytes -= Int64(size)
        records -= Int64(count)
        bytes -= Int64(size)
    }

    /// The index of the next stream that this side introduces.
    package mutating func introduce() -> UInt64 {
        introducing += 1
        return UInt64(introducing)
    }

    /// The peer may send more, as what it sent is durable.
    package mutating func grant(_ name: String, records count: Int, bytes size: Int) -> [Action] {
        guard let index = theirs.first(where: { $0.value.name == name })?.key else { return [] }
        theirs[index]?.records += Int64(count)
        theirs[index]?.bytes += Int64(size)
        peerRecords += Int64(count)
        peerBytes += Int64(size)
        return [.send(Credit(channel: index, records: UInt64(count), bytes: UInt64(size)).frame)]
    }

    package mutating func close(_ failure: LinkFailure, about kind: UInt8 = 0) -> [Action] {
        if isClosed { return [] }
        isClosed = true
        return [.send(Closing(failure, about: kind).frame)]
    }

    // MARK: What the peer sends

    package mutating func received(_ frame: Frame) throws(LinkFailure) -> [Action] {
        guard let kind = FrameKind(rawValue: frame.kind) else {
            if frame.kind & FrameKind.ignorable != 0 { return [] }
            throw LinkFailure(.unknownKind, "a frame of kind \(frame.kind)")
        }
        if kind != .batch && kind != .resume && frame.body.count >= LinkLimits.smallFrame && kind != .acknowledge {
            throw LinkFailure(.tooLarge, "\(kind) of \(frame.body.count) bytes")
        }
        if kind == .close { return [.closed(try Closing(body: frame.body))] }
        if kind == .hello {
            guard peer == nil else { throw LinkFailure(.unexpected, "a second HELLO") }
            let hello = try Hello(body: frame.body)
            peer = hello
            records = min(Int64(clamping: hello.windowRecords), LinkLimits.credit)
            bytes = min(Int64(clamping: hello.windowBytes), LinkLimits.credit)
            return [.greeted(hello)]
        }
        guard peer != nil else { throw LinkFailure(.unexpected, "\(kind) before HELLO") }
        switch kind {
        case .hello, .close: return []
        case .pair: throw LinkFailure(.unexpected, "PAIR between relays that know each other")
        case .offer: return try offered(try Offer(body: frame.body))
        case .accept: return try accepted(try Varints.decode(frame.body, .accept, count: 1...1)[0])
        case .revoke: return try revoked(try Varints.decode(frame.body, .revoke, count: 1...1)[0])
        case .resume: return try resumed(try Resume(body: frame.body))
        case .batch: return try batch(try BatchFrame(body: frame.body))
        case .acknowledge: return [.acknowledged(try acknowledged(try Acknowledgement(body: frame.body)))]
        case .credit: return try credited(try Credit(body: frame.body))
        case .ping: return [.send(Frame(.pong, try token(frame, kind)))]
        case .pong: return [.pong(try token(frame, kind))]
        case .drain: return try drained(try Varints.decode(frame.body, .drain, count: 1...1)[0])
        }
    }

    private func token(_ frame: Frame, _ kind: FrameKind) throws(LinkFailure) -> [UInt8] {
        guard frame.body.count == LinkLimits.pingToken else { throw LinkFailure(.malformed, "\(kind) of \(frame.body.count) bytes") }
        return frame.body
    }

    private mutating func offered(_ offer: Offer) throws(LinkFailure) -> [Action] {
        guard offer.index == UInt64(theirs.count + 1) else { throw LinkFailure(.unexpected, "OFFER with index \(offer.index)") }
        guard theirs.count < LinkLimits.channels else { throw LinkFailure(.tooLarge, "more than \(LinkLimits.channels) channels") }
        guard !theirs.values.contains(where: { $0.name == offer.name }) else {
            throw LinkFailure(.unexpected, "a second OFFER of one name")
        }
        theirs[offer.index] = Channel(name: offer.name)
        return [.offered(offer)]
    }

    private mutating func accepted(_ index: UInt64) throws(LinkFailure) -> [Action] {
        guard let channel = offers[index] else { throw LinkFailure(.unknownChannel, "ACCEPT of what was not offered") }
        guard !channel.isAccepted else { throw LinkFailure(.unexpected, "a second ACCEPT of a channel") }
        // It was on its way when the offer was taken back.
        if channel.isRevoked { return [] }
        offers[index]?.isAccepted = true
        return [.accepted(channel.name)]
    }

    private mutating func revoked(_ index: UInt64) throws(LinkFailure) -> [Action] {
        guard let channel = theirs[index] else { throw LinkFailure(.unknownChannel, "REVOKE of what was not offered") }
        guard !channel.isRevoked else { throw LinkFailure(.unexpected, "a second REVOKE of a channel") }
        theirs[index]?.isAccepted = false
        theirs[index]?.isRevoked = true
        return [.revoked(channel.name)]
    }

    private mutating func resumed(_ resume: Resume) throws(LinkFailure) -> [Action] {
        guard let channel = theirs[resume.channel], !channel.isRevoked,
            let (index, ours) = offers.first(where: { $0.value.name == channel.name })
        else { throw LinkFailure(.unknownChannel, "RESUME of a channel that is not shared") }
        guard !ours.isResumed else { throw LinkFailure(.unexpected, "a second RESUME of a channel") }
        // An offer of the peer's is accepted as long as ours stands; when ours was taken back, this was on its way.
        guard channel.isAccepted || ours.isRevoked else {
            throw LinkFailure(.unknownChannel, "RESUME of a channel that is not shared")
        }
        named += resume.holdings.count
        guard named <= LinkLimits.streams else { throw LinkFailure(.tooLarge, "RESUMEs of more than \(LinkLimits.streams) streams") }
        if !resume.isPartial { offers[index]?.isResumed = true }
        if ours.isRevoked { return [] }
        return [.resumed(channel.name, resume)]
    }

    private mutating func drained(_ seconds: UInt64) throws(LinkFailure) -> [Action] {
        guard !isDraining else { throw LinkFailure(.unexpected, "a second DRAIN") }
        isDraining = true
        return [.draining(seconds)]
    }

    private func batch(_ batch: BatchFrame) throws(LinkFailure) -> [Action] {
        guard let channel = theirs[batch.channel], channel.isAccepted else {
            throw LinkFailure(.unknownChannel, "BATCH of a channel that is not shared")
        }
        return [.batch(channel.name, batch)]
    }

    private func acknowledged(_ acknowledgement: Acknowledgement) throws(LinkFailure) -> [Acknowledgement.Entry] {
        for entry in acknowledgement.entries where entry.stream == 0 || entry.stream > UInt64(introducing) {
            throw LinkFailure(.unexpected, "ACK of a stream that was not introduced")
        }
        return acknowledgement.entries
    }

    private mutating func credited(_ credit: Credit) throws(LinkFailure) -> [Action] {
        guard var channel = offers[credit.channel] else { throw LinkFailure(.unknownChannel, "CREDIT for a channel that was not offered") }
        let most = UInt64(Int32.max)
        guard credit.records <= most, credit.bytes <= most else {
            throw LinkFailure(.malformed, "CREDIT of \(credit.records) records, \(credit.bytes) bytes")
        }
        channel.records = min(channel.records + Int64(credit.records), LinkLimits.credit)
        channel.bytes = min(channel.bytes + Int64(credit.bytes), LinkLimits.credit)
        offers[credit.channel] = channel
        records = min(records + Int64(credit.records), LinkLimits.credit)
        bytes = min(bytes + Int64(credit.bytes), LinkLimits.credit)
        return [.credited(channel.name)]
    }

    /// The items of an unpacked batch with their numbers. Counts them against what the peer may send.
    package mutating func unpacked(_ items: [BatchItem], of batch: BatchFrame, byteCount: Int) throws(LinkFailure) -> [Numbered] {
        var numbered: [Numbered] = []
        numbered.reserveCapacity(items.count)
        for item in items {
            switch item {
            case .record(let stream, let time, let hops, let record):
                let number = try next(stream, in: batch.channel) + 1
                try checkNumber(number)
                introduced[Int(stream) - 1].number = number
                numbered.append(.record(stream: stream, number: number, time: time, hops: hops, record: record, isLate: false))
            case .late(let stream, let number, let time, let hops, let record):
                let last = try next(stream, in: batch.channel)
                guard number >= 1, number <= last else { throw LinkFailure(.gap, "a late record \(number) of a stream that is at \(last)") }
                numbered.append(.record(stream: stream, number: number, time: time, hops: hops, record: record, isLate: true))
            case .skip(let stream, let last, let reason, let profiles):
                let number = try next(stream, in: batch.channel) + 1
                guard last >= number else { throw LinkFailure(.gap, "a SKIP to \(last) where \(number) is next") }
                try checkNumber(last)
                introduced[Int(stream) - 1].number = last
                numbered.append(.skip(stream: stream, numbers: number...last, reason: reason, profiles: profiles))
            case .introduction(let introduction, let prefix):
                guard introduced.count < LinkLimits.streams else { throw LinkFailure(.tooLarge, "more than \(LinkLimits.streams) streams") }
                try checkNumber(prefix)
                introduced.append(Introduced(channel: batch.channel, number: prefix))
                numbered.append(.introduction(introduction, prefix: prefix))
            }
        }
        peerRecords -= Int64(items.count)
        peerBytes -= Int64(byteCount)
        theirs[batch.channel]?.records -= Int64(items.count)
        theirs[batch.channel]?.bytes -= Int64(byteCount)
        // One record may be begun with little credit left.
        let slack = -Int64(LinkLimits.batch)
        guard peerRecords >= 0, peerBytes > slack, let channel = theirs[batch.channel], channel.records >= 0, channel.bytes > slack else {
            throw LinkFailure(.overCredit, "more was sent in a channel than was allowed")
        }
        return numbered
    }

    private func checkNumber(_ number: UInt64) throws(LinkFailure) {
        if number > LinkLimits.number { throw LinkFailure(.tooLarge, "number \(number) of a stream") }
    }

    private func next(_ stream: UInt64, in channel: UInt64) throws(LinkFailure) -> UInt64 {
        guard stream >= 1, stream <= UInt64(introduced.count), introduced[Int(stream) - 1].channel == channel else {
            throw LinkFailure(.unexpected, "stream \(stream), which was not introduced in this channel")
        }
        return introduced[Int(stream) - 1].number
    }
}
