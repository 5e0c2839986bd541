import Base
import Daemon

/// `fairlead status` as a person reads it.
enum StatusText {
    /// `texts`: those of the configuration's language.
    static func text(_ report: StatusReport, _ texts: OperatorTexts) -> String {
        let counters = report.counters.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let tables = [endpoints(report.endpoints, texts), links(report.links, texts), channels(report.channels, texts)].compactMap(\.self)
        return """
            \(texts.relay(report.relay))
            \(texts.version(report.version, started: report.started))
            \(report.disk.map { disk($0, texts) } ?? texts.unknownRoom)
            \(report.intake.map { "\($0.text)\n" } ?? "")
            \(tables.joined(separator: "\n"))
            \(counters.joined(separator: ", "))

            """
    }

    private static func disk(_ disk: StatusReport.DiskReport, _ texts: OperatorTexts) -> String {
        let unit: Int64 = 1_000_000
        return texts.disk(free: disk.free / unit, of: disk.size / unit, reserve: disk.reserve / unit, isBelow: disk.isBelow)
    }

    private static func endpoints(_ endpoints: [StatusReport.EndpointReport], _ texts: OperatorTexts) -> String? {
        if endpoints.isEmpty { return nil }
        var table = TextTable("ENDPOINT", "KIND", "STATE", "LAST ERROR")
        for one in endpoints { table.add([one.name, one.kind, one.state, error(one.lastError, texts)]) }
        return table.text
    }

    static func links(_ links: [StatusReport.LinkReport], _ texts: OperatorTexts) -> String? {
        if links.isEmpty { return nil }
        var table = TextTable("LINK", "STATE", "RELAY", "LAST ERROR")
        for one in links { table.add([one.name, one.state, one.relay, error(one.lastError, texts)]) }
        return table.text
    }

    private static func channels(_ channels: [StatusReport.ChannelReport], _ texts: OperatorTexts) -> String? {
        if channels.isEmpty { return nil }
        var table = TextTable("CHANNEL", "BRIDGE", "STATE", "BEHIND", "OLDEST", "LAST MINUTE", "LAST ERROR")
        for one in channels {
            let time = one.time ?? "?"
            let state =
                switch one.state {
                case "deferred": texts.until(one.state, time)
                case "paused": texts.since(one.state, time)
                default: one.state
                }
            // What its whole endpoint suffers from stands there; here it explains why nothing arrives.
            let words = one.state == "up" || one.lastError == nil ? "" : error(one.lastError, texts)
            table.add([one.name, one.bridge, state, String(one.behind), one.oldest ?? "-", one.lastMinute.map(String.init) ?? "", words])
        }
        return table.text
    }

    private static func error(_ error: ErrorReport?, _ texts: OperatorTexts) -> String {
        error.map { texts.error($0.text, $0.secondsAgo) } ?? "-"
    }
}
