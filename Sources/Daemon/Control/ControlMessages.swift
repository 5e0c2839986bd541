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
}

/// The last line of an answer: done, or why not, with the exit code that the command ends with.
package struct ControlEnding: Codable, Hashable, Sendable {
    package var done: Bool
    package var error: String?
    package var exit: Int32?
}

/// `fairlead status`
package struct StatusReport: Codable, Hashable, Sendable {
    package var relay: String
    package var version: String
    package var started: String
    package var endpoints: [EndpointReport]
    package var links: [LinkReport]
    package var channels: [ChannelReport]
    /// nil if its room can't be known.
    package var disk: DiskReport?
    /// Numbers by name, as in the metrics.
    package var counters: [String: UInt64]

    package struct EndpointReport: Codable, Hashable, Sendable {
        package var name: String
        package var kind: String
    }

    package struct LinkReport: Codable, Hashable, Sendable {
        package var name: String
        package var relay: String
        package var isUp: Bool
        /// Since the relay's start: bytes and records each way, by name.
        package var carried: [String: UInt64]
    }

    /// The disk of the state, in bytes.
    package struct DiskReport: Codable, Hashable, Sendable {
        package var free: Int64
        package var size: Int64
        /// What is to stay free.
        package var reserve: Int64
        /// Whether intake waits until so much is free.
        package var isBelow: Bool
    }

    /// A member of a bridge.
    package struct ChannelReport: Codable, Hashable, Sendable {
        package var name: String
        package var bridge: String
        /// `up`, `down`, `link`, `reader`, `parked`, `paused`
        package var state: String
        package var behind: Int
        package var oldest: String?
    }
}

/// `fairlead trace`
package struct TraceReport: Codable, Hashable, Sendable {
    package var event: String
    package var kind: String
    package var author: String
    package var bridge: String
    /// `here` or the peer's stream.
    package var origin: String
    package var happened: String?
    package var journaled: String?
    package var hops: UInt8
    package var isGivenBack: Bool
    package var deliveries: [Delivery]

    package struct Delivery: Codable, Hashable, Sendable {
        package var channel: String
        package var part: UInt32
        package var outcome: String
        package var time: String
        package var native: String?
    }
}

/// `fairlead say`
package struct SaidReport: Codable, Hashable, Sendable {
    package var event: String
}

/// One line of `fairlead bounces list`
package struct BounceReport: Codable, Hashable, Sendable {
    package var id: UInt64
    package var channel: String
    package var first: UInt64
    package var last: UInt64
    package var count: UInt64
    package var code: String
    package var text: String
    package var time: String
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
