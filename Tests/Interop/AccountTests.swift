import Support
import Testing

/// Accounts: SASL PLAIN and NickServ of atheme-services.
@Suite(.serialized) struct AccountTests {
    private func withServices(_ kind: ForeignServer.Kind) -> ForeignServer {
        var options = ForeignServer.Options()
        options.hasServices = true
        return ForeignServer(kind, options)
    }

    private func register(_ account: String, at server: ForeignServer) throws {
        let probe = IRCProbe(server, account, join: [])
        probe.send("PRIVMSG NickServ :REGISTER right a@insp.test")
        try #require(probe.wait(seconds: 20) { $0.contains { $0.contains("now registered") } }, "\(probe.lines.suffix(5))")
        probe.send("QUIT")
        while probe.pump(milliseconds: 1000) {}
    }

    /// A file that only its owner reads, as secrets have to be.
    private func secret(_ word: String, _ relay: RelayUnderTest) -> String {
        relay.write(word, to: "secret")
        return "{ file = \"\(relay.folder.path)/secret\" }"
    }

    @Test func saslPlain() throws {
        let (insp, ng) = (withServices(.inspIRCd), ForeignServer(.ngIRCd))
        try register("relay", at: insp)
        let relay = RelayUnderTest(unstarted: ())
        func configuration(_ word: String) -> String {
            endpoint(
                "insp", insp.port, "tls = false\nsasl = { account = \"relay\", password = \(secret(word, relay)) }")
                + endpoint("ng", ng.port) + bridge("ops", "insp:#b", "ng:#a")
        }
        relay.configure(configuration("wrong"))
        relay.start()
        try #require(relay.waitForLog("SASL refused"), "\(relay.log)")
        // It is tried again, later and later, and disturbs nobody.
        #expect(relay.waitForLog("again_in_ms") && relay.waitForLog("connected to a channel"), "\(relay.log)")
        #expect(!relay.log.contains("wrong"))
        relay.configure(configuration("right"))
        relay.reload()
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        let bob = IRCProbe(insp, "bob", join: ["#b"])
        bob.send("WHOIS fairlead")
        #expect(bob.wait(seconds: 10) { $0.contains { $0.contains(" 330 ") && $0.contains("relay") } }, "\(bob.lines.suffix(8))")
        #expect(!relay.log.contains("right"))
        #expect(relay.stop() == 0)
    }

    /// Where SASL is not offered and asked for, the account is not used without it.
    @Test func saslThatIsNotOffered() throws {
        let (insp, ng) = (ForeignServer(.inspIRCd), ForeignServer(.ngIRCd))
        let relay = RelayUnderTest(unstarted: ())
        let account = "tls = false\nsasl = { account = \"relay\", password = \(secret("right", relay)) }"
        relay.configure(endpoint("insp", insp.port, account) + endpoint("ng", ng.port, account) + bridge("ops", "insp:#b", "ng:#a"))
        relay.start()
        #expect(relay.waitForLog("the server does not offer SASL PLAIN", times: 2), "\(relay.log)")
        #expect(!relay.log.contains("registered"))
        #expect(relay.stop() == 0)
    }

    @Test(arguments: [ForeignServer.Kind.inspIRCd, .ngIRCd])
    func nickServ(_ kind: ForeignServer.Kind) throws {
        let (server, other) = (withServices(kind), ForeignServer(.ngIRCd))
        try register("fairlead", at: server)
        let relay = RelayUnderTest(unstarted: ())
        func configuration(_ word: String) -> String {
            endpoint("it", server.port, "tls = false\nnickserv = \(secret(word, relay))") + endpoint("other", other.port)
                + bridge("ops", "it:#b", "other:#a")
        }
        relay.configure(configuration("wrong"))
        relay.start()
        try #require(relay.waitForLog("connected to a channel", times: 2), "\(relay.log)")
        #expect(relay.log.contains("Invalid password"), "\(relay.log)")
        relay.configure(configuration("right"))
        relay.clearLog()
        relay.reload()
        try #require(relay.waitForLog("connected to a channel"), "\(relay.log)")
        #expect(relay.log.contains("You are now identified"), "\(relay.log)")
        #expect(relay.stop() == 0)
    }
}
