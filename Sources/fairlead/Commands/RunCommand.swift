import Base
import Daemon
import IO

/// `fairlead run`: the daemon.
enum RunCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let path = CommandLineProgram.configuration(&arguments) else { return CommandLineProgram.refuse("--config needs a file") }
        let level = arguments.takeFlag("--verbose") ? Log.Level.debug : .info
        let endsWithInput = arguments.takeFlag("--until-input-ends")
        var form = OperatorLog.Form.text
        if arguments.takesOption("--log") {
            guard let named = arguments.takeOption("--log").flatMap(OperatorLog.Form.init) else {
                return CommandLineProgram.refuse("--log needs one of \(OperatorLog.Form.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            form = named
        }
        if let word = arguments.take() { return CommandLineProgram.refuse("unknown argument \(word)") }
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
            let isSetting = error is ConfigurationError || (error as? StateError)?.isExposed == true
            return isSetting ? .invalidConfiguration : .failed
        }
        loop.stop()
        return .done
    }
}
