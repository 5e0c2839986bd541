import Base
import Glibc

/// Tells systemd how the service stands (sd_notify(3)): datagrams to `$NOTIFY_SOCKET`. Does nothing where that is not set.
package struct ServiceNotifier: Sendable {
    private let socket: LocalDatagrams?

    /// How often `isAlive` is to be called: twice as often as systemd asks for, where it watches this process (sd_watchdog_enabled(3)).
    package let watchdogInterval: Interval?

    /// What systemd has put into the environment.
    package init() {
        self.init(
            socket: Environment.value("NOTIFY_SOCKET"), watchdog: Environment.value("WATCHDOG_USEC"),
            watchedProcess: Environment.value("WATCHDOG_PID"))
    }

    /// As `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` say.
    package init(socket address: String?, watchdog: String?, watchedProcess: String?) {
        socket = address.flatMap(LocalDatagrams.init(to:))
        let isOurs = watchedProcess.map { pid_t($0) == getpid() } ?? true
        guard socket != nil, isOurs, let microseconds = watchdog.flatMap(UInt64.init), microseconds > 0, microseconds < 1 << 50 else {
            watchdogInterval = nil
            return
        }
        watchdogInterval = Interval(nanoseconds: microseconds * 500)
    }

    /// The service is up, or has read its configuration again. `status` is one line for `systemctl status`.
    package func isReady(_ status: String) { tell(["READY=1", ServiceNotifier.line(status)]) }

    /// The configuration is being read; `isReady` follows whatever comes of it.
    package func isReloading() { tell(["RELOADING=1", "MONOTONIC_USEC=\(MonotonicClock.now.nanoseconds / 1000)"]) }

    package func isStopping(_ status: String) { tell(["STOPPING=1", ServiceNotifier.line(status)]) }

    package func says(_ status: String) { tell([ServiceNotifier.line(status)]) }

    package func isAlive() { tell(["WATCHDOG=1"]) }

    private static func line(_ status: String) -> String { "STATUS=\(status.replacing("\n", with: " "))" }

    private func tell(_ lines: [String]) { _ = socket?.send([UInt8](lines.joined(separator: "\n").utf8)) }
}
