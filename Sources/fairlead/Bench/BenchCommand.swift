import Base
import IO

/// `fairlead bench NAME… [--json] [--quick] [--dir DIR] [--corpus FILE] [--server HOST:PORT --server HOST:PORT]`
struct BenchCommand {
    static let names = ["journal", "link", "irc", "idle"]
    static let help = """
        usage: fairlead bench NAME [--json] [--quick] [--dir DIR] [--corpus FILE] [--server HOST:PORT --server HOST:PORT]

          journal    commits of one entry, entries a second, and the same with ten million behind
                     (--quick: one million), ten seconds after those were written
          link       two relays on this machine, mutual TLS, compressed: messages a second that are durable in both journals, in one channel
                     and in 64; latency at 100 a second; bytes on the wire against the bare text; a million to catch up with (not --quick).
                     In the path: intake, journal and link of the sender; link, checks, intake and journal of the receiver. Not in the path:
                     a chat network at either end. The first run of each flood warms up and does not count.
          irc        one relay between two IRC servers: lines a second, latency at five a second, processor time; counts what is lost, comes
                     twice or out of order, and fails if anything does. The servers are small ones of this program that answer with echoes
                     and keep nothing, unless two real ones are named by --server
          idle       memory and processor time of a relay with IRC, mail out and a link while nothing is said (60 s, --quick: 10 s)
          all        everything

        DIR is where scratch files go (default /var/tmp); its disk is what is measured. Texts come from a built-in corpus, or from FILE: one
        message a line, or JSON objects with t, channel, author, kind, re, text. Figures are medians; the spread stands beside them.

        """

    private var isJSON = false
    private var isQuick = false
    private var parent = "/var/tmp"
    private var corpusPath: String?
    private var servers: [HostPort] = []
    private var chosen: [String] = []

    static func run(_ arguments: [String]) async -> CommandLineProgram.Exit {
        var rest = Arguments(arguments)
        if rest.takeFlag("--help") || rest.takeFlag("-h") { return CommandLineProgram.show(help) }
        do {
            if rest.all.first == BenchRelayCommand.name {
                _ = rest.take()
                return try await BenchRelayCommand.run(&rest)
            }
            var command = BenchCommand()
            if let fault = command.take(&rest) {
                Console.error("fairlead: \(fault)\n\(help)")
                return .wrongUsage
            }
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
        if rest.takesOption("--dir") {
            guard let folder = rest.takeOption("--dir") else { return "--dir needs a folder" }
            parent = Files.absolute(folder)
        }
        if rest.takesOption("--corpus") {
            guard let path = rest.takeOption("--corpus") else { return "--corpus needs a file" }
            corpusPath = Files.absolute(path)
        }
        while rest.takesOption("--server") {
            guard let text = rest.takeOption("--server"), let place = HostPort(text) else { return "--server needs host:port" }
            servers.append(place)
        }
        if !servers.isEmpty && servers.count != 2 { return "irc is measured between two servers" }
        chosen = rest.all == ["all"] ? BenchCommand.names : rest.all
        if chosen.isEmpty { return "bench measures \(BenchCommand.names.joined(separator: ", ")), or all" }
        return chosen.first { !BenchCommand.names.contains($0) }.map { "bench does not measure \($0)" }
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
