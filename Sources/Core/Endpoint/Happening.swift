import Base
import Model

/// What a network tells: something that happened in a channel, in that network's names. Text in it is sanitary.
package struct Happening: Hashable, Sendable {
    /// Under which the network may tell it again; nil where it has no ids.
    package let key: NativeKey?
    /// nil where the network doesn't say who.
    package let account: Account?
    package let time: UnixTime
    package let content: Content

    package init(key: NativeKey?, account: Account?, time: UnixTime, content: Content) {
        self.key = key
        self.account = account
        self.time = time
        self.content = content
    }

    /// Who, on their own network.
    package struct Account: Hashable, Sendable {
        package let id: String
        package let name: String
        package let picture: [UInt8]?

        package init(id: String, name: String, picture: [UInt8]? = nil) {
            self.id = id
            self.name = name
            self.picture = picture
        }
    }

    package enum Content: Hashable, Sendable {
        /// The key of the happening is the post's native id.
        case posted(RichText, style: Post.Style, reply: NativeKey?, thread: NativeKey?)
        case edited(NativeKey, RichText)
        case deleted(NativeKey)
        case reacted(NativeKey, emoji: String, isOn: Bool)
        case topic(String)
    }
}

/// What became of a happening.
package enum Acceptance: Hashable, Sendable {
    case accepted(EventID)
    /// Told before.
    case duplicate(EventID)
    /// It refers to something that never was an event here; counted.
    case withoutTarget
    /// A copy of somebody else's message: what is done to it here stays here.
    case local
    /// The channel's direction is only out, or it is no event at all (an emoji of a thousand letters).
    case notTaken

    package var isNew: Bool { if case .accepted = self { true } else { false } }
}
