import Base
import Core
import Daemon
import EndpointIRC
import Glibc
import IO
import Support
import Testing

private let good = """
    language = "de"
    [relay]
    name = "example"
    state = "/var/lib/fairlead"
    [endpoint.libera]
    kind = "irc"
    server = "irc.libera.chat:6697"
    nick = "fairlead"
    sasl = { account = "fairlead", password = { file = "/etc/fairlead/libera.password" } }
    keys = { "#ops" = { env = "OPS_KEY" } }
    [endpoint.local]
    kind = "irc"
    servers = ["127.0.0.1:6667", "[::1]:6667"]
    tls = false
    [[bridge]]
    name = "ops"
    join = ["libera:#ops", { channel = "local:#ops", direction = "out" }]
    [limits]
    hold = "7d"
    quota = "2GB"
    """

/// What is wrong, the change that makes it so, where and how it is said.
private let mistakes: [(name: String, old: String, new: String, message: String)] = [
    ("no TOML", "name = \"example\"", "name = \"example", "fairlead.toml:3:"),
    ("misspelled key that is needed", "state =", "stat =", "fairlead.toml:4:8: unknown key stat in [relay]; did you mean state?"),
    (
        "misspelled kind", "kind = \"irc\"\nserver = ", "kin = \"irc\"\nserver = ",
        "fairlead.toml:6:7: unknown key kin in [endpoint.libera]; did you mean kind?"
    ),
    ("misspelled server", "server = ", "servr = ", "fairlead.toml:7:9: unknown key servr in [endpoint.libera]; did you mean server?"),
    ("misspelled relay", "[relay]", "[rely]", "fairlead.toml:2:1: unknown key rely; did you mean relay?"),
    (
        "relative state", "/var/lib/fairlead", "state",
        "fairlead.toml:4:9: state = \"state\": expected a folder, such as \"/var/lib/fairlead\", from the root on"
    ),
    (
        "port too high", "irc.libera.chat:6697", "irc.libera.chat:99999",
        "fairlead.toml:7:10: server = \"irc.libera.chat:99999\": expected a port of 1 to 65535"
    ),
    (
        "port no number", "irc.libera.chat:6697", "irc.libera.chat:irc",
        "fairlead.toml:7:10: server = \"irc.libera.chat:irc\": expected \"host:port\""
    ),
    (
        "a bridge that was itself", "name = \"ops\"", "name = \"ops\"\nwas = \"ops\"",
        "fairlead.toml:17:7: was = \"ops\" is its name now; expected the one before"
    ),
    (
        "a channel without end", "libera:#ops", "libera:#\(String(repeating: "o", count: 200))",
        "fairlead.toml:17:9: \"#\(String(repeating: "o", count: 39))…\" has 201 bytes; a channel on IRC has at most 200"
    ),
    (
        "a value that moves the cursor", "\"7d\"", "\"\\u001B[2J\\nx\\u202E\"",
        "fairlead.toml:19:8: hold = \"\\u{1b}[2J\\u{a}x\\u{202e}\""
    ),
    ("port empty", "irc.libera.chat:6697", "irc.libera.chat:", "fairlead.toml:7:10: server = \"irc.libera.chat:\": expected \"host:port\""),
    ("duration out of range", "\"7d\"", "\"1s\"", "fairlead.toml:19:8: hold = \"1s\" is out of range; expected 1m to 400d"),
    ("misspelled key", "nick = ", "nik = ", "fairlead.toml:8:7: unknown key nik in [endpoint.libera]; did you mean nick?"),
    ("misspelled table", "[limits]", "[limit]", "fairlead.toml:18:1: unknown key limit; did you mean limits?"),
    (
        "metrics without an address", "[limits]", "[metrics]\n[limits]",
        "fairlead.toml:18:1: [metrics] needs listen: an address of this machine, such as \"127.0.0.1:9733\""
    ),
    (
        "metrics at a name", "[limits]", "[metrics]\nlisten = \"relay.example.org:9733\"\n[limits]",
        "fairlead.toml:19:10: listen = \"relay.example.org:9733\": expected an address of this machine, such as \"127.0.0.1:9733\"; "
            + "another must be written as a number"
    ),
    (
        "unknown key of metrics", "[limits]", "[metrics]\nlisten = \"127.0.0.1:9733\"\nlistens = 1\n[limits]",
        "fairlead.toml:20:11: unknown key listens in [metrics]; did you mean listen?"
    ),
    (
        "unknown kind", "kind = \"irc\"\nserver = ", "kind = \"icr\"\nserver = ",
        "fairlead.toml:6:8: kind = \"icr\" is unknown; expected one of \"irc\", \"irc-listener\", \"email\"; did you mean \"irc\"?"
    ),
    (
        "no kind", "kind = \"irc\"\nserver = ", "server = ",
        "fairlead.toml:5:1: [endpoint.libera] needs kind: one of \"irc\", \"irc-listener\", \"email\""
    ),
    (
        "no server", "server = \"irc.libera.chat:6697\"\n", "",
        "fairlead.toml:5:1: [endpoint.libera] needs server: \"host:port\", such as \"irc.example.org:6697\""
    ),
    ("no port", "irc.libera.chat:6697", "irc.libera.chat", "fairlead.toml:7:10: server = \"irc.libera.chat\": expected \"host:port\""),
    ("port 0", "127.0.0.1:6667", "127.0.0.1:0", "fairlead.toml:13:12: \"127.0.0.1:0\" in servers: expected a port of 1 to 65535"),
    (
        "both server and servers", "servers = [", "server = \"a:1\"\nservers = [",
        "fairlead.toml:13:10: [endpoint.local] has both server and servers"
    ),
    (
        "secret in the file", "{ file = \"/etc/fairlead/libera.password\" }", "\"hunter2\"",
        "fairlead.toml:9:43: password must not stand here; expected { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }"
    ),
    (
        "two sources of a secret", "{ env = \"OPS_KEY\" }", "{ env = \"OPS_KEY\", file = \"k\" }",
        "fairlead.toml:10:19: #ops needs one of file, env and credential"
    ),
    ("nick no nick", "\"fairlead\"\nsasl", "\"fair lead\"\nsasl", "fairlead.toml:8:8: nick = \"fair lead\" can't be a nick on IRC"),
    ("number for a text", "nick = \"fairlead\"", "nick = 7", "fairlead.toml:8:8: expected a text in quotes, found a number"),
    ("text for a boolean", "tls = false", "tls = \"no\"", "fairlead.toml:14:7: expected true or false, found a text"),
    (
        "unknown endpoint", "\"libera:#ops\"", "\"libra:#ops\"",
        "fairlead.toml:17:9: there is no endpoint or peer \"libra\"; did you mean \"libera\"?"
    ),
    ("no channel", "\"libera:#ops\"", "\"libera\"", "fairlead.toml:17:9: \"libera\": expected \"endpoint:channel\""),
    (
        "one member", "[\"libera:#ops\", { channel = \"local:#ops\", direction = \"out\" }]", "[\"libera:#ops\"]",
        "fairlead.toml:17:8: bridge \"ops\" joins 1 channels; it needs at least two"
    ),
    (
        "twice the same channel", "\"local:#ops\"", "\"libera:#ops\"",
        "fairlead.toml:17:36: \"libera:#ops\" is in bridge \"ops\" already, at fairlead.toml:17:9"
    ),
    (
        "two spellings of a channel", "\"local:#ops\"", "\"libera:#OPS\"",
        "fairlead.toml:17:36: \"libera:#OPS\" is in bridge \"ops\" already, as \"libera:#ops\" at fairlead.toml:17:9"
    ),
    (
        "two spellings in two bridges", "[limits]", "[[bridge]]\nname = \"dev\"\njoin = [\"local:#dev{\", \"local:#DEV[\"]\n[limits]",
        "fairlead.toml:20:24: \"local:#DEV[\" is in bridge \"dev\" already, as \"local:#dev{\" at fairlead.toml:20:9"
    ),
    (
        "no mark before a channel", "\"libera:#ops\"", "\"libera:ops\"",
        "fairlead.toml:17:9: \"ops\" can't be a channel on IRC: # and more, without spaces and commas"
    ),
    ("a space in a channel", "\"libera:#ops\"", "\"libera:#o ps\"", "fairlead.toml:17:9: \"#o ps\" can't be a channel on IRC"),
    (
        "unknown direction", "\"out\"", "\"outward\"",
        "fairlead.toml:17:62: direction = \"outward\" is unknown; expected one of \"both\", \"in\", \"out\""
    ),
    (
        "duration without unit", "\"7d\"", "\"7\"",
        "fairlead.toml:19:8: hold = \"7\": expected a duration such as \"90s\", \"10m\", \"12h\" or \"14d\""
    ),
    (
        "duration as a number", "\"7d\"", "7",
        "fairlead.toml:19:8: expected a duration such as \"90s\", \"10m\", \"12h\" or \"14d\", found a number"
    ),
    ("size out of range", "\"2GB\"", "\"2KB\"", "fairlead.toml:20:9: quota = \"2KB\" is out of range; expected 100MB to 100TB"),
    (
        "no relay name", "name = \"example\"\n", "",
        "fairlead.toml:2:1: [relay] needs name: a short name that peers see, such as \"example\""
    ),
    (
        "bad relay name", "\"example\"", "\"Example Org\"",
        "fairlead.toml:3:8: relay name \"Example Org\": expected 1 to 32 of a-z, 0-9 and -"
    ),
    ("unknown language", "\"de\"", "\"fr\"", "fairlead.toml:1:12: language = \"fr\" is unknown; expected one of \"en\", \"de\""),
    ("key twice", "tls = false", "tls = false\ntls = true", "fairlead.toml:1"),
]

