import Base
import Daemon
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

    /// One subcommand.
    struct Command: Sendable {
        let name: String
        /// What stands behind the name.
        let usage: String
        let summary: String
        let run: @Sendable (inout Arguments) async -> Exit
    }

    private static let defaultConfiguration = "/etc/fairlead/fairlead.toml"

    private static let commands: [Command] = [
        Command(
            name: "run", usage: "[--verbose] [--log text|json]",
            summary: "the relay: SIGHUP reloads the configuration, SIGTERM ends it; --log json writes one object a line",
            run: RunCommand.run),
        Command(
            name: "check", usage: "[--journal]",
            summary: "parse and validate the configuration; --journal also reads the whole journal of a stopped relay",
            run: CheckCommand.run),
        Command(
            name: "link",
            usage:
                "invite NAME [--address HOST:PORT] [--valid 24h] | accept [CODE] [--as NAME] | list | offers | revoke NAME | resume NAME",
            summary: "pair with another relay (accept without CODE reads it from the input), see what is shared, end it",
            run: LinkCommand.run),
        Command(
            name: "status", usage: "[--json]", summary: "endpoints, links, channels: what is up, what is behind", run: StatusCommand.run),
        Command(
            name: "trace", usage: "EVENT | --native CHANNEL ID [--json]",
            summary: "one event's story: when journaled, where it went, how it ended",
            run: TraceCommand.run),
        Command(
            name: "tail", usage: "[--bridge NAME] [--json]", summary: "events as they pass, until Ctrl-C", run: TailCommand.run),
        Command(
            name: "bridge", usage: "pause NAME | resume NAME",
            summary: "stop a bridge for a while: what is said is kept and goes out when it is resumed", run: BridgeCommand.run),
        Command(
            name: "say", usage: "BRIDGE TEXT", summary: "a test message from the operator, to every channel of a bridge",
            run: SayCommand.run),
        Command(
            name: "bounces", usage: "list | show ID | retry ID | retry --all | drop ID [--json]",
            summary: "what could not be delivered, and why; retry has it delivered again, marked late",
            run: BouncesCommand.run),
        Command(name: "backup", usage: "DIR", summary: "a consistent copy of the running relay's state", run: BackupCommand.run),
        Command(name: "restore", usage: "DIR", summary: "puts a backup in the place of a stopped relay's state", run: RestoreCommand.run),
        Command(
            name: "demo", usage: "[--once] [--dir DIR]",
            summary:
                "two relays on this machine, linked, to be joined with any IRC client; --once plays a conversation and counts what arrived",
            run: DemoCommand.run),
        Command(name: "bench", usage: "…", summary: "measure this machine: fairlead bench --help", run: { await BenchCommand.run($0.all) }),
        Command(name: "version", usage: "", summary: "print the version", run: { _ in show("fairlead \(Version.text)\n") }),
        Command(name: "help", usage: "", summary: "print this", run: { _ in show(help) }),
    ]

    private static var help: String {
        let lines = commands.map { "  \($0.name) \($0.usage)\n      \($0.summary)\n" }.joined()
        return """
            fairlead guides conversations between chat servers that their owners keep.

            usage: fairlead COMMAND [--config FILE]

            \(lines)
            FILE is \(defaultConfiguration) unless given. Files in conf.d beside it belong to it.
            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 4 the relay can't be reached, 5 refused.

            """
    }

    static func main() async {
        Console.exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    private static func run(_ words: [String]) async -> Exit {
        guard let name = words.first else {
            Console.error(help)
            return .wrongUsage
        }
        let known = ["--help": "help", "-h": "help", "--version": "version"]
        guard let command = commands.first(where: { $0.name == known[name] ?? name }) else {
            let hint = nearest(to: name, among: commands.map(\.name)).map { "; did you mean \($0)?" } ?? ""
            return refuse("unknown command \(name)\(hint)")
        }
        var arguments = Arguments(Array(words.dropFirst()))
        if command.name != "bench", arguments.takeFlag("--help") || arguments.takeFlag("-h") {
            return show("usage: fairlead \(command.name) \(command.usage) [--config FILE]\n\n\(command.summary)\n")
        }
        if command.name == "version" && !arguments.all.isEmpty { return refuse("version takes no arguments") }
        return await command.run(&arguments)
    }

    /// Takes `--config FILE` out of the arguments; nil where the file is missing.
    static func configuration(_ arguments: inout Arguments) -> String? {
        arguments.takesOption("--config") ? arguments.takeOption("--config") : defaultConfiguration
    }

    static func show(_ text: String) -> Exit {
        Console.output(text)
        return .done
    }

    static func refuse(_ words: String) -> Exit {
        Console.error("fairlead: \(words)\nTry: fairlead help\n")
        return .wrongUsage
    }

    static func fail(_ words: String, _ exit: Exit = .failed) -> Exit {
        Console.error("fairlead: \(words)\n")
        return exit
    }
}

/// The words behind a command, taken out one by one.
struct Arguments {
    private(set) var all: [String]

    init(_ all: [String]) { self.all = all }

    mutating func takeFlag(_ name: String) -> Bool {
        guard let index = all.firstIndex(of: name) else { return false }
        all.remove(at: index)
        return true
    }

    func takesOption(_ name: String) -> Bool { all.contains(name) }

    /// The word behind an option; nil if there is none.
    mutating func takeOption(_ name: String) -> String? {
        guard let index = all.firstIndex(of: name), index + 1 < all.count else { return nil }
        defer { all.removeSubrange(index...index + 1) }
        return all[index + 1]
    }

    mutating func take() -> String? { all.isEmpty ? nil : all.removeFirst() }
}
