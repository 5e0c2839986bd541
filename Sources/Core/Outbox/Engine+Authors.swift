import Base
import Model

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
            NotArrived(said: entry.shownTime, endpoint: failed.settings.endpoint, code: reason.code))
    }
}

extension Event {
    /// Something that a person said, and whose failing they would want to know of.
    fileprivate var isSaid: Bool {
        switch self {
        case .posted, .edited: true
        case .deleted, .reacted, .topic, .profile, .call, .attachmentReady, .unknown: false
        }
    }
}
