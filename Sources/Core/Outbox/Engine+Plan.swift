import Base
import Model

/// What is to be done with an entry at a destination.
enum DeliveryPlan {
    /// Nothing of this destination's.
    case pass
    case finish(Outcome)
    /// To be sent; `absorbed` is an edit whose text it bears, and which is thereby settled. `found` are parts that stand there already.
    case send(Delivery, success: Outcome, absorbed: ChangeRow? = nil, found: [NativePart] = [])
    case ask(Question)
    /// What it refers to is under way itself: its turn comes when that has ended.
    case wait

    /// What memory does not know and the journal must be asked.
    enum Question: Error {
        case later(EventID)
        case parts(EventID)
        case text(EventID)
        case record(Position)
        case standing(EventID, DestinationID)
    }

    /// What the journal has answered so far.
    struct Answers {
        var later: [EventID: LookAhead.Later] = [:]
        var parts: [EventID: [NativePart]] = [:]
        var text: [EventID: String?] = [:]
        var records: [Position: [UInt8]] = [:]
        var standing: [DestinationID: [NativePart]] = [:]
    }

    enum Turn: Equatable {
        /// An event's turn comes.
        case first
        /// A beginning has arrived, of the text of this entry: the rest must be of the same, unless the event was deleted.
        case resumed(text: Position)
        /// Parts of the text of this entry were claimed, and it is asked what became of them.
        case claimed(text: Position)

        /// A first turn, unless a beginning has arrived.
        init(_ rest: OutboxMachine.Rest) {
            self = rest.hasBegun ? .resumed(text: rest.text ?? rest.position) : .first
        }
    }
}

extension Engine {
    /// Decides about an entry.
    func plan(
        _ entry: LogEntry, for member: RoutingTable.Member, _ turn: DeliveryPlan.Turn, _ answers: DeliveryPlan.Answers = .init(),
        parked: Bool? = nil
    ) -> DeliveryPlan {
        let stream = entry.head.stream
        guard entry.head.isEvent, streams[stream].bridge == member.bridge, member.settings.direction != .into
        else {
            return .pass
        }
        if entry.head.isGivenBack, let decision = planGivenBack(entry, for: member, answers) { return decision }
        // What can't be read was journaled by another version; it is counted as what the network can't express.
        guard let (event, number) = entry.event else { return .finish(.notExpressible) }
        if case .profile = event { return .pass }
        let profile = streams.profile(stream, number)
        if streams.isOwn(stream), let profile, profile.home == member.home { return .pass }
        if turn == .first, let target = event.reference, let targetStream = streams.index(of: target.stream),
            outboxes[member.destination]?.machine.isUnderWay(stream: targetStream, number: target.number) == true
        {
            return .wait
        }
        let author = DisplayAuthor(
            key: profile?.key ?? AuthorKey(rawValue: 0), name: profile?.name ?? "unknown",
            organisation: streams.isOwn(stream) ? nil : organisations[streams[stream].introduction.owner] ?? "unknown")
        guard let isRetried = isRetried(entry.position, at: member.destination) else { return .pass }
        let isParked = parked ?? (!isRetried && entry.position < outboxes[member.destination]?.parkedBefore ?? .zero)
        let planning = Planning(
            id: streams.id(stream, entry.head.number), entry: entry, author: author, destination: member.destination,
            isParked: isParked && turn == .first, isRetried: isRetried, turn: turn, answers: answers)
        do {
            return try plan(event, planning)
        } catch {
            return .ask(error)
        }
    }

    /// What came back from a peer waits until it is confirmed, and is shown nowhere if it never is; nil once it is like any other.
    private func planGivenBack(_ entry: LogEntry, for member: RoutingTable.Member, _ answers: DeliveryPlan.Answers) -> DeliveryPlan? {
        let id = streams.id(entry.head.stream, entry.head.number)
        if givenBack.contains(id) { return .wait }
        for other in routing.everyDestination(of: member.bridge) {
            let parts = ids.parts(id, at: other) ?? answers.standing[other]
            guard let parts else { return .ask(.standing(id, other)) }
            if parts.contains(where: { $0.outcome == .unconfirmed }) { return .pass }
        }
        return nil
    }

    private func plan(_ event: Event, _ now: Planning) throws(DeliveryPlan.Question) -> DeliveryPlan {
        guard now.turn == .first else { return try decide(event, now) }
        switch try standing(now) {
        case .open: return try decide(event, now)
        case .settled: return .pass
        case .found(let parts):
            // The rest of what its marks tell of: of the same text.
            var rest = now
            rest.turn = .resumed(text: now.entry.position)
            guard case .send(let delivery, let success, _, _) = try decide(event, rest) else { return .pass }
            return .send(delivery, success: success, found: parts)
        }
    }

