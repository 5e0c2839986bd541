import Base
import Glibc

/// Where the log of `fairlead run` goes, and in which form.
package enum OperatorLog {
    package enum Form: String, Hashable, Sendable, CaseIterable {
        /// Lines for people; with fields to journald where it reads standard error.
        case text
        /// One JSON object a line on standard error.
        case json
    }

    /// journald's socket (systemd-journald.service(8)).
    private static let journal = "/run/systemd/journal/socket"

    /// On standard error: `2026-11-25T07:01:12Z notice words key=value`, or JSON; to journald's socket what that would read there.
    package static func make(_ form: Form, from level: Log.Level) -> Log {
        switch form {
        case .json: make(from: level) { Console.error($0.json(at: .now) + "\n") }
        case .text where isReadByJournal: toJournal(at: journal, from: level) { Console.error($0) }
        case .text: make(from: level) { Console.error("\(UnixTime.now.text) \($0.level) \($0.text)\n") }
        }
    }

    /// With fields to the socket at `path`. A line that nobody takes there goes to `otherwise`, with the priority that journald reads
    /// before what a service prints (sd-daemon(3)).
    package static func toJournal(at path: String, from level: Log.Level, otherwise: @escaping @Sendable (String) -> Void) -> Log {
        let datagrams = LocalDatagrams(to: path)
        return make(from: level) { entry in
            if datagrams?.send(entry.journalDatagram) != true { otherwise("<\(entry.level.rawValue)>\(entry.text)\n") }
        }
    }

    private static func make(from level: Log.Level, _ write: @escaping @Sendable (Log.Entry) -> Void) -> Log {
        let throttle = Throttle()
        return Log { entry in
            if entry.level > level { return }
            // Who has asked for everything gets it.
            let (isWritten, leftOut) = entry.level == .debug ? (true, 0) : throttle.admit(entry.words)
            if leftOut > 0 {
                let fields = [("words", "\(entry.words)"), ("count", String(leftOut))]
                write(Log.Entry(level: .warning, words: "lines were left out", fields: fields))
            }
            if isWritten { write(entry) }
        }
    }

    /// For lines from any thread. Sendable unchecked: `throttle` is guarded by `lock`.
    private final class Throttle: @unchecked Sendable {
        private let lock = Lock()
        private var throttle = LogThrottle()

        func admit(_ words: StaticString) -> (isWritten: Bool, leftOut: UInt64) {
            lock.withLock { throttle.admit(words, at: .now) }
        }
    }

    /// Whether standard error is the stream that `$JOURNAL_STREAM` names, `device:inode` (systemd.exec(5)): a service that sends its
    /// errors elsewhere, or a program that it started, has the variable too.
    private static var isReadByJournal: Bool {
        guard let stream = Environment.value("JOURNAL_STREAM") else { return false }
        var status = stat()
        return fstat(2, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }
}
