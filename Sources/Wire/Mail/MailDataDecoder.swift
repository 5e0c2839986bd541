/// The text of a message as it comes behind DATA, up to the line of one dot (RFC 5321 section 4.5.2).
///
/// Only CRLF ends a line, and only CRLF, dot, CRLF the text. A CR or LF alone makes the message faulty (RFC 5321 section 2.3.8): servers
/// that disagree about it let one message be smuggled in another.
struct MailDataDecoder: Hashable, Sendable {
    private enum Place: Hashable { case lineStart, dot, dotCR, text, afterCR }

    /// In bytes; more is read and dropped.
    let limit: Int
    /// With the dots as they were before they were doubled. Lines end with CRLF.
    private(set) var text: [UInt8] = []
    private(set) var isTooLarge = false
    private(set) var hasBareLineEnd = false
    private(set) var isDone = false
    private var place = Place.lineStart

    init(limit: Int) { self.limit = limit }

    /// Takes bytes in as long as they belong to the text; how many those were.
    mutating func feed(_ bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in bytes {
            if isDone { break }
            count += 1
            step(byte)
        }
        return count
    }

    private mutating func step(_ byte: UInt8) {
        switch (place, byte) {
        case (.lineStart, UInt8(ascii: ".")): place = .dot
        case (.dot, 0x0D): place = .dotCR
        case (.dotCR, 0x0A): isDone = true
        case (.dotCR, _):
            hasBareLineEnd = true
            keep(0x0D)
            place = .text
            step(byte)
        case (.afterCR, 0x0A):
            keep(0x0A)
            place = .lineStart
        case (_, 0x0D):
            if place == .afterCR { hasBareLineEnd = true }
            keep(0x0D)
            place = .afterCR
        default:
            if byte == 0x0A || place == .afterCR { hasBareLineEnd = true }
            keep(byte)
            place = .text
        }
    }

    private mutating func keep(_ byte: UInt8) {
        if text.count < limit { text.append(byte) } else { isTooLarge = true }
    }
}
