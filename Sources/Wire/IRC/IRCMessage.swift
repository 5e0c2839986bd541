/// One line of IRC (RFC 2812 section 2.3.1) with its tags (IRCv3 message-tags).
package struct IRCMessage: Hashable, Sendable {
    /// Names as sent, values unescaped; of one that comes twice the last counts.
    package var tags: [String: String]
    /// How many tags were left out of a line with more than `IRCLimits.tags`.
    package private(set) var tagsDropped = 0
    package var source: Source?
    /// In upper case.
    package var command: String
    package var parameters: [String]

    /// Who sent it: a server, or `nick!user@host`.
    package struct Source: Hashable, Sendable {
        package var nick: String
        package var user: String?
        package var host: String?

        package init(nick: String, user: String? = nil, host: String? = nil) {
            self.nick = nick
            self.user = user
            self.host = host
        }

        init(text: Substring) {
            let atHost = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            let atUser = atHost[0].split(separator: "!", maxSplits: 1, omittingEmptySubsequences: false)
            nick = String(atUser[0])
            user = atUser.count > 1 ? String(atUser[1]) : nil
            host = atHost.count > 1 ? String(atHost[1]) : nil
        }

        var text: String { nick + (user.map { "!\($0)" } ?? "") + (host.map { "@\($0)" } ?? "") }
    }

    package init(_ command: String, _ parameters: String..., tags: [String: String] = [:], source: Source? = nil) {
        self.init(command, parameters, tags: tags, source: source)
    }

    package init(_ command: String, _ parameters: [String], tags: [String: String] = [:], source: Source? = nil) {
        self.tags = tags
        self.source = source
        self.command = command
        self.parameters = parameters
    }

    /// A parameter, or nothing: what a server leaves out is as if it were empty.
    package func parameter(_ index: Int) -> String { index < parameters.count ? parameters[index] : "" }

    /// The last parameter: by custom the one for people.
    package var trailing: String { parameters.last ?? "" }

    /// The number of a numeric reply.
    package var numeric: Int? { command.utf8.count == 3 ? Int(command) : nil }
}

/// Why a line is no message.
package struct IRCDecodeError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable { case noCommand, tooManyParameters }

    package let reason: Reason
    /// In bytes from the start of the line.
    package let offset: Int
}

extension IRCMessage {
    /// Reads a line without its end. Invalid UTF-8 becomes U+FFFD; NUL and CR within it are dropped.
    package init(line: [UInt8]) throws(IRCDecodeError) {
        var scanner = Scanner(rest: line[...])
        let (tags, dropped) = scanner.takes(UInt8(ascii: "@")) ? Scanner.tags(scanner.word()) : ([:], 0)
        let source = scanner.takes(UInt8(ascii: ":")) ? Source(text: Scanner.text(scanner.word())[...]) : nil
        let start = scanner.rest.startIndex
        let command = scanner.word()
        guard !command.isEmpty, command.allSatisfy(\.isASCIIAlphanumeric) else { throw IRCDecodeError(reason: .noCommand, offset: start) }
        var parameters: [String] = []
        while !scanner.rest.isEmpty {
            guard parameters.count < IRCLimits.parameters else {
                throw IRCDecodeError(reason: .tooManyParameters, offset: scanner.rest.startIndex)
            }
            if scanner.takes(UInt8(ascii: ":")) {
                parameters.append(Scanner.text(scanner.takeAll()))
            } else {
                parameters.append(Scanner.text(scanner.word()))
            }
        }
        self.init(Scanner.text(command).uppercased(), parameters, tags: tags, source: source)
        tagsDropped = dropped
    }

    /// The tags of a line that may be no message, for an answer that says so.
    static func tags(of line: [UInt8]) -> [String: String] {
        var scanner = Scanner(rest: line[...])
        return scanner.takes(UInt8(ascii: "@")) ? Scanner.tags(scanner.word()).tags : [:]
    }

    /// The line with its CR LF. What would end it early is left out, so that no text can begin a second line.
    package var bytes: [UInt8] {
        var text = ""
        if !tags.isEmpty {
            text +=
                "@" + tags.sorted { $0.key < $1.key }.map { $1.isEmpty ? $0 : "\($0)=\(TagEscaping.escape($1))" }.joined(separator: ";")
                + " "
        }
        if let source { text += ":\(source.text) " }
        text += command
        for (index, parameter) in parameters.enumerated() {
            let isLast = index == parameters.count - 1
            let needsColon = parameter.isEmpty || parameter.hasPrefix(":") || parameter.utf8.contains(0x20)
            text += isLast && (needsColon || command == "PRIVMSG" || command == "NOTICE") ? " :\(parameter)" : " \(parameter)"
        }
        var bytes = text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
        bytes += [0x0D, 0x0A]
        return bytes
    }
}

private struct Scanner {
    var rest: ArraySlice<UInt8>

    /// Takes a mark that begins the next word.
    mutating func takes(_ mark: UInt8) -> Bool {
        guard rest.first == mark else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// The bytes to the next space; the spaces behind them are gone.
    mutating func word() -> ArraySlice<UInt8> {
        let word = rest.prefix { $0 != 0x20 }
        rest = rest.dropFirst(word.count).drop { $0 == 0x20 }
        return word
    }

    mutating func takeAll() -> ArraySlice<UInt8> {
        defer { rest = rest[rest.endIndex...] }
        return rest
    }

    /// What stands between `@` and the first space. Beyond the limit only tags that mean something here are taken.
    static func tags(_ bytes: ArraySlice<UInt8>) -> (tags: [String: String], dropped: Int) {
        var tags: [String: String] = [:]
        var dropped = 0
        for (index, word) in bytes.split(separator: UInt8(ascii: ";")).enumerated() {
            let halves = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = text(halves[0])
            if index >= IRCLimits.tags && !IRCLimits.knownTags.contains(name) {
                dropped += 1
                continue
            }
            tags[name] = halves.count > 1 ? TagEscaping.unescape(halves[1]) : ""
        }
        return (tags, dropped)
    }

    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if bytes.contains(where: { $0 == 0 || $0 == 0x0D }) {
            return String(decoding: bytes.filter { $0 != 0 && $0 != 0x0D }, as: UTF8.self)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// IRCv3 message-tags, "Escaping values".
enum TagEscaping {
    private static let pairs: [(escaped: UInt8, plain: UInt8)] = [
        (UInt8(ascii: ":"), UInt8(ascii: ";")), (UInt8(ascii: "s"), 0x20), (UInt8(ascii: "\\"), UInt8(ascii: "\\")),
        (UInt8(ascii: "r"), 0x0D), (UInt8(ascii: "n"), 0x0A),
    ]

    static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        var plain: [UInt8] = []
        var isEscape = false
        for byte in bytes {
            if isEscape {
                plain.append(pairs.first { $0.escaped == byte }?.plain ?? byte)
                isEscape = false
            } else if byte == UInt8(ascii: "\\") {
                isEscape = true
            } else {
                plain.append(byte)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    static func escape(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            if let pair = pairs.first(where: { $0.plain == byte }) {
                escaped += [UInt8(ascii: "\\"), pair.escaped]
            } else {
                escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isASCIIAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}
