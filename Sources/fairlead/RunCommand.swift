import Base
import Daemon
import IO

/// `fairlead run`: the daemon.
enum RunCommand {
    static func run(_ arguments: inout [String]) async -> CommandLineProgram.Exit {
        guard let path = CommandLineProgram.configuration(&arguments) else { return CommandLineProgram.refuse("--config needs a file") }
        var level = Log.Level.info
        if let index = arguments.firstIndex(of: "--verbose") {
            level = .debug
            arguments.remove(at: index)
        }
        guard arguments.isEmpty else { return CommandLineProgram.refuse("unknown argument \(arguments[0])") }
        let settings: Settings
        do {
            settings = try SettingsReader.read(path)
        } catch {
            Console.error("fairlead: \(error)\n")
            return .invalidConfiguration
        }
        let loop = EventLoop()
        loop.start()
        let daemon = Daemon(path, settings, on: loop, log: StandardErrorLog.make(from: level))
        do {
            try await withTaskExecutorPreference(loop) { try await daemon.run() }
        } catch {
            Console.error("fairlead: \(error)\n")
            return error is ConfigurationError ? .invalidConfiguration : .failed
        }
        loop.stop()
        return .done
    }
}
