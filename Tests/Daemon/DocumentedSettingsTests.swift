import Base
import Daemon
import IO
import Model
import Support
import Testing

private let relay = "[relay]\nname = \"a\"\nstate = \"/s\"\n"
private let peer = RelayID(bytes: [UInt8](repeating: 7, count: 32)).description
private let members = "[endpoint.a]\nkind = \"irc\"\nserver = \"a:1\"\n"

/// Every table of the configuration as docs/configuration.md heads it, and a sound configuration with this one wrong key in it.
/// A new table has its line here.
private let tables: [(heading: String, text: String)] = [
    ("", "\(wrong)\n\(relay)"),
    ("[relay]", "\(relay)\(wrong)\n"),
    ("[peer.NAME]", "\(relay)[peer.p]\nid = \"\(peer)\"\n\(wrong)\n"),
    ("[[bridge]]", "\(relay)\(members)[[bridge]]\nname = \"b\"\njoin = [\"a:#a\", \"a:#b\"]\n\(wrong)\n"),
    ("a table in join", "\(relay)\(members)[[bridge]]\nname = \"b\"\njoin = [\"a:#a\", { channel = \"a:#b\", \(wrong) }]\n"),
    ("[limits]", "\(relay)[limits]\n\(wrong)\n"),
    ("[metrics]", "\(relay)[metrics]\nlisten = \"127.0.0.1:1\"\n\(wrong)\n"),
    ("kind = \"irc\"", "\(relay)\(members)\(wrong)\n"),
    ("kind = \"email\"", "\(relay)[endpoint.a]\nkind = \"email\"\nfrom = \"a@b.example\"\nsubmission = \"a:1\"\n\(wrong)\n"),
    ("kind = \"irc-listener\"", "\(relay)[endpoint.a]\nkind = \"irc-listener\"\nlisten = \"127.0.0.1:0\"\n\(wrong)\n"),
]
private let wrong = "unheardofandunthinkable = 1"

