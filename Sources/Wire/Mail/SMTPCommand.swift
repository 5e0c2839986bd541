/// What a client asks of a mail server (RFC 5321 section 4.1, RFC 2033 section 4).
enum SMTPCommand: Hashable, Sendable {
    case hello(String, isExtended: Bool)
    case lmtpHello(String)
    /// nil: the empty path of bounces.
    case mail(MailAddress?, [Parameter])
    case recipient(MailAddress, [Parameter])
    case data, reset, quit, noop, verify
    /// Known, and not offered here.
    case notOffered
    /// Known, and not as it should be; what is wrong.
    case malformed(String)
    case unknown

    /// `SIZE=1000`; the name in capitals.
    struct Parameter: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// Reads a line without its end. `host`: where `<Postmaster>` without a domain lives.
    init(_ line: String, host: String) {
        let verb = line.prefix { $0 != " " }
        let rest = line.dropFirst(verb.utf8.count).drop { $0 == " " }
        let word = String(rest)
        switch verb.uppercased() {
        case "HELO": self = word.isEmpty ? .malformed("HELO needs a name") : .hello(word, isExtended: false)
        case "EHLO": self = word.isEmpty ? .malformed("EHLO needs a name") : .hello(word, isExtended: true)
        case "LHLO": self = word.isEmpty ? .malformed("LHLO needs a name") : .lmtpHello(word)
        case "MAIL": self = SMTPCommand.path(rest, behind: "FROM:", host) { .mail($0, $1) }
        case "RCPT":
            self = SMTPCommand.path(rest, behind: "TO:", host) { address, parameters in
                address.map { .recipient($0, parameters) } ?? .malformed("RCPT needs an address")
            }
        case "DATA": self = word.isEmpty ? .data : .malformed("DATA takes no words")
        case "RSET": self = word.isEmpty ? .reset : .malformed("RSET takes no words")
        case "QUIT": self = word.isEmpty ? .quit : .malformed("QUIT takes no words")
        case "NOOP": self = .noop
        case "VRFY": self = .verify
        case "EXPN", "HELP", "STARTTLS", "AUTH", "BDAT", "ETRN", "TURN": self = .notOffered
        default: self = .unknown
        }
    }

    private static func path(
        _ text: Substring, behind word: String, _ host: String, _ make: (MailAddress?, [Parameter]) -> SMTPCommand
    ) -> SMTPCommand {
        guard text.uppercased().hasPrefix(word) else { return .malformed("expected \(word)<address>") }
        let rest = text.dropFirst(word.count).drop { $0 == " " }
        // A quoted local part may hold an angle bracket.
        var (isQuoted, isEscaped) = (false, false)
        let end = rest.firstIndex { letter in
            defer { isEscaped = isQuoted && letter == "\\" && !isEscaped }
            if letter == "\"" && !isEscaped { isQuoted.toggle() }
            return letter == ">" && !isQuoted
        }
        guard rest.first == "<", let end else { return .malformed("expected \(word)<address>") }
        var inner = rest[rest.index(after: rest.startIndex)..<end]
        // Routes are taken and forgotten (RFC 5321 appendix C).
        if inner.first == "@", let colon = inner.firstIndex(of: ":") { inner = inner[inner.index(after: colon)...] }
        let parameters = rest[rest.index(after: end)...].split(separator: " ").map { parameter in
            let halves = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(name: halves[0].uppercased(), value: halves.count == 2 ? String(halves[1]) : "")
        }
        if inner.isEmpty { return make(nil, parameters) }
        if inner.lowercased() == "postmaster", let address = MailAddress("postmaster@\(host)") { return make(address, parameters) }
        guard let address = MailAddress(inner) else { return .malformed("this is no address") }
        return make(address, parameters)
    }
}
