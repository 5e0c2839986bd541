/// Writes header fields: folded, in ASCII, and whatever the text, one field (RFC 5322 section 2.2, RFC 2047).
struct HeaderText {
    private(set) var bytes: [UInt8] = []
    private var column = 0

    /// A field whose value is words that may be folded at any of the spaces between them.
    mutating func field(_ name: String, words: [String]) {
        put(name + ":")
        for word in words {
            precondition(word.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a header word that is not printable ASCII")
            if column + 1 + word.utf8.count > MailLimits.headerLine && column > name.utf8.count + 1 { fold() }
            put(" " + word)
        }
        bytes += [0x0D, 0x0A]
        column = 0
    }

    /// A field of free text, such as the subject.
    mutating func field(_ name: String, text: String) {
        let line = HeaderText.oneLine(text)
        field(name, words: HeaderText.isPlain(line) ? line.split(separator: " ").map(String.init) : HeaderText.encodedWords(line))
    }

    /// A field that names a person: `"Name" <address>`.
    mutating func field(_ name: String, person: String, _ address: MailAddress) {
        field(name, words: HeaderText.phrase(HeaderText.oneLine(person)) + ["<\(address)>"])
    }

    private mutating func put(_ text: String) {
        bytes += text.utf8
        column += text.utf8.count
    }

    private mutating func fold() {
        bytes += [0x0D, 0x0A]
        column = 0
    }

    /// Text of one line: whatever is no visible character is a space.
    private static func oneLine(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: " "
            default: scalar
            }
        }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars)
        return String(line)
    }

    /// Whether a text can stand as it is: folded and unfolded it stays the same, and nobody takes a part of it for an encoded word.
    private static func isPlain(_ line: String) -> Bool {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        return line.utf8.allSatisfy { $0 < 0x7F } && words.allSatisfy { (1...60).contains($0.utf8.count) } && !line.contains("=?")
    }

    /// A display name: in quotes, or in encoded words (RFC 2047 section 5 (3)).
    private static func phrase(_ name: String) -> [String] {
        if name.isEmpty { return [] }
        guard name.utf8.allSatisfy({ $0 < 0x7F }), name.utf8.count <= 60, !name.contains("=?") else { return encodedWords(name) }
        let escaped = name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return ["\"\(escaped)\""]
    }

    /// Encoded words in UTF-8 and the Q encoding, each of whole scalars, of letters that may stand everywhere (RFC 2047 section 5 (3)).
    private static func encodedWords(_ text: String) -> [String] {
        let (start, end) = ("=?utf-8?q?", "?=")
        let room = MailLimits.encodedWord - start.utf8.count - end.utf8.count
        var words: [String] = []
        var word = ""
        for scalar in text.unicodeScalars {
            let letters = String(scalar).utf8.map { byte in
                byte.isLetterOrDigit || "!*+-/".utf8.contains(byte)
                    ? String(UnicodeScalar(byte)) : byte == 0x20 ? "_" : QuotedPrintable.escaped(byte)
            }.joined()
            if word.utf8.count + letters.utf8.count > room {
                words.append(start + word + end)
                word = ""
            }
            word += letters
        }
        if !word.isEmpty { words.append(start + word + end) }
        return words
    }
}
