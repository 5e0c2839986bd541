/// A table of a configuration while settings are taken out of it, key by key; `end` refuses what is left over.
package struct ConfigurationTable: Sendable {
    package let place: ConfigurationPlace
    /// `endpoint.team`, for messages.
    package let name: String
    private var values: [String: ConfigurationValue]
    private var asked: [String] = []

    package init(_ values: [String: ConfigurationValue], name: String, at place: ConfigurationPlace) {
        self.values = values
        self.name = name
        self.place = place
    }

    package init(_ value: ConfigurationValue, name: String) throws(ConfigurationError) {
        guard case .table(let values) = value.content else { throw value.error(expected: "a table") }
        self.init(values, name: name, at: value.place)
    }

    /// The value of a key, which must be there.
    package mutating func required(_ key: String, _ what: String) throws(ConfigurationError) -> ConfigurationValue {
        if let value = optional(key) { return value }
        throw missing(key, what)
    }

    /// What is wrong where a key is not there: its misspelling, if one is, else that it is needed.
    package func missing(_ key: String, _ what: String) -> ConfigurationError {
        if let wrong = nearest(to: key, among: values.keys), let value = values[wrong] {
            return unknown(wrong, value.place, "; did you mean \(key)?")
        }
        return ConfigurationError(place, name.isEmpty ? "needs \(what)" : "[\(name)] needs \(key): \(what)")
    }

    package mutating func optional(_ key: String) -> ConfigurationValue? {
        asked.append(key)
        return values.removeValue(forKey: key)
    }

    // MARK: Kinds of values

    package mutating func text(_ key: String) throws(ConfigurationError) -> String? {
        guard let value = optional(key) else { return nil }
        let text = try value.text()
        if text.isEmpty { throw ConfigurationError(value.place, "\(key) is empty") }
        return text
    }

    package mutating func requiredText(_ key: String, _ what: String) throws(ConfigurationError) -> String {
        let value = try required(key, what)
        let text = try value.text()
        if text.isEmpty { throw ConfigurationError(value.place, "\(key) is empty; expected \(what)") }
        return text
    }

    package mutating func texts(_ key: String) throws(ConfigurationError) -> [(text: String, place: ConfigurationPlace)] {
        guard let value = optional(key) else { return [] }
        guard case .array(let elements) = value.content else { throw value.error(expected: "a list of texts, as in [\"…\"]") }
        var texts: [(text: String, place: ConfigurationPlace)] = []
        for element in elements { texts.append((try element.text(), element.place)) }
        return texts
    }

    package mutating func boolean(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let value = optional(key) else { return nil }
        guard case .boolean(let boolean) = value.content else { throw value.error(expected: "true or false") }
        return boolean
    }

    package mutating func integer(_ key: String, _ range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64? {
        guard let value = optional(key) else { return nil }
        guard case .integer(let integer) = value.content else { throw value.error(expected: "a number") }
        guard range.contains(integer) else {
            throw ConfigurationError(
                value.place, "\(key) = \(integer) is out of range; expected \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    /// One of a few words.
    package mutating func word<Word>(_ key: String, _ words: [(String, Word)]) throws(ConfigurationError) -> Word? {
        guard let value = optional(key) else { return nil }
        let text = try value.text()
        if let found = words.first(where: { $0.0 == text }) { return found.1 }
        let list = words.map { "\"\($0.0)\"" }.joined(separator: ", ")
        let hint = nearest(to: text, among: words.map(\.0)).map { "; did you mean \"\($0)\"?" } ?? ""
        throw ConfigurationError(value.place, "\(key) = \"\(text)\" is unknown; expected one of \(list)\(hint)")
    }

    /// A length of time in seconds, written as `90s`, `10m`, `12h` or `14d`.
    package mutating func duration(_ key: String, _ range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64? {
        let units: [(String, Int64)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        return try quantity(key, units, range, "a duration such as \"90s\", \"10m\", \"12h\" or \"14d\"")
    }

    /// A size in bytes, written as `500MB` or `10GB` (powers of ten).
    package mutating func size(_ key: String, _ range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64? {
        let units: [(String, Int64)] = [("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)]
        return try quantity(key, units, range, "a size such as \"500MB\" or \"10GB\"")
    }

    private mutating func quantity(_ key: String, _ units: [(String, Int64)], _ range: ClosedRange<Int64>, _ what: String)
        throws(ConfigurationError) -> Int64?
    {
        guard let value = optional(key) else { return nil }
        guard case .string(let text) = value.content else { throw value.error(expected: what) }
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let number = Int64(text.dropLast(unit.count)), number >= 0 else { continue }
            let (total, overflow) = number.multipliedReportingOverflow(by: factor)
            guard !overflow, range.contains(total) else {
                let ends = [range.lowerBound, range.upperBound].map { written($0, units) }.joined(separator: " to ")
                throw ConfigurationError(value.place, "\(key) = \"\(text)\" is out of range; expected \(ends)")
            }
            return total
        }
        throw ConfigurationError(value.place, "\(key) = \"\(text)\": expected \(what)")
    }

    /// In the largest unit that leaves nothing over.
    private func written(_ number: Int64, _ units: [(String, Int64)]) -> String {
        units.last { number % $0.1 == 0 }.map { "\(number / $0.1)\($0.0)" } ?? String(number)
    }

    /// The tables below a key by name, as in `[endpoint.team]`, in the order of the names.
    package mutating func tables(_ key: String) throws(ConfigurationError) -> [(name: String, table: ConfigurationTable)] {
        guard let value = optional(key) else { return [] }
        guard case .table(let entries) = value.content else { throw value.error(expected: "tables, as in [\(key).NAME]") }
        var tables: [(name: String, table: ConfigurationTable)] = []
        for (entry, value) in entries.sorted(by: { $0.key < $1.key }) {
            tables.append((entry, try ConfigurationTable(value, name: "\(key).\(entry)")))
        }
        return tables
    }

    /// A list of tables, as in `[[bridge]]`.
    package mutating func list(_ key: String) throws(ConfigurationError) -> [ConfigurationTable] {
        guard let value = optional(key) else { return [] }
        guard case .array(let elements) = value.content else { throw value.error(expected: "a list of tables, as in [[\(key)]]") }
        var tables: [ConfigurationTable] = []
        for element in elements { tables.append(try ConfigurationTable(element, name: key)) }
        return tables
    }

    /// One table; an empty one if it is not there.
    package mutating func table(_ key: String) throws(ConfigurationError) -> ConfigurationTable {
        guard let value = optional(key) else { return ConfigurationTable([:], name: key, at: place) }
        return try ConfigurationTable(value, name: key)
    }

    /// Refuses what nobody asked for, with the nearest word that somebody did.
    package func end() throws(ConfigurationError) {
        guard let (key, value) = values.min(by: { ($0.value.place.line, $0.key) < ($1.value.place.line, $1.key) }) else { return }
        let hint =
            nearest(to: key, among: asked).map { "; did you mean \($0)?" } ?? "; expected one of \(asked.sorted().joined(separator: ", "))"
        throw unknown(key, value.place, hint)
    }

    private func unknown(_ key: String, _ place: ConfigurationPlace, _ hint: String) -> ConfigurationError {
        ConfigurationError(place, "unknown key \(key)\(name.isEmpty ? "" : " in [\(name)]")\(hint)")
    }
}
