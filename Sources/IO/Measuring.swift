import Base
import Glibc

/// The monotonic clock for whoever has no loop.
package enum MonotonicClock {
    package static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }
}

extension UnixTime {
    /// The calendar for whoever has no loop.
    package static var now: UnixTime { UnixTime(seconds: UInt64(Glibc.time(nil))) }
}

/// Does nothing for a while. For measurements; whoever has a loop sleeps on it.
package func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

/// What the machine's disk takes to make a small write safe.
package enum SyncProbe {
    /// How long each of `count` writes of 4 KiB with an fdatasync took, in a file of the folder that is removed afterwards.
    package static func measure(in folder: String, count: Int) throws(FileError) -> [Interval] {
        let path = "\(folder)/sync-probe"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path) }
        defer {
            close(descriptor)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: 4096)
        var times: [Interval] = []
        for _ in 0..<count {
            let start = MonotonicClock.now
            if Glibc.write(descriptor, page, page.count) != page.count || fdatasync(descriptor) != 0 { throw FileError(path) }
            times.append(start.distance(to: MonotonicClock.now))
        }
        return times
    }
}

/// A folder of its own for a measurement, removed with what is in it when `remove` is called.
package struct ScratchFolder: Sendable {
    package let path: String

    package init(in parent: String) throws(FileError) {
        var template = Array("\(parent)/fairlead-\(String(repeating: "X", count: 6))".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(parent) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package func remove() {
        for name in (try? Files.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// The same where there are folders in it.
    package func removeAll() { Files.removeAll(path) }
}
