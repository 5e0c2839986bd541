import Base
import Daemon
import IO

/// `fairlead bridge`
enum BridgeCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let verb = arguments.take(), ["pause", "resume"].contains(verb) else {
            return CommandLineProgram.refuse("bridge needs one of pause, resume")
        }
        guard let name = arguments.take(), !name.hasPrefix("-") else { return CommandLineProgram.refuse("bridge \(verb) needs a name") }
        return Control.ask(ControlRequest("bridge", ["verb": verb, "name": name]), &arguments) { _ in }
    }
}

/// `fairlead tail`
enum TailCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        var request = ControlRequest("tail")
        if arguments.takesOption("--bridge") {
            guard let name = arguments.takeOption("--bridge") else { return CommandLineProgram.refuse("--bridge needs a name") }
            request.arguments["bridge"] = name
        }
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
