import Base

/// A relay's name for ever: the SHA-256 of its first key's SubjectPublicKeyInfo. 32 bytes.
package struct RelayID: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// The bytes must be 32.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "a RelayID has 32 bytes, not \(bytes.count)")
        self.bytes = bytes
    }

    /// Reads the text form, with or without its hyphens, either case; nil if a check character does not fit.
    package init?(text: some StringProtocol) {
        let digits = String(text.filter { $0 != "-" && $0 != " " })
        guard digits.utf8.count == 56 else { return nil }
        var plain = ""
        var rest = digits[...]
        while !rest.isEmpty {
            let part = rest.prefix(13)
            rest = rest.dropFirst(13)
            guard let check = CheckCharacter.of(part), check == rest.first?.lowercased().first else { return nil }
            rest = rest.dropFirst()
            plain += part
        }
        guard let bytes = Base32.decode(plain), bytes.count == 32 else { return nil }
        self.init(bytes: bytes)
    }

    /// 52 characters of base32, a check character after each 13, in eight groups of seven.
    package var description: String {
        var text = ""
        var rest = Base32.encode(bytes)[...]
        while !rest.isEmpty {
            let part = rest.prefix(13)
            rest = rest.dropFirst(13)
            text += part
            text.append(CheckCharacter.of(part)!)
        }
        var groups: [Substring] = []
        var ungrouped = text[...]
        while !ungrouped.isEmpty {
            groups.append(ungrouped.prefix(7))
            ungrouped = ungrouped.dropFirst(7)
        }
        return groups.joined(separator: "-")
    }
}

/// One check character for up to 30 characters of base32: the sum of each digit times a power of two in GF(32),
/// modulus x⁵+x²+1. Every wrong character and every swap of two characters changes it.
enum CheckCharacter {
    private static let digits = [Character]("abcdefghijklmnopqrstuvwxyz234567")

    static func of(_ text: some StringProtocol) -> Character? {
        var sum: UInt8 = 0
        for character in text.lowercased() {
            guard let digit = digits.firstIndex(of: character) else { return nil }
            sum = double(sum ^ UInt8(digit))
        }
        return digits[Int(sum)]
    }

    private static func double(_ value: UInt8) -> UInt8 {
        let shifted = value << 1
        return shifted & 0x20 == 0 ? shifted : (shifted ^ 0x25)
    }
}

/// A bridge's key: 16 random bytes, made once. Both sides of a link keep their own.
package struct BridgeKey: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        precondition(bytes.count == 16, "a bridge key has 16 bytes, not \(bytes.count)")
        self.bytes = bytes
    }
}

/// What one relay originates in one bridge in one epoch. Eight bytes, derived by `StreamIntroduction`.
package struct StreamID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static func < (left: StreamID, right: StreamID) -> Bool { left.rawValue < right.rawValue }

    /// 13 characters of base32.
    package var description: String {
        Base32.encode(rawValue.bigEndianBytes)
    }
}

/// Names an event everywhere and for ever: its stream and its number in it, counted from 1 without gaps.
package struct EventID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let stream: StreamID
    package let number: UInt64

    package init(stream: StreamID, number: UInt64) {
        self.stream = stream
        self.number = number
    }

    /// Reads `13 base32 characters.decimal`; nil for anything else.
    package init?(text: some StringProtocol) { self.init(utf8: Array(text.utf8)) }

    private init?(utf8: [UInt8]) {
        let digits = utf8.dropFirst(14)
        guard utf8.count > 14, utf8[13] == UInt8(ascii: "."), digits.first != UInt8(ascii: "0"),
            let bytes = Base32.decode(utf8[..<13]), bytes.count == 8
        else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            let (tens, isLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = tens.addingReportingOverflow(UInt64(digit &- UInt8(ascii: "0")))
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit), !isLarge, !isLarger else { return nil }
            number = sum
        }
        self.init(stream: StreamID(rawValue: bytes.firstUInt64), number: number)
    }

    package static func < (left: EventID, right: EventID) -> Bool {
        left.stream == right.stream ? left.number < right.number : left.stream < right.stream
    }

    package var description: String { "\(stream).\(number)" }
}

/// An author's name for ever within (owner, bridge): eight bytes, the same in every epoch.
package struct AuthorKey: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The key of a foreign account: keyed by the bridge's secret, so that it tells nobody the account
    /// and differs from bridge to bridge.
    package init(secret: [UInt8], endpoint: String, account: String) {
        rawValue = SHA256.authenticate([UInt8](endpoint.utf8) + [0] + [UInt8](account.utf8), key: secret).firstUInt64
    }
}

/// Which of its owner's channels an author speaks in; opaque to everybody else. Four bytes.
package struct Home: Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package init(secret: [UInt8], endpoint: String, channel: String) {
        rawValue = SHA256.authenticate([UInt8]("home\(endpoint)".utf8) + [0] + [UInt8](channel.utf8), key: secret).firstUInt32
    }
}
