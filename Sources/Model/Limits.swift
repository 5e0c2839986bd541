/// How large a part of the model may be. Sizes are bytes of UTF-8 unless a line says otherwise.
package enum ModelLimits {
    /// A message's text. Four times what Mattermost takes, so that nothing a supported network can hold is cut here.
    package static let text = 64 * 1024
    /// A whole record: its text, as many spans as allowed and thirty-two attachments fit.
    package static let record = 256 * 1024
    /// The name of an author: longer than any network shows.
    package static let name = 128
    /// A topic, a call's title, an attachment's name.
    package static let title = 256
    /// Alternative text of an attachment.
    package static let description = 1024
    /// A link of a call or a span.
    package static let link = 2048
    /// An emoji: the longest sequences of Unicode have 35 bytes, custom names up to 64 letters.
    package static let emoji = 128
    /// What a span may say about itself (a link's target, a fence's language, the author's spelling).
    package static let spanArgument = link
    /// Spans of one text. A message of 64 KiB with one in sixteen bytes marked.
    package static let spans = 4096
    /// Spans around one character.
    package static let spanDepth = 16
    /// Attachments of one message; the most any supported network allows is ten.
    package static let attachments = 32
    /// A media type (RFC 6838 section 4.2 allows 127 for each half; nobody needs them).
    package static let mediaType = 128
    /// Relays that an event may pass.
    package static let hops: UInt8 = 8
}
