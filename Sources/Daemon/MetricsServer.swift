import Base
import IO

/// The HTTP server of `[metrics]`: `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever starts and watches relays.
actor MetricsServer {
    /// Whether the relay can be worked with.
    enum Phase { case starting, ready, stopping }

    private let loop: EventLoop
    private let log: Log
    private let collect: @Sendable () async -> [Metric]
    private var phase = Phase.starting
    private var place: HostPort?
    private var server: HTTPServer?
    private var starting: [HTTPServer] = []
    /// What servers counted that are gone.
    private var past = Counts()
    private var wake = Signal()
    private var isStopping = false

    private struct Counts {
        var answers: [Int: UInt64] = [:]
        var timeouts: UInt64 = 0

        mutating func add(_ server: HTTPServer) {
            answers.merge(server.answers, uniquingKeysWith: +)
            timeouts += server.timeouts
        }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop, log: Log, collect: @escaping @Sendable () async -> [Metric]) {
        self.loop = loop
        self.log = log
        self.collect = collect
    }

    /// Answers at this address from now on, or nowhere. Where it can't be had, the former one stays.
    func serve(_ settings: MetricsSettings?) async throws(MetricsServerError) {
        guard settings?.listen != place, !isStopping else { return }
        var new: HTTPServer?
        if let place = settings?.listen {
            do throws(StreamError) {
                new = try await HTTPServer.listen(at: place, on: loop)
            } catch {
                throw MetricsServerError(place: place, reason: "\(error)")
            }
            log.notice("answering for metrics", ["address": place.description])
            if !place.isLoopback { log.warning("metrics can be read from other machines", ["address": place.description]) }
        } else {
            log.notice("answering for metrics no more")
        }
        server?.stop()
        server = new
        place = settings?.listen
        if let new {
            starting.append(new)
            wake.set()
        }
    }

    func enter(_ phase: Phase) { self.phase = phase }

    /// Runs until `stop`.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !isStopping {
                for server in starting { group.addTask { await self.run(server) } }
                starting = []
                await withUnsafeContinuation { wake.wait($0) }
            }
            for server in starting { group.addTask { await self.run(server) } }
            server?.stop()
        }
    }

    func stop() {
        isStopping = true
        wake.set()
    }

    private func run(_ server: HTTPServer) async {
        await server.run { await self.answer($0) }
        past.add(server)
    }

    // MARK: Answers

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        switch request.path {
        case "/healthz": return HTTPResponse(200, "alive\n")
        case "/readyz":
            switch phase {
            case .starting: return HTTPResponse(503, "starting\n")
            case .ready: return HTTPResponse(200, "ready\n")
            case .stopping: return HTTPResponse(503, "stopping\n")
            }
        case "/metrics":
            guard isMeant(request.host) else { return HTTPResponse(421, "ask by an address of this machine, or as localhost\n") }
            var text = MetricsText()
            text.add(await collect())
            text.add(ownMetrics)
            return HTTPResponse(200, text.text, type: MetricsText.type)
        default: return HTTPResponse(404, "there are /metrics, /healthz and /readyz\n")
        }
    }

    /// Whether a request was meant for this server. A page in a browser on this machine may have a name that leads here (DNS rebinding), and
    /// would read what the answer says as its own; where only this machine can ask, nobody needs a name.
    private func isMeant(_ host: String?) -> Bool {
        guard place?.isLoopback == true, let host else { return true }
        let isPlain = host.hasSuffix("]") || !host.contains(":")
        guard let asked = HostPort(isPlain ? host + ":80" : host) else { return false }
        return asked.isNumeric || asked.host.lowercased() == "localhost"
    }

    private var ownMetrics: [Metric] {
        var counts = past
        if let server { counts.add(server) }
        var answers = Metric(.counter, "fairlead_http_answers_total", "Answers of this server, by status.")
        for (status, count) in counts.answers.sorted(by: { $0.key < $1.key }) {
            answers.add(.count(count), Metric.Label("status", String(status)))
        }
        return [
            answers,
            .counter("fairlead_http_timeouts_total", "Connections to this server that took too long and were cut.", counts.timeouts),
        ]
    }
}

/// The address of `[metrics]` can't be had.
struct MetricsServerError: Error, CustomStringConvertible {
    let place: HostPort
    let reason: String

    var description: String { "[metrics] listen = \"\(place)\": \(reason)" }
}
