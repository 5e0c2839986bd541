/// A place in a configuration file. Lines and columns count from 1.
package struct ConfigurationPlace: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    package let line: UInt32
    package let column: UInt32

    package init(file: String, line: UInt32, column: UInt32) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }
}

/// What is wrong with a configuration: where, and what was expected.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let place: ConfigurationPlace
    package let message: String

    package init(_ place: ConfigurationPlace, _ message: String) {
        self.place = place
        self.message = ConfigurationError.fitForLine(message)
    }

    package var description: String { "\(place): \(message)" }

    /// Quoted values may be long and bear anything: line ends, what moves a terminal's cursor or turns the text's direction.
    private static func fitForLine(_ message: String) -> String {
        var text = ""
        for scalar in message.unicodeScalars {
            if text.utf8.count >= 600 { return text + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// The word of a list that a mistyped one may mean: at most two letters away, or one for words of up to four letters.
package func nearest(to word: String, among words: some Sequence<String>) -> String? {
    let limit = word.count <= 4 ? 1 : 2
    return words.map { ($0, distance(word, $0)) }.filter { $0.1 <= limit }.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

/// How many letters must be put in, taken out, changed, or change places with their neighbour (Damerau-Levenshtein, each letter moved once).
private func distance(_ left: String, _ right: String) -> Int {
    let (source, target) = (Array(left), Array(right))
    var (before, row) = ([Int](), Array(0...target.count))
    for index in source.indices {
        var next = [index + 1]
        for column in target.indices {
            var least = source[index] == target[column] ? row[column] : 1 + min(row[column], row[column + 1], next[column])
            if index > 0, column > 0, source[index] == target[column - 1], source[index - 1] == target[column] {
                least = min(least, before[column - 1] + 1)
            }
            next.append(least)
        }
        (before, row) = (row, next)
    }
    return row[target.count]
}
