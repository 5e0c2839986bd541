import Base

/// What happened in a channel. Text in it is sanitary; references name the first version of what they refer to.
package enum Event: Hashable, Sendable {
    case posted(Post)
    /// A new text for an earlier message; the whole text, not a difference.
    case edited(target: EventID, content: Post)
    case deleted(target: EventID)
    case reacted(Reaction)
    case topic(String)
    case profile(Profile)
    case call(Call)
    case attachmentReady(AttachmentReady)
    /// A kind newer than this program, marked as ignorable. The text is what its sender wants shown instead; may be nil.
    case unknown(kind: UInt64, fallback: String?)

    /// What it refers to and can't be understood without: not the message a post answers.
    package var target: EventID? {
        switch self {
        case .edited(let target, _), .deleted(let target): target
        case .reacted(let reaction): reaction.target
        case .attachmentReady(let ready): ready.target
        case .call(let call): call.target
        case .posted, .topic, .profile, .unknown: nil
        }
    }

    /// What it refers to in any way: its target, or the message a post answers.
    package var reference: EventID? {
        if case .posted(let post) = self { post.reply } else { target }
    }
}

/// A message.
package struct Post: Hashable, Sendable {
    package var content: RichText
    package var style: Style
    /// The message this one answers.
    package var reply: EventID?
    /// The message that begins the thread.
    package var thread: EventID?
    package var attachments: [Attachment]

    package init(
        _ content: RichText, style: Style = .plain, reply: EventID? = nil, thread: EventID? = nil, attachments: [Attachment] = []
    ) {
        self.content = content
        self.style = style
        self.reply = reply
        self.thread = thread
        self.attachments = attachments
    }

    /// How a message is meant. Numbers are those of the record; unknown ones are shown as plain.
    package enum Style: UInt64, Hashable, Sendable {
        case plain = 0
        /// `/me`
        case action = 1
        /// From a program, not to be answered by one (IRC's NOTICE).
        case notice = 2
    }
}

/// A file of a message, named by its index in the list. The bytes travel apart, by hash.
package struct Attachment: Hashable, Sendable {
    package var name: String
    package var mediaType: String
    /// In bytes.
    package var size: UInt64
    package var description: String
    /// In pixels; 0 where it has none.
    package var width: UInt64
    package var height: UInt64

    package init(name: String, mediaType: String, size: UInt64, description: String = "", width: UInt64 = 0, height: UInt64 = 0) {
        self.name = name
        self.mediaType = mediaType
        self.size = size
        self.description = description
        self.width = width
        self.height = height
    }
}

/// One author's emoji on a message, set or taken back.
package struct Reaction: Hashable, Sendable {
    package var target: EventID
    /// A Unicode sequence, or `:name:` for a custom one.
    package var emoji: String
    /// SHA-256 of a custom emoji's picture.
    package var picture: [UInt8]?
    package var isOn: Bool

    package init(target: EventID, emoji: String, picture: [UInt8]? = nil, isOn: Bool = true) {
        self.target = target
        self.emoji = emoji
        self.picture = picture
        self.isOn = isOn
    }
}

/// Who an author number is. Never replaces one of a higher version.
package struct Profile: Hashable, Sendable {
    package var key: AuthorKey
    package var name: String
    /// SHA-256 of the picture.
    package var picture: [UInt8]?
    package var version: UInt64
    package var home: Home

    package init(key: AuthorKey, name: String, picture: [UInt8]? = nil, version: UInt64, home: Home) {
        self.key = key
        self.name = name
        self.picture = picture
        self.version = version
        self.home = home
    }
}

/// An invitation to a call, or, with a target, what became of it.
package struct Call: Hashable, Sendable {
    package var target: EventID?
    package var title: String
    /// Where to join; never with a token that gives rights.
    package var link: String
    /// Only for members of the server it was started on.
    package var isForMembers: Bool
    package var expires: UnixTime?
    package var hasEnded: Bool

    package init(
        target: EventID? = nil, title: String, link: String, isForMembers: Bool = false, expires: UnixTime? = nil, hasEnded: Bool = false
    ) {
        self.target = target
        self.title = title
        self.link = link
        self.isForMembers = isForMembers
        self.expires = expires
        self.hasEnded = hasEnded
    }
}

/// The bytes of an attachment are at hand under this hash.
package struct AttachmentReady: Hashable, Sendable {
    package var target: EventID
    package var index: UInt64
    package var hash: [UInt8]

    package init(target: EventID, index: UInt64, hash: [UInt8]) {
        self.target = target
        self.index = index
        self.hash = hash
    }
}
