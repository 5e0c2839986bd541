import Glibc
import Support
import Testing

/// What is shared over a link that is up: begun, ended and begun again by reloads.
@Suite(.serialized) struct SharingTests {
    private let west: RelayUnderTest
    private let east: RelayUnderTest
    private let westPort = freePort()
    private let eastPort = freePort()
    private let ids: (west: String, east: String)

    init() {
        west = RelayUnderTest("listen = [\"127.0.0.1:\(westPort)\"]")
        east = RelayUnderTest("listen = [\"127.0.0.1:\(eastPort)\"]")
        ids = (west.relayID, east.relayID)
    }

    /// Each shares these bridges with the other; in a bridge that it does not share it is alone with its listener.
    private func share(_ shared: [String], alone: [String] = [], at relay: RelayUnderTest) {
        let (peer, id, own, port) = relay === west ? ("east", ids.east, westPort, eastPort) : ("west", ids.west, eastPort, westPort)
        var text = """
            listen = ["127.0.0.1:\(own)"]
            [endpoint.local]
            kind = "irc-listener"
            listen = "127.0.0.1:0"
            [peer.\(peer)]
            id = "\(id)"
            address = ["127.0.0.1:\(port)"]

            """
        for name in shared { text += bridge(name, "local:#\(name)", "\(peer):\(name)") }
        for name in alone { text += bridge(name, "local:#\(name)", "local:#beside-\(name)") }
        relay.configure(text)
        relay.reload()
    }

    /// Says something as the operator; the event's id.
    private func say(_ text: String, in bridge: String, at relay: RelayUnderTest) -> String {
        let said = relay.command("say", bridge, text)
        #expect(said.exit == 0, "\(said) \(relay.log)")
        return String(said.output.split(whereSeparator: \.isWhitespace).last ?? "")
    }

    private func hasArrived(_ id: String, at relay: RelayUnderTest, seconds: Int = 20) -> Bool {
        (0..<seconds * 10).contains { _ in
            usleep(100_000)
            return hasContent(id, at: relay)
        }
    }

    /// Whether an event is in a relay's journal, not only its number.
    private func hasContent(_ id: String, at relay: RelayUnderTest) -> Bool {
        let told = relay.command("trace", id)
        return told.exit == 0 && told.output.contains("by operator")
    }

    /// By `status`: MEMBER BRIDGE link BEHIND OLDEST LAST-MINUTE.
    private func isNobodyBehind(_ relay: RelayUnderTest, links: Int) -> Bool {
        let lines = relay.command("status").output.split(separator: "\n")
        let rows: [[Substring]] = lines.map { $0.split(separator: " ") }
        let members = rows.filter { $0.count == 6 && $0[2] == "link" }
        return members.count == links && members.allSatisfy { $0[3] == "0" && $0[4] == "-" }
    }

    private var logs: String { "west:\n\(west.log)\neast:\n\(east.log)" }

    /// A channel is added on one side, then on the other, in both orders and at once: the session lives on, and so do the other channels.
    @Test func aChannelIsSharedOverASessionThatLives() throws {
        share(["one"], at: west)
        share(["one"], at: east)
        try #require(west.waitForLog("a channel flows") && east.waitForLog("a channel flows"), "\(logs)")
        var names = ["one"]
        for (round, name) in ["two", "three", "four"].enumerated() {
            names.append(name)
            let order = [[west, east], [east, west], [west, east]][round]
            share(names, at: order[0])
            if round < 2 { try #require(order[1].waitForLog("the peer offers a channel", times: 1), "\(logs)") }
            share(names, at: order[1])
            #expect(hasArrived(say("hello \(name)", in: name, at: west), at: east), "\(logs)")
            #expect(hasArrived(say("hello \(name)", in: name, at: east), at: west), "\(logs)")
            order[1].clearLog()
        }
        #expect(hasArrived(say("still", in: "one", at: west), at: east), "\(logs)")
        for relay in [west, east] { #expect(!relay.log.contains("link down") && !relay.log.contains("ends the session"), "\(logs)") }
        // Nobody is behind: not in the channels where the other one spoke last, nor where nobody did.
        for relay in [west, east] {
            let isEven = (0..<200).contains { _ in
                usleep(100_000)
                return isNobodyBehind(relay, links: 4)
            }
            #expect(isEven, "\(relay.command("status").output)")
        }
        #expect(west.stop() == 0 && east.stop() == 0)
    }

    /// What is said while a channel is not shared, or the link is revoked, stays where it was said.
    @Test func whatIsSaidWhileNothingIsSharedStays() throws {
        share(["ops"], at: west)
        share(["ops"], at: east)
        try #require(west.waitForLog("a channel flows") && east.waitForLog("a channel flows"), "\(logs)")
        #expect(hasArrived(say("before", in: "ops", at: west), at: east), "\(logs)")
        share([], alone: ["ops"], at: west)
        try #require(east.waitForLog("the peer shares a channel no more"), "\(logs)")
        let secret = say("among ourselves", in: "ops", at: west)
        share(["ops"], at: west)
        try #require(west.waitForLog("a channel flows", times: 2), "\(logs)")
        let after = say("after", in: "ops", at: west)
        #expect(hasArrived(after, at: east), "\(logs)")
        #expect(!hasContent(secret, at: east), "\(east.command("trace", secret)) \(logs)")

        #expect(east.command("trace", after).output.contains("born at west"))
        let never = "\(after.prefix { $0 != "." }).9999"
        #expect(west.command("trace", never).exit == 1 && east.command("trace", never).exit == 1)

        #expect(west.command("link", "revoke", "east").exit == 0)
        let revoked = say("while revoked", in: "ops", at: west)
        #expect(west.command("link", "resume", "east").exit == 0)
        try #require(west.waitForLog("a channel flows", times: 3), "\(logs)")
        #expect(hasArrived(say("resumed", in: "ops", at: west), at: east), "\(logs)")
        #expect(!hasContent(revoked, at: east), "\(east.command("trace", revoked)) \(logs)")
        #expect(west.stop() == 0 && east.stop() == 0)
    }
}
