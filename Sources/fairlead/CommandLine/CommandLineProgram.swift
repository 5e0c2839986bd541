import Base
import IO

/// What `fairlead` was asked to do, and how it ended.
enum CommandLineProgram {
    /// Exit codes (docs/operations.md). Others script against them.
    enum Exit: Int32 {
        case done = 0
        case failed = 1
        case wrongUsage = 2
        case invalidConfiguration = 3
        case unreachable = 4
        case refused = 5
        /// What shells say of a program that a signal ended: 128 and its number. Only `demo` has something to put away before.
        case hungUp = 129
        case interrupted = 130
        case terminated = 143
    }

    static func main() async {
        let exit = await run(Array(CommandLine.arguments.dropFirst()))
        if exit == .done, let fault = Console.outputError { Console.exit(fail("can't write the output: \(fault)").rawValue) }
        Console.exit(exit.rawValue)
    }

    private static func run(_ words: [String]) async -> Exit {
        guard let name = words.first else {
            Console.error(summary)
            return .wrongUsage
        }
        let known = ["--help": "help", "-h": "help", "--version": "version"]
        guard let command = Commands.all.first(where: { $0.name == known[name] ?? name }) else {
            if name.hasPrefix("-") { return refuse("a command comes before its options", hint) }
            return refuse("unknown command \(name)\(suggestion(name, Commands.all.filter { !$0.isHidden }.map(\.name)))", hint)
        }
        let rest = Array(words.dropFirst())
        let manual = rest.lazy.compactMap { command.hasVerbs ? command.manual(of: $0) : nil }.first
        if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            return show(manual?.text ?? command.text)
        }
        do throws(UsageError) {
            var arguments = try Arguments(rest, of: command)
            let exit = await command.run(&arguments)
            if exit == .wrongUsage { Console.error(arguments.manual.hint) }
            return exit
        } catch {
            return refuse(error.description, manual?.hint ?? command.hint)
        }
    }

    // MARK: Help

    private static let hint = "expected: fairlead COMMAND …\nmore: fairlead help\n"

    private static var summary: String {
        let lines = Commands.all.filter { !$0.isHidden }.flatMap(\.manuals).map { ("\($0.name) \($0.usage)", $0.summary) }
        let width = lines.map(\.0.count).max() ?? 0
        let table = lines.map { "  \($0)\(String(repeating: " ", count: width - $0.count))  \($1.split(separator: ". ")[0])\n" }.joined()
        return """
            fairlead guides conversations between chat servers that their owners keep.

            usage: fairlead COMMAND [--config FILE]

            \(table)
            more: fairlead COMMAND --help. FILE is \(Manual.defaultConfiguration) unless given; files in conf.d beside it belong to it.
            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 4 the relay can't be reached, 5 refused.

            """
    }

    /// `fairlead help [COMMAND [VERB]]`
    static func help(_ arguments: inout Arguments) async -> Exit {
        guard let name = arguments.take() else { return show(summary) }
        guard let command = Commands.all.first(where: { $0.name == name }) else {
            return refuse("unknown command \(name)\(suggestion(name, Commands.all.filter { !$0.isHidden }.map(\.name)))")
        }
        guard let verb = arguments.take() else { return show(command.text) }
        guard command.hasVerbs, let manual = command.manual(of: verb) else {
            return refuse("unknown: \(name) \(verb)\(suggestion(verb, command.verbs))")
        }
        return show(manual.text)
    }

    private static func suggestion(_ word: String, _ known: [String]) -> String {
        nearest(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    // MARK: Endings

    static func show(_ text: String) -> Exit {
        Console.output(text)
        return .done
    }

    /// What is wrong with the words of a command; what would be right is said behind it.
    static func refuse(_ words: String, _ hint: String = "") -> Exit {
        Console.error("fairlead: \(words)\n\(hint)")
        return .wrongUsage
    }

    static func fail(_ words: String, _ exit: Exit = .failed) -> Exit {
        Console.error("fairlead: \(words)\n")
        return exit
    }
}
