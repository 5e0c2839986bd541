import Base
import IO

/// `fairlead bench NAME… [--json] [--quick] [--dir DIR] [--corpus FILE] [--server HOST:PORT --server HOST:PORT]`
struct BenchCommand {
    static let names = ["journal", "link", "irc", "idle"]
    static let usualFolder = "/var/tmp"
    static let details = "Figures are medians; the spread stands beside them. docs/benchmarks.md says what is in the path of each"
    /// For `--help`.
    static let measures = [
        ("journal", "commits of one entry, entries a second, and the same with ten million behind (--quick: one million)"),
        (
            "link",
            "two relays, mutual TLS, compressed: durable messages a second in 1 and 64 channels, latency, bytes; a million to catch up with"
        ),
        (
            "irc",
            "one relay between two IRC servers: lines a second, latency, processor time; fails if anything is lost, twice or out of order"
        ),
        ("idle", "memory and processor time of a relay while nothing is said (60 s, --quick: 10 s)"),
        ("all", "everything"),
    ]

    private var isJSON = false
    private var isQuick = false
    private var parent = usualFolder
    private var corpusPath: String?
    private var servers: [HostPort] = []
    private var chosen: [String] = []

    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        var command = BenchCommand()
        if let fault = command.take(&arguments) { return CommandLineProgram.refuse(fault) }
        do {
            try await command.measure()
            return .done
        } catch {
            return CommandLineProgram.fail("\(error)")
        }
    }

    /// What is wrong with the arguments; nil if nothing.
    private mutating func take(_ rest: inout Arguments) -> String? {
        isJSON = rest.takeFlag("--json")
        isQuick = rest.takeFlag("--quick")
        parent = rest.takeOption("--dir").map(Files.absolute) ?? parent
        corpusPath = rest.takeOption("--corpus").map(Files.absolute)
        while let text = rest.takeOption("--server") {
            guard let place = HostPort(text) else { return "--server \(text): expected HOST:PORT" }
            servers.append(place)
        }
        if !servers.isEmpty && servers.count != 2 { return "irc is measured between two servers: --server comes twice" }
        chosen = rest.words == ["all"] ? BenchCommand.names : rest.words
        return chosen.first { !BenchCommand.names.contains($0) }.map {
            "bench measures \(BenchCommand.names.joined(separator: ", ")), or all; not \($0)"
        }
    }

    private func measure() async throws {
        let corpus = try corpusPath.map { try CorpusFile.read($0) } ?? Corpus.make(BenchRelayCommand.corpusSize)
        let loop = EventLoop()
        loop.start()
        defer { loop.stop() }
        for name in chosen {
            let scratch = try ScratchFolder(in: parent)
            defer { scratch.removeAll() }
            switch name {
            case "journal": try await JournalBench(folder: scratch.path, isQuick: isQuick).run(report)
            case "link":
                Console.error("link: \(LinkBench.configuration)\n")
                let ports = try await BenchPorts.free(3, on: loop)
                try LinkBench(folder: scratch.path, isQuick: isQuick, corpus: corpus, corpusPath: corpusPath, ports: ports).run(report)
            case "irc":
                Console.error(
                    "irc: \(servers.isEmpty ? "between two small servers of this program" : "between \(servers[0]) and \(servers[1])")\n")
                let bench = IRCBench(folder: scratch.path, isQuick: isQuick, corpus: corpus, servers: servers, on: loop)
                try await withTaskExecutorPreference(loop) { try await bench.run(report) }
            default:
                let ports = try await BenchPorts.free(3, on: loop)
                let bench = IdleBench(folder: scratch.path, isQuick: isQuick, ports: ports, on: loop)
                try await withTaskExecutorPreference(loop) { try await bench.run(report) }
            }
        }
    }

    @Sendable private func report(_ figure: Figure) { Console.output((isJSON ? figure.json : figure.line) + "\n") }
}

/// Ports of the loopback that nobody listens at.
enum BenchPorts {
    static func free(_ count: Int, on loop: EventLoop) async throws -> [UInt16] { try await Finder(loop: loop).free(count) }

    private actor Finder {
        private let loop: EventLoop

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        init(loop: EventLoop) { self.loop = loop }

        func free(_ count: Int) async throws -> [UInt16] {
            var listeners: [TCPListener] = []
            for _ in 0..<count {
                listeners.append(try await TCPListener.listen(at: HostPort("127.0.0.1:0", mayBeAnyPort: true)!, on: loop))
            }
            defer { for listener in listeners { listener.close() } }
            return listeners.map(\.port)
        }
    }
}
