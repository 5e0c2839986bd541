import Support
import Testing

/// TLS with InspIRCd over GnuTLS: verified by authority, name and time.
@Suite(.serialized) struct TLSTests {
    @Test func aServerIsVerifiedAndAnyOtherRefused() throws {
        let certificates = Certificates()
        let ng = ForeignServer(.ngIRCd)
        let good = server(certificates.server("good", for: "DNS:localhost", "IP:127.0.0.1"))
        let others = [
            ("named", server(certificates.server("named", for: "DNS:irc.example.org"))),
            ("expired", server(certificates.server("expired", for: "DNS:localhost", "IP:127.0.0.1", days: -1))),
            ("selfsigned", server(certificates.selfSigned("selfsigned"))),
        ]
        let trust = "ca = \"\(certificates.authority)\""
        var configuration = endpoint("ng", ng.port) + endpoint("byname", good.tlsPort, host: "localhost", trust)
        configuration += endpoint("byaddress", good.tlsPort, trust + "\nnick = \"second\"")
        configuration += endpoint("nobody", good.tlsPort, host: "localhost", "nick = \"third\"")
        for (name, server) in others { configuration += endpoint(name, server.tlsPort, host: "localhost", trust) }
        let members = ["ng:#a", "byname:#b", "byaddress:#c", "nobody:#d"] + others.map { "\($0.0):#x" }
        configuration += "[[bridge]]\nname = \"ops\"\njoin = [\(members.map { "\"\($0)\"" }.joined(separator: ", "))]\n"
        let relay = RelayUnderTest(configuration)
        try #require(relay.waitForLog("connected to a channel", times: 3), "\(relay.log)")
        for (name, words) in [
            ("named", "hostname mismatch"), ("expired", "certificate has expired"), ("selfsigned", "self-signed certificate"),
            ("nobody", "unable to get local issuer certificate"),
        ] {
            let isSaid = relay.waits { log in
                log.split(separator: "\n").contains { $0.contains("endpoint=\(name)") && $0.contains("disconnected") && $0.contains(words) }
            }
            #expect(isSaid, "\(name): \(relay.log)")
        }
        // Through TLS both ways.
        let anna = IRCProbe(ng, "anna", join: ["#a"])
        let bob = IRCProbe(good, "bob", join: ["#b", "#c"])
        anna.say("through TLS", in: "#a")
        #expect(bob.sees("<a\u{2060}nna> through TLS", in: "#b") && bob.sees("<a\u{2060}nna> through TLS", in: "#c"), "\(relay.log)")
        bob.say("and back", in: "#c")
        #expect(anna.sees("<b\u{2060}ob> and back", in: "#a"), "\(relay.log)")
        #expect(relay.stop() == 0)
    }

    private func server(_ pair: Certificates.Pair) -> ForeignServer {
        var options = ForeignServer.Options()
        options.tls = pair
        return ForeignServer(.inspIRCd, options)
    }
}
