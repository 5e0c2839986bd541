import Base
import Core
import Model
import WireLink

/// Where the link's values meet the model.
struct LinkMapping: Hashable, Sendable {
    let own: RelayID
    let peer: RelayID

    /// As this side writes it.
    func wire(_ introduction: StreamIntroduction) -> WireIntroduction {
        let owner: WireIntroduction.Owner =
            introduction.owner == own ? .sender : introduction.owner == peer ? .receiver : .other(introduction.owner.bytes)
        return WireIntroduction(
            owner: owner, bridgeKey: introduction.bridge.bytes, ordinal: UInt64(introduction.epoch.ordinal), salt: introduction.epoch.salt,
            bits: introduction.epoch.bits)
    }

    /// As the peer wrote it.
    func model(_ introduction: WireIntroduction) -> StreamIntroduction {
        let owner =
            switch introduction.owner {
            case .sender: peer
            case .receiver: own
            case .other(let bytes): RelayID(bytes: bytes)
            }
        let epoch = Epoch(ordinal: UInt32(truncatingIfNeeded: introduction.ordinal), salt: introduction.salt, bits: introduction.bits)
        return StreamIntroduction(owner: owner, bridge: BridgeKey(bytes: introduction.bridgeKey), epoch: epoch)
    }

    func wire(_ holding: StreamHolding) -> Resume.Holding {
        Resume.Holding(introduction: wire(holding.introduction), prefix: holding.prefix, digest: holding.digest, holes: holding.holes)
    }

    /// What the session is closed with.
    static func failure(_ fault: PeerFault) -> LinkFailure {
        switch fault {
        case .gap(let id, let expected): LinkFailure(.gap, "\(id) where number \(expected) is next")
        case .recordInvalid(let id, let words): LinkFailure(.recordInvalid, "\(id): \(words)")
        case .notYours(let stream): LinkFailure(.notYours, "stream \(stream)")
        case .unknownEpoch(let stream): LinkFailure(.unknownEpoch, "stream \(stream)")
        case .elsewhere(let stream): LinkFailure(.notYours, "stream \(stream) belongs to another channel")
        case .fork(let id): LinkFailure(.fork, "\(id) is of the running epoch and was never numbered here")
        case .notAllowed(let id): LinkFailure(.notAllowed, "\(id) changes what belongs to another relay")
        case .tooMany(let stream): LinkFailure(.tooLarge, "stream \(stream) is one too many in its channel")
        case .forgotten: LinkFailure(.normal, "a stream was forgotten; introduce it again")
        case .unknownChannel: LinkFailure(.unknownChannel, "the channel is not shared any more")
        }
    }
}
