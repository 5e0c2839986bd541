import Base
import Model
import Testing

@testable import Core
@testable import EndpointIRCListener

/// The nicks of people from elsewhere.
@Suite struct PuppetNamesTests {
    @Test(arguments: [
        ("anna", "anna"), ("Jürgen Müller", "Jürgen_Müller"), ("a/b!c@d", "a_b_c_d"), ("  ", "_"), ("-x", "_-x"), ("j.smith", "j_smith"),
        ("山田", "山田"), ("😀 smile 😀", "_smile"), ("#ops", "_ops"), (":x", "_x"), ("a\u{0}\nb", "a_b"), ("e\u{301}", "e\u{301}"),
        ("bob_", "bob_"), ("_bob__x_", "_bob__x_"), ("bob_!!", "bob_"), ("bob!_", "bob__"),
    ])
    func aNameBecomesANick(name: String, nick: String) {
        #expect(PuppetNames.legal(name, atMost: 40) == nick)
    }

    @Test func aLongNameIsCutAtACharacter() {
        #expect(PuppetNames.legal(String(repeating: "ü", count: 40), atMost: 9) == "üüüü")
    }

    /// Nobody gets another's nick by a name that only becomes it, whoever speaks first: only a name that is a nick as it is has the plain one.
    @Test(arguments: ["bob_", "bob__", "bob ", "bob!", " bob", "b ob", "b_ob", "bob/libera", "bob~aaaa", "bob/", "bob\u{200B}"])
    func aNameThatLooksLikeAnothers(_ other: String) {
        for original in ["bob", "b_ob"] where original != other {
            var names = PuppetNames()
            func nick(_ name: String, _ key: UInt64) -> String {
                names.puppet(event(name, key, .endpoint("libera")), Texts(.en), network: "local").0.nick
            }
            let taken = nick(other, 2)
            #expect(nick(original, 1) == "\(original)/libera" && taken != "\(original)/libera", "\(taken)")
        }
    }

    private func event(_ name: String, _ key: UInt64, _ place: CommittedEvent.Place) -> CommittedEvent {
        CommittedEvent(
            id: EventID(stream: StreamID(rawValue: 1), number: 1), position: .first, event: .topic("x"), author: AuthorKey(rawValue: key),
            name: name, place: place, time: UnixTime(seconds: 1))
    }

    @Test func everybodyHasOneNickAndNobodyAnothers() {
        var names = PuppetNames()
        func nick(_ name: String, _ key: UInt64, _ place: CommittedEvent.Place) -> String {
            names.puppet(event(name, key, place), Texts(.de), network: "local").0.nick
        }
        #expect(nick("anna", 1, .organisation("Partner GmbH")) == "anna/Partner_GmbH")
        #expect(nick("anna", 1, .endpoint("libera")) == "anna/libera")
        #expect(nick("anna", 1, .endpoint(nil)) == "anna/elsewhere")
        #expect(nick("", 7, .endpoint("libera")) == "unbekannt/libera")
        // Keys that begin alike.
        #expect(nick("ANNA", 2, .endpoint("libera")) == "ANNA~aaaa/libera")
        #expect(nick("Anna", 3, .endpoint("libera")) == "Anna~aaaaaaaaaaaag/libera")
        #expect(nick("anna", 1, .endpoint("libera")) == "anna/libera")
        #expect(names.puppet(event("annika", 1, .endpoint("libera")), Texts(.en), network: "local").former == "anna/libera")
        // Who has a nick keeps it, also when a better one is free.
        #expect(nick("Anna", 3, .endpoint("libera")) == "Anna~aaaaaaaaaaaag/libera")
        #expect(nick("anna", 9, .endpoint("libera")) == "anna/libera")
        names.forget("ANNA~aaaa/libera")
        #expect(nick("Anna", 2, .endpoint("libera")) == "Anna~aaaa/libera")
    }
}
