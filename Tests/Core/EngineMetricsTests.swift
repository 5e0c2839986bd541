import Core
import Model
import Simulation
import Testing

/// What the engine measures of events that arrive, wait and bounce.
@Suite struct EngineMetricsTests {
    private func samples(_ relay: SimulatedRelay) -> [String: String] {
        var samples: [String: String] = [:]
        for line in relay.currentMetrics.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            samples[words.dropLast().joined(separator: " ")] = String(words.last ?? "")
        }
        return samples
    }

    @Test func eventsAreCountedWhereTheyAreBornArriveAndBounce() {
        let relay = relay(.marks, .marks)
        let (home, away) = (relay.servers[0].name, relay.servers[1].name)
        relay.servers[1].unwanted = "spam"
        for text in ["ham 1", "spam 1", "ham 2"] { relay.servers[0].post(text, by: "anna", at: relay.time) }
        relay.run(seconds: 5)
        let measured = samples(relay)
        #expect(measured["fairlead_intake_accepted_total{endpoint=\"\(home)\"}"] == "3", "\(measured)")
        #expect(measured["fairlead_outbox_delivered_total{endpoint=\"\(away)\"}"] == "2")
        #expect(measured["fairlead_outbox_delivered_total{endpoint=\"\(home)\"}"] == "0")
        // What a server calls it is no label.
        #expect(measured["fairlead_outbox_bounces_total{endpoint=\"\(away)\",code=\"other\"}"] == "1")
        #expect(measured["fairlead_outbox_latency_seconds_count{endpoint=\"\(away)\"}"] == "2")
        #expect(measured["fairlead_outbox_latency_seconds_bucket{endpoint=\"\(away)\",le=\"5.0\"}"] == "2")
        // With Anna's profile.
        #expect(measured["fairlead_journal_commit_entries_sum"] == "4.0")
    }

    /// A member that is away holds back; its age grows, and what it gets in the end was under way for that long.
    @Test func aMemberThatIsAwayHasDepthAndAge() {
        let relay = relay(.marks, .marks)
        let away = relay.servers[1].name
        let member = "{bridge=\"ops\",member=\"\(away):#c\"}"
        relay.setUp(1, false)
        relay.run(seconds: 1)
        for number in 1...3 { relay.servers[0].post("ham \(number)", by: "anna", at: relay.time) }
        relay.run(seconds: 40)
        var measured = samples(relay)
        // With Anna's profile.
        #expect(
            measured["fairlead_outbox_depth_entries\(member)"] == "4.0" && measured["fairlead_outbox_up\(member)"] == "0.0", "\(measured)")
        #expect(measured["fairlead_outbox_oldest_age_seconds\(member)"].flatMap { Double($0) }.map { (38...41).contains($0) } == true)
        #expect(relay.standing.map(\.lastMinute) == [0, 0])
        relay.setUp(1, true)
        relay.run(seconds: 20)
        #expect(relay.standing.map(\.lastMinute) == [0, 3])
        measured = samples(relay)
        #expect(
            measured["fairlead_outbox_depth_entries\(member)"] == "0.0" && measured["fairlead_outbox_oldest_age_seconds\(member)"] == "0.0")
        #expect(measured["fairlead_outbox_latency_seconds_bucket{endpoint=\"\(away)\",le=\"30.0\"}"] == "0")
        #expect(measured["fairlead_outbox_latency_seconds_bucket{endpoint=\"\(away)\",le=\"600.0\"}"] == "3")
    }

    @Test(
        arguments: [
            ("parked", "parked"), ("deferred-too-long", "deferred-too-long"), ("irc-swallowed", "irc-swallowed"), ("irc-404", "irc"),
            ("mail-5.1.1", "mail"), ("mail-999999", "mail"), ("anything a server may say", "other"), ("", "other"),
        ])
    func aServersCodeIsNoLabel(code: String, label: String) {
        #expect(EngineMeasures.label(ofCode: code) == label)
    }
}
