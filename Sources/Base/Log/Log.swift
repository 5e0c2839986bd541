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
        package let fields: [(key: String, value: String)]
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

extension Log.Entry {
    /// `words key=value key="two words"` without control characters, whoever the values come from.
    package var text: String {
        fields.reduce("\(words)") { $0 + " \($1.key)=\(Log.Entry.quoted($1.value))" }
    }

    private static func quoted(_ value: String) -> String {
        let isPlain =
            !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 0x7F }
        if isPlain { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "\u{FFFD}" : scalar)
            }
        }
        return text + "\""
    }
}
