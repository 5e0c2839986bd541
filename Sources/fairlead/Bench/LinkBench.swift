import Base
import Daemon
import IO

/// `fairlead bench link`: two relays on this machine, each a process of its own.
///
/// In the path: the engine's intake at the sender (numbers, profiles, records), its journal, the link (batches, deflate, TLS 1.3 with both keys
/// shown, loopback TCP), inflate, checks, intake and journal at the receiver; both journals synced. A message counts when the receiver's commit
/// has returned. Not in the path: a chat network before it or behind it. The clock starts when the first message is handed over, and both relays
/// and this process share the machine.
struct LinkBench {
    static let configuration =
        "deflate level 6 for batches below 16 KiB, 1 above, preset dictionary; TLS 1.3; journals synced at every commit"
    /// Channels: one for floods, one that many others stand beside, one for each measurement of bytes.
    private static let flooded = 64
    private static let flushes = [1, 8, 64]
    /// Channels at once in a flood of 64: each has so many messages in hand, one channel alone more.
    private static let chunk = 64
    private static let chunkAlone = 256

    let folder: String
    let isQuick: Bool
    let corpus: [CorpusEvent]
    let corpusPath: String?
    let ports: [UInt16]

    private var flood: Int { isQuick ? 60_000 : 300_000 }
    private var runs: Int { 5 }

    func run(_ report: (Figure) -> Void) throws {
        let syncs = try SyncProbe.measure(in: folder, count: 200).map { Double($0.nanoseconds) / 1e6 }
        report(Figure("machine.fdatasync_ms", "ms", syncs, isHigherBetter: false))
        let sender = try BenchRelay("sender", in: folder, linkPort: ports[0], corpus: corpusPath, endpoint(ports[1]))
        let receiver = try BenchRelay("receiver", in: folder, linkPort: nil, corpus: corpusPath, endpoint(ports[2]))
        defer {
            sender.stop()
            receiver.stop()
        }
        for relay in [sender, receiver] { try relay.start(asBench: true) }
        for relay in [sender, receiver] { try relay.waitForStart() }
        try sender.pair(with: receiver)
        try sender.add("bridges", bridges(to: receiver))
        try receiver.add("bridges", bridges(to: sender))
        for relay in [sender, receiver] { try relay.waitForChannels(LinkBench.flooded + LinkBench.flushes.count) }

        try bytes(sender, receiver, report)
        try latency(sender, receiver, report)
        try floods(sender, receiver, report)
        if !isQuick { try resume(sender, receiver, report) }
    }

    private func endpoint(_ port: UInt16) -> String {
        "[endpoint.\(BenchRelayCommand.endpoint)]\nkind = \"irc-listener\"\nlisten = \"127.0.0.1:\(port)\"\n"
    }

    private func bridges(to peer: BenchRelay) -> String {
        (0..<(LinkBench.flooded + LinkBench.flushes.count)).map { index in
            "[[bridge]]\nname = \"c\(index)\"\njoin = [\"\(BenchRelayCommand.endpoint):#c\(index)\", \"\(peer.name):c\(index)\"]\n"
        }.joined()
    }

    // MARK: Speed

    /// A run to warm up, then those that count.
    private func floods(_ sender: BenchRelay, _ receiver: BenchRelay, _ report: (Figure) -> Void) throws {
        for (channels, name) in [(1, "link.durable_per_second"), (LinkBench.flooded, "link.durable_per_second_64_channels")] {
            let chunk = channels == 1 ? LinkBench.chunkAlone : LinkBench.chunk
            _ = try rate(sender, receiver, channels, chunk)
            let before = try carried(sender, receiver)
            let spent = try processor(sender, receiver)
            var rates: [Double] = []
            for _ in 0..<runs { rates.append(try rate(sender, receiver, channels, chunk)) }
            report(Figure(name, "msg/s", rates, target: channels == 1 ? 300_000 : 250_000, isHigherBetter: true))
            let cost = Double(try processor(sender, receiver) - spent) / 1000 / Double(runs * flood)
            let costName = channels == 1 ? "link.cpu_us_per_message" : "link.cpu_us_per_message_64_channels"
            report(Figure(costName, "µs", [cost], isHigherBetter: false))
            guard channels == 1 else { continue }
            let perMessage = Double(try carried(sender, receiver).bytes - before.bytes) / Double(runs * flood)
            report(Figure("link.bytes_per_message_flood", "B", [perMessage], isHigherBetter: false))
            let bare = Double(BareText.packed(corpus.lazy.map(\.text), perFlush: 64)) / Double(corpus.count)
            report(Figure("link.bytes_ratio_flood", "of bare text", [perMessage / bare], target: 1.6, isHigherBetter: false))
        }
    }

    /// Nanoseconds of both relays together: what is left of the figures when something else runs on the machine.
    private func processor(_ sender: BenchRelay, _ receiver: BenchRelay) throws -> UInt64 {
        try sender.usage().processor.nanoseconds + receiver.usage().processor.nanoseconds
    }

