import Base
import Glibc

/// The log on standard error: `2026-11-25T07:01:12Z notice words key=value`; under systemd without the time and with the priority
/// that journald reads (sd-daemon(3)).
package enum StandardErrorLog {
    package static func make(from level: Log.Level) -> Log {
        let isJournal = Environment.value("JOURNAL_STREAM") != nil
        return Log { entry in
            if entry.level > level { return }
            if isJournal {
                Console.error("<\(entry.level.rawValue)>\(entry.text)\n")
            } else {
                Console.error("\(UnixTime(seconds: UInt64(Glibc.time(nil))).text) \(entry.level) \(entry.text)\n")
            }
        }
    }
}
