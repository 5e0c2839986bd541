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
    /// For so many seconds; nil if for ever, or if it says neither.
    package var keptSeconds: UInt64? {
        guard let time = modes["H"]?.split(separator: ":").dropFirst().first else { return nil }
        let seconds = ChannelState.seconds(time)
        return seconds == 0 ? nil : seconds
    }

    /// `1w2d3h4m5s`, in any order; what has no letter is seconds (InspIRCd, "duration").
    private static func seconds(_ text: Substring) -> UInt64 {
        let units: [Character: UInt64] = ["y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1]
        var (sum, number): (UInt64, UInt64) = (0, 0)
        for letter in text.lowercased() {
            if let digit = letter.wholeNumberValue {
                number = min(number * 10 + UInt64(digit), 1 << 32)
            } else {
                sum += number * (units[letter] ?? 0)
                number = 0
            }
        }
        return sum + number
    }
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
