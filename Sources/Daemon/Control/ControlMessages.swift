import Base
import Core
import FoundationEssentials
import Model

/// What a command asks of the running relay: one JSON object on one line.
package struct ControlRequest: Codable, Hashable, Sendable {
    package let command: String
    package var arguments: [String: String]

    package init(_ command: String, _ arguments: [String: String] = [:]) {
        self.command = command
        self.arguments = arguments
    }

    /// Whether its answer goes on until whoever asked has gone.
    var isEndless: Bool { command == "tail" || command == "status" && arguments["watch"] != nil }
}

/// The last line of an answer: done, or why not, with the exit code that the command ends with.
package struct ControlEnding: Codable, Hashable, Sendable {
    package var done: Bool
    package var error: String?
    package var exit: Int32?
}

/// One line of `fairlead tail`
package struct PassingReport: Codable, Hashable, Sendable {
    package var event: String
    package var kind: String
    package var bridge: String
    /// `endpoint:channel`, or the peer's name.
    package var from: String
    package var author: String
    /// When it happened, and when it was journaled.
    package var happened: String
    package var journaled: String
    package var text: String?
}

/// One line of `fairlead bounces retry`
package struct RetryReport: Codable, Hashable, Sendable {
    package var bounce: UInt64
    /// How many it spoke of.
    package var events: UInt64
    package var channels: [String]
    /// Words for people, where there is more to be said.
    package var note: String?
}

/// What went wrong last at an edge.
package struct ErrorReport: Codable, Hashable, Sendable {
    package var text: String
    package var time: String
    package var secondsAgo: Int64
}

/// JSON of one line. Keys are words in lower case with `_` between them, as counters and metrics have it (docs/operations.md, "For programs").
package enum ControlJSON {
    package static func line(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only values of this file's types come here, and all of them can be spelled.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a report that can't be spelled in JSON") }
        return [UInt8](data)
    }

    package static func value<Value: Decodable>(_ line: [UInt8], as type: Value.Type = Value.self) -> Value? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(type, from: Data(line))
    }
}
