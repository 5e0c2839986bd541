/// Something said or done in a channel.
package struct ChannelLine: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case message, notice, action, tags, topic }

    package let kind: Kind
    /// As it was asked for in `join`.
    package let channel: String
    package let source: IRCMessage.Source
    /// With its formatting codes; without CTCP's quotes.
    package let text: String
    package let tags: [String: String]
    /// Whether its sender has the nick that this client has or wants.
    package let isOwn: Bool

    package var messageID: String? { tags["msgid"].flatMap { $0.isEmpty ? nil : $0 } }
    /// Milliseconds since 1970, if the server says so.
    package var time: UInt64? { tags["time"].flatMap(ServerTime.milliseconds) }
    package var label: String? { tags["label"] }
    /// About what it takes in memory.
    package var bytes: Int {
        let strings = text.utf8.count + source.nick.utf8.count + (source.user?.utf8.count ?? 0) + (source.host?.utf8.count ?? 0)
        return 256 + tags.reduce(strings) { $0 + $1.key.utf8.count + $1.value.utf8.count + 64 }
    }
}
