import Base
import Daemon
import IO

/// `fairlead bench-relay --config FILE --socket PATH [--corpus FILE]`, which `bench link` and others start: the daemon, in which the channels of
/// the endpoint `bench` are kept by a `BenchEndpoint`.
enum BenchRelayCommand {
    static let name = "bench-relay"
    static let endpoint = "bench"
    /// Events after which the corpus begins anew; far more than a compression window holds.
    static let corpusSize = 50_000

    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let socket = arguments.takeOption("--socket") else { return CommandLineProgram.refuse("\(name) needs --socket") }
        do {
            return try await run(arguments.takeConfiguration(), socket, corpus: arguments.takeOption("--corpus"))
        } catch {
            return CommandLineProgram.fail("\(error)")
        }
    }

    private static func run(_ path: String, _ socket: String, corpus file: String?) async throws -> CommandLineProgram.Exit {
        let corpus = try file.map { try CorpusFile.read($0) } ?? Corpus.make(corpusSize)
        let settings = try SettingsReader.read(path)
        let loop = EventLoop()
        loop.start()
        let endpoint = try BenchEndpoint(corpus, socket: socket, on: loop)
        let daemon = Daemon(
            path, settings, on: loop, log: OperatorLog.make(.text, from: .info), instead: [BenchRelayCommand.endpoint: endpoint],
            endsWithInput: true)
        try await withTaskExecutorPreference(loop) { try await daemon.run() }
        loop.stop()
        return .done
    }
}