    private func decide(_ event: Event, _ now: Planning) throws(DeliveryPlan.Question) -> DeliveryPlan {
        switch event {
        case .posted(let post):
            return now.isParked ? .finish(.parked) : try plan(post, now)
        case .edited(let target, _):
            return try planEdit(event, of: target, now)
        case .deleted(let target):
            return try planDeletion(event, of: target, now)
        case .reacted(let reaction):
            if now.isParked { return .finish(.parked) }
            let standing = try parts(of: reaction.target, now)
            // A reaction to what nobody sees would be a riddle.
            guard standing.isShown else { return .finish(.withoutTarget) }
            return .send(now.delivery(event, try shown(reaction.target, standing, now)), success: .delivered)
        case .topic, .call, .unknown:
            return now.isParked ? .finish(.parked) : .send(now.delivery(event, nil), success: .delivered)
        case .attachmentReady, .profile:
            return .pass
        }
    }

    private enum Standing {
        case open, settled
        /// Marks of some of its parts were found in the channel, by a relay that has lost what it knew of it.
        case found([NativePart])
    }

    /// Whether an earlier life of this process, a mark in the channel, or an edit that went with its message has settled it.
    private func standing(_ now: Planning) throws(DeliveryPlan.Question) -> Standing {
        let isKnown = outboxes[now.destination]?.settled.contains(now.id) == true
        // What was accepted since this process began can only have been settled by it.
        if !isKnown && !now.isRetried && now.entry.position >= begin { return .open }
        let known = try parts(of: now.id, now)
        if now.isRetried && !isKnown {
            // What was given back and confirmed by the operator has been nowhere yet, nor what a channel lacked when it was taken out.
            return known.isEmpty || known.contains { $0.outcome == .bounced || $0.outcome == .parked } ? .open : .settled
        }
        if known.isEmpty { return isKnown ? .settled : .open }
        return known.allSatisfy { $0.outcome == .found } ? .found(known) : .settled
    }

    private func plan(_ post: Post, _ now: Planning) throws(DeliveryPlan.Question) -> DeliveryPlan {
        switch now.turn {
        case .first:
            let isEarly = earlyChanges.contains(now.id)
            let later = try self.later(now.id, from: isEarly ? .zero : now.entry.position, now)
            if let deletion = later.deletion, isSameOwner(deletion.by, now.id) { return .finish(.superseded) }
            guard let edit = later.edit, isSameOwner(edit.by, now.id) else { return try send(post, now) }
            if isEarly, let decision = try plan(behind: edit, now) { return decision }
            return try send(post, textOf: edit.position, absorbing: edit, now)
        case .resumed(let text):
            let later = try self.later(now.id, from: now.entry.position, now)
            if let deletion = later.deletion, isSameOwner(deletion.by, now.id) { return .finish(.superseded) }
            return try send(post, textOf: text, now)
        case .claimed(let text):
            return try send(post, textOf: text, now)
        }
    }

    /// A message whose edit came before it: that one stands for it if people see it; nil if they do not.
    private func plan(behind edit: ChangeRow, _ now: Planning) throws(DeliveryPlan.Question) -> DeliveryPlan? {
        guard edit.position < now.entry.position, let stream = streams.index(of: edit.by.stream) else { return nil }
        if outboxes[now.destination]?.machine.isUnderWay(stream: stream, number: edit.by.number) == true { return .wait }
        if try parts(of: now.id, now).isShown { return .pass }
        return try parts(of: edit.by, now).isShown ? .finish(.asMessage) : nil
    }

    /// A message with the text of another entry, an edit of it, in the place and thread of the first.
    private func send(_ post: Post, textOf position: Position, absorbing edit: ChangeRow? = nil, _ now: Planning)
        throws(DeliveryPlan.Question) -> DeliveryPlan
    {
        if position == now.entry.position { return try send(post, now) }
        guard let record = now.answers.records[position] else { throw .record(position) }
        var dropped = 0
        guard case .edited(_, let newest)? = try? Event.decode(record.span.bytes, droppedSpans: &dropped).event else {
            return try send(post, now)
        }
        var shown = post
        shown.content = newest.content
        shown.style = newest.style
        return try send(shown, absorbing: edit, now)
    }

    private func send(_ post: Post, absorbing edit: ChangeRow? = nil, _ now: Planning) throws(DeliveryPlan.Question) -> DeliveryPlan {
        .send(now.delivery(.posted(post), try answered(by: post, now), text: edit?.position), success: .delivered, absorbed: edit)
    }

    /// How the message that a post answers stands here.
    private func answered(by post: Post, _ now: Planning) throws(DeliveryPlan.Question) -> TargetState? {
        guard let reply = post.reply else { return nil }
        let standing = try parts(of: reply, now)
        if standing.isShown { return try shown(reply, standing, now) }
        // What was deleted is not quoted.
        if let deletion = try later(reply, from: .zero, now).deletion, !isForeign(deletion.by, reply) { return .notShown(quote: nil) }
        guard let text = now.answers.text[reply] else { throw .text(reply) }
        return .notShown(quote: text)
    }

    /// A message that stands here. One that its server has no name for can only be pointed at by its words.
    private func shown(_ target: EventID, _ standing: [NativePart], _ now: Planning) throws(DeliveryPlan.Question) -> TargetState {
        if standing.contains(where: { $0.nativeID != nil }) { return .shown(standing, quote: nil) }
        guard let text = now.answers.text[target] else { throw .text(target) }
        return .shown(standing, quote: text)
    }

