import Core
import Daemon
import IO
import Store

/// `fairlead check`: reads the configuration as the relay would, and the journal if that is asked for. Never opens a network connection.
enum CheckCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let path = arguments.takeConfiguration()
        let readsJournal = arguments.takeFlag("--journal")
        let settings: Settings
        do {
            settings = try SettingsReader.read(path)
            try SecretReader.check(settings)
        } catch {
            return CommandLineProgram.fail("\(error)", .invalidConfiguration)
        }
        do {
            try StateFolder.check(settings.relay.state)
        } catch {
            return CommandLineProgram.fail("\(error)", error.exit)
        }
        var words =
            "\(path): \(settings.endpoints.count) endpoints, \(settings.peers.count) peers, \(settings.bridges.count) bridges, no fault found\n"
        if readsJournal {
            do {
                words += "\(settings.relay.state): \(try await journal(in: settings.relay.state))\n"
            } catch JournalError.inUse {
                return CommandLineProgram.fail("a relay runs in \(settings.relay.state): stop it, or check a restored backup", .refused)
            } catch let error as FileError where error.isForbidden {
                return CommandLineProgram.fail("not allowed: \(error)", .refused)
            } catch {
                return CommandLineProgram.fail("\(error)")
            }
        }
        return CommandLineProgram.show(words)
    }

    /// Reads a whole journal; what there is to say of it.
    private static func journal(in folder: String) async throws -> String {
        guard try JournalFiles.hasJournal(folder) else { return "no journal yet; the relay makes one when it starts for the first time" }
        let journal = SQLiteJournal(folder: folder)
        let state = try await journal.open()
        try await journal.reader.verify()
        await journal.close()
        return "a journal of \(state.next.rawValue - 1) entries, no fault found"
    }
}
