import Testing
import WireMail

/// RFC 5321 section 4.1.2, with the limits of section 4.5.3.1.
@Suite struct MailAddressTests {
    @Test(
        arguments: [
            "ops@example.org", "o.p+s=1@example.org", "\"a b\"@example.org", "\"a\\\"b@c\"@example.org", "x@localhost", "x@[127.0.0.1]",
            "x@[IPv6:::1]", "1@2.example", "\(String(repeating: "a", count: 64))@example.org",
        ])
    func whatIsAnAddressIsReadAndWrittenAlike(_ text: String) {
        #expect(MailAddress(text)?.description == text)
    }

    @Test(
        arguments: [
            "", "@", "ops", "@example.org", "ops@", ".ops@example.org", "ops.@example.org", "o..s@example.org", "o s@example.org",
            "ops@example..org", "ops@-example.org", "ops@example-.org", "ops@exa mple.org", "ops@example.org.", "ops@[127.0.0.1",
            "ops@[]", "ops@[a]b]", "\"a\"b\"@example.org", "\"a\\\"@example.org", "\"\"@example.org", "öps@example.org", "ops@exämple.org",
            "ops@example.org\r\nRCPT TO:<x@example.org>", "<ops@example.org>", "ops\n@example.org",
            "\(String(repeating: "a", count: 65))@example.org", "a@\(String(repeating: "a", count: 64)).org",
            "a@\(String(repeating: "a.", count: 128))org",
        ])
    func anythingElseIsRefused(_ text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test func messageIDsAreDotAtomsAtADomain() {
        #expect(MessageID("aaaa.12.fairlead", at: "example.org")?.description == "<aaaa.12.fairlead@example.org>")
        #expect(MessageID("a b", at: "example.org") == nil && MessageID("a", at: "x>y") == nil && MessageID("a..b", at: "x") == nil)
    }
}
