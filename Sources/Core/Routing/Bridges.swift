import Base
import Model

/// What the configuration says of one bridge.
package struct BridgeSettings: Hashable, Sendable {
    package let name: String
    /// Its name before, where it was renamed.
    package let formerName: String?
    package let members: [MemberSettings]

    package init(name: String, formerName: String? = nil, members: [MemberSettings]) {
        self.name = name
        self.formerName = formerName
        self.members = members
    }
}

/// One channel of a bridge.
package struct MemberSettings: Hashable, Sendable {
    package enum Direction: Hashable, Sendable { case both, into, out }

    package let endpoint: String
    /// As the configuration spells it.
    package let channel: String
    /// The same for every spelling of the channel.
    package let folded: String
    package let direction: Direction
    /// What happens to a message of which nobody knows whether it arrived.
    package let uncertain: UncertainPolicy
    /// Whether `endpoint` is the name of a peer, and `channel` the name under which the bridge is shared with it.
    package let isPeer: Bool
    /// It has no outbox: its endpoint is a `ReadingEndpoint`.
    package let isReader: Bool

    package init(
        endpoint: String, channel: String, folded: String? = nil, direction: Direction = .both, uncertain: UncertainPolicy = .again,
        isPeer: Bool = false, isReader: Bool = false
    ) {
        self.isPeer = isPeer
        self.endpoint = endpoint
        self.channel = channel
        self.folded = folded ?? channel
        self.direction = direction
        self.uncertain = uncertain
        self.isReader = isReader
    }

    /// `endpoint:channel`
    package var name: String { "\(endpoint):\(channel)" }
    /// Whether something is delivered there: it has a cursor in the log.
    package var isWrittenTo: Bool { isPeer || !isReader && direction != .into }

    /// What the journal knows the channel by, so that one that is spelled otherwise from now on stays what it was.
    package var identity: String { (isPeer ? MemberSettings.link : "") + "\(endpoint):\(folded)" }
    /// Before the identity of what is shared with a peer; no endpoint's name has a space.
    private static let link = "link "

    /// What an identity says; the rest is as if it had been left out.
    package init?(identity: String) {
        let isPeer = identity.hasPrefix(MemberSettings.link)
        let name = identity.dropFirst(isPeer ? MemberSettings.link.count : 0)
        guard let colon = name.firstIndex(of: ":") else { return nil }
        self.init(endpoint: String(name[..<colon]), channel: String(name[name.index(after: colon)...]), isPeer: isPeer)
    }
}

