import Base
import Core
import Model
import WireIRC

/// What a relayed line bears as a client tag (IRCv3 message-tags): which part of which event it is, who wrote it and when, and a code that
/// only this relay can make. By it a line is known again after a restart, whatever nick this client had, and nobody else can say
/// of an event that it has been delivered (decision 0006).
enum IRCMark {
    static let tag = RelayedLine.tag
}

/// Makes and checks marks. The key is derived from the relay's epoch secret, which is in every backup.
struct MarkSeal: Hashable, Sendable {
    private let key: [UInt8]

    init(key: [UInt8]) { self.key = key }

    /// `ID,PART,AUTHOR,SECOND,CODE`; AUTHOR is 13 characters of base32, CODE as well.
    func text(_ mark: Mark, in channel: String) -> String {
        let words = "\(mark.id),\(mark.part),\(Base32.encode(mark.author.rawValue.bigEndianBytes)),\(mark.second.seconds)"
        return "\(words),\(code(words, channel))"
    }

    /// nil for a mark that this relay did not make for this channel.
    func mark(_ text: String, in channel: String) -> Mark? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 5, let id = EventID(text: fields[0]), let part = UInt32(fields[1]), let author = Base32.decode(fields[2]),
            author.count == 8, let second = UInt64(fields[3])
        else { return nil }
        let words = fields[..<4].joined(separator: ",")
        guard isEqualInConstantTime(code(words, channel).utf8, fields[4].utf8) else { return nil }
        return Mark(id: id, part: part, author: AuthorKey(rawValue: author.firstUInt64), second: UnixTime(seconds: second))
    }

    private func code(_ words: String, _ channel: String) -> String {
        Base32.encode(SHA256.authenticate([UInt8]("irc mark\0\(channel.lowercased())\0\(words)".utf8), key: key).prefix(8))
    }
}
