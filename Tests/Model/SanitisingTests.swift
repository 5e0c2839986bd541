import Model
import Support
import Testing

@Suite struct SanitisingTests {
    @Test(arguments: [
        ("plain\n\ttext", "plain\n\ttext"), ("a\r\nb", "a\nb"), ("a\u{0}b\u{1b}[31mc\u{7f}", "ab[31mc"),
        ("a\u{85}b\u{2028}c\u{2029}d", "abcd"),
        ("x\u{202e}evil", "xevil"), ("x\u{2067}שלום\u{2069} y", "x\u{2067}שלום\u{2069} y"), ("\u{2067}a\nb\u{2069}", "a\nb"),
        ("\u{202a}\u{2066}a\u{202c}\u{2069}", "\u{2066}a\u{2069}"), ("\u{200f}mark stays", "\u{200f}mark stays"),
        ("👩‍👧 zwj stays", "👩‍👧 zwj stays"),
    ])
    func text(source: String, expected: String) {
        #expect(Sanitiser.text(source).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    @Test func invalidBytesBecomeReplacements() {
        #expect(Sanitiser.text([0x61, 0xff, 0x62]) == "a\u{FFFD}b")
        #expect(Sanitiser.text([0xed, 0xa0, 0x80]).unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }

    @Test(arguments: [
        ("  Anna \t", "Anna"), ("A\u{308}nne", "Änne"), ("ad\u{200b}min", "admin"), ("x\u{202e}y", "xy"), ("two\nlines", "two lines"),
        ("z\u{300}\u{301}\u{302}\u{303}", "z\u{300}\u{301}"), ("\u{300}x", "x"), ("\u{FEFF}bom", "bom"), ("", ""), (" \u{200b} ", ""),
    ])
    func name(source: String, expected: String) {
        #expect(Sanitiser.name(source) == expected)
    }

    @Test func longNamesAreCutBetweenGraphemes() {
        let name = Sanitiser.name(String(repeating: "ä", count: 100))
        #expect(name.utf8.count == ModelLimits.name)
        #expect(Sanitiser.name(String(repeating: "👩‍👩‍👧", count: 20)).utf8.count <= ModelLimits.name)
    }

    @Test(arguments: 0..<300)
    func whatCameOutStays(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces: [String] = [
            "a", "ä", "\n", "\t", "\r", "\u{85}", "\u{2028}", "\u{202a}", "\u{202b}", "\u{202c}", "\u{2066}", "\u{2069}", "\u{300}",
            "\u{0}",
            "\u{200d}", "👍", " ", "\u{AC00}", "\u{1100}", "\u{1161}",
        ]
        let source = (0..<Int.random(in: 0...30, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
        let text = Sanitiser.text(source)
        #expect(Sanitiser.isSanitary(text))
        #expect(Sanitiser.text(text) == text)
        #expect(Sanitiser.isSanitary(source) == source.unicodeScalars.elementsEqual(text.unicodeScalars))
        let name = Sanitiser.name(source)
        #expect(Sanitiser.name(name).unicodeScalars.elementsEqual(name.unicodeScalars))
        #expect(Sanitiser.isSanitary(name))
    }
}
