import Base
import Daemon
import IO

/// Shows what passes at a relay of the demonstration, as `fairlead tail` would. Whoever asks is blocked meanwhile, so it has a thread of its own.
actor DemoWatch {
    private let thread = WorkerThread()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Returns when the relay ends.
    func run(_ relay: DemoRelay) {
        LocalSocket.ask(relay.control, ControlJSON.line(ControlRequest("tail"))) { line in
            if let report = ControlJSON.value(line, as: PassingReport.self) {
                Console.output(DemoWatch.text(report, at: relay.name))
            }
            return ControlJSON.value(line, as: ControlEnding.self) == nil
        }
    }

    /// `12:03:44  north  anna (reacted): 👍`
    private static func text(_ report: PassingReport, at relay: String) -> String {
        let clock = report.journaled.split(separator: "T").last?.prefix(8) ?? ""
        // What comes from a peer has the peer's name.
        let place = report.from.contains(":") ? relay : report.from
        let kind = report.kind == "posted" ? "" : " (\(report.kind))"
        let words = report.text.map { ": " + DemoTimeline.plain(String($0.flatMap { $0.isNewline ? " ⏎ " : String($0) })) }
        return "\(clock)  \(place)  \(report.author)\(kind)\(words ?? "")\n"
    }
}
