import Base
import Core
import Markup
import Model
import WireIRC

/// Where lines of IRC become happenings.
struct IRCMapping {
    /// Before keys that are made from what a line says, where the server gives lines no ids.
    static let derivedKey = "="

    let caseMapping: CaseMapping

    /// What a line of somebody's says; nil if there is nothing in it for other networks.
    func happening(_ line: ChannelLine, at time: UnixTime, key: NativeKey?) -> Happening? {
        let account = Happening.Account(id: caseMapping.fold(line.source.nick), name: line.source.nick)
        guard let content = content(line) else { return nil }
        return Happening(key: key, account: account, time: time, content: content)
    }

    private func content(_ line: ChannelLine) -> Happening.Content? {
        let answered = (line.tags["+draft/reply"] ?? line.tags["+reply"]).flatMap { $0.isEmpty ? nil : NativeKey($0) }
        switch line.kind {
        case .tags:
            guard let answered else { return nil }
            if let emoji = line.tags["+draft/react"] ?? line.tags["+react"] { return .reacted(answered, emoji: emoji, isOn: true) }
            if let emoji = line.tags["+draft/unreact"] ?? line.tags["+unreact"] { return .reacted(answered, emoji: emoji, isOn: false) }
            return nil
        case .topic:
            // A server that sets one tells what others it has met agree on; nobody has changed it.
            if line.source.user == nil { return nil }
            return .topic(IRCFormatting.parse(line.text).text.cut(toBytes: ModelLimits.title))
        case .message, .notice, .action:
            let text = IRCFormatting.parse(line.text)
            if text.text.isBlank { return nil }
            return .posted(text, style: line.style, reply: answered, thread: nil)
        }
    }

    /// What a server without ids may tell again: nick, whole second and text, and how many of the kind came before (semantics 1).
    static func derivedKey(nick: String, second: UInt64, text: String, ordinal: Int) -> NativeKey {
        let digest = SHA256.digest([UInt8]("\(nick)\0\(second)\0\(text)".utf8)).prefix(15)
        return NativeKey("\(derivedKey)\(Base32.encode(digest))/\(ordinal)")
    }
}

extension ChannelLine {
    fileprivate var style: Post.Style {
        switch kind {
        case .action: .action
        case .notice: .notice
        case .message, .tags, .topic: .plain
        }
    }
}
