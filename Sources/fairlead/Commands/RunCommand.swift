import Base
import Daemon
import IO

/// `fairlead run`: the daemon.
enum RunCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let path = arguments.takeConfiguration()
        let level = arguments.takeFlag("--verbose") ? Log.Level.debug : .info
        let endsWithInput = arguments.takeFlag("--until-input-ends")
        var form = OperatorLog.Form.text
        if let word = arguments.takeOption("--log") {
            guard let named = OperatorLog.Form(rawValue: word) else {
                let forms = OperatorLog.Form.allCases.map(\.rawValue).joined(separator: ", ")
                return CommandLineProgram.refuse("--log \(word): expected one of \(forms)")
            }
            form = named
        }
        let settings: Settings
        do {
            settings = try SettingsReader.read(path)
        } catch {
            Console.error("fairlead: \(error)\n")
            return .invalidConfiguration
        }
        let loop = EventLoop()
        loop.start()
        let daemon = Daemon(path, settings, on: loop, log: OperatorLog.make(form, from: level), endsWithInput: endsWithInput)
        do {
            try await withTaskExecutorPreference(loop) { try await daemon.run() }
        } catch {
            Console.error("fairlead: \(error)\n")
            return error is ConfigurationError ? .invalidConfiguration : (error as? StateError)?.exit ?? .failed
        }
        loop.stop()
        return .done
    }
}
