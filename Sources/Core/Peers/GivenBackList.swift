import Base
import Model

/// Events of ours that came back from peers and are neither confirmed nor given up (docs/semantics.md, "After a restore").
///
/// Of a text only its digest is kept: a peer can give back as much as it likes.
struct GivenBackList {
    struct Item {
        let id: EventID
        let position: Position
        let author: AuthorKey
        let home: DestinationID?
        let second: UnixTime
        /// nil for anything but a message.
        let text: [UInt8]?
        /// Who gave it back.
        let source: PeerIndex
        /// Since when it waits to be found: since it came, or its home was read to the head.
        var since: Instant
    }

    /// What a message that is read again is known by.
    private struct Place: Hashable {
        let home: DestinationID
        let author: AuthorKey
        let second: UnixTime
        let text: [UInt8]
    }

    private var items: [EventID: Item] = [:]
    private var messages: [Place: Set<EventID>] = [:]

    var isEmpty: Bool { items.isEmpty }
    var count: Int { items.count }

    func contains(_ id: EventID) -> Bool { items[id] != nil }

    static func digest(of text: String) -> [UInt8] { SHA256.digest(Array(text.utf8)) }

    mutating func add(_ item: Item) {
        items[item.id] = item
        if let place = place(of: item) { messages[place, default: []].insert(item.id) }
    }

    /// The message that was read again, taken out; of several the one of the lowest number.
    mutating func take(home: DestinationID, author: AuthorKey, second: UnixTime, text: String) -> Item? {
        let place = Place(home: home, author: author, second: second, text: GivenBackList.digest(of: text))
        return messages[place]?.min().flatMap { remove($0) }
    }

    /// Those of a channel that have waited since a moment or longer, taken out, in the order of their positions.
    mutating func take(home: DestinationID?, since latest: Instant) -> [Item] {
        let due = items.values.filter { $0.home == home && $0.since <= latest }.sorted { $0.position < $1.position }
        for item in due { _ = remove(item.id) }
        return due
    }

    /// A channel has been read to its head: from now on its events may be found.
    mutating func renew(home: DestinationID, at now: Instant) {
        for (id, item) in items where item.home == home { items[id]?.since = now }
    }

    /// Since when the first of a channel waits; nil if there is none.
    func earliest(of home: DestinationID?) -> Instant? { items.values.lazy.filter { $0.home == home }.map(\.since).min() }

    private mutating func remove(_ id: EventID) -> Item? {
        guard let item = items.removeValue(forKey: id) else { return nil }
        if let place = place(of: item) {
            messages[place]?.remove(id)
            if messages[place]?.isEmpty == true { messages[place] = nil }
        }
        return item
    }

    private func place(of item: Item) -> Place? {
        guard let home = item.home, let text = item.text else { return nil }
        return Place(home: home, author: item.author, second: item.second, text: text)
    }
}
