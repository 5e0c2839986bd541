import Base
import Testing

/// What anybody may have put into a reason, and how a line says it.
private let hostile: [(value: String, text: String, json: String)] = [
    ("plain", "plain", #""plain""#),
    ("", "\"\"", #""""#),
    ("two words", "\"two words\"", #""two words""#),
    ("a=b", "a=b", #""a=b""#),
    ("say \"no\"", #""say \"no\"""#, #""say \"no\"""#),
    (#"back\slash"#, #""back\\slash""#, #""back\\slash""#),
    ("x\n2026-11-25T07:01:12Z error forged", #""x\n2026-11-25T07:01:12Z error forged""#, #""x\n2026-11-25T07:01:12Z error forged""#),
    ("x\r\ny", "\"x\u{FFFD}\\ny\"", #""x\r\ny""#),
    ("tab\there", "\"tab\u{FFFD}here\"", #""tab\there""#),
    ("\u{1B}[2J", "\"\u{FFFD}[2J\"", #""\u001b[2J""#),
    // The same in one character (ECMA-48: CSI), which some terminals obey.
    ("\u{9B}2J", "\"\u{FFFD}2J\"", #""\u009b2J""#),
    ("\0\u{7F}", "\"\u{FFFD}\u{FFFD}\"", #""\u0000\u007f""#),
    ("a\u{202E}b", "\"a\u{FFFD}b\"", #""a\u202eb""#),
    ("a\u{2028}b", "\"a\u{FFFD}b\"", #""a\u2028b""#),
    ("Grüße 🎈", "\"Grüße 🎈\"", #""Grüße 🎈""#),
]

@Suite struct LogTests {
    @Test(arguments: hostile.indices) func aValueIsWrittenSoThatNothingActsOnIt(index: Int) {
        let (value, text, json) = hostile[index]
        let entry = Log.Entry(level: .notice, words: "words", fields: [("reason", value)])
        #expect(entry.text == "words reason=\(text)")
        #expect(
            entry.json(at: UnixTime(seconds: 1_795_000_000))
                == "{\"time\":\"2026-11-18T11:06:40Z\",\"level\":\"notice\",\"message\":\"words\",\"fields\":{\"reason\":\(json)}}")
    }

    @Test(arguments: hostile.indices) func journaldGetsAValueAsItIs(index: Int) throws {
        let (value, text, _) = hostile[index]
        let entry = Log.Entry(level: .error, words: "words", fields: [("redial_after-s", value)])
        #expect(
            try JournalDatagram.fields(entry.journalDatagram) == [
                "MESSAGE=words redial_after-s=\(text)", "PRIORITY=3", "SYSLOG_IDENTIFIER=fairlead", "FAIRLEAD_REDIAL_AFTER_S=\(value)",
            ])
    }

    @Test func aLineEndIsSentWithTheLengthBeforeIt() {
        let entry = Log.Entry(level: .info, words: "w", fields: [("k", "a\nb")])
        let expected: [UInt8] =
            [UInt8]("MESSAGE=w k=\"a\\nb\"\nPRIORITY=6\nSYSLOG_IDENTIFIER=fairlead\nFAIRLEAD_K\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0]
            + [UInt8]("a\nb\n".utf8)
        #expect(entry.journalDatagram == expected)
    }

    @Test func whatIsTooLongIsCutBetweenCharacters() throws {
        for (value, kept) in [
            (String(repeating: "a", count: LogLimits.value), LogLimits.value),
            (String(repeating: "a", count: LogLimits.value + 1), LogLimits.value),
            (String(repeating: "ü", count: LogLimits.value), LogLimits.value - 1),
            ("a" + String(repeating: "🎈", count: LogLimits.value), LogLimits.value),
        ] {
            let entry = Log.Entry(level: .info, words: "w", fields: [("k", value)])
            let left = try #require(entry.fields.first?.value)
            #expect(left.utf8.count == kept && left.hasSuffix("…") == (value.utf8.count > LogLimits.value))
            #expect(!left.contains("\u{FFFD}"))
        }
        // A line of many long values still fits a datagram.
        let many = (0..<40).map { ("key\($0)", String(repeating: "\"", count: LogLimits.value)) }
        let datagram = Log.Entry(level: .info, words: "w", fields: many).journalDatagram
        #expect(try JournalDatagram.fields(datagram)[0].utf8.count == "MESSAGE=".utf8.count + LogLimits.message)
        #expect((LogLimits.datagram - LogLimits.value - 100...LogLimits.datagram).contains(datagram.count))
    }

    @Test func aKeyStandsOnceAndTheLinesOwnWordWins() {
        nonisolated(unsafe) var lines: [String] = []
        let log = Log { lines.append($0.text) }.with("channel", "#a").with("endpoint", "libera")
        log.info("joined", ["channel": "#b"])
        #expect(lines == ["joined endpoint=libera channel=#b"])
    }
}

/// Reads a datagram as journald does.
private enum JournalDatagram {
    enum Malformed: Error { case datagram }

    static func fields(_ datagram: [UInt8]) throws -> [String] {
        var fields: [String] = []
        var rest = datagram[...]
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: 0x0A) else { throw Malformed.datagram }
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.contains(UInt8(ascii: "=")) {
                fields.append(String(decoding: line, as: UTF8.self))
                continue
            }
            guard rest.count > 8 else { throw Malformed.datagram }
            let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(8)
            guard rest.count > length, rest[rest.startIndex + length] == 0x0A else { throw Malformed.datagram }
            fields.append(String(decoding: line, as: UTF8.self) + "=" + String(decoding: rest.prefix(length), as: UTF8.self))
            rest = rest.dropFirst(length + 1)
        }
        return fields
    }
}
