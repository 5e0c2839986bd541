/// What a server says of itself in RPL_ISUPPORT (numeric 005; modern.ircdocs.horse, "RPL_ISUPPORT parameters").
package struct ServerFeatures: Hashable, Sendable {
    package var caseMapping = CaseMapping.rfc1459
    /// Characters that channel names begin with.
    package var channelTypes = "#&"
    package var nickLength = 9
    /// A line without tags, with its CR LF.
    package var lineLength = IRCLimits.plainLine
    package var network = ""
    /// The most lines that one CHATHISTORY brings; nil where it is not said.
    package var historyLimit: Int?
    /// Channel modes that always have a parameter (CHANMODES, kinds A and B), that have one when set (C), and marks of rank (PREFIX).
    private var modesWithParameter = Set("beIk")
    private var modesWithParameterWhenSet = Set("l")
    private var ranks = Set("ov")

    package init() {}

    /// Takes in the tokens of one 005. A `-TOKEN` is rare and not needed here.
    mutating func take(_ message: IRCMessage) {
        for token in message.parameters.dropFirst().dropLast() {
            let halves = token.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? String(halves[1]) : ""
            switch halves[0] {
            case "CASEMAPPING": caseMapping = CaseMapping(name: value)
            case "CHANTYPES": channelTypes = value
            case "NICKLEN": nickLength = limited(value, 1...512) ?? nickLength
            case "LINELEN": lineLength = limited(value, IRCLimits.plainLine...8192) ?? lineLength
            case "NETWORK": network = value
            case "CHATHISTORY", "draft/CHATHISTORY": historyLimit = limited(value, 1...10_000)
            case "CHANMODES": takeModes(value)
            case "PREFIX": ranks = letters(value.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" })
            default: break
            }
        }
    }

    private mutating func takeModes(_ value: String) {
        let kinds = value.split(separator: ",", omittingEmptySubsequences: false)
        guard kinds.count >= 3 else { return }
        modesWithParameter = letters(kinds[0]).union(letters(kinds[1]))
        modesWithParameterWhenSet = letters(kinds[2])
    }

    private func letters(_ text: Substring) -> Set<Character> { Set(text.prefix(IRCLimits.modes)) }

    /// Whether a change of this mode has a parameter behind it.
    func hasParameter(_ mode: Character, isSet: Bool) -> Bool {
        modesWithParameter.contains(mode) || ranks.contains(mode) || isSet && modesWithParameterWhenSet.contains(mode)
    }

    /// For fuzzing: however often the server says something of itself.
    var isBounded: Bool { modesWithParameter.count + modesWithParameterWhenSet.count + ranks.count <= 4 * IRCLimits.modes }

    private func limited(_ value: String, _ range: ClosedRange<Int>) -> Int? {
        Int(value).map { min(max($0, range.lowerBound), range.upperBound) }
    }

    package func isChannel(_ name: String) -> Bool { name.first.map { channelTypes.contains($0) } ?? false }
}

/// Which letters a server takes for the same in nicks and channels.
package enum CaseMapping: Hashable, Sendable {
    case ascii
    /// `{}|~` are the lower case of `[]\^` (RFC 1459 section 2.2).
    case rfc1459
    /// The same without `~` and `^`.
    case strictRFC1459

    /// An unknown one (`rfc8265`, `precis`) folds ASCII at least.
    init(name: String) {
        switch name.lowercased() {
        case "rfc1459": self = .rfc1459
        case "rfc1459-strict", "strict-rfc1459": self = .strictRFC1459
        default: self = .ascii
        }
    }

    package func fold(_ name: String) -> String {
        String(decoding: name.utf8.map(fold), as: UTF8.self)
    }

    private func fold(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 0x20
        case UInt8(ascii: "[")...UInt8(ascii: "]"): self == .ascii ? byte : byte + 0x20
        case UInt8(ascii: "^"): self == .rfc1459 ? UInt8(ascii: "~") : byte
        default: byte
        }
    }
}
