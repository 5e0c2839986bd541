import Base
import Daemon
import IO

/// `fairlead backup DIR`
enum BackupCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let folder = arguments.take() else { return CommandLineProgram.refuse("backup needs a folder") }
        let exit = Control.ask(ControlRequest("backup", ["folder": Files.absolute(folder)]), &arguments) { _ in }
        return exit == .done
            ? CommandLineProgram.show("\(folder): a copy of journal, identity and secret; keep it as safe as the relay\n") : exit
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
        do {
            try await StateFolder.restore(from: Files.absolute(folder), to: settings.relay.state)
            return CommandLineProgram.show(
                "\(settings.relay.state): restored from \(folder). At its next start the relay asks its peers what it lost\n")
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
