import Core

/// What was read and is not journaled yet, by channel.
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
        /// It can be delivered to, if it still stands as it did then: `IRCChannel.connected`.
        case connected(UInt64, Capabilities)

        /// About what of it is the server's words.
        var bytes: Int {
            guard case .line(let happening, _, _) = self else { return 0 }
            switch happening.content {
            case .posted(let text, _, _, _), .edited(_, let text): return text.text.utf8.count
            case .topic(let text): return text.utf8.count
            case .reacted(_, let emoji, _): return emoji.utf8.count
            case .deleted: return 0
            }
        }
    }

    private var items: [DestinationID: [Item]] = [:]
    /// Channels of which something is being handed over.
    private var busy: Set<DestinationID> = []
    /// Things that nobody has begun to hand over.
    private var count = 0
    private var bytes = 0

    /// Nothing more is to be read.
    var isFull: Bool { count > EndpointLimits.intake || bytes > EndpointLimits.intakeBytes }
    var isEmpty: Bool { items.isEmpty && busy.isEmpty }

    mutating func add(_ item: Item, from channel: DestinationID) {
        items[channel, default: []].append(item)
        count += 1
        bytes += item.bytes
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
        bytes -= items.reduce(0) { $0 + $1.bytes }
        return items
    }
}