/// docs/configuration.md and what the readers of settings take are the same, and the files in Config are sound.
@Suite struct DocumentedSettingsTests {
    @Test(arguments: tables.map(\.heading)) func theDocumentationNamesWhatIsRead(heading: String) throws {
        let text = try #require(tables.first { $0.heading == heading }?.text)
        var read = try keys(readIn: text)
        // Of an endpoint's keys its kind is documented apart.
        if heading.hasPrefix("kind") { #expect(read.remove("kind") != nil) }
        // What is a table of its own stands under its heading.
        if heading.isEmpty { read.subtract(["relay", "endpoint", "peer", "bridge", "limits", "metrics"]) }
        let documented = try Documentation().keys[heading] ?? []
        #expect(read.subtracting(documented).sorted() == [], "read, and not in docs/configuration.md")
        #expect(documented.subtracting(read).sorted() == [], "in docs/configuration.md, and not read")
    }

    /// Tables that the documentation heads are those that are read.
    @Test func everyTableIsDocumented() throws {
        let headings = Set(try Documentation().keys.keys)
        #expect(headings == Set(tables.map(\.heading)).union(["[endpoint.NAME]"]))
        #expect(try Documentation().keys["[endpoint.NAME]"] == ["kind"])
        let top = try keys(readIn: tables[0].text)
        let named = headings.compactMap { $0.split { "[].".contains($0) }.first.map(String.init) }
        #expect(top.subtracting(named) == ["language"], "a table that is read, and not in docs/configuration.md")
    }

    /// What stands in braces: an account, and where a secret is.
    @Test(arguments: [
        ("sasl = { \(wrong), account = \"a\", password = { file = \"f\" } }", "{ account = \"…\", password = SECRET }"),
        ("nickserv = { \(wrong), file = \"f\" }", "{ file = \"PATH\" }`, `{ env = \"NAME\" }` or `{ credential = \"NAME\" }"),
    ]) func whatStandsInBracesIsDocumented(line: String, words: String) throws {
        let named = words.split(separator: " ").indices.dropLast().filter { words.split(separator: " ")[$0 + 1] == "=" }
        #expect(try keys(readIn: relay + members + line) == Set(named.map { String(words.split(separator: " ")[$0]) }))
        #expect(try Documentation().text.contains(words))
    }

    @Test(arguments: ["fairlead.example.toml", "fairlead.minimal.toml", "two-relays/north.toml", "two-relays/south.toml"])
    func aFileInConfigIsSound(name: String) throws {
        let folder = TemporaryFolder()
        let bytes = try Files.read(Repository.path("Config/\(name)"), atMost: 1 << 16)
        var text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("/var/lib/fairlead"))
        // Its secrets lie elsewhere here; that they are missing is said.
        let secrets = text.split(separator: "\"").filter { $0.hasPrefix("/etc/fairlead/") && $0.hasSuffix(".password") }.map(String.init)
        text = text.replacing("/etc/fairlead/", with: "\(folder.path)/")
        try Files.create("\(folder.path)/fairlead.toml", [UInt8](text.utf8))
        if !secrets.isEmpty { #expect(check(folder) == 3) }
        for secret in Set(secrets) { try Files.create(secret.replacing("/etc/fairlead", with: folder.path), [UInt8]("secret".utf8)) }
        #expect(check(folder) == 0)
        guard name.hasPrefix("two-relays") else { return }
        // With what `link accept` writes, and the marks taken from the bridge.
        let other = name.contains("north") ? "south" : "north"
        text = text.replacing("\n#[[", with: "\n[[").replacing("\n#name", with: "\nname").replacing("\n#join", with: "\njoin")
        try Files.remove("\(folder.path)/fairlead.toml")
        try Files.create("\(folder.path)/fairlead.toml", [UInt8](text.utf8))
        #expect(check(folder) == 3, "there is no such peer yet")
        text += "\n[peer.\(other)]\nid = \"\(peer)\"\n"
        try Files.remove("\(folder.path)/fairlead.toml")
        try Files.create("\(folder.path)/fairlead.toml", [UInt8](text.utf8))
        #expect(check(folder) == 0 && text.contains("\n[[bridge]]"))
    }

    private func check(_ folder: TemporaryFolder) -> Int32 {
        let process = ChildProcess("fairlead", ["check", "--config", "\(folder.path)/fairlead.toml"], errorsTo: "/dev/null")
        while process.line() != nil {}
        return process.wait()
    }

    /// The keys that a reader asked for, as it says when it finds one that it knows nothing near to.
    private func keys(readIn text: String) throws -> Set<String> {
        let error = try #require(throws: ConfigurationError.self) { try SettingsReader.read(text: text) }
        let words = "; expected one of "
        let place = try #require(error.message.firstRange(of: words), "\(error)")
        #expect(error.message.hasPrefix("unknown key unheardofandunthinkable"), "\(error)")
        return Set(error.message[place.upperBound...].split(separator: ", ").map(String.init))
    }
}

/// The keys in the tables of docs/configuration.md by what heads them: words in bold, or a title.
private struct Documentation {
    let text: String
    private(set) var keys: [String: Set<String>] = [:]

    init() throws {
        text = String(decoding: try Files.read(Repository.path("docs/configuration.md"), atMost: 1 << 20), as: UTF8.self)
        var heading = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") { heading = String(line.dropFirst(3)) }
            guard line.hasPrefix("| "), let end = line.firstRange(of: " | ") else { continue }
            var cell = line[..<end.lowerBound].dropFirst(2)
            if cell.hasPrefix("**"), let end = cell.dropFirst(2).firstRange(of: "**") {
                heading = cell[..<end.lowerBound].dropFirst(2).filter { $0 != "`" }
                cell = cell[end.upperBound...]
            }
            // Every second piece stands between backquotes.
            let pieces = cell.split(separator: "`", omittingEmptySubsequences: false)
            for index in pieces.indices where index % 2 == 1 { keys[heading, default: []].insert(String(pieces[index])) }
        }
    }
}
