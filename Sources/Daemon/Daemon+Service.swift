import Base
import IO

/// What systemd is told of the daemon, where that started it.
extension Daemon {
    /// Everything has begun, or the configuration was read again.
    func tellReady(isFaulty: Bool = false) {
        service.isReady(
            isFaulty
                ? "the configuration is faulty; the old one stays in force"
                : "\(settings.endpoints.count) endpoints, \(settings.peers.count) peers, \(settings.bridges.count) bridges")
    }

    /// Tells systemd now and then that the loop still turns.
    func feedWatchdog() {
        guard let interval = service.watchdogInterval else { return }
        service.isAlive()
        _ = loop.schedule(at: loop.now + interval) { [weak self] in self?.assumeIsolated { $0.feedWatchdog() } }
    }
}
