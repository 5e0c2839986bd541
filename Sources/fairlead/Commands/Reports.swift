import Base
import Daemon
import IO

/// `fairlead status`
enum StatusCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        return Control.ask(ControlRequest("status"), &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: StatusReport.self) { Console.output(text(report)) }
        }
    }

    private static func text(_ disk: StatusReport.DiskReport) -> String {
        let words = disk.isBelow ? "; intake waits for room" : ""
        return "disk \(disk.free / 1_000_000) MB free of \(disk.size / 1_000_000), \(disk.reserve / 1_000_000) kept free\(words)"
    }

    private static func text(_ report: StatusReport) -> String {
        var channels = TextTable("CHANNEL", "BRIDGE", "STATE", "BEHIND", "OLDEST")
        for channel in report.channels {
            channels.add([channel.name, channel.bridge, channel.state, String(channel.behind), channel.oldest ?? "-"])
        }
        var links = TextTable("LINK", "STATE", "RELAY")
        for link in report.links { links.add([link.name, link.isUp ? "up" : "down", link.relay]) }
        let counters = report.counters.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return """
            relay \(report.relay)
            version \(report.version), started \(report.started)
            endpoints \(report.endpoints.map { "\($0.name) (\($0.kind))" }.joined(separator: ", "))
            \(report.disk.map(text) ?? "disk: its room can't be known")

            \(channels.text)
            \(report.links.isEmpty ? "" : links.text + "\n")\(counters.joined(separator: ", "))

            """
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
        return Control.ask(request, &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: TraceReport.self) { Console.output(text(report)) }
        }
    }

    private static func text(_ report: TraceReport) -> String {
        var table = TextTable("CHANNEL", "PART", "OUTCOME", "TIME", "ID THERE")
        for delivery in report.deliveries {
            table.add([delivery.channel, String(delivery.part), delivery.outcome, delivery.time, delivery.native ?? "-"])
        }
        return """
            event \(report.event), \(report.kind) by \(report.author.isEmpty ? "?" : report.author) in bridge \(report.bridge)
            born \(report.origin), happened \(report.happened ?? "?"), journaled \(report.journaled ?? "not here any more"), hops \(report.hops)
            \(report.isGivenBack ? "given back by a peer after a restore\n" : "")\(table.text)
            """
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
        var table = TextTable("ID", "TIME", "CHANNEL", "EVENTS", "CODE", "REASON")
        var isEmpty = true
        let exit = Control.ask(request, &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: RetryReport.self) {
                isEmpty = false
                return Console.output("bounce \(report.bounce), events: \(report.events), to \(report.channels.joined(separator: ", "))\n")
            }
            guard let report = ControlJSON.value(line, as: BounceReport.self) else { return }
            isEmpty = false
            table.add([String(report.id), report.time, report.channel, String(report.count), report.code, report.text])
        }
        guard exit == .done && !isJSON && verb != "drop" else { return exit }
        if isEmpty {
            Console.output(verb == "retry" ? "nothing to deliver again\n" : "nothing bounced\n")
        } else if verb != "retry" {
            Console.output(table.text)
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
        return Control.ask(ControlRequest("say", ["bridge": bridge, "text": text]), &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: SaidReport.self) { Console.output("said as event \(report.event)\n") }
        }
    }
}
