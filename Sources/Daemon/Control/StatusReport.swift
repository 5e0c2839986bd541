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
    /// Why nothing is taken in; nil if something is.
    package var intake: IntakeReport?
    /// Numbers by name, as in the metrics.
    package var counters: [String: UInt64]

    package struct EndpointReport: Codable, Hashable, Sendable {
        package var name: String
        package var kind: String
        /// `up`, `down`, `partly up` by its channels; `no channels`
        package var state: String
        package var lastError: ErrorReport?
    }

    package struct LinkReport: Codable, Hashable, Sendable {
        package var name: String
        package var relay: String
        package var isUp: Bool
        /// `up`, `down`, `revoked`
        package var state: String
        package var lastError: ErrorReport?
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

    package struct IntakeReport: Codable, Hashable, Sendable {
        /// `peers`, `reserve`, `full`
        package var waitsFor: String
        /// The peers that are awaited; empty for another reason.
        package var peers: [String]
        /// For people.
        package var text: String
    }

    /// A member of a bridge.
    package struct ChannelReport: Codable, Hashable, Sendable {
        package var name: String
        package var bridge: String
        /// `up`, `down`, `deferred`, `link`, `revoked`, `reader`, `parked`, `paused`
        package var state: String
        package var behind: Int
        package var oldest: String?
        /// Parts that arrived there in the last minute; nil for a link and a reader.
        package var lastMinute: UInt64?
        /// Of `deferred`: when it is tried again; of `paused`: since when.
        package var time: String?
        /// Of its own, or of its endpoint as a whole.
        package var lastError: ErrorReport?
    }
}
