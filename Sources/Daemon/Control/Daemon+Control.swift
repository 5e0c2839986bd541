import Base
import Core
import IO
import Model

/// What the running relay answers.
extension Daemon {
    func answer(_ request: ControlRequest, _ answer: ControlAnswer, _ running: RunningParts) async throws {
        switch request.command {
        case "status": try await answer.line(await status(running))
        case "trace": try await answer.line(try await trace(request.arguments, running.engine))
        case "bounces": try await bounces(request.arguments, answer, running.engine)
        case "link": try await link(request.arguments, answer, running)
        case "bridge": try await bridge(request.arguments, running.engine)
        case "tail": try await tail(request.arguments, answer, running.engine)
        case "say": try await say(request.arguments, answer, running.engine)
        case "backup": try await backup(request.arguments, running)
        default: throw ControlRefusal.usage("the running relay knows no command \(request.command)")
        }
    }

    private func status(_ running: RunningParts) async -> StatusReport {
        let channels = await running.engine.status().map { outbox in
            StatusReport.ChannelReport(
                name: outbox.name, bridge: outbox.bridge,
                state: outbox.isPaused
                    ? "paused"
                    : outbox.isPeer
                        ? "link" : outbox.isReader ? "reader" : outbox.isParked ? "parked" : outbox.isUp == true ? "up" : "down",
                behind: outbox.behind,
                oldest: outbox.oldest?.text)
        }
        return StatusReport(
            relay: running.state.relay.description, version: Version.text, started: running.started.text, endpoints: endpointReports,
            links: await running.links.reports(), channels: channels,
            disk: await running.engine.diskStatus.map {
                StatusReport.DiskReport(free: $0.free, size: $0.size, reserve: $0.reserve, isBelow: $0.isBelow)
            }, counters: await running.engine.counters.byName)
    }

    private func trace(_ arguments: [String: String], _ engine: Engine) async throws -> TraceReport {
        let id: EventID
        if let text = arguments["event"] {
            guard let event = EventID(text: text) else {
                throw ControlRefusal.usage("\"\(text)\" is no event id: expected 13 letters, a dot and a number")
            }
            id = event
        } else {
            guard let channel = arguments["channel"], let native = arguments["native"] else {
                throw ControlRefusal.usage("trace needs an event id, or --native CHANNEL ID")
            }
            guard let event = try await engine.event(native: native, in: channel) else {
                throw ControlRefusal.failed("\(channel) knows nothing under \(native)")
            }
            id = event
        }
        guard let story = try await engine.story(of: id) else {
            throw ControlRefusal.failed("no event \(id): its stream was never heard of here")
        }
        return TraceReport(
            event: story.id.description, kind: story.kind, author: story.author, bridge: story.bridge,
            origin: story.isOurs ? "here" : "at \(story.owner)",
            happened: story.originTime?.text, journaled: story.accepted?.text, hops: story.hops, isGivenBack: story.isGivenBack,
            deliveries: story.deliveries.map {
                TraceReport.Delivery(
                    channel: $0.destination, part: $0.part, outcome: "\($0.outcome)", time: $0.time.text, native: $0.nativeID)
            })
    }

    private func say(_ arguments: [String: String], _ answer: ControlAnswer, _ engine: Engine) async throws {
        guard let bridge = arguments["bridge"], let text = arguments["text"], !text.isEmpty else {
            throw ControlRefusal.usage("say needs a bridge and a text")
        }
        guard let id = try await engine.say(text, in: bridge) else { throw noBridge(bridge) }
        try await answer.line(SaidReport(event: id.description))
    }

    private func noBridge(_ name: String) -> ControlRefusal {
        let hint = nearest(to: name, among: settings.bridges.map(\.name)).map { "; did you mean \($0)?" } ?? ""
        return ControlRefusal.usage("there is no bridge \(name)\(hint)")
    }

