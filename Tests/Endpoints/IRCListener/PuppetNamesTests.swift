import Testing

@testable import EndpointIRCListener

/// The nicks of people from elsewhere.
@Suite struct PuppetNamesTests {
    @Test(arguments: [
        ("anna", "anna"), ("Jürgen Müller", "Jürgen_Müller"), ("a/b!c@d", "a_b_c_d"), ("  ", "_"), ("-x", "_-x"), ("j.smith", "j_smith"),
        ("山田", "山田"), ("😀 smile 😀", "_smile"), ("#ops", "_ops"), (":x", "_x"), ("a\u{0}\nb", "a_b"), ("e\u{301}", "e\u{301}"),
    ])
    func aNameBecomesANick(name: String, nick: String) {
        #expect(PuppetNames.legal(name, atMost: 40) == nick)
    }

    @Test func aLongNameIsCutAtACharacter() {
        #expect(PuppetNames.legal(String(repeating: "ü", count: 40), atMost: 9) == "üüüü")
    }
}
