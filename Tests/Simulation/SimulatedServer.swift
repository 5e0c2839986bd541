import Base
import Core
import Model

/// A chat server with one channel that outlives every relay: what people did there, and what stands there.
package final class SimulatedServer: @unchecked Sendable {  // the driving thread's alone
    package enum Kind: Hashable, Sendable {
        /// Keeps history and our marks; can edit, delete, react.
        case marks
        /// Knows lines only; what was said while nobody listened is gone.
        case plain(UncertainPolicy)
    }

    /// One thing that happened, in order.
    package struct Act: Sendable {
        package enum What: Hashable, Sendable { case post, edit, delete, react(String) }

        package let what: What
        /// The post it is or concerns.
        package let post: Int
        /// nil for the relay's account.
        package let user: String?
        package let text: String
        package let reply: Int?
        package let mark: Mark?
        package let time: UnixTime
    }

    /// A post as it stands.
    package struct Post: Sendable {
        package var text: String
        package var isDeleted = false
        package var reactions: [String] = []
        package let user: String?
        package let reply: Int?
        package let mark: Mark?
    }

    package let name: String
    package let kind: Kind
    package private(set) var acts: [Act] = []
    package private(set) var posts: [Post] = []
    /// Quotes that came with answers to messages which do not stand here.
    package var quotes: [String] = []
    /// Lines that a relay's connection had written and that the server has not printed yet.
    package var underWay = 0
    package var isUp = true
    /// How long it takes to say what became of a post; a few milliseconds if nil.
    package var lookUpTime: Interval?
    /// After so many seconds of being put off a message is given up.
    package var deferral: Int64 = 86_400
    /// Until then it puts everything off.
    package var refusesUntil = Instant(nanoseconds: 0)
    /// What it will not have in a post.
    package var unwanted: String?
    /// Called for every new act while a relay listens.
    package var listener: (@Sendable () -> Void)?

    package init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// Whether a post is the relay's own.
    package func isRelayed(_ post: Int) -> Bool { posts[post].user == nil }

    @discardableResult
    package func post(_ text: String, by user: String?, reply: Int? = nil, mark: Mark? = nil, at time: UnixTime)
        -> Int
    {
        posts.append(Post(text: text, user: user, reply: reply, mark: mark))
        add(Act(what: .post, post: posts.count - 1, user: user, text: text, reply: reply, mark: mark, time: time))
        return posts.count - 1
    }

    package func edit(_ post: Int, to text: String, by user: String?, at time: UnixTime) {
        posts[post].text = text
        add(Act(what: .edit, post: post, user: user, text: text, reply: nil, mark: nil, time: time))
    }

    package func delete(_ post: Int, by user: String?, at time: UnixTime) {
        posts[post].isDeleted = true
        add(Act(what: .delete, post: post, user: user, text: "", reply: nil, mark: nil, time: time))
    }

    package func react(_ post: Int, _ emoji: String, by user: String?, at time: UnixTime) {
        posts[post].reactions.append(emoji)
        add(Act(what: .react(emoji), post: post, user: user, text: emoji, reply: nil, mark: nil, time: time))
    }

    private func add(_ act: Act) {
        acts.append(act)
        listener?()
    }
}