    private func bridge(_ arguments: [String: String], _ engine: Engine) async throws {
        let name = arguments["name"] ?? ""
        let hasChanged: Bool?
        switch arguments["verb"] {
        case "pause": hasChanged = try await engine.pause(name)
        case "resume": hasChanged = try await engine.resume(name)
        default: throw ControlRefusal.usage("bridge needs one of pause, resume")
        }
        guard let hasChanged else { throw noBridge(name) }
        if hasChanged { log.notice(arguments["verb"] == "pause" ? "bridge paused" : "bridge resumed", ["bridge": name]) }
    }

    private func tail(_ arguments: [String: String], _ answer: ControlAnswer, _ engine: Engine) async throws {
        if let name = arguments["bridge"], !settings.bridges.contains(where: { $0.name == name }) { throw noBridge(name) }
        try await EventTail(of: engine, bridge: arguments["bridge"], to: answer, on: loop).run()
    }

    private func bounces(_ arguments: [String: String], _ answer: ControlAnswer, _ engine: Engine) async throws {
        if let text = arguments["drop"] { return try await engine.dropBounce(try number(of: text)) }
        if let text = arguments["show"] {
            let id = try number(of: text)
            guard let row = try await engine.bounces(from: id, atMost: 1).first, row.id == id else {
                throw ControlRefusal.failed("there is no bounce \(id)")
            }
            return try await answer.line(report(row, await engine.name(of: row.destination)))
        }
        if let text = arguments["retry"], text != "all" { return try await retry(try number(of: text), answer, engine) }
        var next: UInt64 = 0
        while true {
            let rows = try await engine.bounces(from: next, atMost: 200)
            for row in rows {
                if arguments["retry"] == nil {
                    try await answer.line(report(row, await engine.name(of: row.destination)))
                } else {
                    // One that can't be delivered again stands in nobody's way.
                    do { try await retry(row.id, answer, engine) } catch is ControlRefusal {}
                }
            }
            guard let last = rows.last, rows.count == 200 else { return }
            next = last.id + 1
        }
    }

    private func number(of bounce: String) throws -> UInt64 {
        guard let id = UInt64(bounce) else { throw ControlRefusal.usage("\"\(bounce)\" is no bounce's number") }
        return id
    }

    private func retry(_ id: UInt64, _ answer: ControlAnswer, _ engine: Engine) async throws {
        switch try await engine.retryBounce(id) {
        case .unknown: throw ControlRefusal.failed("there is no bounce \(id)")
        case .refused(let words): throw ControlRefusal.refused("bounce \(id): \(words)")
        case .retried(let count, let channels):
            log.notice("bounced events are delivered again", ["bounce": String(id), "events": String(count)])
            try await answer.line(RetryReport(bounce: id, events: count, channels: channels))
        }
    }

    private func report(_ row: BounceRow, _ channel: String) -> BounceReport {
        BounceReport(
            id: row.id, channel: channel, first: row.positions.lowerBound.rawValue, last: row.positions.upperBound.rawValue,
            count: row.count,
            code: row.code, text: row.text, time: row.time.text)
    }

    /// A copy of everything that a relay is: journal, identity, secret.
    private func backup(_ arguments: [String: String], _ running: RunningParts) async throws {
        guard let folder = arguments["folder"], folder.hasPrefix("/") else { throw ControlRefusal.usage("backup needs a folder") }
        do {
            try Files.makeFolder(folder)
            for name in StateFolder.keptFiles {
                if Files.exists("\(folder)/\(name)") { throw ControlRefusal.refused("\(folder) has a backup in it already") }
            }
            try await running.engine.backup(to: folder)
            for name in StateFolder.keptFiles { try Files.copy("\(running.state.path)/\(name)", to: "\(folder)/\(name)") }
        } catch let error as FileError {
            throw ControlRefusal.failed("\(error)")
        } catch let error as JournalError {
            throw ControlRefusal.failed("\(error)")
        }
    }
}