/// Which channels share which conversation, by the journal's numbers.
package struct RoutingTable: Sendable {
    /// A channel as the engine works with it.
    package struct Member: Hashable, Sendable {
        package let destination: DestinationID
        package let bridge: BridgeIndex
        package let settings: MemberSettings
        package let home: Home
    }

    package private(set) var bridges: [BridgeIndex: BridgeRow]
    private var rows: [DestinationID: DestinationRow]
    private var members: [DestinationID: Member] = [:]
    private var byBridge: [BridgeIndex: [DestinationID]] = [:]

    package init(_ state: JournalState) {
        bridges = Dictionary(uniqueKeysWithValues: state.bridges.map { ($0.index, $0) })
        rows = Dictionary(uniqueKeysWithValues: state.destinations.map { ($0.id, $0) })
    }

    package func member(_ destination: DestinationID) -> Member? { members[destination] }
    package func destinations(of bridge: BridgeIndex) -> [DestinationID] { byBridge[bridge] ?? [] }
    package func destination(endpoint: String, channel: String) -> DestinationID? {
        members.values.first { $0.settings.endpoint == endpoint && $0.settings.channel == channel }?.destination
    }
    /// Destinations of a bridge, also those that were taken out of it: what was found out in their name holds.
    package func everyDestination(of bridge: BridgeIndex) -> [DestinationID] {
        rows.values.filter { $0.bridge == bridge }.map(\.id).sorted()
    }
    /// Channels without an outbox, in the order of their numbers.
    package private(set) var readers: [Member] = []

    /// The bridge of this name, if it has members.
    package func bridge(named name: String) -> BridgeRow? {
        bridges.values.first { $0.name == name && !destinations(of: $0.index).isEmpty }
    }

    /// The channel in which an author with this home speaks.
    package func member(of home: Home?, in bridge: BridgeIndex) -> Member? {
        destinations(of: bridge).lazy.compactMap { self.members[$0] }.first { $0.home == home }
    }
    package var all: [Member] { members.values.sorted { $0.destination < $1.destination } }

    /// What a new configuration changed.
    package struct Changes: Sendable {
        /// The rows to write.
        package var bridges: [BridgeRow] = []
        package var destinations: [DestinationRow] = []
        /// What was taken out, or is not written to any more, as it was.
        package var ended: [(member: Member, cursor: Position)] = []
        /// What was there already and is written to from now on.
        package var begun: [DestinationID] = []
    }

    /// Makes the table agree with the configuration. What is new begins at `head`; what is gone is kept as removed, so that it can
    /// come back.
    package mutating func configure(_ settings: [BridgeSettings], head: Position, entropy: any Entropy) -> Changes {
        var changes = Changes()
        let before = members
        members = [:]
        byBridge = [:]
        for bridge in settings {
            let row = bridgeRow(bridge, named: Set(settings.map(\.name)), entropy, &changes.bridges)
            for member in bridge.members {
                let destination = destinationRow(row, member, head, before, &changes)
                members[destination.id] = Member(
                    destination: destination.id, bridge: row.index, settings: member,
                    home: Home(secret: row.secret, endpoint: member.endpoint, channel: member.folded))
                byBridge[row.index, default: []].append(destination.id)
            }
        }
        readers = all.filter(\.settings.isReader)
        for (id, row) in rows where members[id] == nil && !row.isRemoved {
            rows[id]?.isRemoved = true
            changes.destinations.append(rows[id]!)
            if let gone = before[id] ?? former(row) { changes.ended.append((gone, row.cursor)) }
        }
        changes.destinations.sort { $0.id < $1.id }
        changes.ended.sort { $0.member.destination < $1.member.destination }
        return changes
    }

    /// A channel that is, or was, in a bridge.
    package func everMember(_ destination: DestinationID) -> Member? { members[destination] ?? rows[destination].flatMap(former) }

    /// A channel that is in no bridge any more, as far as the journal knows it.
    private func former(_ row: DestinationRow) -> Member? {
        guard let bridge = bridges[row.bridge], let settings = MemberSettings(identity: row.name) else { return nil }
        return Member(
            destination: row.id, bridge: row.bridge, settings: settings,
            home: Home(secret: bridge.secret, endpoint: settings.endpoint, channel: settings.folded))
    }

    /// The row of a destination as it was written last; where it stands now its outbox knows.
    package func row(_ destination: DestinationID) -> DestinationRow? { rows[destination] }

    /// A row was written: what a channel that is taken out and comes back goes on from.
    package mutating func store(_ row: DestinationRow) { rows[row.id] = row }

    /// Whether a bridge is to have been another one, and both are known: too late to be one.
    package func hasOther(formerly settings: BridgeSettings, among all: [BridgeSettings]) -> Bool {
        guard let former = settings.formerName, !all.contains(where: { $0.name == former }) else { return false }
        return bridges.values.contains { $0.name == former } && bridges.values.contains { $0.name == settings.name }
    }

    private mutating func bridgeRow(
        _ settings: BridgeSettings, named names: Set<String>, _ entropy: any Entropy, _ changed: inout [BridgeRow]
    ) -> BridgeRow {
        if let known = bridges.values.first(where: { $0.name == settings.name }) { return known }
        if var renamed = bridges.values.first(where: { $0.name == settings.formerName }) ?? renamed(settings, named: names) {
            renamed.name = settings.name
            bridges[renamed.index] = renamed
            changed.append(renamed)
            return renamed
        }
        let index = BridgeIndex((bridges.keys.map(\.rawValue).max() ?? 0) + 1)
        let row = BridgeRow(index: index, name: settings.name, key: BridgeKey(bytes: entropy.bytes(16)), secret: entropy.bytes(32))
        bridges[index] = row
        changed.append(row)
        return row
    }

    /// The bridge that one of a new name was before, where nobody says so: it is named no more, and had the same channels or one of the same
    /// peer's. As a new one it would be another conversation for the peer, whose streams belong to the former.
    private func renamed(_ settings: BridgeSettings, named names: Set<String>) -> BridgeRow? {
        let members = Set(settings.members.map(\.identity))
        let shared = Set(settings.members.filter(\.isPeer).map(\.identity))
        return bridges.values.sorted { $0.index < $1.index }.first { bridge in
            if names.contains(bridge.name) { return false }
            let before = Set(rows.values.filter { $0.bridge == bridge.index && !$0.isRemoved }.map(\.name))
            return before == members || !before.isDisjoint(with: shared)
        }
    }

    private mutating func destinationRow(
        _ bridge: BridgeRow, _ member: MemberSettings, _ head: Position, _ before: [DestinationID: Member], _ changes: inout Changes
    ) -> DestinationRow {
        // What is not written to has no cursor: should that change, what was said before is not delivered.
        let start = member.isWrittenTo ? head : .zero
        if var known = rows.values.first(where: { $0.bridge == bridge.index && $0.name == member.identity }) {
            if !known.isRemoved && (known.cursor > .zero) == member.isWrittenTo { return known }
            if known.isRemoved {
                // What was said meanwhile stays where it was said: sharing with a peer begins anew, and a network is read from now on.
                if !member.isReader { known.source = source(of: member, in: bridge, before) }
            } else if member.isWrittenTo {
                changes.begun.append(known.id)
            } else if let was = before[known.id] ?? former(known) {
                changes.ended.append((was, known.cursor))
            }
            known.isRemoved = false
            known.cursor = start
            known.parkedBefore = .zero
            known.received = .init()
            known.deferredSince = nil
            rows[known.id] = known
            changes.destinations.append(known)
            return known
        }
        let id = DestinationID((rows.keys.map(\.rawValue).max() ?? 0) + 1)
        var row = DestinationRow(id: id, bridge: bridge.index, name: member.identity, cursor: start)
        row.source = source(of: member, in: bridge, before)
        rows[id] = row
        changes.destinations.append(row)
        return row
    }

    /// Where a channel is read on from that is another bridge's than when the relay ended: it was in a bridge all the time, so nobody expects
    /// that what was said meanwhile stays there. One that changes its bridge while the relay runs is read all the time.
    private func source(of member: MemberSettings, in bridge: BridgeRow, _ before: [DestinationID: Member]) -> [UInt8] {
        guard before.isEmpty, !member.isPeer, !member.isReader else { return [] }
        return rows.values.first { $0.name == member.identity && $0.bridge != bridge.index && !$0.isRemoved }?.source ?? []
    }
}
