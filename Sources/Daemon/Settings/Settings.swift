import Base
import Core
import EndpointEmail
import EndpointIRC
import EndpointIRCListener
import Links
import Model

/// The whole configuration, checked.
package struct Settings: Hashable, Sendable {
    package var language: Language
    package var relay: RelaySettings
    package var endpoints: [String: EndpointSettings]
    package var peers: [String: PeerSettings]
    /// Where each peer stands, for what only a relay that runs can say of it.
    package var peerPlaces: [String: ConfigurationPlace]
    package var bridges: [BridgeSettings]
    package var limits: EngineLimits
    /// nil: no HTTP server.
    package var metrics: MetricsSettings?

    /// Refuses a peer that is the relay itself, which is known once its key is read: the link would come up and be replaced without end.
    func check(as relay: RelayID) throws(ConfigurationError) {
        for (name, peer) in peers.sorted(by: { $0.key < $1.key }) where peer.id == relay {
            guard let place = peerPlaces[name] else { continue }
            throw ConfigurationError(place, "[peer.\(name)] has the id of this relay itself; expected another's")
        }
    }
}

/// `[metrics]`
package struct MetricsSettings: Hashable, Sendable {
    /// Where `/metrics`, `/healthz` and `/readyz` are answered.
    package let listen: HostPort

    init(_ table: inout ConfigurationTable) throws(ConfigurationError) {
        let what = "an address of this machine, such as \"127.0.0.1:9733\""
        let value = try table.required("listen", what)
        let text = try value.text()
        guard let place = HostPort(text) else { throw ConfigurationError(value.place, "listen = \"\(text)\": expected \(what)") }
        // A name might stand for another address tomorrow.
        guard place.isLoopback || place.isNumeric else {
            throw ConfigurationError(value.place, "listen = \"\(text)\": expected \(what); another must be written as a number")
        }
        listen = place
        try table.end()
    }
}

/// `[relay]`
package struct RelaySettings: Hashable, Sendable {
    /// Shown to peers.
    package let name: String
    /// The folder of journal, keys and control socket.
    package let state: String
    /// Where peers dial to; none: this relay only dials.
    package let listen: [HostPort]
    /// What peers are told to dial.
    package let advertise: [HostPort]

    init(_ table: inout ConfigurationTable) throws(ConfigurationError) {
        let nameValue = try table.required("name", "a short name that peers see, such as \"example\"")
        name = try nameValue.text()
        guard isShortName(name) else {
            throw ConfigurationError(nameValue.place, "relay name \"\(name)\": expected 1 to 32 of a-z, 0-9 and -")
        }
        let what = "a folder, such as \"/var/lib/fairlead\""
        let folder = try table.required("state", what)
        state = try folder.text()
        // Commands are given elsewhere than where the relay was started.
        guard state.hasPrefix("/") else {
            throw ConfigurationError(folder.place, "state = \"\(state)\": expected \(what), from the root on")
        }
        listen = try table.hostPorts("listen")
        advertise = try table.hostPorts("advertise")
        try table.end()
    }
}

/// What stands in `[endpoint.NAME]`, by kind. A new kind of endpoint has its line here and in `EndpointFactory`.
package enum EndpointSettings: Hashable, Sendable {
    case irc(IRCSettings)
    case email(EmailSettings)
    case ircListener(IRCListenerSettings)

    private static let kinds: [(String, Kind)] = [("irc", .irc), ("irc-listener", .ircListener), ("email", .email)]

    private enum Kind { case irc, ircListener, email }

    init(_ table: inout ConfigurationTable) throws(ConfigurationError) {
        guard let kind = try table.word("kind", EndpointSettings.kinds) else {
            throw table.missing("kind", "one of \(EndpointSettings.kinds.map { "\"\($0.0)\"" }.joined(separator: ", "))")
        }
        switch kind {
        case .irc: self = .irc(try IRCSettings(&table))
        case .email: self = .email(try EmailSettings(&table))
        case .ircListener: self = .ircListener(try IRCListenerSettings(&table))
        }
    }

    /// Whether its channels have no outbox.
    var isReader: Bool {
        switch self {
        case .irc, .email: false
        case .ircListener: true
        }
    }

    /// The same for every spelling that is one channel wherever the endpoint connects to.
    func folded(channel: String) -> String {
        switch self {
        case .irc: IRCSettings.folded(channel: channel)
        case .email: EmailSettings.folded(channel: channel)
        case .ircListener: IRCListenerSettings.folded(channel: channel)
        }
    }

    /// The same for every spelling that may be one channel.
    func foldedLoosely(channel: String) -> String {
        switch self {
        case .irc: IRCSettings.foldedLoosely(channel: channel)
        case .email, .ircListener: folded(channel: channel)
        }
    }

    /// What is wrong with the name of a channel; nil if nothing is known to be.
    func fault(inChannel channel: String) -> String? {
        switch self {
        case .irc: IRCSettings.fault(inChannel: channel)
        case .email: EmailSettings.fault(inChannel: channel)
        case .ircListener: IRCListenerSettings.problem(ofChannel: channel)
        }
    }
}

/// Whether a name is 1 to 32 of `a-z`, `0-9` and `-`: it goes into file names, metrics and messages.
func isShortName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
        && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
}

extension PeerSettings {
    /// `[peer.NAME]`
    init(_ table: inout ConfigurationTable) throws(ConfigurationError) {
        let value = try table.required("id", "the peer's relay id, as its log and `fairlead link` show it")
        guard let id = RelayID(text: try value.text()) else {
            throw ConfigurationError(value.place, "id is no relay id: a character is missing, wrong or one too many")
        }
        self.init(id: id, addresses: try table.hostPorts("address"))
        try table.end()
    }
}
