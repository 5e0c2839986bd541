import Base
import Core
import Model

/// What a running relay tells of itself in numbers.
extension Daemon {
    /// Everything that docs/operations.md lists under "Metrics", but for what the HTTP server counts of itself.
    func metrics(_ running: RunningParts) async -> [Metric] {
        var build = Metric(.gauge, "fairlead_build_info", "1, with the program's version.")
        build.add(.number(1), Metric.Label("version", Version.text))
        var metrics = [
            build,
            .gauge(
                "fairlead_process_start_time_seconds", "When the relay started, in seconds since 1970.", Double(running.started.seconds)),
        ]
        metrics += await running.engine.metrics()
        metrics += await running.links.metrics()
        metrics.append(
            .counter(
                "fairlead_link_pairings_failed_total", "Wrong words of strangers to an open invite.", await running.invites.failed))
        for (name, endpoint) in endpoints {
            metrics += await endpoint.metrics.map { $0.with(Metric.Label("endpoint", name)) }
        }
        return metrics
    }
}
