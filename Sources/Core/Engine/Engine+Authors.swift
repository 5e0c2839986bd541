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

/// What did not arrive somewhere is told to whoever said it, privately, where their network allows (docs/semantics.md, "Bounces").
extension Engine {
    /// A message of ours bounced at a destination: its author learns of it, if that was lately said here, and at most once in ten minutes.
    func tellAuthor(of position: Position, at destination: DestinationID, _ reason: BounceReason) async {
        guard let entry = try? await entry(at: position), streams.contains(entry.head.stream), streams.isOwn(entry.head.stream),
            let (event, number) = entry.event, event.isSaid,
            // Later somebody else may bear the name.
            entry.head.originTime.seconds(until: loop.time) <= CoreLimits.authorNotice,
            let profile = streams.profile(entry.head.stream, number), !profile.name.isEmpty,
            let home = routing.member(of: profile.home, in: streams[entry.head.stream].bridge),
            let endpoint = endpoints[home.settings.endpoint], let failed = routing.member(destination)
        else { return }
        if let told = authorsTold[profile.key], told.distance(to: loop.now) < CoreLimits.authorPause { return }
        if authorsTold.count >= CoreLimits.authorsTold { authorsTold.removeAll() }
        authorsTold[profile.key] = loop.now
        counters.authorsTold += 1
        await endpoint.tell(
            profile.name, in: home.destination,
            NotArrived(said: entry.head.originTime, endpoint: failed.settings.endpoint, code: reason.code))
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

    /// Something that a person said, and whose failing they would want to know of.
    fileprivate var isSaid: Bool {
        switch self {
        case .posted, .edited: true
        case .deleted, .reacted, .topic, .profile, .call, .attachmentReady, .unknown: false
        }
    }
}
