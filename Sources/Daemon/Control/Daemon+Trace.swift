import Base
import Core
import IO
import Links
import Model

/// `fairlead trace`
extension Daemon {
    func trace(_ arguments: [String: String], _ running: RunningParts) async throws -> TraceReport {
        let (engine, texts) = (running.engine, operatorTexts)
        let id = try await event(arguments, engine)
        guard let story = try await engine.story(of: id, links: await running.links.standings()) else {
            guard let last = await engine.lastNumber(of: id.stream) else { throw ControlRefusal.failed(texts.noStream("\(id)")) }
            throw ControlRefusal.failed(texts.noNumber("\(id)", last))
        }
        return TraceReport(
            event: story.id.description, kind: story.kind, author: story.author, bridge: story.bridge,
            origin: story.isOurs ? "here" : "at \(story.owner)", from: story.origin, happened: story.originTime?.text,
            journaled: story.accepted?.text, hops: story.hops, isGivenBack: story.isGivenBack, droppedSpans: story.droppedSpans,
            deliveries: story.deliveries.map { step in
                TraceReport.Delivery(
                    channel: step.destination, part: step.part, outcome: "\(step.outcome)", time: step.time.text, native: step.nativeID,
                    bounce: step.bounce?.number, reason: step.bounce?.reason.code, text: step.bounce?.reason.text ?? text(step.outcome))
            },
            waiting: story.pending.map { one in
                TraceReport.Waiting(
                    channel: one.destination, state: one.state.rawValue, time: one.time?.text, text: text(one),
                    lastError: report(one.lastError))
            },
            peers: story.peers.map { one in
                TraceReport.Peer(
                    channel: one.destination, state: one.state.rawValue, time: one.time?.text, text: text(one),
                    lastError: report(one.lastError))
            })
    }

    /// The event that is asked for: by its id, that of one of its lines at a listener, or the name that a channel's server gave it.
    private func event(_ arguments: [String: String], _ engine: Engine) async throws -> EventID {
        if let text = arguments["event"] {
            // Lines of one event have its id and, from the second on, their number behind it.
            guard let event = EventID(text: String(text.prefix { $0 != "/" })) else {
                throw ControlRefusal.usage(operatorTexts.noEventID(text))
            }
            return event
        }
        guard let channel = arguments["channel"], let native = arguments["native"] else {
            throw ControlRefusal.usage(operatorTexts.traceNeeds)
        }
        try await checkMember(channel, engine)
        guard let event = try await engine.event(native: native, in: channel) else {
            throw ControlRefusal.failed(operatorTexts.unknownThere(native, channel))
        }
        return event
    }

    /// Refuses what is no channel of a bridge, and names those that are.
    private func checkMember(_ name: String, _ engine: Engine) async throws {
        let members = await engine.memberNames
        let endpoint = String(name.prefix { $0 != ":" })
        if settings.peers[endpoint] != nil { throw ControlRefusal.usage(operatorTexts.linkHasNoNames(name)) }
        let channels = members.filter { member in !settings.peers.keys.contains { member.hasPrefix($0 + ":") } }
        if channels.contains(name) { return }
        let there = channels.filter { $0.hasPrefix(endpoint + ":") }
        if settings.endpoints[endpoint] != nil { throw ControlRefusal.usage(operatorTexts.noMember(name, there)) }
        throw ControlRefusal.usage(operatorTexts.noEndpoint(endpoint, channels))
    }

    private func text(_ one: Story.Pending) -> String? {
        let texts = operatorTexts
        switch one.state {
        case .down: return texts.unreachable(words(one.lastError))
        case .deferred: return texts.deferred(one.reason ?? "", one.attempts)
        case .paused: return one.time.map(texts.paused)
        case .sending: return texts.after(texts.beingSent, lastError: words(one.lastError))
        case .asking: return texts.after(texts.lookedFor, lastError: words(one.lastError))
        case .reader: return texts.readThere
        case .waits: return one.why.map { texts.after(text($0, nil), lastError: words(one.lastError)) }
        case .notForIt: return one.why.map { text($0, nil) }
        }
    }

    private func text(_ one: Story.Passing) -> String? {
        let texts = operatorTexts
        switch one.state {
        case .acknowledged: return texts.acknowledged(one.time)
        case .sent: return texts.notAcknowledged
        case .paused: return one.time.map(texts.paused)
        case .source: return nil
        case .waits, .notAwaited: return one.why.map { text($0, words(one.lastError)) }
        }
    }

    /// Of an outcome whose word does not say it all.
    private func text(_ outcome: Outcome) -> String? {
        let texts = operatorTexts
        switch outcome {
        case .origin, .delivered, .bounced: return nil
        case .superseded: return texts.superseded
        case .withoutTarget: return texts.withoutTarget
        case .asMessage: return texts.asMessage
        case .parked: return texts.parked
        case .uncertain: return texts.uncertain
        case .notExpressible: return texts.notExpressible
        case .found: return texts.found
        case .hidden: return texts.hidden
        case .unconfirmed: return texts.unconfirmed
        case .perhapsTwice: return texts.perhapsTwice
        }
    }

    private func words(_ error: LastError?) -> String? {
        error.map { operatorTexts.error($0.words, $0.time.seconds(until: loop.time)) }
    }

    private func text(_ why: Story.Why, _ error: String?) -> String {
        let texts = operatorTexts
        switch why {
        case .behind(let count): return texts.behind(count)
        case .behindDeferred(let time): return texts.behindDeferred(time)
        case .noRoom: return texts.noRoom
        case .unconfirmed: return texts.unconfirmed
        case .parked: return texts.parked
        case .retried: return texts.retried
        case .direction: return texts.takesInOnly
        case .nothing: return texts.nothingToShow
        case .linkDown: return texts.linkDown(error)
        case .revoked: return texts.revoked
        case .notShared: return texts.notShared
        case .beforeSharing: return texts.beforeSharing
        case .thirdRelay: return texts.thirdRelay
        case .notFlowing: return texts.notFlowing
        }
    }
}
