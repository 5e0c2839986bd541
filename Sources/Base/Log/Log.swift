/// Writes what an operator may want to know: static words, and what they speak of as key=value. Text of messages never comes here,
/// nor do secrets.
package struct Log: Sendable {
    package enum Level: UInt8, Hashable, Comparable, Sendable, CaseIterable {
        case error = 3
        case warning = 4
        case notice = 5
        case info = 6
        case debug = 7

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// One line.
    package struct Entry: Sendable {
        package let level: Level
        package let words: StaticString
        /// Each key once, each value of at most `LogLimits.value` bytes.
        package let fields: [(key: String, value: String)]

        package init(level: Level, words: StaticString, fields: [(key: String, value: String)]) {
            self.level = level
            self.words = words
            self.fields = fields.enumerated().compactMap { index, field in
                // What a line says itself is nearer to the matter than what its log bears.
                if fields[(index + 1)...].contains(where: { $0.key == field.key }) { return nil }
                return (field.key, field.value.cut(toBytes: LogLimits.value, ending: "…"))
            }
        }
    }

    private let write: @Sendable (Entry) -> Void
    private let fields: [(key: String, value: String)]

    package init(_ write: @escaping @Sendable (Entry) -> Void) {
        self.write = write
        fields = []
    }

    private init(_ other: Log, _ more: [(key: String, value: String)]) {
        write = other.write
        fields = other.fields + more
    }

    /// A log whose every line bears this too.
    package func with(_ key: String, _ value: String) -> Log { Log(self, [(key, value)]) }

    package func error(_ words: StaticString, _ more: KeyValuePairs<String, String> = [:]) { line(.error, words, more) }
    package func warning(_ words: StaticString, _ more: KeyValuePairs<String, String> = [:]) { line(.warning, words, more) }
    package func notice(_ words: StaticString, _ more: KeyValuePairs<String, String> = [:]) { line(.notice, words, more) }
    package func info(_ words: StaticString, _ more: KeyValuePairs<String, String> = [:]) { line(.info, words, more) }
    package func debug(_ words: StaticString, _ more: KeyValuePairs<String, String> = [:]) { line(.debug, words, more) }

    private func line(_ level: Level, _ words: StaticString, _ more: KeyValuePairs<String, String>) {
        write(Entry(level: level, words: words, fields: fields + more.map { ($0.key, $0.value) }))
    }
}

extension String {
    /// The text, or as much of it as fits with `ending` behind it; cut between two scalars.
    func cut(toBytes limit: Int, ending: String) -> String {
        if utf8.count <= limit { return self }
        var place = utf8.index(startIndex, offsetBy: limit - ending.utf8.count)
        while place.samePosition(in: unicodeScalars) == nil { place = utf8.index(before: place) }
        return String(self[..<place]) + ending
    }
}
