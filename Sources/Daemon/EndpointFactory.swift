import Base
import Core
import EndpointEmail
import EndpointIRC
import EndpointIRCListener
import IO

/// Makes endpoints of their settings: with `EndpointSettings` the only place that knows the kinds.
struct EndpointFactory: Sendable {
    let loop: EventLoop
    let entropy: any Entropy
    let epochSecret: [UInt8]
    let history: any BridgeHistory
    let texts: Texts
    let log: Log

    func make(_ name: String, _ blueprint: EndpointBlueprint) -> any Endpoint {
        switch blueprint {
        case .irc(let settings, let secrets):
            IRCEndpoint(
                settings, secrets, loop: loop, connecting: TCPConnector(on: loop), entropy: entropy, texts: texts,
                markKey: SHA256.authenticate([UInt8]("mark \(name)".utf8), key: epochSecret), log: log.with("endpoint", name))
        case .email(let settings, let password):
            EmailEndpoint(
                settings, password: password, loop: loop, submitting: MailSubmitter(), entropy: entropy, texts: texts,
                log: log.with("endpoint", name))
        case .ircListener(let settings, let secrets):
            IRCListener(
                name, settings, secrets, loop: loop, listening: TCPListening(on: loop), history: history,
                version: "fairlead-\(Version.text)",
                texts: texts, log: log.with("endpoint", name))
        }
    }
}

/// An endpoint's settings with the secrets that they name. What differs in none of them need not be made anew.
enum EndpointBlueprint: Hashable, Sendable {
    case irc(IRCSettings, IRCSecrets)
    case email(EmailSettings, password: String?)

    var kindName: String {
        switch self {
        case .irc: "irc"
        case .email: "email"
        case .ircListener: "irc-listener"
        }
    }
    case ircListener(IRCListenerSettings, IRCListenerSecrets)

    init(_ settings: EndpointSettings) throws(ConfigurationError) {
        switch settings {
        case .irc(let irc):
            var secrets = IRCSecrets()
            if let reference = irc.password { secrets.password = try SecretReader.read(reference) }
            if let sasl = irc.sasl { secrets.sasl = try SecretReader.read(sasl.password) }
            if let reference = irc.nickServ { secrets.nickServ = try SecretReader.read(reference) }
            for (channel, reference) in irc.keys { secrets.keys[IRCSettings.folded(channel: channel)] = try SecretReader.read(reference) }
            self = .irc(irc, secrets)
        case .email(let email):
            var password: String?
            if let account = email.account { password = try SecretReader.read(account.password) }
            self = .email(email, password: password)
        case .ircListener(let listener):
            var secrets = IRCListenerSecrets()
            for (account, reference) in listener.accounts { secrets.passwords[account] = try SecretReader.read(reference) }
            self = .ircListener(listener, secrets)
        }
    }
}
