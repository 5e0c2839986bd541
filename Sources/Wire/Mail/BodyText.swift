/// A text as a mail's body: as it is where any server will keep it so, else in quoted-printable, which keeps every line as long as it is.
struct BodyText {
    let encoding: String
    let bytes: [UInt8]

    /// Lines of the text end with LF.
    init(_ text: String) {
        let lines = [UInt8](text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.allSatisfy(BodyText.isSafe) {
            encoding = "7bit"
            bytes = lines.flatMap { $0 + [0x0D, 0x0A] }
        } else {
            encoding = "quoted-printable"
            bytes = lines.flatMap(QuotedPrintable.line)
        }
    }

    /// Whether a line arrives as it is: short, printable ASCII, with nothing that servers are known to change (RFC 2049 section 3).
    private static func isSafe(_ line: ArraySlice<UInt8>) -> Bool {
        line.count <= MailLimits.bodyLine && line.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
            && line.last != 0x20 && line.last != 0x09 && line.first != UInt8(ascii: ".") && !line.starts(with: "From ".utf8)
    }
}

/// RFC 2045 section 6.7.
enum QuotedPrintable {
    /// One line of a text with its line end, cut by soft line ends. Scalars are not cut apart.
    static func line(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var column = 0
        var index = line.startIndex
        while index < line.endIndex {
            var next = index + 1
            while next < line.endIndex, line[next] & 0xC0 == 0x80, next - index < 4 { next += 1 }
            let letters = (index..<next).flatMap { [UInt8](letter($0, in: line).utf8) }
            if column + letters.count >= MailLimits.bodyLine {
                result += "=\r\n".utf8
                column = 0
            }
            result += letters
            column += letters.count
            index = next
        }
        return result + [0x0D, 0x0A]
    }

    private static func letter(_ index: Int, in line: ArraySlice<UInt8>) -> String {
        let byte = line[index]
        let isFirst = index == line.startIndex
        let isLast = index == line.endIndex - 1
        switch byte {
        case 0x20, 0x09: return isLast ? escaped(byte) : String(UnicodeScalar(byte))
        case UInt8(ascii: "="): return escaped(byte)
        // A lone dot ends a message in SMTP, and "From " a message in mbox files.
        case UInt8(ascii: ".") where isFirst, UInt8(ascii: "F") where isFirst && line.starts(with: "From ".utf8): return escaped(byte)
        case 0x21...0x7E: return String(UnicodeScalar(byte))
        default: return escaped(byte)
        }
    }

    /// `=4A`
    static func escaped(_ byte: UInt8) -> String {
        let digits = [Character]("0123456789ABCDEF")
        return "=\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
}