    private func rate(_ sender: BenchRelay, _ receiver: BenchRelay, _ channels: Int, _ chunk: Int) throws -> Double {
        _ = try receiver.bench("mark")
        let said = try sender.bench("flood \(flood) \(channels) \(chunk)")
        let end = try receiver.bench("await \(said[1])")[0]
        guard end > said[0] else { throw receiver.failure("has not got everything") }
        return Double(flood) / (Double(end - said[0]) / 1e9)
    }

    // MARK: Latency

    private func latency(_ sender: BenchRelay, _ receiver: BenchRelay, _ report: (Figure) -> Void) throws {
        let count = isQuick ? 500 : 2000
        _ = try receiver.bench("mark")
        let warming = try sender.bench("paced 100 100")
        _ = try receiver.bench("await \(warming[warming.count - 1])")
        var (middles, tails, commits): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<(isQuick ? 1 : runs) {
            _ = try receiver.bench("mark")
            _ = try sender.bench("mark")
            let said = try sender.bench("paced \(count) 100")
            _ = try receiver.bench("await \(said[said.count - 1])")
            let times = latencies(said, try receiver.bench("commits"))
            middles.append(times[times.count / 2])
            tails.append(times[times.count * 99 / 100])
            commits.append(contentsOf: latencies(said, try sender.bench("commits")))
        }
        report(Figure("journal.idle_commit_ms", "ms", commits, isHigherBetter: false))
        report(Figure("link.latency_p50_ms", "ms", middles, isHigherBetter: false))
        report(Figure("link.latency_p99_ms", "ms", tails, target: 3, isHigherBetter: false))
    }

    /// From the saying of each message to the commit that holds it, in milliseconds, ascending.
    private func latencies(_ said: [UInt64], _ commits: [UInt64]) -> [Double] {
        var times: [Double] = []
        var commit = 0
        for message in stride(from: 0, to: said.count - 1, by: 2) {
            while commit + 1 < commits.count, commits[commit] < said[message + 1] { commit += 2 }
            if commit + 1 < commits.count { times.append((Double(commits[commit + 1]) - Double(said[message])) / 1e6) }
        }
        return times.sorted()
    }

    // MARK: Bytes

    /// Messages one after the other in a channel that has carried nothing before; those who speak are introduced on the way.
    private func bytes(_ sender: BenchRelay, _ receiver: BenchRelay, _ report: (Figure) -> Void) throws {
        let count = isQuick ? 2048 : 8192
        for (index, size) in LinkBench.flushes.enumerated() {
            let before = try carried(sender, receiver)
            _ = try receiver.bench("mark")
            let said = try sender.bench("chunks \(count) \(size) \(LinkBench.flooded + index)")
            _ = try receiver.bench("await \(said[1])")
            pause(milliseconds: 50)
            let after = try carried(sender, receiver)
            guard after.batches - before.batches == count / size else {
                throw BenchError("\(count / size) chunks went out as \(after.batches - before.batches) batches: this machine is too busy")
            }
            let perMessage = Double(after.bytes - before.bytes) / Double(count)
            let bare = Double(BareText.packed((0..<count).lazy.map { corpus[$0 % corpus.count].text }, perFlush: size)) / Double(count)
            report(Figure("link.bytes_per_message_flush\(size)", "B", [perMessage], isHigherBetter: false))
            report(Figure("link.bytes_ratio_flush\(size)", "of bare text", [perMessage / bare], target: 1.3, isHigherBetter: false))
            let frames = Double(22 * (after.writes - before.writes)) / Double(count)
            report(Figure("link.tls_bytes_per_message_flush\(size)", "B", [frames], isHigherBetter: false))
        }
    }

    /// What the link has carried so far: frames of both directions without TLS, batches, writes of both.
    private func carried(_ sender: BenchRelay, _ receiver: BenchRelay) throws -> (bytes: Int, batches: Int, writes: Int) {
        let here = try sender.status().links.first?.carried ?? [:]
        let there = try receiver.status().links.first?.carried ?? [:]
        return (
            Int(here["bytes_out"] ?? 0) + Int(here["bytes_in"] ?? 0), Int(here["batches_out"] ?? 0),
            Int(here["writes_out"] ?? 0) + Int(there["writes_out"] ?? 0)
        )
    }

    // MARK: Catching up

    /// A million messages are said while the receiver is stopped; from its start to the commit that holds the last.
    private func resume(_ sender: BenchRelay, _ receiver: BenchRelay, _ report: (Figure) -> Void) throws {
        let before = try receiver.bench("end")[0]
        receiver.stop()
        let said = try sender.bench("flood 1000000 1 \(LinkBench.chunkAlone)")
        let start = MonotonicClock.now
        try receiver.start(asBench: true)
        try receiver.waitForStart()
        // A process that was not told otherwise counts from the beginning of its log.
        let end = try receiver.bench("await \(before + said[1])")[0]
        guard end > start.nanoseconds else { throw receiver.failure("has not got everything") }
        report(Figure("link.resume_1m_seconds", "s", [Double(end - start.nanoseconds) / 1e9], isHigherBetter: false))
    }
}
