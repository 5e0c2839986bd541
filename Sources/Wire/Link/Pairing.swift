import Base

/// PAIR: the proof that its sender knows the secret of an invite, and what the other side may call it. It takes the place of HELLO in a
/// connection of two relays that don't know each other yet; the side that dialled sends it first (docs/protocol.md section 10).
package struct Pairing: Hashable, Sendable {
    /// HMAC-SHA-256(secret, role, 1 ‖ exporter, 32 ‖ RelayID of the dialler, 32 ‖ RelayID of the listener, 32).
    package let proof: [UInt8]
    package let name: String
    /// Where the sender can be dialled.
    package let addresses: [String]

    package enum Role: UInt8, Sendable {
        case dialler = 1
        case listener = 2
    }

    package static let exporterLabel = "EXPORTER-fairlead-pairing-1"
    package static let exporterLength = 32

    package init(proof: [UInt8], name: String, addresses: [String]) {
        self.proof = proof
        self.name = name
        self.addresses = addresses
    }

    package init(body: [UInt8]) throws(LinkFailure) {
        let fields = try Fields(body, .pair)
        guard let proof = fields.bytes(1), proof.count == 32 else { throw LinkFailure(.malformed, "PAIR without a proof") }
        self.proof = proof
        name = try fields.text(2, atMost: LinkLimits.name, "a relay's name") ?? ""
        let list = try fields.text(3, atMost: LinkLimits.words, "addresses") ?? ""
        addresses = list.split(separator: " ").map(String.init)
    }

    package var frame: Frame {
        var writer = FieldWriter()
        writer.bytes(1, proof)
        writer.bytes(2, Array(name.utf8))
        if !addresses.isEmpty { writer.bytes(3, Array(addresses.joined(separator: " ").utf8)) }
        return Frame(.pair, writer.writer.bytes)
    }

    package static func proof(_ secret: [UInt8], _ role: Role, exporter: [UInt8], dialler: [UInt8], listener: [UInt8]) -> [UInt8] {
        SHA256.authenticate([role.rawValue] + exporter + dialler + listener, key: secret)
    }
}

/// An invite, as one word that a person passes on: `fl1` and base32 of RelayID, 32 ‖ secret, 16 ‖ expiry, 4 (seconds since 1970)
/// ‖ length, 1, and name ‖ length, 1, and addresses with a space between them ‖ the first 4 bytes of SHA-256 of all that.
package struct InviteCode: Hashable, Sendable {
    package static let secretLength = 16
    private static let prefix = "fl1"

    package let relay: [UInt8]
    package let secret: [UInt8]
    package let expires: UnixTime
    package let name: String
    package let addresses: [String]

    package init(relay: [UInt8], secret: [UInt8], expires: UnixTime, name: String, addresses: [String]) {
        self.relay = relay
        self.secret = secret
        self.expires = expires
        self.name = name
        self.addresses = addresses
    }

    /// Bytes that a name, or all addresses with a space between them, have room for.
    package static let longest = 255

    /// The word. Name and addresses are no longer than `longest`: whoever makes an invite looks first.
    package var text: String {
        var writer = ByteWriter()
        writer.append(relay)
        writer.append(secret)
        writer.uint32(UInt32(truncatingIfNeeded: expires.seconds))
        for word in [name, addresses.joined(separator: " ")] {
            writer.byte(UInt8(word.utf8.count))
            writer.append(word)
        }
        writer.append(SHA256.digest(writer.bytes).prefix(4))
        return InviteCode.prefix + Base32.encode(writer.bytes)
    }

    /// nil for what is no code, or one with a mistyped letter.
    package init?(text: String) {
        let word = text.filter { !$0.isWhitespace }.lowercased()
        guard word.hasPrefix(InviteCode.prefix), let bytes = Base32.decode(word.dropFirst(InviteCode.prefix.count)), bytes.count > 58,
            SHA256.digest(Array(bytes.dropLast(4))).prefix(4).elementsEqual(bytes.suffix(4))
        else { return nil }
        let nameEnd = 53 + Int(bytes[52])
        guard nameEnd < bytes.count - 4, nameEnd + 1 + Int(bytes[nameEnd]) == bytes.count - 4 else { return nil }
        relay = Array(bytes[0..<32])
        secret = Array(bytes[32..<48])
        expires = UnixTime(seconds: UInt64(bytes[48..<52].firstUInt32))
        name = String(decoding: bytes[53..<nameEnd], as: UTF8.self)
        addresses = String(decoding: bytes[(nameEnd + 1)..<(bytes.count - 4)], as: UTF8.self).split(separator: " ").map(String.init)
    }
}
