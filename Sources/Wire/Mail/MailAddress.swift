/// A mail address in ASCII, as it stands between angle brackets (RFC 5321 section 4.1.2, Mailbox). Addresses of RFC 6531 are none.
package struct MailAddress: Hashable, Sendable, CustomStringConvertible {
    /// As it was spelled; in quotes if it was.
    package let local: String
    /// A host name, or an address in square brackets.
    package let domain: String

    /// nil for what breaks the syntax or a limit.
    package init?(_ text: some StringProtocol) {
        guard let at = text.lastIndex(of: "@") else { return nil }
        let (local, domain) = (text[..<at], text[text.index(after: at)...])
        guard MailAddress.isLocalPart([UInt8](local.utf8)), MailAddress.isDomain([UInt8](domain.utf8)) else { return nil }
        self.local = String(local)
        self.domain = String(domain)
    }

    package var description: String { "\(local)@\(domain)" }

    private static func isLocalPart(_ bytes: [UInt8]) -> Bool {
        guard (1...MailLimits.localPart).contains(bytes.count) else { return false }
        return bytes[0] == UInt8(ascii: "\"") ? isQuoted(bytes) : bytes[...].isDotAtom
    }

    /// Quoted-string of SMTP: printable, quote and backslash only behind a backslash.
    private static func isQuoted(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 3, bytes.last == UInt8(ascii: "\"") else { return false }
        var isEscaped = false
        for byte in bytes.dropFirst().dropLast() {
            guard (0x20...0x7E).contains(byte) else { return false }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return false
            }
        }
        return !isEscaped
    }

    /// Host names of letters, digits and inner hyphens in labels of at most 63 (RFC 1123 section 2.1), or a literal in brackets.
    static func isDomain(_ bytes: [UInt8]) -> Bool {
        guard (1...MailLimits.domain).contains(bytes.count) else { return false }
        if bytes[0] == UInt8(ascii: "[") {
            let inner = bytes.dropFirst().dropLast()
            return bytes.last == UInt8(ascii: "]") && !inner.isEmpty
                && inner.allSatisfy { (0x21...0x7E).contains($0) && !"[]\\<>".utf8.contains($0) }
        }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
                && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        }
    }
}

/// What names a mail for ever: `<left@right>` (RFC 5322 section 3.6.4).
package struct MessageID: Hashable, Sendable, CustomStringConvertible {
    private let text: String

    /// nil unless both sides are as the standard has them.
    package init?(_ left: String, at domain: String) {
        guard [UInt8](left.utf8)[...].isDotAtom, MailAddress.isDomain([UInt8](domain.utf8)) else { return nil }
        text = "<\(left)@\(domain)>"
    }

    package var description: String { text }
}

extension UInt8 {
    var isLetterOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }

    /// atext of RFC 5322 section 3.2.3.
    var isAtomText: Bool { isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(self) }
}

extension ArraySlice<UInt8> {
    /// dot-atom-text of RFC 5322 section 3.2.3.
    fileprivate var isDotAtom: Bool {
        split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isAtomText) }
    }
}
