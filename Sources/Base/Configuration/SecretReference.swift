/// Where a secret is, as the configuration says; the secret itself is read when it is needed.
package struct SecretReference: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case file(String)
        case environment(String)
        /// A name in systemd's credentials directory (systemd.exec(5), LoadCredential=).
        case credential(String)
    }

    package let source: Source
    package let place: ConfigurationPlace
}

extension ConfigurationTable {
    /// `{ file = "…" }`, `{ env = "NAME" }` or `{ credential = "NAME" }`. A secret that stands in the configuration is refused.
    package mutating func secret(_ key: String) throws(ConfigurationError) -> SecretReference? {
        guard let value = optional(key) else { return nil }
        guard case .table = value.content else {
            throw ConfigurationError(
                value.place, "\(key) must not stand here; expected { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }")
        }
        var table = try ConfigurationTable(value, name: "\(name).\(key)")
        let sources: [SecretReference.Source] = [
            try table.text("file").map { .file($0) }, try table.text("env").map { .environment($0) },
            try table.text("credential").map { .credential($0) },
        ].compactMap(\.self)
        try table.end()
        guard sources.count == 1 else { throw ConfigurationError(value.place, "\(key) needs one of file, env and credential") }
        return SecretReference(source: sources[0], place: value.place)
    }
}
