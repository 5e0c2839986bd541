import Base
import WireIRC

/// `[endpoint.NAME]` with `kind = "irc-listener"`: the relay itself as a small IRC server.
package struct IRCListenerSettings: Hashable, Sendable {
    package let listen: HostPort
    /// Who may come in, by the nick they get. Empty: anybody, and only from this machine.
    package let accounts: [String: SecretReference]

    package init(_ table: inout ConfigurationTable) throws(ConfigurationError) {
        let value = try table.required("listen", "\"host:port\", such as \"127.0.0.1:6667\"")
        let text = try value.text()
        guard let listen = HostPort(text, mayBeAnyPort: true) else {
            throw ConfigurationError(value.place, "listen = \"\(text)\": expected \(HostPort.expected(for: text, mayBeAnyPort: true))")
        }
        self.listen = listen
        accounts = try IRCListenerSettings.accounts(&table)
        if accounts.isEmpty && !listen.isLoopback {
            throw ConfigurationError(
                value.place,
                "listen = \"\(text)\" is open to others: it needs accounts = { NAME = SECRET }, or an address such as 127.0.0.1")
        }
        try table.end()
    }

    private static func accounts(_ table: inout ConfigurationTable) throws(ConfigurationError) -> [String: SecretReference] {
        guard let value = table.optional("accounts") else { return [:] }
        guard case .table(let entries) = value.content else {
            throw value.error(expected: "a table of accounts, as in { anna = { file = \"…\" } }")
        }
        var inner = ConfigurationTable(entries, name: "\(table.name).accounts", at: value.place)
        var accounts: [String: SecretReference] = [:]
        var folded: Set<String> = []
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            guard ListenerSession.isNick(name) else {
                throw ConfigurationError(
                    entry.place, "account \"\(name)\" can't be a nick on IRC: at most 30 letters, digits and -_[]\\`^{}|")
            }
            guard folded.insert(ListenerWorld.fold(name)).inserted else {
                throw ConfigurationError(entry.place, "account \"\(name)\" differs from another only by upper and lower case")
            }
            accounts[name] = try inner.secret(name)
        }
        return accounts
    }

    /// The same for every spelling of a channel.
    package static func folded(channel: String) -> String { ListenerWorld.fold(channel) }

    /// What is wrong with a channel's name at a listener; nil if nothing is.
    package static func problem(ofChannel name: String) -> String? {
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != 0x7F }
        if name.hasPrefix("#") && name.utf8.count > 1 && name.utf8.count <= ListenerLimits.channelName && isPlain { return nil }
        return
            "\"\(name)\" can't be a channel of an IRC listener: # and at most \(ListenerLimits.channelName - 1) bytes without spaces and commas"
    }
}

/// The accounts' passwords, read from where the settings say they are.
package struct IRCListenerSecrets: Hashable, Sendable {
    /// By account.
    package var passwords: [String: String]

    package init(passwords: [String: String] = [:]) { self.passwords = passwords }

    /// Whose password it is: `ACCOUNT:PASSWORD`, or the password of the account that the nick names. Takes as long for a wrong one as for
    /// the right one, whoever is named.
    func account(nick: String, password: String?) -> String? {
        guard let password else { return nil }
        var found: String?
        for (account, secret) in passwords {
            let isNamed = ListenerWorld.fold(account) == ListenerWorld.fold(nick)
            let isWhole = isEqualInConstantTime(password.utf8, secret.utf8)
            let isWithAccount = isEqualInConstantTime(password.utf8, "\(account):\(secret)".utf8)
            if isWithAccount || isWhole && isNamed { found = account }
        }
        return found
    }
}
