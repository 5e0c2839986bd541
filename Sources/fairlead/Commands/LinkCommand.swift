import Base
import Daemon
import IO

/// `fairlead link`
enum LinkCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isJSON = arguments.takeFlag("--json")
        guard let verb = arguments.take() else { return CommandLineProgram.refuse("link needs a verb") }
        var request = ControlRequest("link", ["verb": verb])
        let texts = Control.texts(arguments)
        if let words = fill(&request.arguments, verb, &arguments, texts) { return CommandLineProgram.refuse(words) }
        var links: [StatusReport.LinkReport] = []
        var offers = TextTable("PEER", "CHANNEL", "STATE")
        let exit = Control.ask(request, &arguments) { line in
            if isJSON { return Control.printJSON(line) }
            if let report = ControlJSON.value(line, as: InviteReport.self) {
                Console.output("\(report.code)\n")
                Console.error("\(texts.giveCode(until: report.expires))\n")
            } else if let report = ControlJSON.value(line, as: OfferReport.self) {
                offers.add([report.peer, report.channel, report.state])
            } else if let report = ControlJSON.value(line, as: StatusReport.LinkReport.self) {
                links.append(report)
            } else if let report = ControlJSON.value(line, as: PairedReport.self) {
                Console.output(text(report, texts))
            }
        }
        if exit == .done && !isJSON && verb == "list" {
            Console.output(StatusText.links(links, texts) ?? TextTable("LINK", "STATE", "RELAY").text)
        }
        if exit == .done && !isJSON && verb == "offers" { Console.output(offers.text) }
        return exit
    }

    /// Takes out what belongs to a verb; words if something is missing.
    private static func fill(_ request: inout [String: String], _ verb: String, _ arguments: inout Arguments, _ texts: OperatorTexts)
        -> String?
    {
        switch verb {
        case "list", "offers": return nil
        case "invite", "revoke", "resume":
            request["name"] = arguments.take()
            request["address"] = arguments.takeOption("--address")
            if let text = arguments.takeOption("--valid") {
                guard let seconds = seconds(text) else { return "--valid \(text): expected a duration such as 30m or 24h" }
                request["seconds"] = String(seconds)
            }
            return nil
        case "accept":
            request["name"] = arguments.takeOption("--as")
            guard let code = LinkCommand.code(&arguments, texts), !code.isEmpty else {
                return "no code of an invite came from the standard input"
            }
            request["code"] = code
            return nil
        default: return "unknown: link \(verb)"
        }
    }

    /// The word of the command, or a line of the standard input if there is none or `-`: whoever has an account on the machine sees the
    /// words of commands.
    private static func code(_ arguments: inout Arguments, _ texts: OperatorTexts) -> String? {
        if let word = arguments.take(), word != "-" { return word }
        if Console.isInputTyped { Console.error(texts.askForCode) }
        // A code has some hundred letters.
        return Console.line(atMost: 4096).map { String($0.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }) }
    }

    private static func text(_ report: PairedReport, _ texts: OperatorTexts) -> String {
        let head = "\(texts.paired(report.name, report.relay))\n"
        if let file = report.file { return head + "\(texts.written(file))\n" }
        return head + "\(texts.putIntoConfiguration)\n\(report.text ?? "")\n"
    }

    private static func seconds(_ text: String) -> UInt64? {
        let units: [(Character, UInt64)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        guard let unit = units.first(where: { $0.0 == text.last }), let count = UInt64(text.dropLast()), count < 1_000_000 else {
            return nil
        }
        return count * unit.1
    }
}
