import Base
import Model

/// The recent part of a channel's id map: native id to event and back. What is not here may still be in the journal.
package struct IDMemory: Sendable {
    private var channels: [DestinationID: Channel] = [:]
    private var total = 0
    private var uses: UInt64 = 0

    private struct Channel {
        var events: [NativeKey: EventID] = [:]
        var parts: [EventID: [NativePart]] = [:]
        /// In the order of their coming, for forgetting the oldest.
        var keys: [NativeKey] = []
        var order: [EventID] = []
        var forgottenKeys = 0
        var forgotten = 0
        var lastUse: UInt64 = 0

        var count: Int { events.count + parts.count }

        mutating func forgetOldest() {
            while events.count > CoreLimits.idsPerChannel {
                events[keys[forgottenKeys]] = nil
                forgottenKeys += 1
            }
            while parts.count > CoreLimits.idsPerChannel {
                parts[order[forgotten]] = nil
                forgotten += 1
            }
            // The forgotten beginnings are cut off now and then, not each time.
            if forgottenKeys > CoreLimits.idsPerChannel { keys.removeFirst(forgottenKeys); forgottenKeys = 0 }
            if forgotten > CoreLimits.idsPerChannel { order.removeFirst(forgotten); forgotten = 0 }
        }
    }

    package init() {}

    package func event(_ key: NativeKey, at destination: DestinationID) -> EventID? { channels[destination]?.events[key] }

    /// What is known of an event at a destination; nil if the journal must be asked.
    package func parts(_ id: EventID, at destination: DestinationID) -> [NativePart]? { channels[destination]?.parts[id] }

    package mutating func remember(_ key: NativeKey, _ id: EventID, at destination: DestinationID) {
        update(destination) { channel in
            if channel.events.updateValue(id, forKey: key) == nil { channel.keys.append(key) }
        }
    }

    package mutating func remember(_ part: NativePart, of id: EventID, at destination: DestinationID) {
        if let nativeID = part.nativeID { remember(nativeID, id, at: destination) }
        update(destination) { channel in
            if channel.parts[id] == nil { channel.order.append(id) }
            channel.parts[id, default: []].removeAll { $0.part == part.part }
            channel.parts[id, default: []].append(part)
        }
    }

    /// Takes in what the journal answered, so that it is not asked again.
    package mutating func remember(_ parts: [NativePart], of id: EventID, at destination: DestinationID) {
        for part in parts { remember(part, of: id, at: destination) }
    }

    private mutating func update(_ destination: DestinationID, _ body: (inout Channel) -> Void) {
        uses += 1
        var channel = channels.removeValue(forKey: destination) ?? Channel()
        let before = channel.count
        body(&channel)
        channel.lastUse = uses
        channel.forgetOldest()
        total += channel.count - before
        channels[destination] = channel
        while total > CoreLimits.ids, let oldest = channels.min(by: { $0.value.lastUse < $1.value.lastUse }), oldest.key != destination {
            total -= oldest.value.count
            channels[oldest.key] = nil
        }
    }
}
