import Base
import EndpointEmail
import EndpointIRC
import IO

/// Reads secrets from where the configuration says they are.
package enum SecretReader {
    /// No password or token is longer.
    private static let longest = 4096

    /// Looks whether every secret of a configuration can be read, and by nobody else.
    package static func check(_ settings: Settings) throws(ConfigurationError) {
        for (_, endpoint) in settings.endpoints.sorted(by: { $0.key < $1.key }) {
            for reference in endpoint.secrets { _ = try read(reference) }
        }
    }

    /// The secret without the line end that editors put behind it.
    package static func read(_ reference: SecretReference) throws(ConfigurationError) -> String {
        switch reference.source {
        case .file(let path):
            return try read(path, reference)
        case .credential(let name):
            guard let folder = Environment.value("CREDENTIALS_DIRECTORY") else {
                throw ConfigurationError(reference.place, "credential \"\(name)\": not started by systemd with LoadCredential=")
            }
            return try read("\(folder)/\(name)", reference)
        case .environment(let name):
            guard let value = Environment.value(name), !value.isEmpty else {
                throw ConfigurationError(reference.place, "the environment has no \(name)")
            }
            return try line(value, of: name, reference)
        }
    }

    /// A secret is one line: nothing that asks for one takes more.
    private static func line(_ text: String, of source: String, _ reference: SecretReference) throws(ConfigurationError) -> String {
        let secret = text.trimmingLineEnd()
        guard !secret.isEmpty else { throw ConfigurationError(reference.place, "\(source) is empty") }
        guard !secret.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
            throw ConfigurationError(reference.place, "\(source) has more than one line; expected the secret and nothing else")
        }
        return secret
    }

    private static func read(_ path: String, _ reference: SecretReference) throws(ConfigurationError) -> String {
        do {
            // First: what is no file gets no advice how to close it.
            let bytes = try Files.read(path, atMost: longest)
            if let exposure = try FileExposure.of(path) {
                throw ConfigurationError(reference.place, exposure.remedy(path, mode: "600"))
            }
            return try line(String(decoding: bytes, as: UTF8.self), of: path, reference)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError(reference.place, "can't read the secret: \(error)")
        }
    }
}

extension EndpointSettings {
    /// Every secret it names.
    var secrets: [SecretReference] {
        switch self {
        case .irc(let irc):
            [irc.password, irc.sasl?.password, irc.nickServ].compactMap(\.self) + irc.keys.sorted { $0.key < $1.key }.map(\.value)
        case .email(let email): email.account.map { [$0.password] } ?? []
        case .ircListener(let listener): listener.accounts.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}

extension String {
    fileprivate func trimmingLineEnd() -> String {
        var text = self[...]
        while let last = text.unicodeScalars.last, last == "\n" || last == "\r" { text.unicodeScalars.removeLast() }
        return String(text)
    }
}
