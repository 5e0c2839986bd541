import Base
import IO

/// `fairlead bench irc`: one relay, a process of its own, between two IRC servers. Somebody speaks on one, somebody else listens on the other.
actor IRCBench {
    private static let perSecond = 5

    private let folder: String
    private let isQuick: Bool
    private let texts: [String]
    private let servers: [HostPort]
    private let loop: EventLoop
    private var own: [BenchIRCServer] = []
    private var next = 0
    private var faults: [String] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Without `servers` two of this program's own are measured between.
    init(folder: String, isQuick: Bool, corpus: [CorpusEvent], servers: [HostPort], on loop: EventLoop) {
        self.folder = folder
        self.isQuick = isQuick
        self.servers = servers
        self.loop = loop
        // A line of IRC is short, and is sent as it is: what a relay would cut is left out.
        texts = corpus.lazy.filter { $0.kind != .reaction && $0.text.utf8.count <= 300 }.prefix(20_000).map(\.text)
    }

    func run(_ report: @Sendable (Figure) -> Void) async throws {
        var places = servers
        if places.isEmpty {
            for _ in 0..<2 { own.append(try await BenchIRCServer(on: loop)) }
            places = own.map { HostPort("127.0.0.1:\($0.port)")! }
        }
        let relay = try BenchRelay("relay", in: folder, linkPort: nil, configuration(places))
        let speaker = BenchIRCClient("speaker", at: places[0], on: loop)
        let neighbour = BenchIRCClient("neighbour", at: places[0], on: loop)
        let listener = BenchIRCClient("listener", at: places[1], on: loop)
        var failure: (any Error)?
        await withDiscardingTaskGroup { group in
            for server in own { group.addTask { await server.run() } }
            for client in [speaker, neighbour, listener] { group.addTask { try? await client.run() } }
            do {
                try relay.start(asBench: false)
                try await begin(relay, speaker, neighbour, listener)
                try await latency(relay, speaker, neighbour, listener, report)
                try await flood(relay, speaker, listener, report)
            } catch {
                failure = error
            }
            relay.stop()
            for client in [speaker, neighbour, listener] { await client.close() }
            for server in own { await server.stop() }
        }
        if let failure { throw failure }
        if !faults.isEmpty { throw BenchError(faults.joined(separator: "\n")) }
    }

    private func configuration(_ places: [HostPort]) -> String {
        let endpoints = zip(["left", "right"], places).map { name, place in
            "[endpoint.\(name)]\nkind = \"irc\"\nserver = \"\(place)\"\ntls = false\nnick = \"relay-\(name)\"\n"
        }
        let channel = BenchIRCClient.channel
        return endpoints.joined() + "[[bridge]]\nname = \"bench\"\njoin = [\"left:\(channel)\", \"right:\(channel)\"]\n"
    }

    /// Until everybody is there and a first line has come through. A relay feels out what a server lets through: some hundred lines warm it up.
    private func begin(_ relay: BenchRelay, _ clients: BenchIRCClient...) async throws {
        for client in clients {
            for _ in 0..<1000 where await !client.isJoined { await loop.sleep(until: loop.now + .milliseconds(10)) }
            guard await client.isJoined else { throw BenchError("a client can't join \(BenchIRCClient.channel)") }
        }
        for _ in 0..<3000 {
            if let report = try? relay.status(), report.channels.count == 2, report.channels.allSatisfy({ $0.state == "up" }) { break }
            await loop.sleep(until: loop.now + .milliseconds(10))
        }
        _ = try await pass(relay, 2000, clients[0], clients[2])
        _ = await clients[1].take()
    }

    // MARK: Speed

    private func flood(_ relay: BenchRelay, _ speaker: BenchIRCClient, _ listener: BenchIRCClient, _ report: (Figure) -> Void) async throws
    {
        let count = 5000
        var (rates, costs): ([Double], [Double]) = ([], [])
        for _ in 0..<5 {
            let before = try relay.usage().processor
            let (start, arrived) = try await pass(relay, count, speaker, listener)
            costs.append(Double(try relay.usage().processor.nanoseconds - before.nanoseconds) / 1e9 * 1000 / Double(count))
            rates.append(Double(count) / (Double(start.distance(to: arrived.last?.at ?? start).nanoseconds) / 1e9))
        }
        report(Figure("irc.lines_per_second", "1/s", rates, target: 10_000, isHigherBetter: true))
        report(Figure("irc.cpu_seconds_per_1000", "s", costs, target: 0.04, isHigherBetter: false))
    }

    /// Has lines said at once and waits for them on the other side.
    private func pass(_ relay: BenchRelay, _ count: Int, _ speaker: BenchIRCClient, _ listener: BenchIRCClient) async throws
        -> (start: Instant, arrived: [(number: Int, at: Instant)])
    {
        let first = next
        next += count
        let start = MonotonicClock.now
        try await speaker.say((first..<first + count).map { texts[$0 % texts.count] }, from: first)
        for _ in 0..<6000 where await listener.count < count { await loop.sleep(until: loop.now + .milliseconds(10)) }
        // What comes twice has a moment to do so.
        await loop.sleep(until: loop.now + .milliseconds(300))
        let arrived = await listener.take()
        judge(arrived.map(\.number), first..<first + count)
        return (start, arrived)
    }

    private func judge(_ numbers: [Int], _ wanted: Range<Int>) {
        let lost = wanted.count - Set(numbers).intersection(wanted).count
        let twice = numbers.count - Set(numbers).count
        let reordered = zip(numbers, numbers.dropFirst()).count { $0 > $1 }
        if lost + twice + reordered > 0 {
            faults.append("of \(wanted.count) lines \(lost) lost, \(twice) twice, \(reordered) out of order")
        }
    }

    // MARK: Latency

    private func latency(
        _ relay: BenchRelay, _ speaker: BenchIRCClient, _ neighbour: BenchIRCClient, _ listener: BenchIRCClient, _ report: (Figure) -> Void
    ) async throws {
        let count = isQuick ? 50 : 200
        var (middles, tails, near, costs): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        for _ in 0..<(isQuick ? 1 : 5) {
            let first = next
            var said: [Instant] = []
            let before = try relay.usage().processor
            let start = loop.now
            for index in 0..<count {
                await loop.sleep(until: start + Interval(nanoseconds: UInt64(index) * 1_000_000_000 / UInt64(IRCBench.perSecond)))
                said.append(MonotonicClock.now)
                try await speaker.say([texts[next % texts.count]], from: next)
                next += 1
            }
            await loop.sleep(until: loop.now + .seconds(1))
            costs.append(Double(try relay.usage().processor.nanoseconds - before.nanoseconds) / 1e9 * 1000 / Double(count))
            let arrived = await listener.take()
            judge(arrived.map(\.number), first..<next)
            func times(_ arrived: [(number: Int, at: Instant)]) -> [Double] {
                arrived.map { Double(said[$0.number - first].distance(to: $0.at).nanoseconds) / 1e6 }.sorted()
            }
            let far = times(arrived)
            guard !far.isEmpty else { throw BenchError("nothing comes through") }
            middles.append(far[far.count / 2])
            tails.append(far[far.count * 99 / 100])
            near += times(await neighbour.take())
        }
        report(Figure("irc.server_latency_p50_ms", "ms", near, isHigherBetter: false))
        report(Figure("irc.latency_p50_ms", "ms", middles, isHigherBetter: false))
        report(Figure("irc.latency_p99_ms", "ms", tails, isHigherBetter: false))
        report(Figure("irc.cpu_seconds_per_1000_at_5_per_second", "s", costs, isHigherBetter: false))
    }
}
