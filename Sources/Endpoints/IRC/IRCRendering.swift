import Base
import Core
import Markup
import Model
import WireIRC

/// What an event looks like in an IRC channel, before it is cut into lines. The same for the same delivery, so that after a restart
/// the rest of a text can be cut where it was left.
struct IRCRendering: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        /// Lines that each begin with the prefix.
        case lines(command: String, prefix: String, body: RichText)
        /// A reaction as a tag to the message of this id, without text.
        case reaction(emoji: String, isOn: Bool, messageID: String)
        case nothing
    }

    let form: Form
    /// The message it answers, by the server's id.
    let answered: String?

    init(_ delivery: Delivery, _ texts: Texts, hasTags: Bool) {
        let name = IRCRendering.shown(delivery.author, texts)
        let target = hasTags ? delivery.target?.messageID : nil
        switch delivery.event {
        case .posted(let post):
            let quote = target == nil ? IRCRendering.quote(delivery, post, texts) : nil
            self.init(.message(post, name, quote.map { "\($0) " } ?? "", texts), answered: target)
        case .edited(_, let post):
            self.init(.message(post, name, "\(texts.edited) ", texts), answered: target)
        case .reacted(let reaction):
            if let target {
                self.init(.reaction(emoji: reaction.emoji, isOn: reaction.isOn, messageID: target))
            } else if reaction.isOn {
                self.init(.act(texts.reacted(reaction.emoji, to: delivery.target?.quote), name))
            } else {
                self.init(.nothing)
            }
        case .topic(let topic): self.init(.act(texts.changedTopic(to: topic), name))
        case .call(let call):
            self.init(.act(call.hasEnded ? texts.endedCall(call.title) : texts.invitesToCall(call.title, call.link), name))
        case .unknown(_, let fallback): self.init(fallback.map { .message(Post(RichText($0)), name, "", texts) } ?? .nothing)
        case .deleted, .profile, .attachmentReady: self.init(.nothing)
        }
        if delivery.isLate { self = marked(late: texts.late(delivery.originTime)) }
    }

    private init(_ form: Form, answered: String? = nil) {
        self.form = form
        self.answered = answered
    }

    /// With a word before it that tells when it was said, as the line stands far from its time.
    private func marked(late: String) -> IRCRendering {
        guard case .lines(let command, let prefix, let body) = form else { return self }
        return IRCRendering(.lines(command: command, prefix: prefix, body: body.prefixed("\(late) ")), answered: answered)
    }

    /// `Name (org)`, so that it pings nobody and can't be taken for something else: U+2060 (WORD JOINER) behind the first letter keeps
    /// clients from finding a nick in it, and marks the line as relayed; what could end a name early is replaced.
    private static func shown(_ author: DisplayAuthor, _ texts: Texts) -> String {
        var name = Sanitiser.name(author.name.isEmpty ? texts.unknownAuthor : author.name)
        name = String(name.map { $0 == "<" ? "‹" : $0 == ">" ? "›" : $0 })
        if let organisation = author.organisation { name += " (\(organisation))" }
        return "\(name.prefix(1))\(RelayedLine.joiner)\(name.dropFirst())"
    }

    private static func quote(_ delivery: Delivery, _ post: Post, _ texts: Texts) -> String? {
        guard post.reply != nil, let target = delivery.target else { return nil }
        return target.quote.map { texts.inReply(to: $0) } ?? texts.inReplyToAnEarlierMessage
    }
}

extension IRCRendering.Form {
    fileprivate static func message(_ post: Post, _ name: String, _ before: String, _ texts: Texts) -> IRCRendering.Form {
        var body = PlainLinks.spelledOut(post.content)
        if !before.isEmpty { body = body.prefixed(before) }
        body = body.listing(post.attachments, texts)
        switch post.style {
        case .plain: return .lines(command: "PRIVMSG", prefix: "<\(name)> ", body: body)
        case .notice: return .lines(command: "NOTICE", prefix: "<\(name)> ", body: body)
        case .action: return .lines(command: "PRIVMSG", prefix: "* \(name) ", body: body)
        }
    }

    /// What somebody did, in the relay's words.
    fileprivate static func act(_ words: String, _ name: String) -> IRCRendering.Form {
        .lines(command: "PRIVMSG", prefix: "* \(name) ", body: RichText(words))
    }
}

extension TargetState {
    /// The server's id of a message, in the first part that has one.
    fileprivate var messageID: String? {
        guard case .shown(let parts, _) = self else { return nil }
        return parts.sorted { $0.part < $1.part }.compactMap { $0.nativeID?.text }.first { !$0.hasPrefix(IRCMapping.derivedKey) }
    }

    /// The beginning of its text on one line.
    var quote: String? {
        let text =
            switch self {
            case .shown(_, let quote), .notShown(let quote): quote
            }
        guard let text else { return nil }
        let line = String(text.map { $0.isNewline ? " " : $0 })
        let short = line.cut(toBytes: EndpointLimits.quote)
        return short == line ? line : short + "…"
    }
}
