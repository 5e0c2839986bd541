import Base
import IO

/// `fairlead bench idle`: what a relay with an IRC channel, a mail address and a link costs while nothing is said.
actor IdleBench {
    private let folder: String
    private let isQuick: Bool
    private let ports: [UInt16]
    private let loop: EventLoop

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(folder: String, isQuick: Bool, ports: [UInt16], on loop: EventLoop) {
        self.folder = folder
        self.isQuick = isQuick
        self.ports = ports
        self.loop = loop
    }

    func run(_ report: @Sendable (Figure) -> Void) async throws {
        let server = try await BenchIRCServer(on: loop)
        let relay = try BenchRelay("relay", in: folder, linkPort: ports[0], configuration(server.port))
        let peer = try BenchRelay(
            "peer", in: folder, linkPort: nil, "[endpoint.local]\nkind = \"irc-listener\"\nlisten = \"127.0.0.1:\(ports[1])\"\n")
        var failure: (any Error)?
        await withDiscardingTaskGroup { group in
            group.addTask { await server.run() }
            do { try await measure(relay, peer, report) } catch { failure = error }
            relay.stop()
            peer.stop()
            await server.stop()
        }
        if let failure { throw failure }
    }

    private func configuration(_ port: UInt16) -> String {
        """
        [endpoint.net]
        kind = "irc"
        server = "127.0.0.1:\(port)"
        tls = false
        [endpoint.post]
        kind = "email"
        from = "ops@bench.invalid"
        submission = "127.0.0.1:\(ports[2])"
        tls = "none"

        """
    }

    private func measure(_ relay: BenchRelay, _ peer: BenchRelay, _ report: (Figure) -> Void) async throws {
        for one in [relay, peer] {
            try one.start(asBench: false)
            try one.waitForStart()
        }
        try relay.pair(with: peer)
        let channels = "\"net:\(BenchIRCClient.channel)\", \"peer:ops\", \"post:everybody@bench.invalid\""
        try relay.add("bridge", "[[bridge]]\nname = \"ops\"\njoin = [\(channels)]\n")
        try peer.add("bridge", "[[bridge]]\nname = \"ops\"\njoin = [\"local:#ops\", \"relay:ops\"]\n")
        for one in [relay, peer] { try one.waitForChannels(1) }
        // Once more, so that what only commands need is not in memory; only its log is looked at.
        relay.stop()
        let before = relay.logged("a channel flows")
        try relay.start(asBench: false)
        try relay.wait("does not link up again") { relay.logged("a channel flows") > before }
        await loop.sleep(until: loop.now + .seconds(3))
        let start = (try relay.usage(), MonotonicClock.now)
        await loop.sleep(until: loop.now + .seconds(isQuick ? 10 : 60))
        let end = (try relay.usage(), MonotonicClock.now)
        let share = Double(end.0.processor.nanoseconds - start.0.processor.nanoseconds) / Double(start.1.distance(to: end.1).nanoseconds)
        report(Figure("idle.resident_mb", "MB", [Double(end.0.resident) / 1e6], target: 20, isHigherBetter: false))
        report(Figure("idle.anonymous_mb", "MB", [Double(end.0.anonymous) / 1e6], target: 8, isHigherBetter: false))
        report(Figure("idle.cpu_percent", "%", [share * 100], target: 0.1, isHigherBetter: false))
        _ = try relay.status()
        report(Figure("idle.resident_after_a_command_mb", "MB", [Double(try relay.usage().resident) / 1e6], isHigherBetter: false))
    }
}
