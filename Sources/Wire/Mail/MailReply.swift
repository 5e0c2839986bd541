/// A server's reply to a command (RFC 5321 section 4.2), with the enhanced code of RFC 3463 where it has one.
package struct MailReply: Hashable, Sendable {
    /// What a reply to a mail command means for the message.
    package enum Meaning: Hashable, Sendable {
        case done
        /// 354: go on with the text.
        case goOn
        /// The message is not wanted now.
        case temporary
        /// The message is not wanted.
        case permanent
        /// Nothing about the message: the server ends the session or does not know who we are.
        case session
    }

    /// 200 to 599.
    package let code: Int
    /// `5.1.1`
    package let enhanced: String?
    /// Lines without their codes.
    package let lines: [String]

    package init(_ code: Int, _ enhanced: String?, _ lines: String...) {
        self.code = code
        self.enhanced = enhanced
        self.lines = lines
    }

    /// Reads a whole reply, its lines without line ends. nil if it is none: other codes, lines of different codes, no end.
    package init?(reading bytes: [[UInt8]]) {
        guard let last = bytes.last, last.count < 4 || last[3] == UInt8(ascii: " "), let code = MailReply.code(last) else { return nil }
        for line in bytes.dropLast() {
            guard MailReply.code(line) == code, line.count >= 4, line[3] == UInt8(ascii: "-") else { return nil }
        }
        self.code = code
        var enhanced: String?
        lines = bytes.suffix(MailLimits.replyLines).map { line in
            let words = MailReply.visible(line.dropFirst(4).prefix(MailLimits.replyLine))
            guard let mark = MailReply.enhancedCode(words), mark.utf8.first == line[0] else { return words }
            enhanced = mark
            return String(words.dropFirst(mark.count).drop { $0 == " " })
        }
        self.enhanced = enhanced
    }

    package var meaning: Meaning {
        switch code {
        case 354: .goOn
        // Closing; authentication or encryption needed or failed (RFC 5321 section 3.8, RFC 4954 section 6, RFC 3207 section 4).
        case 421, 454, 530, 534, 535, 538: .session
        case 200..<300: .done
        case 400..<500: .temporary
        case 500..<600: .permanent
        default: .session
        }
    }

    /// On one line.
    package var text: String { lines.filter { !$0.isEmpty }.joined(separator: " ") }

    /// As a server sends it.
    package var bytes: [UInt8] {
        let mark = enhanced.map { "\($0) " } ?? ""
        return lines.enumerated().flatMap { index, line in
            [UInt8]("\(code)\(index == lines.count - 1 ? " " : "-")\(mark)\(line)\r\n".utf8)
        }
    }

    private static func code(_ line: [UInt8]) -> Int? {
        guard line.count >= 3, line[..<3].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let code = line[..<3].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return (200..<600).contains(code) ? code : nil
    }

    /// `class.subject.detail` at the beginning (RFC 3463 section 2).
    private static func enhancedCode(_ text: String) -> String? {
        let word = text.prefix { $0 != " " }
        let numbers = word.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, ["2", "4", "5"].contains(numbers[0]),
            numbers.allSatisfy({ (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        return String(word)
    }

    private static func visible(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }
}
