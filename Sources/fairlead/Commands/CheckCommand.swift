import Daemon
import Store

/// `fairlead check`: reads the configuration as the relay would, and the journal if that is asked for. Never opens a network connection.
enum CheckCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        guard let path = CommandLineProgram.configuration(&arguments) else { return CommandLineProgram.refuse("--config needs a file") }
        let readsJournal = arguments.takeFlag("--journal")
        if let word = arguments.take() { return CommandLineProgram.refuse("unknown argument \(word)") }
        let settings: Settings
        do {
            settings = try SettingsReader.read(path)
            try SecretReader.check(settings)
        } catch {
            return CommandLineProgram.fail("\(error)", .invalidConfiguration)
        }
        var words =
            "\(path): \(settings.endpoints.count) endpoints, \(settings.peers.count) peers, \(settings.bridges.count) bridges, no fault found\n"
        if readsJournal {
            do {
                let journal = SQLiteJournal(folder: settings.relay.state)
                let state = try await journal.open()
                try await journal.reader.verify()
                await journal.close()
                words += "\(settings.relay.state): a journal of \(state.next.rawValue - 1) entries, no fault found\n"
            } catch {
                return CommandLineProgram.fail("\(error)")
            }
        }
        return CommandLineProgram.show(words)
    }
}
