import Base
import Model

/// Bridges that an operator has stopped for a while. What is said goes on being journaled, and goes nowhere until they go on: not into a
/// channel, not to a peer, not to a reader but in the channel where it was said. `hold` counts meanwhile. Kept as a note of the journal.
extension Engine {
    /// Since when, and from where on in the log.
    struct Pause: Hashable, Sendable {
        let time: UnixTime
        let position: Position
    }

    private static let pauseNote = "paused "

    static func pauses(in state: JournalState) -> [BridgeIndex: Pause] {
        var pauses: [BridgeIndex: Pause] = [:]
        for (name, value) in state.notes where name.hasPrefix(pauseNote) && value.count == 16 {
            guard let index = UInt32(name.dropFirst(pauseNote.count)) else { continue }
            pauses[BridgeIndex(index)] = Pause(time: UnixTime(seconds: value.firstUInt64), position: Position(value[8...].firstUInt64))
        }
        return pauses
    }

    /// Whether nothing goes into a channel now, as its bridge is paused.
    package func isPaused(_ channel: DestinationID) -> Bool {
        routing.member(channel).map { paused[$0.bridge] != nil } ?? false
    }

    package func isPaused(bridge name: String) -> Bool { routing.bridge(named: name).map { paused[$0.index] != nil } ?? false }

    /// Stops a bridge. Returns when that is durable; false if it was stopped already, nil if there is none of this name.
    package func pause(_ name: String) async throws -> Bool? {
        guard let bridge = routing.bridge(named: name)?.index else { return nil }
        if paused[bridge] != nil { return false }
        let pause = Pause(time: loop.time, position: recent.end)
        paused[bridge] = pause
        try await keep(
            pause.time.seconds.bigEndianBytes + pause.position.rawValue.bigEndianBytes, as: "\(Engine.pauseNote)\(bridge.rawValue)")
        return true
    }

    /// Lets a bridge go on: what was said meanwhile goes out in order. Returns when that is durable; false if it was not stopped, nil if
    /// there is none of this name.
    package func resume(_ name: String) async throws -> Bool? {
        guard let bridge = routing.bridge(named: name)?.index else { return nil }
        guard let pause = paused[bridge] else { return false }
        try await tellReaders(of: bridge, since: pause)
        paused[bridge] = nil
        for destination in routing.destinations(of: bridge) { wake(destination) }
        for follower in followers.values { follower() }
        try await keep([], as: "\(Engine.pauseNote)\(bridge.rawValue)")
        return true
    }

    /// Readers learn what they were not told. Ends when nothing was committed during the last look.
    private func tellReaders(of bridge: BridgeIndex, since pause: Pause) async throws {
        var positions: [DestinationID: Position] = [:]
        var end = Position.zero
        while end != committedEnd {
            end = committedEnd
            for member in routing.readers where member.bridge == bridge {
                guard let endpoint = endpoints[member.settings.endpoint] as? any ReadingEndpoint else { continue }
                let from = positions[member.destination] ?? pause.position
                var events = try await self.events(
                    in: member.destination, .from(from), atMost: CoreLimits.readerPage, heedingPause: false)
                while let last = events.last {
                    await endpoint.committed(events.filter { $0.place != .here }, in: member.destination)
                    positions[member.destination] = last.position.next
                    events = try await self.events(
                        in: member.destination, .from(last.position.next), atMost: CoreLimits.readerPage, heedingPause: false)
                }
            }
        }
    }
}
