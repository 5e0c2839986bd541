import Base
import Core
import Markup
import Model
import WireIRC

/// Where what clients say becomes happenings, and events become lines.
struct IRCListenerMapping {
    let texts: Texts

    // MARK: From clients

    /// What a client says; nil if there is nothing in it for anybody.
    func happening(_ utterance: ListenerSession.Utterance, account: String, nick: String, at time: UnixTime) -> Happening? {
        let target = utterance.target.map { NativeKey(IRCListenerMapping.eventText($0)) }
        let content: Happening.Content
        switch utterance.kind {
        case .message(let words): content = .posted(IRCFormatting.parse(words), style: .plain, reply: target, thread: nil)
        case .notice(let words): content = .posted(IRCFormatting.parse(words), style: .notice, reply: target, thread: nil)
        case .action(let words): content = .posted(IRCFormatting.parse(words), style: .action, reply: target, thread: nil)
        case .reaction(let emoji, let isOn):
            guard let target else { return nil }
            content = .reacted(target, emoji: emoji, isOn: isOn)
        case .topic(let words): content = .topic(IRCFormatting.parse(words).text.cut(toBytes: ModelLimits.title))
        }
        if case .posted(let text, _, _, _) = content, text.text.isBlank { return nil }
        return Happening(key: nil, account: .init(id: ListenerWorld.fold(account), name: nick), time: time, content: content)
    }

    // MARK: Message ids

    /// The id of a line: the event's own, and for the second line on its number behind it.
    static func messageID(_ id: EventID, line: Int) -> String { line == 0 ? id.description : "\(id)/\(line)" }

    /// The text of the event's id in the id of any of its lines.
    static func eventText(_ messageID: String) -> String { String(messageID.prefix { $0 != "/" }) }

    /// An event's time as clients see it, in milliseconds since 1970. The journal knows seconds; clients that page by time need to tell events
    /// of one second apart, so the last three digits of the position stand behind.
    static func time(of event: CommittedEvent) -> UInt64 { event.time.seconds * 1000 + event.position.rawValue % 1000 }

    // MARK: To clients

    /// What an event looks like in a channel: some lines, or none.
    func lines(_ event: CommittedEvent, from source: IRCMessage.Source, in channel: String) -> [IRCMessage] {
        var lines: [IRCMessage]
        switch event.event {
        case .posted(let post): lines = said(post, "", source, channel)
        case .edited(_, let post): lines = said(post, "\(texts.edited) ", source, channel)
        case .reacted(let reaction):
            let tags = [reaction.isOn ? "+draft/react" : "+draft/unreact": reaction.emoji]
            lines = [IRCMessage("TAGMSG", [channel], tags: tags, source: source)]
        case .topic(let topic): lines = [IRCMessage("TOPIC", channel, topic, source: source)]
        case .call(let call):
            let words = call.hasEnded ? texts.endedCall(call.title) : texts.invitesToCall(call.title, call.link)
            lines = said(Post(RichText(words), style: .action), "", source, channel)
        case .unknown(_, let fallback): lines = fallback.map { said(Post(RichText($0)), "", source, channel) } ?? []
        case .deleted, .profile, .attachmentReady: lines = []
        }
        let time = ServerTime.text(IRCListenerMapping.time(of: event))
        for index in lines.indices {
            lines[index].tags["time"] = time
            lines[index].tags["msgid"] = IRCListenerMapping.messageID(event.id, line: index)
        }
        if let target = event.event.reference, !lines.isEmpty { lines[0].tags["+draft/reply"] = target.description }
        return lines
    }

    private func said(_ post: Post, _ before: String, _ source: IRCMessage.Source, _ channel: String) -> [IRCMessage] {
        var body = PlainLinks.spelledOut(post.content)
        if !before.isEmpty { body = body.prefixed(before) }
        body = body.listing(post.attachments, texts)
        let command = post.style == .notice ? "NOTICE" : "PRIVMSG"
        let (open, close) = post.style == .action ? ("\u{01}ACTION ", "\u{01}") : ("", "")
        let empty = IRCMessage(command, channel, open + close, source: source)
        let splitter = LineSplitter(body, limit: IRCLimits.plainLine - empty.bytes.count)
        return splitter.pieces(from: 0).map { piece in
            IRCMessage(command, channel, open + IRCFormatting.render(body, piece) + close, source: source)
        }
    }
}
