import Base
import Core
import IO
import Model

/// `fairlead bounces`
extension Daemon {
    func bounces(_ arguments: [String: String], _ answer: ControlAnswer, _ engine: Engine) async throws {
        if let text = arguments["drop"] {
            let id = try number(of: text)
            guard try await engine.dropBounce(id) else { throw noBounce(id) }
            return log.notice("an entry of the bounce list was dropped", ["bounce": String(id)])
        }
        if let text = arguments["show"] {
            let id = try number(of: text)
            guard let row = try await engine.bounces(from: id, atMost: 1).first, row.id == id else { throw noBounce(id) }
            return try await answer.line(try await reportInFull(row, engine))
        }
        if let text = arguments["retry"], text != "all" { return try await retry(try number(of: text), answer, engine) }
        var next: UInt64 = 0
        while true {
            let rows = try await engine.bounces(from: next, atMost: 200)
            for row in rows {
                if arguments["retry"] == nil {
                    try await answer.line(await report(row, engine))
                } else {
                    // One that can't be delivered again stands in nobody's way.
                    do {
                        try await retry(row.id, answer, engine)
                    } catch let refusal as ControlRefusal {
                        try await answer.line(RetryReport(bounce: row.id, events: 0, channels: [], note: refusal.words))
                    }
                }
            }
            guard let last = rows.last, rows.count == 200 else { return }
            next = last.id + 1
        }
    }

    private func number(of bounce: String) throws -> UInt64 {
        guard let id = UInt64(bounce) else { throw ControlRefusal.usage(operatorTexts.noBounceNumber(bounce)) }
        return id
    }

    private func noBounce(_ id: UInt64) -> ControlRefusal { .failed(operatorTexts.noBounce(id)) }

    private func retry(_ id: UInt64, _ answer: ControlAnswer, _ engine: Engine) async throws {
        switch try await engine.retryBounce(id) {
        case .unknown: throw noBounce(id)
        case .refused(let refusal): throw ControlRefusal.refused(operatorTexts.notRetried(id, text(refusal)))
        case .retried(let count, let channels):
            log.notice("bounced events are delivered again", ["bounce": String(id), "events": String(count)])
            let note = channels.isEmpty ? operatorTexts.confirmedNowhere : nil
            try await answer.line(RetryReport(bounce: id, events: count, channels: channels, note: note))
        }
    }

    private func text(_ refusal: Engine.RetryRefusal) -> String {
        switch refusal {
        case .nothingThere(let code): operatorTexts.nothingToDeliver(code)
        case .isGone: operatorTexts.contentIsGone
        case .notInBridge(let channel, let bridge): operatorTexts.notInBridge(channel, bridge)
        }
    }

    private func report(_ row: BounceRow, _ engine: Engine) async -> BounceReport {
        BounceReport(
            id: row.id, channel: await engine.name(of: row.destination), bridge: await engine.bridge(of: row.destination),
            first: row.positions.lowerBound.rawValue, last: row.positions.upperBound.rawValue,
            count: row.count, code: row.code, text: row.text, time: row.time.text)
    }

    /// With the events that an entry speaks of.
    private func reportInFull(_ row: BounceRow, _ engine: Engine) async throws -> BounceReport {
        var report = await report(row, engine)
        let (events, hasMore) = try await engine.events(of: row)
        report.hasMore = hasMore
        report.events = events.map { event in
            BounceReport.BouncedEvent(
                event: event.id.description, kind: event.kind, author: event.author, from: event.from, happened: event.originTime.text,
                journaled: event.accepted.text, text: event.text.map(Daemon.beginning))
        }
        return report
    }

    /// So much of a text as tells which one it is, on one line.
    private static func beginning(of text: String) -> String {
        let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
        return line.utf8.count <= shownText ? line : line.cut(toBytes: shownText) + " […]"
    }

    /// Bytes of a text that are shown: a line of a terminal or two.
    private static let shownText = 120
}
