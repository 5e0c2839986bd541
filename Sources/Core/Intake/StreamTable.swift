import Base
import Model

/// The streams this relay knows, their authors, and the numbers of what is born here.
package struct StreamTable: Hashable, Sendable {
    package let owner: RelayID
    /// Under which this relay's events are born now.
    package private(set) var epoch: Epoch
    private var rows: [StreamRow] = []
    /// Where in `rows` the streams from 1 on are; -1 for one that was forgotten.
    private var places: [Int32] = []
    private var indexes: [StreamID: StreamIndex] = [:]
    private var own: [BridgeIndex: StreamIndex] = [:]
    private var profiles: [StreamIndex: [UInt64: Profile]] = [:]
    private var numbers: [StreamIndex: [AuthorPlace: UInt64]] = [:]
    private var newest: [OwnAuthor: Profile] = [:]
    private var counts: [Place: Count] = [:]
    private var changed: Set<StreamIndex> = []
    /// In `changed` for certain: most changes are of the stream that changed last.
    private var lastChanged: StreamIndex?

    /// What is known of one relay in one bridge.
    package struct Count: Hashable, Sendable {
        package var streams = 0
        package var authors = 0
        /// Open holes of its streams.
        package var holes = 0
    }

    private struct Place: Hashable {
        let owner: RelayID
        let bridge: BridgeIndex
    }

    /// One author number per author and channel.
    private struct AuthorPlace: Hashable {
        let key: AuthorKey
        let home: Home
    }

    private struct OwnAuthor: Hashable {
        let bridge: BridgeIndex
        let key: AuthorKey
    }

    /// Continues what a journal knows, in a new epoch whose ordinal is above every one of this relay's own.
    package init(owner: RelayID, secret: [UInt8], salt: UInt64, state: JournalState) {
        self.owner = owner
        let highest = state.streams.filter { $0.introduction.owner == owner }.map(\.introduction.epoch.ordinal).max() ?? 0
        epoch = Epoch(ordinal: highest + 1, salt: salt, secret: secret)
        for row in state.streams { add(row) }
        for author in state.authors {
            var dropped = 0
            guard case .profile(let profile)? = try? Event.decode(author.record.span.bytes, droppedSpans: &dropped).event else { continue }
            learn(profile, number: author.number, stream: author.stream)
        }
    }

    package subscript(_ index: StreamIndex) -> StreamRow { rows[place(of: index)] }

    private func place(of index: StreamIndex) -> Int { Int(places[Int(index.rawValue) - 1]) }

    /// Whether a stream that was known once still is.
    package func contains(_ index: StreamIndex) -> Bool { index.rawValue <= UInt32(places.count) && place(of: index) >= 0 }

    package func index(of stream: StreamID) -> StreamIndex? { indexes[stream] }
    package func id(_ stream: StreamIndex, _ number: UInt64) -> EventID {
        EventID(stream: self[stream].introduction.stream, number: number)
    }
    /// Whether an event's number has been reached, and its record is not still to come late.
    package func hasCome(_ id: EventID) -> Bool {
        guard let stream = indexes[id.stream] else { return false }
        return id.number <= self[stream].prefix && !self[stream].holes.contains(id.number)
    }
    /// The streams whose events belong to a bridge.
    package func indexes(of bridge: BridgeIndex) -> Set<StreamIndex> { Set(rows.lazy.filter { $0.bridge == bridge }.map(\.index)) }
    package func isOwn(_ stream: StreamIndex) -> Bool { self[stream].introduction.owner == owner }

    /// Who an author number is; nil for one that nobody introduced.
    package func profile(_ stream: StreamIndex, _ author: UInt64) -> Profile? { profiles[stream]?[author] }

    /// Which of two changes of one owner holds: the one with the highest (ordinal, bits, number).
    package func isNewer(_ left: EventID, than right: EventID) -> Bool {
        guard let leftIndex = indexes[left.stream], let rightIndex = indexes[right.stream] else { return false }
        let (leftEpoch, rightEpoch) = (self[leftIndex].introduction.epoch, self[rightIndex].introduction.epoch)
        return leftEpoch == rightEpoch ? left.number > right.number : leftEpoch > rightEpoch
    }

    /// The stream in which this bridge's events are born in this epoch. It becomes known when the first one is.
    package mutating func ownStream(of bridge: BridgeRow) -> StreamIndex {
        if let known = own[bridge.index] { return known }
        let introduction = StreamIntroduction(owner: owner, bridge: bridge.key, epoch: epoch)
        let index = nextIndex
        add(StreamRow(index: index, introduction: introduction, bridge: bridge.index))
        own[bridge.index] = index
        changed.insert(index)
        return index
    }

    /// Begins a new epoch above every one of ours that is known: nothing more is born in the old one.
    package mutating func openEpoch(salt: UInt64, secret: [UInt8]) {
        let highest = rows.filter { $0.introduction.owner == owner }.map(\.introduction.epoch.ordinal).max() ?? 0
        epoch = Epoch(ordinal: max(highest, epoch.ordinal) + 1, salt: salt, secret: secret)
        own = [:]
    }

    /// A stream that a peer speaks of: its own, or one of ours that this journal lost.
    package mutating func introduce(_ introduction: StreamIntroduction, bridge: BridgeIndex) -> StreamIndex {
        let index = nextIndex
        add(StreamRow(index: index, introduction: introduction, bridge: bridge))
        changed.insert(index)
        return index
    }

    private var nextIndex: StreamIndex { StreamIndex(UInt32(places.count + 1)) }

    private mutating func add(_ row: StreamRow) {
        while places.count < Int(row.index.rawValue) { places.append(-1) }
        precondition(places[Int(row.index.rawValue) - 1] < 0, "a stream is added once")
        places[Int(row.index.rawValue) - 1] = Int32(rows.count)
        rows.append(row)
        indexes[row.introduction.stream] = row.index
        counts[Place(owner: row.introduction.owner, bridge: row.bridge), default: Count()].streams += 1
        counts[Place(owner: row.introduction.owner, bridge: row.bridge)]?.holes += row.holes.holes.count
    }

    package func count(of owner: RelayID, in bridge: BridgeIndex) -> Count { counts[Place(owner: owner, bridge: bridge)] ?? Count() }

    /// How many streams of this relay's are in a bridge that has another key than they: of one that the journal lost, or invented.
    package func lost(in bridge: BridgeIndex, but key: BridgeKey) -> Int {
        rows.count { $0.bridge == bridge && $0.introduction.owner == owner && $0.introduction.bridge != key }
    }

    /// Everything of a stream up to a number is held or SKIPped.
    package mutating func advance(_ stream: StreamIndex, to number: UInt64) {
        rows[place(of: stream)].prefix = number
        noteChanged(stream)
    }

    /// Numbers of a stream that are SKIPped and may come after all. Says how many are given up for it.
    package mutating func open(_ hole: OpenHoles.Hole, in stream: StreamIndex) -> UInt64 {
        let owner = rows[place(of: stream)].introduction.owner
        guard count(of: owner, in: rows[place(of: stream)].bridge).holes < CoreLimits.peerHoles else {
            return hole.numbers.upperBound - hole.numbers.lowerBound + 1
        }
        return change(stream) { $0.open(hole) }
    }

    /// One of them has come. Says how many are given up for it.
    package mutating func fill(_ number: UInt64, in stream: StreamIndex) -> UInt64 {
        change(stream) { $0.fill(number) }
    }

    private mutating func change(_ stream: StreamIndex, _ body: (inout OpenHoles) -> UInt64) -> UInt64 {
        noteChanged(stream)
        let place = place(of: stream)
        let before = rows[place].holes.holes.count
        let given = body(&rows[place].holes)
        let counted = Place(owner: rows[place].introduction.owner, bridge: rows[place].bridge)
        counts[counted]?.holes += rows[place].holes.holes.count - before
        return given
    }

    /// The number up to which all of a stream is held or SKIPped.
    package func prefix(of stream: StreamIndex) -> UInt64 { rows[place(of: stream)].prefix }

    private mutating func noteChanged(_ stream: StreamIndex) {
        if lastChanged == stream { return }
        lastChanged = stream
        changed.insert(stream)
    }

    /// The streams of a bridge, in the order in which they became known.
    package func rows(of bridge: BridgeIndex) -> [StreamRow] { rows.filter { $0.bridge == bridge }.sorted { $0.index < $1.index } }

    /// Streams that have not changed since before a month, but for those in which this relay's newest epoch with a word speaks: by them its
    /// next epoch knows what it has to be above.
    package func unchanged(since month: UInt32) -> [StreamIndex] {
        let newest = rows.lazy.filter { $0.introduction.owner == owner }.map(\.introduction.epoch.ordinal).max() ?? 0
        return rows.filter { row in
            row.changed.month < month && !changed.contains(row.index)
                && !(row.introduction.owner == owner && row.introduction.epoch.ordinal == newest)
        }.map(\.index).sorted()
    }

    /// Forgets a stream and its authors. Its index is not given again.
    package mutating func forget(_ index: StreamIndex) {
        let row = self[index]
        let place = place(of: index)
        let counted = Place(owner: row.introduction.owner, bridge: row.bridge)
        counts[counted]?.streams -= 1
        counts[counted]?.holes -= row.holes.holes.count
        counts[counted]?.authors -= profiles[index]?.count ?? 0
        indexes[row.introduction.stream] = nil
        profiles[index] = nil
        numbers[index] = nil
        places[Int(index.rawValue) - 1] = -1
        // The last one takes its place.
        let last = rows.removeLast()
        if last.index != index {
            rows[place] = last
            places[Int(last.index.rawValue) - 1] = Int32(place)
        }
    }

    /// The newest profiles of a stream's authors by number.
    package func profiles(of stream: StreamIndex) -> [(number: UInt64, profile: Profile)] {
        (profiles[stream] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The next number of a stream of this relay's own.
    package mutating func nextNumber(in stream: StreamIndex) -> UInt64 {
        let place = place(of: stream)
        rows[place].prefix += 1
        noteChanged(stream)
        return rows[place].prefix
    }

    /// Whether an author of this relay's own has a number in a stream for what they say in a channel.
    func hasAuthor(_ key: AuthorKey, home: Home, in stream: StreamIndex) -> Bool {
        numbers[stream]?[AuthorPlace(key: key, home: home)] != nil
    }

    /// Whether an author of this relay's own has spoken in a bridge, in this epoch or an earlier one.
    func hasSpoken(_ key: AuthorKey, in bridge: BridgeIndex) -> Bool { newest[OwnAuthor(bridge: bridge, key: key)] != nil }

    /// The number of an author of this relay's own, and their profile if it must be told first.
    package mutating func author(
        _ key: AuthorKey, name: String, picture: [UInt8]?, home: Home, in stream: StreamIndex
    ) -> (number: UInt64, toldFirst: Profile?) {
        let place = AuthorPlace(key: key, home: home)
        let before = newest[OwnAuthor(bridge: self[stream].bridge, key: key)]
        let isSame = before.map { $0.name == name && $0.picture == picture } ?? false
        if let number = numbers[stream]?[place], isSame, profiles[stream]?[number]?.version == before?.version { return (number, nil) }
        let number = numbers[stream]?[place] ?? UInt64(numbers[stream]?.count ?? 0) + 1
        let version = before.map { isSame || $0.version == .max ? $0.version : $0.version + 1 } ?? 1
        let profile = Profile(key: key, name: name, picture: picture, version: version, home: home)
        learn(profile, number: number, stream: stream)
        return (number, profile)
    }

    /// Takes a profile in; one of a lower version than the known one changes nothing.
    package mutating func learn(_ profile: Profile, number: UInt64, stream: StreamIndex) {
        if let known = profiles[stream]?[number] {
            if known.version > profile.version { return }
        } else {
            counts[Place(owner: self[stream].introduction.owner, bridge: self[stream].bridge), default: Count()].authors += 1
        }
        profiles[stream, default: [:]][number] = profile
        guard isOwn(stream) else { return }
        if self[stream].introduction.epoch == epoch {
            numbers[stream, default: [:]][AuthorPlace(key: profile.key, home: profile.home)] = number
        }
        let author = OwnAuthor(bridge: self[stream].bridge, key: profile.key)
        if let known = newest[author], known.version > profile.version { return }
        newest[author] = profile
    }

    /// The rows that changed since this was last asked, as they are to be written at `time`.
    package mutating func takeChanged(at time: UnixTime) -> [StreamRow] {
        defer {
            changed.removeAll(keepingCapacity: true)
            lastChanged = nil
        }
        return changed.sorted().map { index in
            rows[place(of: index)].changed = time
            return self[index]
        }
    }
}
