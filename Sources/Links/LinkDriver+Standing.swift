import Core
import Model

extension LinkDriver {
    /// What has been sent in this session. The engine knows afterwards all that the peer has acknowledged.
    package var standing: LinkStanding {
        get async {
            await tellAcknowledged()
            return LinkStanding(isUp: session.isGreeted, sentBefore: outflows.mapValues(\.position))
        }
    }
}
