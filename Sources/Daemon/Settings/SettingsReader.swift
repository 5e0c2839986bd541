import Base
import Core
import IO
import Links

/// Reads the configuration: the main file and, beside it, `conf.d/*.toml` in the order of their names.
package enum SettingsReader {
    /// A configuration file is never longer: some thousand bridges fit.
    private static let largestFile = 4 << 20

    package static func read(_ path: String) throws(ConfigurationError) -> Settings {
        var documents = [try document(path)]
        let parts = partsFolder(of: path)
        for name in try names(in: parts) where name.hasSuffix(".toml") { documents.append(try document("\(parts)/\(name)")) }
        return try settings(documents, main: path)
    }

    /// What lies in the folder of parts. One that can't be looked into is no empty one: a reload would end whatever stands there.
    private static func names(in folder: String) throws(ConfigurationError) -> [String] {
        do { return try Files.names(in: folder) } catch { throw unreadable(folder, error) }
    }

    private static func unreadable(_ path: String, _ error: FileError) -> ConfigurationError {
        ConfigurationError(ConfigurationPlace(file: path, line: 1, column: 1), "can't be read: \(error)")
    }

    /// Where the files lie that belong to a main file.
    static func partsFolder(of path: String) -> String {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return (folder.isEmpty && !path.hasPrefix("/") ? "." : folder) + "/conf.d"
    }

    /// The settings of one text, for tests.
    package static func read(text: String, file: String = "fairlead.toml") throws(ConfigurationError) -> Settings {
        try read(bytes: [UInt8](text.utf8), file: file)
    }

    /// The settings of some bytes, whatever they are.
    package static func read(bytes: [UInt8], file: String) throws(ConfigurationError) -> Settings {
        try settings([try TOMLReader.read(bytes, file: file)], main: file)
    }

    /// Where the relay of a configuration that is faulty elsewhere has its state, and its language: the relay may run with what stood there
    /// before. nil if nobody can say.
    package static func relay(in path: String) -> (state: String, language: Language)? {
        guard let values = try? document(path) else { return nil }
        var top = ConfigurationTable(values, name: "", at: ConfigurationPlace(file: path, line: 1, column: 1))
        let language = try? top.word("language", Language.allCases.map { ($0.rawValue, $0) })
        guard let value = top.optional("relay"), var table = try? ConfigurationTable(value, name: "relay"),
            let relay = try? RelaySettings(&table)
        else { return nil }
        return (relay.state, language ?? .en)
    }

    private static func document(_ path: String) throws(ConfigurationError) -> [String: ConfigurationValue] {
        let bytes: [UInt8]
        do { bytes = try Files.read(path, atMost: largestFile) } catch { throw unreadable(path, error) }
        return try TOMLReader.read(bytes, file: path)
    }

    private static func settings(_ documents: [[String: ConfigurationValue]], main: String) throws(ConfigurationError) -> Settings {
        let start = ConfigurationPlace(file: main, line: 1, column: 1)
        var top = ConfigurationTable(try merged(documents), name: "", at: start)
        let language = try top.word("language", Language.allCases.map { ($0.rawValue, $0) }) ?? .en
        guard let relayValue = top.optional("relay") else { throw top.missing("relay", "[relay] with name and state") }
        var relayTable = try ConfigurationTable(relayValue, name: "relay")
        let relay = try RelaySettings(&relayTable)
        var endpoints: [String: EndpointSettings] = [:]
        for (name, table) in try top.tables("endpoint") {
            guard isShortName(name) else {
                throw ConfigurationError(table.place, "endpoint name \"\(name)\": expected 1 to 32 of a-z, 0-9 and -")
            }
            var table = table
            endpoints[name] = try EndpointSettings(&table)
        }
        var peers: [String: PeerSettings] = [:]
        var peerPlaces: [String: ConfigurationPlace] = [:]
        for (name, table) in try top.tables("peer") {
            guard isShortName(name) else {
                throw ConfigurationError(table.place, "peer name \"\(name)\": expected 1 to 32 of a-z, 0-9 and -")
            }
            guard endpoints[name] == nil else { throw ConfigurationError(table.place, "there is an endpoint \"\(name)\" already") }
            var table = table
            let peer = try PeerSettings(&table)
            if let other = peers.first(where: { $0.value.id == peer.id })?.key {
                throw ConfigurationError(table.place, "[peer.\(name)] has the same id as [peer.\(other)]")
            }
            peers[name] = peer
            peerPlaces[name] = table.place
        }
        var bridges = BridgeReader(endpoints: endpoints, peers: Set(peers.keys))
        for table in try top.list("bridge") { try bridges.add(table) }
        let limits = try self.limits(&top)
        var metrics: MetricsSettings?
        if let value = top.optional("metrics") {
            var table = try ConfigurationTable(value, name: "metrics")
            metrics = try MetricsSettings(&table)
        }
        try top.end()
        return Settings(
            language: language, relay: relay, endpoints: endpoints, peers: peers, peerPlaces: peerPlaces,
            bridges: bridges.bridges, limits: limits, metrics: metrics)
    }

    private static func limits(_ top: inout ConfigurationTable) throws(ConfigurationError) -> EngineLimits {
        var table = try top.table("limits")
        var limits = EngineLimits()
        if let hold = try table.duration("hold", 60...400 * 86_400) { limits.hold = hold }
        if let quota = try table.size("quota", 100_000_000...100_000_000_000_000) { limits.holdBytes = Int(quota / 4) }
        limits.reserve = try table.size("reserve", 10_000_000...100_000_000_000_000)
        try table.end()
        return limits
    }

    /// One document of several: tables of names and lists add up; anything else may stand in one file only.
    private static func merged(_ documents: [[String: ConfigurationValue]]) throws(ConfigurationError) -> [String: ConfigurationValue] {
        var result: [String: ConfigurationValue] = [:]
        for (key, value) in documents.flatMap({ $0.sorted { $0.key < $1.key } }) {
            guard let known = result[key] else {
                result[key] = value
                continue
            }
            switch (key, known.content, value.content) {
            case ("endpoint", .table(let old), .table(let new)), ("peer", .table(let old), .table(let new)):
                for (name, entry) in new.sorted(by: { $0.key < $1.key }) {
                    if let first = old[name] {
                        throw ConfigurationError(entry.place, "[\(key).\(name)] stands in \(first.place.file) already")
                    }
                }
                result[key] = ConfigurationValue(.table(old.merging(new) { $1 }), at: known.place)
            case ("bridge", .array(let old), .array(let new)):
                result[key] = ConfigurationValue(.array(old + new), at: known.place)
            default:
                throw ConfigurationError(value.place, "\(key) stands in \(known.place.file) already")
            }
        }
        return result
    }
}

