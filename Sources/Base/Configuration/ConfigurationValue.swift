/// One value of a configuration with its place.
package struct ConfigurationValue: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case string(String)
        case integer(Int64)
        case boolean(Bool)
        case array([ConfigurationValue])
        case table([String: ConfigurationValue])
        /// Something that no setting takes, by the name a person would give it.
        case other(String)
    }

    package let place: ConfigurationPlace
    package let content: Content

    package init(_ content: Content, at place: ConfigurationPlace) {
        self.content = content
        self.place = place
    }

    /// What a person would call it.
    package var kindName: String {
        switch content {
        case .string: "a text"
        case .integer: "a number"
        case .boolean: "true or false"
        case .array: "a list"
        case .table: "a table"
        case .other(let name): name
        }
    }

    package func error(expected: String) -> ConfigurationError {
        ConfigurationError(place, "expected \(expected), found \(kindName)")
    }

    package func text() throws(ConfigurationError) -> String {
        guard case .string(let text) = content else { throw error(expected: "a text in quotes") }
        return text
    }
}
