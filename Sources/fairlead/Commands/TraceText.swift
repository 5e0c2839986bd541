import Base
import Daemon

/// `fairlead trace` as a person reads it.
enum TraceText {
    static func text(_ report: TraceReport, _ texts: OperatorTexts) -> String {
        let author = report.author.isEmpty ? "?" : report.author
        let kind = report.kind.isEmpty ? "?" : report.kind
        // `here`, or `at` a relay.
        let relay = report.origin == "here" ? nil : String(report.origin.dropFirst(3))
        var lines = [
            texts.event(report.event, kind, by: author, in: report.bridge),
            texts.born(at: relay, by: report.from, said: report.happened ?? "?", journaled: report.journaled, hops: report.hops),
        ]
        if report.isGivenBack { lines.append(texts.givenBack) }
        if report.droppedSpans > 0 { lines.append(texts.leftOut(report.droppedSpans)) }
        let head = lines.map { "\($0)\n" }.joined()
        let tables = [deliveries(report.deliveries, texts), waiting(report.waiting, texts), peers(report.peers)].compactMap(\.self)
        return ([head] + tables).joined(separator: "\n")
    }

    private static func deliveries(_ deliveries: [TraceReport.Delivery], _ texts: OperatorTexts) -> String? {
        if deliveries.isEmpty { return nil }
        var table = TextTable("CHANNEL", "PART", "OUTCOME", "TIME", "ID THERE", "WHY")
        for one in deliveries {
            let why = one.bounce.map { texts.bounced($0, one.reason ?? "", one.text ?? "") } ?? one.text ?? ""
            table.add([one.channel, String(one.part), one.outcome, one.time, one.native ?? "-", why])
        }
        return table.text
    }

    private static func waiting(_ channels: [TraceReport.Waiting], _ texts: OperatorTexts) -> String? {
        if channels.isEmpty { return nil }
        var table = TextTable("CHANNEL", "STATE", "WHY")
        for one in channels {
            let state = one.state == "deferred" ? texts.until(one.state, one.time ?? "?") : one.state
            table.add([one.channel, state, one.text ?? ""])
        }
        return table.text
    }

    private static func peers(_ peers: [TraceReport.Peer]) -> String? {
        if peers.isEmpty { return nil }
        var table = TextTable("PEER", "STATE", "WHY")
        for one in peers { table.add([one.channel, one.state, one.text ?? ""]) }
        return table.text
    }
}
