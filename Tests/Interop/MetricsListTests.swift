import Glibc
import IO
import Support
import Testing

/// The list in docs/operations.md and what a relay with every kind of endpoint and a peer answers are the same.
@Suite(.serialized) struct MetricsListTests {
    @Test func theListAndARunningRelayAgree() throws {
        let port = freePort()
        let insp = ForeignServer(.inspIRCd)
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        let relay = RelayUnderTest(
            """
            [metrics]
            listen = "127.0.0.1:\(port)"
            [endpoint.local]
            kind = "irc-listener"
            listen = "127.0.0.1:0"
            [endpoint.far]
            kind = "irc"
            server = "127.0.0.1:\(insp.port)"
            tls = false
            [endpoint.post]
            kind = "email"
            from = "channels@example.org"
            submission = "127.0.0.1:1"
            tls = "none"
            [[bridge]]
            name = "ops"
            join = ["local:#ops", "far:#b", "post:ops@example.org"]
            """)
        #expect(relay.waitForLog("connected to a channel") && relay.waitForLog("ready"), "\(relay.log)")
        // A peer, which is this relay's own name as nobody will answer.
        let other = RelayUnderTest("")
        try Files.makeFolder("\(relay.folder.path)/conf.d")
        relay.write("[peer.east]\nid = \"\(other.relayID)\"\naddress = [\"127.0.0.1:1\"]\n", to: "conf.d/peer.toml")
        relay.reload()
        #expect(relay.waitForLog("reloaded"), "\(relay.log)")
        let anna = IRCProbe(relay.listenerPort, "the listener", "anna", join: ["#ops"])
        anna.say("one", in: "#ops")
        #expect(bob.sees("<a\u{2060}nna> one", in: "#b"))

        var samples = samples(port)
        // The receipt comes a little later than the line.
        for _ in 0..<600 where samples["fairlead_outbox_delivered_total{endpoint=\"far\"}"] != "1" {
            usleep(50_000)
            samples = self.samples(port)
        }
        #expect(samples["fairlead_outbox_delivered_total{endpoint=\"far\"}"] == "1", "\(samples)")
        #expect(samples["fairlead_intake_accepted_total{endpoint=\"local\"}"] == "1")
        #expect(samples["fairlead_outbox_latency_seconds_count{endpoint=\"far\"}"] == "1")
        #expect(samples["fairlead_outbox_depth_entries{bridge=\"ops\",member=\"post:ops@example.org\"}"] == "1.0", "\(samples)")
        #expect(samples["fairlead_outbox_up{bridge=\"ops\",member=\"far:#b\"}"] == "1.0")
        #expect(samples["fairlead_link_up{peer=\"east\"}"] == "0.0")
        #expect(samples["fairlead_irc_listener_connections_total{endpoint=\"local\"}"] == "1")
        #expect(samples["fairlead_journal_commit_seconds_count"] == samples["fairlead_journal_commits_total"])

        let text = HTTPProbe.ask(port, "/metrics").body
        let answered = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { line in
            let words = line.split(separator: " ")
            return "\(words[2]) \(words[3])"
        }
        #expect(Set(answered).count == answered.count, "a metric is named twice")
        let listed = Documents.operations.split(separator: "\n").filter { $0.hasPrefix("| `fairlead_") }.compactMap { line -> String? in
            let cells = line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
            return cells.count >= 3 ? "\(cells[0].filter { $0 != "`" }) \(cells[1])" : nil
        }
        let (undocumented, unanswered) = (Set(answered).subtracting(listed), Set(listed).subtracting(answered))
        #expect(undocumented.isEmpty, "answered, not listed: \(undocumented.sorted())")
        #expect(unanswered.isEmpty, "listed, not answered: \(unanswered.sorted())")
        #expect(relay.stop() == 0 && other.stop() == 0)
    }

    private func samples(_ port: UInt16) -> [String: String] {
        var samples: [String: String] = [:]
        for line in HTTPProbe.ask(port, "/metrics").body.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<space])] = String(line[line.index(after: space)...])
        }
        return samples
    }
}

/// The project's documents, found by where this source file lies.
private enum Documents {
    static var operations: String {
        let top = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return (try? Files.read("\(top)/docs/operations.md", atMost: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
