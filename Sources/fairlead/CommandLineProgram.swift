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
    }

    private static let defaultConfiguration = "/etc/fairlead/fairlead.toml"

    private static let help = """
        fairlead guides conversations between chat servers that their owners keep.

        usage: fairlead COMMAND [--config FILE]

          bench      measure this machine: fairlead bench --help
          run        the relay: SIGHUP reloads the configuration, SIGTERM ends it
          check      parse and validate the configuration; never opens a network connection
          version    print the version
          help       print this

        FILE is \(defaultConfiguration) unless given. Files in conf.d beside it belong to it.
        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid.

        """

    private static let commands = ["bench", "check", "run", "version", "help"]

    static func main() async {
        Console.exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    private static func run(_ arguments: [String]) async -> Exit {
        var rest = arguments
        guard !rest.isEmpty else {
            Console.error(help)
            return .wrongUsage
        }
        let command = rest.removeFirst()
        if command == "bench" { return await BenchCommand.run(rest) }
        if rest.contains("--help") || rest.contains("-h") { return show(help) }
        switch command {
        case "help", "--help", "-h": return show(help)
        case "version", "--version": return rest.isEmpty ? show("fairlead \(Version.text)\n") : refuse("version takes no arguments")
        case "check": return check(&rest)
        case "run": return await RunCommand.run(&rest)
        default:
            let hint = nearest(to: command, among: commands).map { "; did you mean \($0)?" } ?? ""
            return refuse("unknown command \(command)\(hint)")
        }
    }

    /// Takes `--config FILE` out of the arguments; nil, having said so, where the file is missing.
    static func configuration(_ arguments: inout [String]) -> String? {
        guard let index = arguments.firstIndex(of: "--config") else { return defaultConfiguration }
        guard index + 1 < arguments.count else { return nil }
        let path = arguments[index + 1]
        arguments.removeSubrange(index...index + 1)
        return path
    }

    private static func check(_ arguments: inout [String]) -> Exit {
        guard let path = configuration(&arguments) else { return refuse("--config needs a file") }
        guard arguments.isEmpty else { return refuse("unknown argument \(arguments[0])") }
        do {
            let settings = try SettingsReader.read(path)
            try SecretReader.check(settings)
            return show("\(path): \(settings.endpoints.count) endpoints, \(settings.bridges.count) bridges, no fault found\n")
        } catch {
            Console.error("fairlead: \(error)\n")
            return .invalidConfiguration
        }
    }

    private static func show(_ text: String) -> Exit {
        Console.output(text)
        return .done
    }

    static func refuse(_ words: String) -> Exit {
        Console.error("fairlead: \(words)\nTry: fairlead help\n")
        return .wrongUsage
    }
}
