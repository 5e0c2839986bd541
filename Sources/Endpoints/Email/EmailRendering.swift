import Base
import Core
import Markup
import Model
import WireMail

/// An event as a mail. The same for the same delivery, so that a mail that is sent again has the same bytes.
///
/// Message-IDs are made of EventIDs, so that an answer finds its thread without anything being looked up.
struct EmailRendering {
    let bridge: String
    let from: MailAddress
    let texts: Texts

    /// nil for what is no mail of its own: a change of a message that was mailed, a reaction.
    func mail(_ delivery: Delivery, to recipient: MailAddress) -> MailMessage? {
        switch delivery.event {
        case .posted(let post):
            return mail(delivery, to: recipient, post, before: introduction(delivery, post), [post.thread, post.reply])
        case .edited(let target, let post):
            guard case .notShown? = delivery.target else { return nil }
            return mail(delivery, to: recipient, post, before: "\(texts.edited) ", [target])
        case .topic(let topic): return act(delivery, to: recipient, texts.changedTopic(to: topic))
        case .call(let call):
            return act(delivery, to: recipient, call.hasEnded ? texts.endedCall(call.title) : texts.invitesToCall(call.title, call.link))
        case .unknown(_, let fallback?): return mail(delivery, to: recipient, Post(RichText(fallback)), before: "", [])
        case .deleted, .reacted, .profile, .attachmentReady, .unknown: return nil
        }
    }

    private func act(_ delivery: Delivery, to recipient: MailAddress, _ words: String) -> MailMessage? {
        mail(delivery, to: recipient, Post(RichText(words), style: .action), before: "", [])
    }

    private func mail(_ delivery: Delivery, to recipient: MailAddress, _ post: Post, before: String, _ related: [EventID?]) -> MailMessage?
    {
        guard let id = messageID(delivery.id) else { return nil }
        let name = shown(delivery.author)
        var text = PlainLinks.spelledOut(post.content).text
        if post.style == .action { text = "* \(name) \(text)" }
        for attachment in post.attachments { text += (text.isEmpty ? "" : "\n") + texts.file(attachment.name, attachment.size) }
        var references: [MessageID] = []
        for id in related.compactMap(\.self) { if let id = messageID(id), !references.contains(id) { references.append(id) } }
        return MailMessage(
            author: name, from: from, to: recipient, subject: subject(delivery, text), date: delivery.shownTime, id: id,
            inReplyTo: references.last, references: references, list: (bridge, "\(bridge).fairlead.\(from.domain)"),
            further: [("Fairlead-Event", mark(delivery))], text: before + text)
    }

    /// `<EVENTID.fairlead@domain>`
    private func messageID(_ id: EventID) -> MessageID? { MessageID("\(id).fairlead", at: from.domain) }

    /// What a relay without its journal needs to know the mail again: event, author's key, second of origin.
    private func mark(_ delivery: Delivery) -> [String] {
        return [
            delivery.id.description, Base32.encode(delivery.author.key.rawValue.bigEndianBytes),
            String(delivery.originTime.seconds),
        ]
    }

    /// `Name (org)`
    private func shown(_ author: DisplayAuthor) -> String {
        let name = Sanitiser.name(author.name.isEmpty ? texts.unknownAuthor : author.name)
        return author.organisation.map { "\(name) (\($0))" } ?? name
    }

    // MARK: Threads

    /// `[ops] first words`; an answer has the words of what it answers where they are known.
    private func subject(_ delivery: Delivery, _ text: String) -> String {
        let answered = delivery.event.isAnswer ? delivery.target?.text : nil
        return (answered == nil ? "" : "Re: ") + "[\(bridge)] " + EmailRendering.words(answered ?? text)
    }

    /// The beginning of a text on one line, cut between words where that leaves enough.
    private static func words(_ text: String) -> String {
        let line = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        let start = line.cut(toBytes: EndpointLimits.subject)
        if start == line { return line }
        let space = start.lastIndex(of: " ").map { start[..<$0] } ?? start[...]
        return (space.utf8.count > EndpointLimits.subject / 2 ? String(space) : start) + "…"
    }

    /// Before an answer to a message that is in no mail: its words.
    private func introduction(_ delivery: Delivery, _ post: Post) -> String {
        guard post.reply != nil, case .notShown(let quote)? = delivery.target else { return "" }
        guard let quote else { return "\(texts.inReplyToAnEarlierMessage)\n\n" }
        let start = quote.cut(toBytes: EndpointLimits.quote)
        let lines = (start + (start == quote ? "" : "…")).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { $0.isEmpty ? ">\n" : "> \($0)\n" }.joined() + "\n"
    }
}

extension Event {
    fileprivate var isAnswer: Bool { if case .posted(let post) = self { post.reply != nil } else { false } }
}

extension TargetState {
    /// The text of what is answered, where the engine gave it.
    fileprivate var text: String? {
        switch self {
        case .shown(_, let quote), .notShown(let quote): quote
        }
    }
}
