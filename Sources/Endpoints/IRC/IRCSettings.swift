import Base
import WireIRC

/// `[endpoint.NAME]` with `kind = "irc"`: an account on an IRC network.
package struct IRCSettings: Hashable, Sendable {
    /// Tried in this order, each address of each.
    package let servers: [HostPort]
    package let usesTLS: Bool
    /// A file of certificates to trust instead of the system's.
    package let authorities: String?
    package let nick: String
    package let username: String
    package let password: SecretReference?
    package let sasl: SASL?
    /// NickServ's password, for networks without SASL.
    package let nickServ: SecretReference?
    /// Keys of channels that have one.
    package let keys: [String: SecretReference]
    /// The local address to connect from.
    package let bind: String?

    /// SASL PLAIN (RFC 4616).
    package struct SASL: Hashable, Sendable {
        package let account: String
        package let password: SecretReference
    }

    package init(_ table: inout ConfigurationTable) throws(ConfigurationError) {
        servers = try IRCSettings.servers(&table)
        usesTLS = try table.boolean("tls") ?? true
        authorities = try table.text("ca")
        nick = try IRCSettings.word("nick", &table) ?? "fairlead"
        username = try IRCSettings.word("username", &table) ?? "fairlead"
        password = try table.secret("password")
        var sasl = try table.table("sasl")
        if let account = try sasl.text("account") {
            guard let password = try sasl.secret("password") else { throw ConfigurationError(sasl.place, "[\(sasl.name)] needs password") }
            self.sasl = SASL(account: account, password: password)
        } else {
            self.sasl = nil
        }
        try sasl.end()
        nickServ = try table.secret("nickserv")
        keys = try IRCSettings.keys(&table)
        bind = try table.text("bind")
        try table.end()
    }

    private static func servers(_ table: inout ConfigurationTable) throws(ConfigurationError) -> [HostPort] {
        let several = try table.hostPorts("servers")
        guard let value = table.optional("server") else {
            if several.isEmpty {
                throw table.missing("server", "\"host:port\", such as \"irc.example.org:6697\"")
            }
            return several
        }
        guard several.isEmpty else { throw ConfigurationError(value.place, "[\(table.name)] has both server and servers") }
        let text = try value.text()
        guard let server = HostPort(text) else {
            throw ConfigurationError(value.place, "server = \"\(text)\": expected \(HostPort.expected(for: text))")
        }
        return [server]
    }

    /// A nick or user name: one word that no server takes for anything else.
    private static func word(_ key: String, _ table: inout ConfigurationTable) throws(ConfigurationError) -> String? {
        guard let value = table.optional(key) else { return nil }
        let text = try value.text()
        let isFine =
            !text.isEmpty && text.utf8.count <= 30 && !text.utf8.contains { $0 <= 0x20 || $0 == 0x7F || ":,!@*?#&/".utf8.contains($0) }
        guard isFine, !text.first!.isNumber, text.first != "-" else {
            throw ConfigurationError(value.place, "\(key) = \"\(text)\" can't be a \(key) on IRC")
        }
        return text
    }

    private static func keys(_ table: inout ConfigurationTable) throws(ConfigurationError) -> [String: SecretReference] {
        guard let value = table.optional("keys") else { return [:] }
        guard case .table(let entries) = value.content else {
            throw value.error(expected: "a table of channels, as in { \"#ops\" = { file = \"…\" } }")
        }
        var inner = ConfigurationTable(entries, name: "\(table.name).keys", at: value.place)
        var keys: [String: SecretReference] = [:]
        for channel in entries.keys.sorted() { keys[channel] = try inner.secret(channel) }
        return keys
    }

    /// Why a channel can't be served; nil if it can (RFC 2811 section 2.1).
    package static func fault(inChannel name: String) -> String? {
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != 0x7F }
        if name.utf8.count > EndpointLimits.channelName {
            return "\"\(name.prefix(40))…\" has \(name.utf8.count) bytes; a channel on IRC has at most \(EndpointLimits.channelName)"
        }
        if let first = name.utf8.first, "#&+!".utf8.contains(first), name.utf8.count > 1, isPlain { return nil }
        return "\"\(name)\" can't be a channel on IRC: # and more, without spaces and commas"
    }

    /// The same for every spelling that is one channel on any network: each takes the letters of ASCII for the same, at least.
    package static func folded(channel: String) -> String { CaseMapping.ascii.fold(channel) }

    /// The same for every spelling that may be one channel: which letters a network takes for the same it only says when one is connected, so
    /// as many as any does.
    package static func foldedLoosely(channel: String) -> String { CaseMapping.rfc1459.fold(channel) }
}