    private func planEdit(_ event: Event, of target: EventID, _ now: Planning) throws(DeliveryPlan.Question) -> DeliveryPlan {
        if isForeign(now.id, target) { return .finish(.withoutTarget) }
        if now.turn == .first {
            // It may have been deleted before, in an earlier life too.
            let later = try self.later(target, from: .zero, now)
            if let deletion = later.deletion, !isForeign(deletion.by, target) { return .finish(.superseded) }
            if let newest = later.edit, newest.by != now.id, !isForeign(newest.by, target) { return .finish(.superseded) }
        }
        let standing = try parts(of: target, now)
        // What somebody took away here, or a part of it, is not brought in again.
        if standing.contains(where: { $0.outcome == .hidden }) { return .finish(.superseded) }
        if standing.isShown { return .send(now.delivery(event, .shown(standing, quote: nil)), success: .delivered) }
        if now.isParked { return .finish(.parked) }
        // What was left out for good is not brought in by a later change.
        if standing.contains(where: { [.superseded, .parked].contains($0.outcome) }) { return .finish(.superseded) }
        return .send(now.delivery(event, .notShown(quote: nil)), success: .asMessage)
    }

    private func planDeletion(_ event: Event, of target: EventID, _ now: Planning) throws(DeliveryPlan.Question) -> DeliveryPlan {
        if isForeign(now.id, target) { return .finish(.withoutTarget) }
        let standing = try parts(of: target, now)
        // Only its author deletes a message, in the channel where it was written: there it is gone.
        if standing.contains(where: { $0.outcome == .origin }) { return .pass }
        if standing.isShown { return .send(now.delivery(event, .shown(standing, quote: nil)), success: .delivered) }
        return .finish(standing.isEmpty ? .withoutTarget : .superseded)
    }

    /// A change of somebody else's message, whose stream became known only after the change was accepted.
    private func isForeign(_ change: EventID, _ target: EventID) -> Bool {
        streams.index(of: target.stream) != nil && !isSameOwner(change, target)
    }

    func isSameOwner(_ left: EventID, _ right: EventID) -> Bool {
        guard let left = streams.index(of: left.stream), let right = streams.index(of: right.stream) else { return false }
        return streams[left].introduction.owner == streams[right].introduction.owner
    }

    /// What became of an event: memory's word if it is complete from `position` on, else the journal's as well.
    private func later(_ id: EventID, from position: Position, _ now: Planning) throws(DeliveryPlan.Question) -> LookAhead.Later {
        let known = lookAhead.later(id)
        if lookAhead.covers(position) || known.deletion != nil { return known }
        guard var answered = now.answers.later[id] else { throw .later(id) }
        if let edit = known.edit { answered.edit = edit }
        if let deletion = known.deletion { answered.deletion = deletion }
        return answered
    }

    private func parts(of id: EventID, _ now: Planning) throws(DeliveryPlan.Question) -> [NativePart] {
        if let known = ids.parts(id, at: now.destination) { return known }
        guard let answered = now.answers.parts[id] else { throw .parts(id) }
        return answered
    }

    /// Asks the journal.
    func answer(_ question: DeliveryPlan.Question, at destination: DestinationID, in answers: inout DeliveryPlan.Answers) async throws {
        switch question {
        case .later(let id): answers.later[id] = LookAhead.Later(try await journal.reader.changes(of: [id]))
        case .parts(let id): answers.parts[id] = try await journal.reader.parts(of: id, at: destination)
        case .record(let position): answers.records[position] = try await entry(at: position)?.record ?? []
        case .standing(let id, let place): answers.standing[place] = try await journal.reader.parts(of: id, at: place)
        case .text(let id): answers.text[id] = .some(try await text(of: id))
        }
    }

    /// The text of a message, if it is here.
    private func text(of id: EventID) async throws -> String? {
        guard let stream = streams.index(of: id.stream),
            let position = try await journal.reader.positions(of: stream, numbers: id.number...id.number).first,
            case .posted(let post)? = try await entry(at: position)?.event?.event
        else { return nil }
        return post.content.text
    }
}

/// One decision being made.
private struct Planning {
    let id: EventID
    let entry: LogEntry
    let author: DisplayAuthor
    let destination: DestinationID
    let isParked: Bool
    let isRetried: Bool
    var turn: DeliveryPlan.Turn
    let answers: DeliveryPlan.Answers

    func delivery(_ event: Event, _ target: TargetState?, text: Position? = nil) -> Delivery {
        Delivery(
            id: id, position: entry.position, event: event, author: author, originTime: entry.head.originTime, accepted: entry.accepted,
            target: target, text: text ?? entry.position, isRetried: isRetried)
    }
}

extension [NativePart] {
    /// Whether people see any of it there.
    fileprivate var isShown: Bool { contains { $0.outcome.isShown } }
}

extension Outcome {
    /// Whether people see it there.
    package var isShown: Bool {
        switch self {
        case .origin, .delivered, .perhapsTwice, .asMessage, .found, .uncertain: true
        case .superseded, .withoutTarget, .bounced, .parked, .notExpressible, .hidden, .unconfirmed: false
        }
    }
}
