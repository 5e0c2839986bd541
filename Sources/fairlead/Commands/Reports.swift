import Base
import Daemon
import IO
import Model

/// `fairlead status`
enum StatusCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        let isWatching = arguments.takeFlag("--watch")
        let texts = Control.texts(arguments)
        return Control.ask(ControlRequest("status", isWatching ? ["watch": "yes"] : [:]), &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            guard let report = ControlJSON.value(line, as: StatusReport.self) else { return }
            Console.output((isWatching ? Console.newPage : "") + StatusText.text(report, texts))
        }
    }
}

/// `fairlead trace`
enum TraceCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        var request = ControlRequest("trace")
        if arguments.takeFlag("--native") {
            guard let channel = arguments.take(), let native = arguments.take() else {
                return CommandLineProgram.refuse("--native needs a channel and an id")
            }
            request.arguments = ["channel": channel, "native": native]
        } else {
            guard let event = arguments.take() else { return CommandLineProgram.refuse("trace needs an event id") }
            request.arguments = ["event": event]
        }
        let texts = Control.texts(arguments)
        return Control.ask(request, &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: TraceReport.self) { Console.output(TraceText.text(report, texts)) }
        }
    }
}

/// `fairlead bounces`
enum BouncesCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        var request = ControlRequest("bounces")
        let verb = arguments.take() ?? "list"
        switch verb {
        case "list": break
        case "retry" where arguments.takeFlag("--all"): request.arguments = ["retry": "all"]
        case "show", "drop", "retry":
            guard let id = arguments.take() else {
                return CommandLineProgram.refuse("bounces \(verb) needs a number\(verb == "retry" ? ", or --all" : "")")
            }
            request.arguments = [verb: id]
        default: return CommandLineProgram.refuse("unknown: bounces \(verb)")
        }
        let texts = Control.texts(arguments)
        var table = TextTable("ID", "TIME", "CHANNEL", "BRIDGE", "EVENTS", "CODE", "REASON")
        var more = ""
        var isEmpty = true
        let exit = Control.ask(request, &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: RetryReport.self) {
                isEmpty = false
                let words = report.note ?? texts.toChannels(report.channels)
                return Console.output("\(texts.goesAgain(report.bounce, report.events, words))\n")
            }
            guard let report = ControlJSON.value(line, as: BounceReport.self) else { return }
            isEmpty = false
            more += BounceText.events(of: report, texts)
            table.add([String(report.id), report.time, report.channel, report.bridge, String(report.count), report.code, report.text])
        }
        guard exit == .done && !isJSON && verb != "drop" else { return exit }
        if isEmpty {
            Console.output("\(verb == "retry" ? texts.nothingToRetry : texts.nothingBounced)\n")
        } else if verb != "retry" {
            Console.output(table.text + more)
        }
        return exit
    }
}

/// `fairlead say`
enum SayCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        guard let bridge = arguments.take(), let text = arguments.take() else {
            return CommandLineProgram.refuse("say needs a bridge and a text")
        }
        guard text.utf8.count <= ModelLimits.text else {
            return CommandLineProgram.refuse("the text has \(text.utf8.count) bytes; expected at most \(ModelLimits.text)")
        }
        let texts = Control.texts(arguments)
        return Control.ask(ControlRequest("say", ["bridge": bridge, "text": text]), &arguments) { line in
            if let report = ControlJSON.value(line, as: WaitingReport.self) { return Console.error("fairlead: \(report.text)\n") }
            if isJSON { return Control.printJSON(line) }
            guard let report = ControlJSON.value(line, as: SaidReport.self) else { return }
            Console.output("\(texts.said(report.event))\n")
            if let note = report.note { Console.error("fairlead: \(note)\n") }
        }
    }
}
