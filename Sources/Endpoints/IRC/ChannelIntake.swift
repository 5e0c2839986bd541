import Core

/// What was read on a connection and is not journaled yet, by channel.
///
/// A channel's things go to the engine one after the other; a bridge that makes its channel wait, for a peer's word or for room, holds up no
/// other channel.
struct ChannelIntake {
    /// What goes to the engine.
    enum Item {
        case line(Happening, isReplayed: Bool, SourceCursor?)
        /// The channel has been read so far, and nothing new in it.
        case read(SourceCursor)
        case found(Mark, NativeKey)
        case connected(Capabilities)
    }

    private var items: [DestinationID: [Item]] = [:]
    /// Channels of which something is being handed over.
    private var busy: Set<DestinationID> = []
    /// Things that nobody has begun to hand over.
    private(set) var count = 0

    var isEmpty: Bool { items.isEmpty && busy.isEmpty }

    mutating func add(_ item: Item, from channel: DestinationID) {
        items[channel, default: []].append(item)
        count += 1
    }

    /// The channels whose things can be handed over now and were not: whoever asks has to do it.
    mutating func begin() -> [DestinationID] {
        let ready = items.keys.filter { !busy.contains($0) }.sorted()
        busy.formUnion(ready)
        return ready
    }

    /// What a channel has by now; nil when there is no more, and its turn is over.
    mutating func next(of channel: DestinationID) -> [Item]? {
        guard let items = items.removeValue(forKey: channel) else {
            busy.remove(channel)
            return nil
        }
        count -= items.count
        return items
    }

    /// The channel was left: that it can be delivered to is not told any more.
    mutating func forgetConnection(of channel: DestinationID) {
        guard let known = items[channel] else { return }
        let kept = known.filter { if case .connected = $0 { false } else { true } }
        count -= known.count - kept.count
        items[channel] = kept.isEmpty ? nil : kept
    }
}
