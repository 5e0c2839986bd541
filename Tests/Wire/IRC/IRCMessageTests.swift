import Base
import Support
import Testing

@testable import WireIRC

@Suite struct IRCMessageTests {
    /// Tests/Vectors/irc/messages.tsv: line, tags, source, command, parameters.
    @Test(arguments: Vectors.table("irc/messages.tsv"))
    func linesMeanWhatTheStandardsSay(_ row: [String]) throws {
        let message = try IRCMessage(line: [UInt8](unescaped(row[0]).utf8))
        let tags = message.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "|")
        let source = message.source.map { [$0.nick, $0.user ?? "-", $0.host ?? "-"].joined(separator: "|") } ?? ""
        #expect(tags == unescaped(row[1]) && source == row[2] && message.command == row[3])
        #expect(
            message.parameters
                == (row[4].isEmpty ? [] : unescaped(row[4]).split(separator: "|", omittingEmptySubsequences: false).map(String.init)))
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var random = SeededGenerator(seed: 4)
        let alphabet = Array("ab:; =\\é🙂@!#,\u{2}")
        func word(_ atLeast: Int, _ forbidden: Set<Character>) -> String {
            let letters = alphabet.filter { !forbidden.contains($0) }
            return String((0..<Int.random(in: atLeast...8, using: &random)).map { _ in letters.randomElement(using: &random)! })
        }
        for _ in 0..<2000 {
            var parameters = (0..<Int.random(in: 0...4, using: &random)).map { _ in word(1, [" ", ":"]) }
            parameters.append(word(0, []))
            var tags: [String: String] = [:]
            for _ in 0..<Int.random(in: 0...3, using: &random) { tags["k\(Int.random(in: 0...9, using: &random))"] = word(0, []) }
            let source = Bool.random(using: &random) ? IRCMessage.Source(nick: "a", user: "b", host: "c.d") : nil
            let message = IRCMessage("PRIVMSG", parameters, tags: tags, source: source)
            let bytes = message.bytes
            #expect(try IRCMessage(line: Array(bytes.dropLast(2))) == message)
        }
    }

    @Test func noTextBeginsASecondLine() {
        let message = IRCMessage("PRIVMSG", "#a", "one\r\nQUIT\0 :two", tags: ["+a": "x\r\ny"])
        #expect(message.bytes.filter { $0 == 0x0A }.count == 1 && message.bytes.filter { $0 == 0x0D }.count == 1)
        #expect(!message.bytes.contains(0))
    }

    @Test func whatIsNoMessageIsSaidToBeNone() {
        for (line, reason) in [
            ("", IRCDecodeError.Reason.noCommand), (":a b", nil), ("@t", .noCommand), (":only", .noCommand), ("P\u{7}NG", .noCommand),
        ] as [(String, IRCDecodeError.Reason?)] {
            do throws(IRCDecodeError) {
                _ = try IRCMessage(line: [UInt8](line.utf8))
                #expect(reason == nil)
            } catch { #expect(error.reason == reason) }
        }
        let many = "X" + String(repeating: " y", count: IRCLimits.parameters + 1)
        #expect(throws: IRCDecodeError(reason: .tooManyParameters, offset: 1 + 2 * IRCLimits.parameters + 1)) {
            try IRCMessage(line: [UInt8](many.utf8))
        }
        #expect(throws: Never.self) { try IRCMessage(line: [UInt8](many.utf8.dropLast(2))) }
    }

    @Test func aLineWithTooManyTagsKeepsItsFirstAndThoseThatAreRead() throws {
        let many = (1...IRCLimits.tags).map { "k\($0)=v\($0)" }
        func read(_ tags: [String]) throws -> IRCMessage {
            try IRCMessage(line: [UInt8]("@\(tags.joined(separator: ";")) :a!b@c PRIVMSG #a :hello".utf8))
        }
        let full = try read(many)
        #expect(full.tags.count == IRCLimits.tags && full.tagsDropped == 0)
        let beyond = try read(many + ["x=1", "msgid=abc", "y", "time=t", "k1=last"])
        #expect(beyond.tags == full.tags.merging(["msgid": "abc", "time": "t"]) { $1 } && beyond.tagsDropped == 3)
        #expect(beyond.command == "PRIVMSG" && beyond.trailing == "hello" && beyond.source?.nick == "a")
    }

    @Test func linesAreCutWhereverTheBytesAre() {
        let stream = [UInt8]("one\r\ntwo\n\r\n\nthree\r\r\nfour".utf8)
        for cut in 0...stream.count {
            var decoder = LineDecoder()
            let lines = decoder.feed(Array(stream[..<cut])) + decoder.feed(Array(stream[cut...])) + decoder.feed([0x0A])
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["one", "two", "three", "four"])
        }
    }

    @Test func aLineThatIsTooLongIsLeftOutAndCounted() {
        var decoder = LineDecoder(limit: 10)
        let exact = decoder.feed([UInt8]("0123456789\r\n".utf8))
        #expect(exact.isEmpty || exact.count == 1)
        let lines = decoder.feed([UInt8]("0123456789\nshort\n01234567890\nlast\n".utf8)).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines == ["0123456789", "short", "last"] && decoder.tooLong >= 1)
        var slow = LineDecoder(limit: 10)
        for _ in 0..<1000 { _ = slow.feed([UInt8]("aaaaa".utf8)) }
        let after = slow.feed([UInt8]("\nok\n".utf8)).map { String(decoding: $0, as: UTF8.self) }
        #expect(slow.tooLong == 1 && after == ["ok"])
    }

    @Test(arguments: [
        ("2026-11-25T07:01:12.345Z", 1_795_590_072_345), ("1970-01-01T00:00:00.000Z", 0), ("2000-02-29T12:00:00Z", 951_825_600_000),
        ("2016-12-31T23:59:60.500Z", 1_483_228_799_500), ("2026-11-25T07:01:12.3Z", 1_795_590_072_300),
        ("2028-02-29T00:00:00Z", 1_835_395_200_000),
        ("2026-12-31T00:00:00Z", 1_798_675_200_000),
    ])
    func timesAreRead(_ text: String, _ milliseconds: Int) {
        #expect(ServerTime.milliseconds(text) == UInt64(milliseconds))
    }

    @Test(arguments: [
        "", "2026-11-25", "2026-13-25T07:01:12Z", "2026-11-25T24:01:12Z", "2026-11-25T07:01:12", "2026-11-25T07:01:12.Z",
        "2026-11-25T07:01:12.1x3Z", "2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-12-32T00:00:00Z",
        "2026-12-00T00:00:00Z",
    ])
    func whatIsNoTimeIsNone(_ text: String) { #expect(ServerTime.milliseconds(text) == nil) }

    @Test func timesAreWrittenAsTheyAreRead() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<1000 {
            let time = UInt64.random(in: 0...4_000_000_000_000, using: &random)
            #expect(ServerTime.milliseconds(ServerTime.text(time)) == time)
        }
    }

    @Test func namesFoldAsTheServerSays() {
        #expect(CaseMapping.rfc1459.fold("Ab[]\\^{}|~É") == "ab{}|~{}|~É")
        #expect(CaseMapping.strictRFC1459.fold("A[]\\^~") == "a{}|^~")
        #expect(CaseMapping.ascii.fold("AZ[]^") == "az[]^")
    }

    private func unescaped(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let next = rest.popFirst() {
            guard next == "%", let code = UInt8(rest.prefix(2), radix: 16) else {
                result.append(next)
                continue
            }
            rest = rest.dropFirst(2)
            result.unicodeScalars.append(Unicode.Scalar(code))
        }
        return result
    }
}
