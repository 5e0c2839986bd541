import Base
import Daemon
import IO

/// `fairlead bridge`
enum BridgeCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let verb = arguments.take(), let name = arguments.take() else {
            return CommandLineProgram.refuse("bridge needs a verb and a name")
        }
        return Control.ask(ControlRequest("bridge", ["verb": verb, "name": name]), &arguments) { _ in }
    }
}

/// `fairlead tail`
enum TailCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        var request = ControlRequest("tail")
        request.arguments["bridge"] = arguments.takeOption("--bridge")
        return Control.ask(request, &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: PassingReport.self) { Console.output(text(report)) }
        }
    }

    /// One event on one line, whatever was written.
    private static func text(_ report: PassingReport) -> String {
        let words = report.text.map { text in
            String(text.flatMap { $0.isNewline ? " ⏎ " : String($0) })
        }
        let what = report.kind == "posted" ? "" : " (\(report.kind))"
        return "\(report.journaled)  \(report.bridge)  \(report.from)  <\(report.author)>\(what) \(words ?? "")  [\(report.event)]\n"
    }
}
