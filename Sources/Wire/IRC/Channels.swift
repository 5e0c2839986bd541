/// A channel as this client stands in it.
package struct ChannelState: Hashable, Sendable {
    /// As it was asked for.
    package let name: String
    package let key: String?
    package internal(set) var isJoined = false
    /// Modes that have no parameter or whose parameter is known, by letter.
    package internal(set) var modes: [Character: String] = [:]

    /// Lines that the server keeps for those who join (InspIRCd's +H LINES:SECONDS).
    package var keptLines: Int? { modes["H"].flatMap { Int($0.prefix { $0 != ":" }) } }
    /// Formatting codes are refused or taken out (+c, +S).
    package var isPlain: Bool { modes["c"] != nil || modes["S"] != nil }
    /// Only those of rank may speak (+m).
    package var isModerated: Bool { modes["m"] != nil }

    /// Takes in `+mH 50:3600` or `-m`.
    mutating func change(_ words: some Collection<String>, _ features: ServerFeatures) {
        var isSet = true
        var parameters = words.dropFirst()[...]
        for letter in words.first ?? "" {
            if letter == "+" || letter == "-" {
                isSet = letter == "+"
                continue
            }
            var parameter = ""
            if features.hasParameter(letter, isSet: isSet) {
                parameter = parameters.popFirst() ?? ""
            }
            if modes.count < IRCLimits.modes || !isSet { modes[letter] = isSet ? parameter : nil }
        }
    }
}