private let listener = """
    [relay]
    name = "example"
    state = "/var/lib/fairlead"
    [endpoint.local]
    kind = "irc-listener"
    listen = "0.0.0.0:6667"
    accounts = { anna = { file = "/etc/fairlead/anna" }, bob = { env = "BOB" } }
    [endpoint.libera]
    kind = "irc"
    server = "irc.libera.chat:6697"
    [[bridge]]
    name = "ops"
    join = ["local:#ops", "libera:#ops"]
    """

private let listenerMistakes: [(name: String, old: String, new: String, message: String)] = [
    (
        "no listen", "listen = \"0.0.0.0:6667\"\n", "",
        "fairlead.toml:4:1: [endpoint.local] needs listen: \"host:port\", such as \"127.0.0.1:6667\""
    ),
    ("no port to listen at", "0.0.0.0:6667", "0.0.0.0", "fairlead.toml:6:10: listen = \"0.0.0.0\": expected \"host:port\""),
    (
        "open to others", "accounts = { anna = { file = \"/etc/fairlead/anna\" }, bob = { env = \"BOB\" } }\n", "",
        "fairlead.toml:6:10: listen = \"0.0.0.0:6667\" is open to others: it needs accounts = { NAME = SECRET }, or an address such as 127.0.0.1"
    ),
    (
        "open to others with no account", "{ anna = { file = \"/etc/fairlead/anna\" }, bob = { env = \"BOB\" } }", "{}",
        "fairlead.toml:6:10: listen = \"0.0.0.0:6667\" is open to others"
    ),
    (
        "open to others by another address",
        "0.0.0.0:6667\"\naccounts = { anna = { file = \"/etc/fairlead/anna\" }, bob = { env = \"BOB\" } }",
        "[2001:db8::1]:6667\"", "fairlead.toml:6:10: listen = \"[2001:db8::1]:6667\" is open to others"
    ),
    (
        "password in the file", "{ env = \"BOB\" }", "\"hunter2\"",
        "fairlead.toml:7:60: bob must not stand here; expected { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }"
    ),
    ("account no nick", "bob =", "\"bob/b\" =", "fairlead.toml:7:64: account \"bob/b\" can't be a nick on IRC"),
    ("account twice", "bob =", "Anna =", "fairlead.toml:7:21: account \"anna\" differs from another only by upper and lower case"),
    (
        "accounts no table", "{ anna = { file = \"/etc/fairlead/anna\" }, bob = { env = \"BOB\" } }", "[\"anna\"]",
        "fairlead.toml:7:12: expected a table of accounts"
    ),
    ("channel without #", "\"local:#ops\"", "\"local:ops\"", "fairlead.toml:13:9: \"ops\" can't be a channel of an IRC listener"),
    ("channel with a comma", "\"local:#ops\"", "\"local:#o,ps\"", "fairlead.toml:13:9: \"#o,ps\" can't be a channel of an IRC listener"),
    (
        "two spellings of a listener's channel", "\"libera:#ops\"", "\"local:#OPS\"",
        "fairlead.toml:13:23: \"local:#OPS\" is in bridge \"ops\" already, as \"local:#ops\" at fairlead.toml:13:9"
    ),
    ("key of another kind", "listen =", "nick = \"x\"\nlisten =", "fairlead.toml:6:8: unknown key nick in [endpoint.local]"),
]

