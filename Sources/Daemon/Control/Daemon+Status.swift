import Base
import Core
import IO
import Links
import Model

/// `fairlead status`
extension Daemon {
    func status(_ arguments: [String: String], _ answer: ControlAnswer, _ running: RunningParts) async throws {
        try await answer.line(await status(running))
        guard arguments["watch"] != nil else { return }
        var due = loop.now + ControlServer.watching
        while !answer.isGone {
            if await running.engine.hasEnded { throw ControlRefusal(words: operatorTexts.relayEndsNow, exit: 4) }
            await running.engine.waitForChange()
            if loop.now < due { continue }
            due = loop.now + ControlServer.watching
            do { try await answer.line(await status(running)) } catch is StreamError { return }
        }
    }

    private func status(_ running: RunningParts) async -> StatusReport {
        let links = await running.links.reports(at: loop.time)
        let outboxes = await running.engine.status()
        let errors = await lastErrors
        let revoked = Set(links.filter { $0.state == "revoked" }.map(\.name))
        return StatusReport(
            relay: running.state.relay.description, version: Version.text, started: running.started.text,
            endpoints: endpointReports(outboxes, errors), links: links,
            channels: outboxes.map { channelReport($0, revoked, errors) },
            disk: await running.engine.diskStatus().map {
                StatusReport.DiskReport(free: $0.free, size: $0.size, reserve: $0.reserve, isBelow: $0.isBelow)
            },
            intake: await running.engine.hindrance().map { hindrance in
                StatusReport.IntakeReport(waitsFor: hindrance.word, peers: hindrance.peers, text: text(hindrance))
            },
            counters: await running.engine.counters.byName)
    }

    /// By endpoint.
    private var lastErrors: [String: LastErrors] {
        get async {
            var errors: [String: LastErrors] = [:]
            for (name, endpoint) in endpoints { errors[name] = await endpoint.lastErrors }
            return errors
        }
    }

    private func endpointReports(_ outboxes: [Engine.OutboxStatus], _ errors: [String: LastErrors]) -> [StatusReport.EndpointReport] {
        endpointKinds.map { name, kind in
            let channels = outboxes.filter { !$0.isPeer && $0.endpoint == name }
            let up = channels.count { $0.isReader || $0.isUp == true }
            let state = channels.isEmpty ? "no channels" : up == channels.count ? "up" : up == 0 ? "down" : "partly up"
            return StatusReport.EndpointReport(name: name, kind: kind, state: state, lastError: report(errors[name]?.latest))
        }
    }

    private func channelReport(_ outbox: Engine.OutboxStatus, _ revoked: Set<String>, _ errors: [String: LastErrors])
        -> StatusReport.ChannelReport
    {
        let state: String
        var time: UnixTime?
        if let since = outbox.pausedSince {
            (state, time) = ("paused", since)
        } else if outbox.isPeer {
            state = revoked.contains(outbox.endpoint) ? "revoked" : "link"
        } else if outbox.isReader {
            state = "reader"
        } else if outbox.isParked {
            state = "parked"
        } else if outbox.isUp != true {
            state = "down"
        } else if let until = outbox.deferredUntil {
            (state, time) = ("deferred", until)
        } else {
            state = "up"
        }
        return StatusReport.ChannelReport(
            name: outbox.name, bridge: outbox.bridge, state: state, behind: outbox.behind, oldest: outbox.oldest?.text,
            lastMinute: outbox.lastMinute, time: time?.text,
            lastError: outbox.isPeer ? nil : report(errors[outbox.endpoint]?.latest(in: outbox.destination)))
    }

    func report(_ error: LastError?) -> ErrorReport? { error.map { ErrorReport($0, at: loop.time) } }
}

extension ErrorReport {
    init(_ error: LastError, at time: UnixTime) {
        self.init(text: error.words, time: error.time.text, secondsAgo: max(0, error.time.seconds(until: time)))
    }
}
