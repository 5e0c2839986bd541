import Base
import Core
import Glibc
import Model
import Simulation
import Store
import Support

/// Writes to a journal until it is killed, and says each position only when its commit has returned.
func runVictim() async {
    let folder = CommandLine.arguments[1]
    if folder == "restore" { return await restore() }
    var generator = SeededGenerator(seed: UInt64(CommandLine.arguments[2])!)
    let journal = SQLiteJournal(folder: folder)
    do {
        var next = try await journal.open().next
        if next == .first {
            try await journal.commit(JournalSamples.foundation())
        }
        while true {
            let count = Int.random(in: 1...40, using: &generator)
            try await journal.commit(JournalSamples.events(from: next, count: count))
            next = next + count
            say("\(next)")
            if Int.random(in: 0..<20, using: &generator) == 0 {
                let done = try await journal.retire(before: Position(next.rawValue - min(next.rawValue, 400)), slice: 2)
                if done > 0 { say("\(next)") }
            }
        }
    } catch {
        say("failed: \(error)")
        exit(1)
    }
}

/// Restores a backup and is killed behind so many things that are durable by then.
private func restore() async {
    var left = Int(CommandLine.arguments[4])!
    do {
        try await JournalFiles.restore(
            from: CommandLine.arguments[2], to: CommandLine.arguments[3], at: UnixTime(seconds: 1_795_000_000), keeping: ["identity.pem"]
        ) {
            if left == 0 { kill(getpid(), SIGKILL) }
            left -= 1
        }
        say("done")
    } catch {
        say("failed: \(error)")
    }
}

private func say(_ line: String) {
    let bytes = [UInt8]("\(line)\n".utf8)
    _ = write(1, bytes, bytes.count)
}
