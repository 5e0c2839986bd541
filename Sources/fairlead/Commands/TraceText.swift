import Base
import Daemon

/// `fairlead trace` as a person reads it.
enum TraceText {
    static func text(_ report: TraceReport) -> String {
        let author = report.author.isEmpty ? "?" : report.author
        let kind = report.kind.isEmpty ? "?" : report.kind
        let born = report.from.map { "\(report.origin), came by \($0)" } ?? report.origin
        var text = """
            event \(report.event), \(kind) by \(author) in bridge \(report.bridge)
            born \(born), said \(report.happened ?? "?"), journaled \(report.journaled ?? "not here any more"), hops \(report.hops)

            """
        if report.isGivenBack { text += "given back by a peer after a restore\n" }
        if report.droppedSpans > 0 { text += "left out of its text: \(report.droppedSpans) spans that broke a rule\n" }
        return ([text] + [deliveries(report.deliveries), waiting(report.waiting), peers(report.peers)].compactMap(\.self)).joined(
            separator: "\n")
    }

    private static func deliveries(_ deliveries: [TraceReport.Delivery]) -> String? {
        if deliveries.isEmpty { return nil }
        var table = TextTable("CHANNEL", "PART", "OUTCOME", "TIME", "ID THERE", "WHY")
        for one in deliveries {
            let why = one.bounce.map { "bounce \($0), \(one.reason ?? ""): \(one.text ?? "")" } ?? one.text ?? ""
            table.add([one.channel, String(one.part), one.outcome, one.time, one.native ?? "-", why])
        }
        return table.text
    }

    private static func waiting(_ channels: [TraceReport.Waiting]) -> String? {
        if channels.isEmpty { return nil }
        var table = TextTable("CHANNEL", "STATE", "WHY")
        for one in channels {
            let state = one.state == "deferred" ? "deferred until \(one.time ?? "?")" : one.state
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