@Suite struct SettingsTests {
    /// A folder that may not be read is no empty one.
    @Test func partsThatCannotBeRead() throws {
        let folder = try ScratchFolder(in: "/tmp")
        defer { folder.removeAll() }
        try Files.create("\(folder.path)/fairlead.toml", [UInt8](listener.utf8))
        #expect(throws: Never.self) { try SettingsReader.read("\(folder.path)/fairlead.toml") }
        // A link that leads to itself: nobody may read it, root neither.
        symlink("conf.d", "\(folder.path)/conf.d")
        #expect {
            try SettingsReader.read("\(folder.path)/fairlead.toml")
        } throws: { "\($0)".contains("conf.d:1:1: can't be read: ") }
    }

    @Test func aListenerIsRead() throws {
        let settings = try SettingsReader.read(text: listener)
        guard case .ircListener(let local) = settings.endpoints["local"] else {
            Issue.record("the listener is missing")
            return
        }
        #expect(local.listen.description == "0.0.0.0:6667" && local.accounts.keys.sorted() == ["anna", "bob"])
        #expect(settings.bridges[0].members.map(\.isReader) == [true, false])
        // Without accounts it is for this machine alone.
        for address in ["127.0.0.1:0", "[::1]:6667", "localhost:6667", "127.8.9.1:6667"] {
            let open = listener.replacing("0.0.0.0:6667", with: address).split(separator: "\n").filter { !$0.hasPrefix("accounts") }
            #expect(throws: Never.self) { try SettingsReader.read(text: open.joined(separator: "\n")) }
        }
    }

    @Test(arguments: listenerMistakes.map(\.name)) func aListenersMistakeIsSaidWithPlaceAndRemedy(name: String) throws {
        let mistake = try #require(listenerMistakes.first { $0.name == name })
        #expect(listener.contains(mistake.old))
        let text = listener.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(text: text) }
        #expect(error.description.hasPrefix(mistake.message), "it says: \(error)")
    }

    @Test func aGoodConfigurationIsRead() throws {
        let settings = try SettingsReader.read(text: good)
        #expect(settings.language == .de)
        #expect(settings.relay.name == "example" && settings.relay.state == "/var/lib/fairlead")
        #expect(settings.limits.hold == 7 * 86_400 && settings.limits.holdBytes == 500_000_000)
        #expect(settings.bridges.map(\.name) == ["ops"])
        #expect(settings.bridges[0].members.map(\.name) == ["libera:#ops", "local:#ops"])
        #expect(settings.bridges[0].members.map(\.direction) == [.both, .out])
        guard case .irc(let libera) = settings.endpoints["libera"], case .irc(let local) = settings.endpoints["local"] else {
            Issue.record("the endpoints are missing")
            return
        }
        #expect(libera.servers.map(\.description) == ["irc.libera.chat:6697"] && libera.usesTLS && libera.sasl?.account == "fairlead")
        #expect(local.servers.map(\.description) == ["127.0.0.1:6667", "[::1]:6667"] && !local.usesTLS)
        #expect(libera.keys["#ops"]?.source == .environment("OPS_KEY"))
    }

    @Test(arguments: mistakes.map(\.name)) func aMistakeIsSaidWithPlaceAndRemedy(name: String) throws {
        let mistake = try #require(mistakes.first { $0.name == name })
        #expect(good.contains(mistake.old))
        let text = good.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(text: text) }
        #expect(error.description.hasPrefix(mistake.message), "it says: \(error)")
    }

    /// What the parser says of a text that is no TOML, and what it should be.
    @Test func whatIsNoTOML() throws {
        for text in ["[relay", "relay", "name = ", "a = b", "[[x]", "\u{0}"] {
            let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(text: text) }
            #expect(
                error.description.hasPrefix("fairlead.toml:1:") && error.message.contains("; expected TOML: ")
                    && !error.message.contains(".;"), "\(error)")
        }
    }

    /// The library would read beyond its end.
    @Test func whatIsNoUTF8() throws {
        let head: [UInt8] = Array("[relay]\n# Gr".utf8)
        for tail: [UInt8] in [[0xFC, 0xDF, 0x65], [0xE1], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(bytes: head + tail, file: "f.toml") }
            #expect(error.description == "f.toml:2:5: these bytes are no UTF-8; expected a text in UTF-8")
        }
    }

    /// A folder of parts that is there and can't be read is not taken for an empty one.
    @Test func aConfDThatCantBeRead() throws {
        let folder = TemporaryFolder()
        let main = "\(folder.path)/fairlead.toml"
        try Files.create(main, [UInt8](good.utf8))
        _ = try SettingsReader.read(main)
        // Root may read any folder, so it is something else that is no readable one.
        let parts = "\(folder.path)/conf.d"
        if geteuid() == 0 { try Files.create(parts, []) } else { mkdir(parts, 0) }
        defer { if geteuid() != 0 { rmdir(parts) } }
        let words = geteuid() == 0 ? "Not a directory" : "Permission denied"
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(main) }
        #expect(error.description == "\(parts):1:1: can't be read: \(parts): \(words)")
    }

    @Test func filesInConfDBelongToIt() throws {
        let folder = TemporaryFolder()
        let main = "\(folder.path)/fairlead.toml"
        try Files.create(main, [UInt8](good.utf8))
        try Files.makeFolder("\(folder.path)/conf.d")
        defer { rmdir("\(folder.path)/conf.d") }
        let part = "\(folder.path)/conf.d/extra.toml"
        let more =
            "[endpoint.oftc]\nkind = \"irc\"\nserver = \"irc.oftc.net:6697\"\n[[bridge]]\nname = \"dev\"\njoin = [\"oftc:#dev\", \"libera:#dev\"]\n"
        try Files.create(part, [UInt8](more.utf8))
        let settings = try SettingsReader.read(main)
        #expect(settings.endpoints.keys.sorted() == ["libera", "local", "oftc"] && settings.bridges.map(\.name) == ["ops", "dev"])
        try Files.remove(part)
        try Files.create(part, [UInt8]("[endpoint.local]\nkind = \"irc\"\nserver = \"a:1\"\n".utf8))
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(main) }
        #expect(error.description == "\(part):1:1: [endpoint.local] stands in \(main) already")
        try Files.remove(part)
    }

    @Test func aMissingFileIsSaid() throws {
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read("/nowhere/fairlead.toml") }
        #expect(error.description == "/nowhere/fairlead.toml:1:1: can't be read: /nowhere/fairlead.toml: No such file or directory")
    }

    /// What would end the process in the library, or hold it up for minutes.
    @Test func depthHasABound() throws {
        func fault(_ text: String) -> String? {
            do { _ = try SettingsReader.read(text: text) } catch { return error.description }
            return nil
        }
        let deep = "fairlead.toml:1:35: nested too deep; expected at most 32 levels of [ and {"
        #expect(fault("z=" + String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000)) == deep)
        #expect(fault("z=" + String(repeating: "{a=", count: 20_000))?.contains("nested too deep") == true)
        let parts = "a key of too many parts; expected at most 16 with dots between"
        for key in [String(repeating: "a.", count: 20_000) + "a = 1", "[" + String(repeating: "\"a\".", count: 20_000) + "a]"] {
            #expect(fault("\n" + key)?.hasPrefix("fairlead.toml:2:") == true && fault("\n" + key)?.hasSuffix(parts) == true)
        }
        // Texts and comments may hold what they like.
        let marks = String(repeating: "[", count: 200) + String(repeating: "a.", count: 200)
        for text in [
            "# \(marks)", "z = \"\(marks)\\\"\(marks)\"", "z = '\(marks)'", "z = \"\"\"\n\(marks)\n\"\"\"\"\"", "z = '''\(marks)\n'''",
        ] {
            let words = try #require(fault(text + "\ny = 1"))
            #expect(!words.contains("nested") && !words.contains("parts"), "\(words)")
        }
        #expect(
            fault("z = \"\"\"\n\(marks)\n\"\"\"\n" + String(repeating: "[", count: 40))?.hasPrefix("fairlead.toml:4:33: nested") == true)
    }

    @Test func aSecretThatOthersCanReadIsRefusedWithTheRemedy() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/password"
        try Files.create(path, [UInt8]("hunter2\n".utf8), mode: 0o644)
        let text = good.replacing("/etc/fairlead/libera.password", with: path).replacing(
            "keys = { \"#ops\" = { env = \"OPS_KEY\" } }\n", with: "")
        let settings = try SettingsReader.read(text: text)
        let error = try #require(throws: ConfigurationError.self) { try SecretReader.check(settings) }
        #expect(error.description == "fairlead.toml:9:43: \(path) can be read by others; run: chmod 600 \(path)")
        chmod(path, 0o620)
        let writable = try #require(throws: ConfigurationError.self) { try SecretReader.check(settings) }
        #expect(writable.description == "fairlead.toml:9:43: \(path) can be written by others; run: chmod 600 \(path)")
        chmod(path, 0o600)
        try SecretReader.check(settings)
        guard case .irc(let irc) = settings.endpoints["libera"], let password = irc.sasl?.password else { return }
        #expect(try SecretReader.read(password) == "hunter2")
    }

    /// What is no file is neither waited for nor to be closed to others.
    @Test func aSecretIsOneLineOfAFile() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/password"
        let settings = try SettingsReader.read(
            text: good.replacing("/etc/fairlead/libera.password", with: path).replacing(
                "keys = { \"#ops\" = { env = \"OPS_KEY\" } }\n", with: ""))
        func refusal() throws -> String {
            try #require(throws: ConfigurationError.self) { try SecretReader.check(settings) }.message
        }
        try Files.makeFolder(path, mode: 0o755)
        #expect(try refusal() == "can't read the secret: \(path): Is a directory")
        rmdir(path)
        mkfifo(path, 0o644)
        #expect(try refusal() == "can't read the secret: \(path): expected a file, not a pipe, socket or device")
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(path) }
        #expect(error.message == "can't be read: \(path): expected a file, not a pipe, socket or device")
        try Files.remove(path)
        for (text, words) in [
            ("hunter2\nhunter3\n", "has more than one line; expected the secret and nothing else"), ("\n", "is empty"),
            ("hunter\u{0}2", "has more than one line; expected the secret and nothing else"),
        ] {
            try Files.create(path, [UInt8](text.utf8))
            #expect(try refusal() == "\(path) \(words)")
            try Files.remove(path)
        }
    }

    /// A value without end is not said whole.
    @Test func wordsHaveABound() throws {
        let text = good.replacing("\"7d\"", with: "\"\(String(repeating: "ü", count: 10_000))\"")
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(text: text) }
        #expect(error.message.utf8.count < 610 && error.message.hasSuffix("ü…"), "\(error.message.utf8.count)")
    }

    /// Whom a file is open to: by owner, by mode, and in this order.
    @Test func whoCanGetAtAFile() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/file"
        try Files.create(path, [])
        let user = geteuid()
        for (mode, expected) in [
            (0o600, nil), (0o400, nil), (0o644, .readable), (0o640, .readable), (0o604, .readable), (0o620, .writable), (0o602, .writable),
            (0o666, .writable), (0o711, nil),
        ] as [(mode_t, FileExposure?)] {
            chmod(path, mode)
            #expect(try FileExposure.of(path) == expected, "\(mode)")
        }
        // It belongs to this user; to another it is foreign, unless that is root, who looks after everybody's, or it is root's.
        chmod(path, 0o600)
        #expect(try FileExposure.of(path, to: 0) == nil)
        #expect(try FileExposure.of(path, to: user + 4242) == (user == 0 ? nil : .foreign(user)))
        guard user == 0 else { return }
        chown(path, 4242, 4242)
        #expect(try FileExposure.of(path, to: 4243) == .foreign(4242) && FileExposure.of(path, to: 4242) == nil)
    }

    /// systemd gives a service's user access to a credential by a list, whose mask stands in the place of the group's mode.
    @Test func aCredentialIsReadWhereSystemdPutsIt() throws {
        let folder = TemporaryFolder()
        setenv("CREDENTIALS_DIRECTORY", folder.path, 1)
        defer { unsetenv("CREDENTIALS_DIRECTORY") }
        let text = good.replacing("{ file = \"/etc/fairlead/libera.password\" }", with: "{ credential = \"libera\" }").replacing(
            "keys = { \"#ops\" = { env = \"OPS_KEY\" } }\n", with: "")
        let settings = try SettingsReader.read(text: text)
        guard case .irc(let irc) = settings.endpoints["libera"], let password = irc.sasl?.password else {
            Issue.record("the credential is missing")
            return
        }
        let missing = try #require(throws: ConfigurationError.self) { try SecretReader.check(settings) }
        let path = "\(folder.path)/libera"
        #expect(missing.description == "fairlead.toml:9:43: can't read the secret: \(path): No such file or directory")
        try Files.create(path, [UInt8]("hunter2\n".utf8), mode: 0o400)
        #expect(try SecretReader.read(password) == "hunter2")
        let refusal = "fairlead.toml:9:43: \(path) can be read by others; run: chmod 600 \(path)"
        for mode: mode_t in [0o440, 0o404] {
            chmod(path, mode)
            #expect(try #require(throws: ConfigurationError.self) { try SecretReader.read(password) }.description == refusal)
        }
        chmod(path, 0o400)
        guard setAccessList(path, user: geteuid()) else {
            return announce("skipped: /tmp keeps no access control lists", of: Test.current?.name)
        }
        #expect(try SecretReader.read(password) == "hunter2")
        #expect(setAccessList(path, user: geteuid(), groupMayRead: true))
        #expect(throws: ConfigurationError.self) { try SecretReader.read(password) }
        #expect(setAccessList(path, user: geteuid() + 1))
        #expect(throws: ConfigurationError.self) { try SecretReader.read(password) }
        unsetenv("CREDENTIALS_DIRECTORY")
        let error = try #require(throws: ConfigurationError.self) { try SecretReader.read(password) }
        #expect(error.description == "fairlead.toml:9:43: credential \"libera\": not started by systemd with LoadCredential=")
    }

    /// Whatever bytes a file holds, it is read or refused with a place, and never ends the process.
    @Test(arguments: 0..<200) func brokenFilesAreRefused(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var bytes = [UInt8](good.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            default: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
        }
        let folder = TemporaryFolder()
        let path = "\(folder.path)/fairlead.toml"
        try? Files.create(path, bytes)
        do {
            _ = try SettingsReader.read(path)
        } catch {
            #expect(error.place.file == path && error.place.line >= 1 && !error.message.isEmpty)
        }
    }
}
