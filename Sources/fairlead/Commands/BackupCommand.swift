import Base
import Daemon
import IO

/// `fairlead backup DIR`
enum BackupCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let folder = arguments.take() else { return CommandLineProgram.refuse("backup needs a folder") }
        let texts = Control.texts(arguments)
        let exit = Control.ask(ControlRequest("backup", ["folder": Files.absolute(folder)]), &arguments) { _ in }
        return exit == .done ? CommandLineProgram.show("\(texts.backedUp(folder))\n") : exit
    }
}

/// `fairlead restore DIR`: of a stopped relay.
enum RestoreCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let folder = arguments.take() else { return CommandLineProgram.refuse("restore needs a folder") }
        let path = arguments.takeConfiguration()
        let settings: Settings
        do {
            settings = try SettingsReader.read(path)
        } catch {
            return CommandLineProgram.fail("\(error)", .invalidConfiguration)
        }
        let texts = OperatorTexts(settings.language)
        do {
            try await StateFolder.restore(from: Files.absolute(folder), to: settings.relay.state, texts)
            return CommandLineProgram.show("\(texts.restored(settings.relay.state, from: folder))\n")
        } catch {
            return CommandLineProgram.fail("\(error)", error.exit)
        }
    }
}

extension StateError {
    var exit: CommandLineProgram.Exit {
        switch kind {
        case .failed: .failed
        case .inUse, .refused: .refused
        case .exposed: .invalidConfiguration
        }
    }
}
