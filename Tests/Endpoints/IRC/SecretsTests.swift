import EndpointIRC
import Testing

@Suite struct SecretsTests {
    /// What a server repeats of its client's words is not written down; of two secrets of which one begins the other, none in part.
    @Test func aServersWordsShowNoSecret() {
        let secrets = IRCSecrets(password: "hunter2", sasl: "hunter22", nickServ: "s3cret.*", keys: ["#ops": "door", "#open": ""])
        for (words, hidden) in [
            ("Unknown command: PASS hunter2", "Unknown command: PASS …"), ("hunter22 is too weak", "… is too weak"),
            ("IDENTIFY s3cret.* door", "IDENTIFY … …"), ("s3cretary", "s3cretary"), ("nothing of it", "nothing of it"),
        ] { #expect(secrets.hidden(in: words) == hidden) }
        #expect(IRCSecrets().hidden(in: "all of it") == "all of it")
    }
}
