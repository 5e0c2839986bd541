import Base
import Core
import IO
import Model
import Store

/// What the running relay answers.
extension Daemon {
    func answer(_ request: ControlRequest, _ answer: ControlAnswer, _ running: RunningParts) async throws {
        do {
            try await command(request, answer, running)
        } catch let error as JournalError {
            throw ControlRefusal.failed(error.words(operatorTexts))
        }
    }

    private func command(_ request: ControlRequest, _ answer: ControlAnswer, _ running: RunningParts) async throws {
        switch request.command {
        case "status": try await status(request.arguments, answer, running)
        case "trace": try await answer.line(try await trace(request.arguments, running))
        case "bounces": try await bounces(request.arguments, answer, running.engine)
        case "link": try await link(request.arguments, answer, running)
        case "bridge": try await bridge(request.arguments, running.engine)
        case "tail": try await tail(request.arguments, answer, running.engine)
        case "say": try await say(request.arguments, answer, running.engine)
        case "backup": try await backup(request.arguments, running)
        default: throw ControlRefusal.usage(operatorTexts.unknownCommand(request.command))
        }
    }

    func noBridge(_ name: String) -> ControlRefusal {
        .usage(operatorTexts.noBridge(name, near: nearest(to: name, among: settings.bridges.map(\.name))))
    }

    private func bridge(_ arguments: [String: String], _ engine: Engine) async throws {
        let name = arguments["name"] ?? ""
        let hasChanged: Bool?
        switch arguments["verb"] {
        case "pause": hasChanged = try await engine.pause(name)
        case "resume": hasChanged = try await engine.resume(name)
        default: throw ControlRefusal.usage(operatorTexts.needs("bridge", oneOf: "pause, resume"))
        }
        guard let hasChanged else { throw noBridge(name) }
        if hasChanged { log.notice(arguments["verb"] == "pause" ? "bridge paused" : "bridge resumed", ["bridge": name]) }
    }

    private func tail(_ arguments: [String: String], _ answer: ControlAnswer, _ engine: Engine) async throws {
        if let name = arguments["bridge"], !settings.bridges.contains(where: { $0.name == name }) { throw noBridge(name) }
        try await EventTail(of: engine, bridge: arguments["bridge"], to: answer, on: loop).run()
    }

    /// A copy of everything that a relay is: journal, identity, secret.
    private func backup(_ arguments: [String: String], _ running: RunningParts) async throws {
        guard let folder = arguments["folder"], folder.hasPrefix("/") else { throw ControlRefusal.usage(operatorTexts.backupNeeds) }
        do {
            try Files.makeFolder(folder)
            if let name = try Files.names(in: folder).first {
                throw ControlRefusal.refused(operatorTexts.folderIsInUse(folder, by: name))
            }
            do {
                try await running.engine.backup(to: folder)
                for name in StateFolder.keptFiles { try Files.copy("\(running.state.path)/\(name)", to: "\(folder)/\(name)") }
            } catch {
                // Half of one would stand in the way of the next; what else lies in the folder is not ours.
                for path in StateFolder.keptFiles.map({ "\(folder)/\($0)" }) + [SQLiteJournal.path(in: folder)] { try? Files.remove(path) }
                throw error
            }
        } catch let error as FileError {
            throw ControlRefusal.failed("\(error)")
        }
    }
}
