import Daemon
import IO

/// Everything that `fairlead` can be asked.
enum Commands {
    private static let json = Manual.Option("--json", "one JSON object a line, for a program (docs/operations.md, \"For programs\")")

    static let all = [
        run, check, link, status, trace, tail, bridge, say, bounces, backup, restore, demo, bench, benchRelay, version, help,
    ]

    private static let run = Command(
        Manual(
            "run", "The relay. SIGHUP reloads the configuration, SIGTERM ends it",
            options: [
                .init("--verbose", "also logs what only helps to find a fault"),
                .init("--log", "text|json", "the form of the log on standard error: lines for people, or one JSON object a line"),
                .init("--until-input-ends", "ends, as by SIGTERM, when its standard input does: for a program that starts relays"),
            ], examples: "fairlead run --config /etc/fairlead/fairlead.toml"), run: RunCommand.run)

    private static let check = Command(
        Manual(
            "check", "Parses and validates the configuration, and what it names on this machine; never opens a network connection",
            options: [.init("--journal", "also reads the whole journal of a stopped relay")],
            examples: "fairlead check --config new.toml", "fairlead check --journal"), run: CheckCommand.run)

    private static let status = Command(
        Manual(
            "status", "Endpoints, links, channels: what is up, what is behind, what went wrong last",
            options: [.init("--watch", "says it again and again, until Ctrl-C"), json], examples: "fairlead status",
            "fairlead status --watch"),
        run: StatusCommand.run)

    private static let trace = Command(
        Manual(
            "trace", takes: "EVENT | --native CHANNEL ID", count: 0...2,
            "One event's story: when said and journaled, where it went, how it ended or what it waits for",
            arguments: [
                ("EVENT", "the event's id, as it stands in the log and in `tail`"),
                ("CHANNEL", "as in `join` of a bridge"), ("ID", "as CHANNEL's server calls the message (IRC: msgid)"),
            ], options: [.init("--native", "asks by the server's own id"), json],
            examples: "fairlead trace mzxw6ytboi4tq.12", "fairlead trace --native libera:#ops AbCdEf"), run: TraceCommand.run)

    private static let tail = Command(
        Manual(
            "tail", "Events as they are journaled, one line each, until Ctrl-C",
            options: [.init("--bridge", "NAME", "only those of one bridge"), json], examples: "fairlead tail --bridge ops"),
        run: TailCommand.run)

    private static let bridge = Command(
        Manual(
            "bridge pause", takes: "NAME", "Stops a bridge: what is said is journaled and goes nowhere until it is resumed",
            examples: "fairlead bridge pause ops"),
        Manual(
            "bridge resume", takes: "NAME", "Lets a bridge go on: what was said meanwhile goes out in order",
            examples: "fairlead bridge resume ops"), run: BridgeCommand.run)

    private static let say = Command(
        Manual(
            "say", takes: "BRIDGE TEXT", count: 2...2, "A notice from the operator to every channel of a bridge, linked ones too",
            arguments: [("TEXT", "one word of the command line, in quotes; behind `--` it may begin with `-`")], options: [json],
            examples: "fairlead say ops \"The relay moves to another machine at noon\""), run: SayCommand.run)

    private static let backup = Command(
        Manual(
            "backup", takes: "DIR", "A consistent copy of the running relay's state: journal, identity, secret",
            arguments: [("DIR", "a folder without a backup in it; made if it is not there")], examples: "fairlead backup /backup/monday"),
        run: BackupCommand.run)

    private static let restore = Command(
        Manual(
            "restore", takes: "DIR", "Puts a backup in the place of a stopped relay's state; what was there stays beside it",
            arguments: [("DIR", "what `backup` has written")], examples: "fairlead restore /backup/monday"), run: RestoreCommand.run)

    private static let demo = Command(
        Manual(
            "demo", "Two relays on this machine, linked, to be joined with any IRC client",
            options: [
                .init("--once", "plays a conversation, kills a relay in its middle, and counts what arrived"),
                .init("--dir", "DIR", "where the relays are; it stays, and the next demo there begins anew. Without it nothing stays"),
            ], takesConfiguration: false, examples: "fairlead demo", "fairlead demo --once"), run: DemoCommand.run)

