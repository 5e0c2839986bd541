import Base
import Model

extension Engine {
    /// Who is taken for the author of a happening in a stream of ours: themselves, or the crowd where their channel brings too many people.
    func speaker(_ account: Happening.Account, in stream: StreamIndex, _ member: RoutingTable.Member, _ bridge: BridgeRow)
        -> (account: Happening.Account, key: AuthorKey)
    {
        let key = authorKeys.key(of: account.id, at: member.settings.endpoint, in: bridge)
        if streams.hasAuthor(key, home: member.home, in: stream) { return (account, key) }
        let isAmongOwn = streams.count(of: relay, in: bridge.index).authors < CoreLimits.ownAuthors
        if isAmongOwn && (streams.hasSpoken(key, in: bridge.index) || newAuthors[member.destination, default: .init()].take(at: loop.now)) {
            return (account, key)
        }
        counters.crowd += 1
        if newAuthors[member.destination, default: .init()].isNews(at: loop.now) {
            log.warning(
                "more people are new than are told apart", ["channel": member.settings.name, "limit": isAmongOwn ? "channel" : "bridge"])
        }
        return (Crowd.account, authorKeys.key(of: Crowd.account.id, at: member.settings.endpoint, in: bridge))
    }
}

extension Event {
    /// The same as the crowd says it. A topic stands for itself, and who else did something is not told.
    func said(as name: String) -> Event {
        switch self {
        case .posted(var post):
            post.content = Crowd.says(post.content, post.style, as: name)
            return .posted(post)
        case .edited(let target, var post):
            post.content = Crowd.says(post.content, post.style, as: name)
            return .edited(target: target, content: post)
        case .deleted, .reacted, .topic, .profile, .call, .attachmentReady, .unknown: return self
        }
    }
}
