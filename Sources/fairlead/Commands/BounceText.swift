import Base
import Daemon

/// What `fairlead bounces show` tells of the events of an entry, as a person reads it.
enum BounceText {
    static func events(of report: BounceReport, _ texts: OperatorTexts) -> String {
        guard let events = report.events else { return "" }
        if events.isEmpty { return "\n\(texts.noEventLeft)\n" }
        let lines = events.map { event in
            let author = event.author.isEmpty ? "?" : event.author
            let text = event.text.map { ": \($0)" } ?? ""
            return texts.bouncedEvent(event.event, event.kind, by: author, from: event.from, said: event.happened) + "\(text)\n"
        }
        return "\n" + lines.joined() + (report.hasMore == true ? "\(texts.andMore)\n" : "")
    }
}