/// Reads `[[bridge]]` tables and sees that they go together.
private struct BridgeReader {
    let endpoints: [String: EndpointSettings]
    let peers: Set<String>
    private(set) var bridges: [BridgeSettings] = []
    private var homes: [String: Home] = [:]

    /// Where a channel was named.
    private struct Home {
        let text: String
        let bridge: String
        let place: ConfigurationPlace
    }

    init(endpoints: [String: EndpointSettings], peers: Set<String>) {
        self.endpoints = endpoints
        self.peers = peers
    }

    mutating func add(_ bridge: ConfigurationTable) throws(ConfigurationError) {
        var table = bridge
        let nameValue = try table.required("name", "a short name, such as \"ops\"")
        let name = try nameValue.text()
        guard isShortName(name) else {
            throw ConfigurationError(nameValue.place, "bridge name \"\(name)\": expected 1 to 32 of a-z, 0-9 and -")
        }
        guard !bridges.contains(where: { $0.name == name }) else {
            throw ConfigurationError(nameValue.place, "there is a bridge \"\(name)\" already")
        }
        let formerValue = table.optional("was")
        let former = try formerValue?.text()
        if let formerValue, former == name {
            throw ConfigurationError(formerValue.place, "was = \"\(name)\" is its name now; expected the one before")
        }
        let join = try table.required("join", "a list of channels, as in [\"libera:#ops\", \"…\"]")
        guard case .array(let elements) = join.content else { throw join.error(expected: "a list of channels") }
        var members: [MemberSettings] = []
        for element in elements { members.append(try member(element, of: name)) }
        guard members.count >= 2 else {
            throw ConfigurationError(join.place, "bridge \"\(name)\" joins \(members.count) channels; it needs at least two")
        }
        try table.end()
        bridges.append(BridgeSettings(name: name, formerName: former, members: members))
    }

    /// `"endpoint:channel"`, or a table with `channel` and what is special about it.
    private mutating func member(_ value: ConfigurationValue, of bridge: String) throws(ConfigurationError) -> MemberSettings {
        var direction = MemberSettings.Direction.both
        var uncertain = UncertainPolicy.again
        var channelValue = value
        if case .table(let entries) = value.content {
            var table = ConfigurationTable(entries, name: "bridge.join", at: value.place)
            channelValue = try table.required("channel", "\"endpoint:channel\"")
            direction = try table.word("direction", [("both", .both), ("in", .into), ("out", .out)]) ?? .both
            uncertain = try table.word("uncertain", [("repeat", .again), ("skip", .skip)]) ?? .again
            try table.end()
        }
        guard case .string(let text) = channelValue.content else { throw channelValue.error(expected: "\"endpoint:channel\" or a table") }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex, text.index(after: colon) != text.endIndex else {
            throw ConfigurationError(channelValue.place, "\"\(text)\": expected \"endpoint:channel\"")
        }
        let endpoint = String(text[..<colon])
        guard endpoints[endpoint] != nil || peers.contains(endpoint) else {
            let hint = nearest(to: endpoint, among: peers.union(endpoints.keys)).map { "; did you mean \"\($0)\"?" } ?? ""
            throw ConfigurationError(channelValue.place, "there is no endpoint or peer \"\(endpoint)\"\(hint)")
        }
        let channel = String(text[text.index(after: colon)...])
        let home = "\(endpoint):\(endpoints[endpoint]?.foldedLoosely(channel: channel) ?? channel)"
        if let other = homes[home] {
            let spelling = other.text == text ? "" : "as \"\(other.text)\" "
            throw ConfigurationError(
                channelValue.place, "\"\(text)\" is in bridge \"\(other.bridge)\" already, \(spelling)at \(other.place)")
        }
        homes[home] = Home(text: text, bridge: bridge, place: channelValue.place)
        if let fault = endpoints[endpoint]?.fault(inChannel: channel) { throw ConfigurationError(channelValue.place, fault) }
        return MemberSettings(
            endpoint: endpoint, channel: channel, folded: endpoints[endpoint]?.folded(channel: channel), direction: direction,
            uncertain: uncertain, isPeer: peers.contains(endpoint), isReader: endpoints[endpoint]?.isReader ?? false)
    }
}
