/// Bounds of what is taken from a server. Sizes in bytes.
package enum IRCLimits {
    /// A line with its tags: 8,191 for tags (IRCv3 message-tags) and as much again for servers whose LINELEN is above 512.
    package static let line = 16_384
    /// RFC 2812 section 2.3 allows 15; nobody sends four times as many.
    package static let parameters = 60
    /// Tags of one message. Servers send some ten.
    package static let tags = 128
    /// Those that are read here: they count wherever they stand in a line.
    static let knownTags: Set = [
        "batch", "label", "msgid", "time", "+draft/react", "+draft/reply", "+draft/unreact", "+fairlead/mark", "+react", "+reply",
        "+unreact",
    ]
    /// What RFC 1459 section 2.3 gives a line with its CR LF.
    package static let plainLine = 512
    /// So many lines of a batch are held before they are handed on; CHATHISTORY answers are at most a thousand or so.
    package static let batchLines = 1000
    /// What open batches hold together: a page of history of some hundred lines, each as long as can be, fits.
    package static let batchBytes = 4 << 20
    /// Capabilities that a server offers. Servers offer some thirty.
    package static let capabilities = 256
    /// Modes of a channel that are followed, and letters of one kind that a server names: letters of both cases and some more.
    package static let modes = 64
    /// Batches open at once, nested ones included.
    package static let batches = 32
    /// AUTHENTICATE takes its base64 in pieces of this size (IRCv3 sasl-3.1).
    package static let saslChunk = 400
    /// What a channel without tags takes from a user and host that are not known yet: RFC 2812 and common practice.
    package static let unknownUser = 12
    package static let unknownHost = 64
}
