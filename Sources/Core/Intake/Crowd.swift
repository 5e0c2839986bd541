import Base
import Model

/// Who speaks where a channel brings more new people than are told apart: all of them are one author then, and each text begins with the name
/// of whoever said it (decision 0011).
enum Crowd {
    /// No network has an account of this name: a blank ends every word of theirs. Who has no name is shown as unknown, in the language of
    /// each destination.
    static let account = Happening.Account(id: " ", name: "")

    /// What somebody said, as the crowd says it.
    static func says(_ content: RichText, _ style: Post.Style, as name: String) -> RichText {
        let name = Sanitiser.name(name)
        return name.isEmpty ? content : content.prefixed(style == .action ? "\(name) " : "\(name): ")
    }
}

/// How many new people one channel may still bring: some at once, then one after another.
struct NewAuthors: Hashable, Sendable {
    /// When the next one is due if all before were on time.
    private var due: Instant?
    /// When the operator was last told that there are too many.
    private var told: Instant?

    /// Whether one more may come; if so, they are counted.
    mutating func take(at now: Instant) -> Bool {
        let next = max(due ?? now, now) + CoreLimits.newAuthorPace
        let ahead = now.distance(to: next).nanoseconds
        if ahead > CoreLimits.newAuthorPace.nanoseconds * UInt64(CoreLimits.newAuthors) { return false }
        due = next
        return true
    }

    /// Whether the operator is to be told of it now.
    mutating func isNews(at now: Instant) -> Bool {
        if let told, told.distance(to: now) < CoreLimits.crowdNotice { return false }
        told = now
        return true
    }
}
