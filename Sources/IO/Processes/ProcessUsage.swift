import Base
import Glibc

/// What a running process has used and holds (proc(5)).
package struct ProcessUsage: Hashable, Sendable {
    /// User and system time of all its threads.
    package let processor: Interval
    /// Bytes in memory, and those of them that are no file's pages.
    package let resident: Int
    package let anonymous: Int

    /// nil if it has ended.
    package init?(of process: SpawnedProcess) {
        var clock: clockid_t = 0
        var time = timespec()
        guard clock_getcpuclockid(process.id, &clock) == 0, clock_gettime(clock, &time) == 0,
            let bytes = try? Files.read("/proc/\(process.id)/status", atMost: 65_536)
        else { return nil }
        processor = Interval(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        /// `VmRSS:     21432 kB`
        func size(_ name: String) -> Int? {
            lines.first { $0.hasPrefix(name + ":") }.flatMap { line in line.split { $0 == " " || $0 == "\t" }.dropFirst().first }
                .flatMap { Int($0) }.map { $0 << 10 }
        }
        guard let resident = size("VmRSS"), let anonymous = size("RssAnon") else { return nil }
        self.resident = resident
        self.anonymous = anonymous
    }
}
