import Base
import Model

/// What went wrong at an edge, in the words of whoever said so, and when.
package struct LastError: Hashable, Sendable {
    package let words: String
    package let time: UnixTime

    /// Words of servers are made fit for a line of a terminal.
    package init(_ words: String, at time: UnixTime) {
        let line = Sanitiser.text([UInt8](words.utf8)).map { $0.isNewline || $0 == "\t" ? " " : $0 }
        self.words = String(line).cut(toBytes: CoreLimits.lastError)
        self.time = time
    }
}

/// The last error of an endpoint as a whole, and of each of its channels. It stays when it is over: an operator asks afterwards.
package struct LastErrors: Hashable, Sendable {
    private var whole: LastError?
    private var channels: [DestinationID: LastError] = [:]

    package init() {}

    /// `destination`: nil for what concerns the endpoint as a whole.
    package mutating func note(_ words: String, in destination: DestinationID? = nil, at time: UnixTime) {
        if let destination {
            channels[destination] = LastError(words, at: time)
        } else {
            whole = LastError(words, at: time)
        }
    }

    /// Forgets channels that are served no more.
    package mutating func keep(only served: Set<DestinationID>) { channels = channels.filter { served.contains($0.key) } }

    /// The last one of all.
    package var latest: LastError? { (channels.values + [whole].compactMap(\.self)).max { $0.time < $1.time } }

    /// The last one that a channel suffered from: its own, or the whole endpoint's.
    package func latest(in destination: DestinationID) -> LastError? {
        [whole, channels[destination]].compactMap(\.self).max { $0.time < $1.time }
    }
}
