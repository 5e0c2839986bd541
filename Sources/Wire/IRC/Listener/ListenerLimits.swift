/// Bounds of what clients may send. Sizes in bytes.
package enum ListenerLimits {
    /// Tags of a line, without `@` and space (IRCv3 message-tags, "Size limit").
    package static let tags = 4094
    /// A line without its tags and without CR LF (RFC 1459 section 2.3).
    package static let text = 510
    /// A whole line; longer ones are not even kept.
    package static let line = tags + text + 2
    /// Local nicks. Names of people from elsewhere may be longer.
    package static let nick = 30
    package static let channelName = 64
    /// As the model takes it.
    package static let topic = 256
    package static let realname = 128
    package static let away = 200
    /// A password and an account before it.
    package static let password = 400
    /// Capabilities of one REQ: all that there are, three times.
    package static let requested = 30
    /// Lines that one CHATHISTORY brings: what a screen or two show. Clients page.
    package static let history = 100
    /// Names in one line of NAMES.
    package static let namesLine = 400
    /// Targets of one JOIN or PART.
    package static let targets = 20
}
