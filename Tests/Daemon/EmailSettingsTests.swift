import Base
import Daemon
import EndpointEmail
import Testing

private let good = """
    [relay]
    name = "example"
    state = "/var/lib/fairlead"
    [endpoint.libera]
    kind = "irc"
    server = "irc.libera.chat:6697"
    [endpoint.post]
    kind = "email"
    from = "channels@example.org"
    submission = "smtp.example.org:587"
    tls = "starttls"
    ca = "/etc/fairlead/ca.pem"
    account = "channels"
    password = { file = "/etc/fairlead/post.password" }
    [[bridge]]
    name = "ops"
    join = ["libera:#ops", { channel = "post:ops-list@example.org", direction = "out" }]
    """

private let mistakes: [(name: String, old: String, new: String, message: String)] = [
    (
        "no sender", "from = \"channels@example.org\"\n", "",
        "fairlead.toml:7:1: [endpoint.post] needs from: the address that mail comes from, such as \"channels@example.org\""
    ),
    (
        "sender no address", "\"channels@example.org\"", "\"channels\"",
        "fairlead.toml:9:8: from = \"channels\": expected an address such as \"channels@example.org\""
    ),
    (
        "sender at a literal", "channels@example.org", "channels@[127.0.0.1]",
        "fairlead.toml:9:8: from = \"channels@[127.0.0.1]\": expected an address such as \"channels@example.org\""
    ),
    (
        "no server", "submission = \"smtp.example.org:587\"\n", "",
        "fairlead.toml:7:1: [endpoint.post] needs submission: \"host:port\", such as \"smtp.example.org:587\""
    ),
    (
        "no port", "smtp.example.org:587", "smtp.example.org",
        "fairlead.toml:10:14: submission = \"smtp.example.org\": expected \"host:port\""
    ),
    (
        "misspelled security", "\"starttls\"", "\"startls\"",
        "fairlead.toml:11:7: tls = \"startls\" is unknown; expected one of \"starttls\", \"implicit\", \"none\"; did you mean \"starttls\"?"
    ),
    (
        "no security elsewhere", "\"starttls\"", "\"none\"",
        "fairlead.toml:10:14: tls = \"none\" is for a server on this machine; smtp.example.org:587 is another"
    ),
    (
        "an account without a password", "password = { file = \"/etc/fairlead/post.password\" }\n", "",
        "fairlead.toml:7:1: [endpoint.post] has an account and needs its password"
    ),
    (
        "a password without an account", "account = \"channels\"\n", "",
        "fairlead.toml:7:1: [endpoint.post] has a password and needs its account"
    ),
    (
        "password in the file", "{ file = \"/etc/fairlead/post.password\" }", "\"hunter2\"",
        "fairlead.toml:14:12: password must not stand here; expected { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }"
    ),
    ("channel no address", "post:ops-list@example.org", "post:#ops", "fairlead.toml:17:36: \"#ops\" is no mail address"),
    ("misspelled key", "ca = ", "cas = ", "fairlead.toml:12:7: unknown key cas in [endpoint.post]; did you mean ca?"),
]

@Suite struct EmailSettingsTests {
    @Test func aGoodConfigurationIsRead() throws {
        let settings = try SettingsReader.read(text: good)
        guard case .email(let email) = settings.endpoints["post"] else {
            Issue.record("the endpoint is missing")
            return
        }
        #expect(email.from.description == "channels@example.org" && email.submission.description == "smtp.example.org:587")
        #expect(email.security == .startTLS && email.authorities == "/etc/fairlead/ca.pem" && email.account?.name == "channels")
        #expect(settings.bridges[0].members.map(\.name) == ["libera:#ops", "post:ops-list@example.org"])
    }

    @Test func withoutMoreWordsTheConnectionIsProtected() throws {
        let short = good.replacing("tls = \"starttls\"\n", with: "")
        guard case .email(let email) = try SettingsReader.read(text: short).endpoints["post"] else { return }
        #expect(email.security == .startTLS)
    }

    @Test(arguments: ["127.0.0.1:25", "127.9.9.9:25", "[::1]:25", "localhost:25"])
    func onThisMachineItNeedNotBe(_ place: String) throws {
        let text = good.replacing("\"starttls\"", with: "\"none\"").replacing("smtp.example.org:587", with: place)
        guard case .email(let email) = try SettingsReader.read(text: text).endpoints["post"] else { return }
        #expect(email.security == .none)
    }

    @Test(arguments: ["127.0.0.1.example.org:25", "127.example:25", "10.0.0.1:25", "localhost.example:25", "128.0.0.1:25"])
    func whatOnlyLooksLikeThisMachineIsRefused(_ place: String) {
        let text = good.replacing("\"starttls\"", with: "\"none\"").replacing("smtp.example.org:587", with: place)
        #expect(throws: ConfigurationError.self) { try SettingsReader.read(text: text) }
    }

    @Test(arguments: mistakes.map(\.name)) func aMistakeIsSaidWithPlaceAndRemedy(name: String) throws {
        let mistake = try #require(mistakes.first { $0.name == name })
        #expect(good.contains(mistake.old))
        let text = good.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(text: text) }
        #expect(error.description == mistake.message)
    }

    @Test func aMissingPasswordFileIsSaid() throws {
        let settings = try SettingsReader.read(text: good.replacing("/etc/fairlead/post.password", with: "/nowhere/password"))
        let error = try #require(throws: ConfigurationError.self) { try SecretReader.check(settings) }
        #expect(error.description.hasPrefix("fairlead.toml:14:12: can't read the secret"))
    }
}
