import Base
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
        let texts = OperatorTexts(settings.language)
        var words =
            texts.sound(path, endpoints: settings.endpoints.count, peers: settings.peers.count, bridges: settings.bridges.count) + "\n"
        if readsJournal {
            do {
                words += "\(try await journal(in: settings.relay.state, texts))\n"
            } catch JournalError.inUse {
                return CommandLineProgram.fail(texts.journalIsBusy(settings.relay.state), .refused)
            } catch let error as FileError where error.isForbidden {
                return CommandLineProgram.fail(texts.notAllowed("\(error)"), .refused)
            } catch let error as JournalError {
                return CommandLineProgram.fail(error.words(texts))
            } catch {
                return CommandLineProgram.fail("\(error)")
            }
        }
        return CommandLineProgram.show(words)
    }

    /// Reads a whole journal; what there is to say of it.
    private static func journal(in folder: String, _ texts: OperatorTexts) async throws -> String {
        guard try JournalFiles.hasJournal(folder) else { return texts.noJournalYet(folder) }
        let journal = SQLiteJournal(folder: folder)
        let state = try await journal.open()
        try await journal.reader.verify()
        await journal.close()
        return texts.soundJournal(folder, state.next.rawValue - 1)
    }
}