    private static let bench = Command(
        Manual(
            "bench", takes: "NAME…", count: 1...BenchCommand.names.count, "Measures this machine. \(BenchCommand.details)",
            arguments: BenchCommand.measures,
            options: [
                json, .init("--quick", "less of everything, for a look"),
                .init("--dir", "DIR", "where scratch files go, whose disk is measured (default \(BenchCommand.usualFolder))"),
                .init("--corpus", "FILE", "texts: one message a line, or JSON objects with t, channel, author, kind, re, text"),
                .init("--server", "HOST:PORT", "two of them: IRC servers that `irc` measures between", isRepeated: true),
            ], takesConfiguration: false, examples: "fairlead bench journal link --json", "fairlead bench all --quick"),
        run: BenchCommand.run)

    private static let benchRelay = Command(
        Manual(
            BenchRelayCommand.name, "A relay whose channels `bench` keeps",
            options: [.init("--socket", "PATH", "where it is asked"), .init("--corpus", "FILE", "what is said")],
            examples: "fairlead \(BenchRelayCommand.name) --socket /tmp/socket"), isHidden: true, run: BenchRelayCommand.run)

    private static let version = Command(
        Manual("version", "Prints the version", takesConfiguration: false, examples: "fairlead version"),
        run: { _ in CommandLineProgram.show("fairlead \(Version.text)\n") })

    private static let help = Command(
        Manual(
            "help", takes: "[COMMAND [VERB]]", count: 0...2, "Prints what there is, or what one command takes", takesConfiguration: false,
            examples: "fairlead help link invite"), run: CommandLineProgram.help)

    private static let link = Command(
        Manual(
            "link invite", takes: "NAME", "Prints an invite code, by which another relay becomes a peer; it is valid once",
            arguments: [("NAME", "what the peer is called here: 1 to 32 of a-z, 0-9 and -")],
            options: [
                .init("--address", "HOST:PORT", "what the peer is to dial; without it `[relay] advertise`"),
                .init("--valid", "DURATION", "10m to 48h, 24h unless given"), json,
            ], examples: "fairlead link invite partner --address relay.example.org:7733"),
        Manual(
            "link accept", takes: "[CODE]", count: 0...1,
            "Pairs with the relay that made an invite; writes conf.d/peer-NAME.toml and takes it up",
            arguments: [
                ("CODE", "the invite; without it, or with -, a line of the standard input, where nobody else on the machine sees it")
            ],
            options: [.init("--as", "NAME", "what the peer is called here; without it as it calls itself"), json],
            examples: "fairlead link accept < code", "fairlead link accept --as partner"),
        Manual("link list", "The peers, and whether their links are up", options: [json], examples: "fairlead link list"),
        Manual(
            "link offers", "What either side offers over each link, and whether it is shared", options: [json],
            examples: "fairlead link offers"),
        Manual(
            "link revoke", takes: "NAME", "Ends a link at once, whatever the configuration says, until it is resumed",
            examples: "fairlead link revoke partner"),
        Manual("link resume", takes: "NAME", "Lets a revoked link go on", examples: "fairlead link resume partner"), run: LinkCommand.run)

    private static let bounces = Command(
        Manual("bounces list", "What could not be delivered, and why", options: [json], examples: "fairlead bounces list"),
        Manual("bounces show", takes: "ID", "One entry of the list", options: [json], examples: "fairlead bounces show 17"),
        Manual(
            "bounces retry", takes: "ID | --all", count: 0...1, "Has it delivered again, marked late",
            options: [.init("--all", "everything in the list"), json], examples: "fairlead bounces retry 17", "fairlead bounces retry --all"
        ),
        Manual("bounces drop", takes: "ID", "Takes an entry from the list", examples: "fairlead bounces drop 17"), usualVerb: "list",
        run: BouncesCommand.run)
}
