import Base
import Core
import IO
import Model

/// The people of a measured relay: an endpoint in the relay's own process that has the engine take in what a corpus says, as fast as that goes
/// or at a given pace, and notes when entries were committed.
///
/// It is asked on a socket, one line a question, numbers as an answer:
///
///     flood COUNT CHANNELS CHUNK     start, in nanoseconds of the machine's monotonic clock; entries of the log that came of it
///     chunks COUNT SIZE CHANNEL      the same, one chunk after the other, each accepted before the next
///     paced COUNT PER_SECOND         for each message when it was said and how many entries the log had grown by with it
///     mark                           begins to note commits
///     end                            entries of the log
///     await ENTRIES                  when the log had grown by so many entries since `mark`
///     commits                        for each commit since `mark`: by how much the log had grown, when
actor BenchEndpoint: Endpoint {
    /// Chunks of one channel that wait for their commit at once: people who type at the same time.
    private static let speakers = 4
    /// Milliseconds in which a chunk's ACK comes back before the next one.
    private static let breath = Interval.milliseconds(1)
    private static let patience = 1200
    private static let longestQuestion = 4096

    private let loop: EventLoop
    private let corpus: [CorpusEvent]
    private let listener: LocalListener
    private var channels: [ServedChannel] = []
    /// What events of the corpus are called since they were accepted: what answers and reactions refer to.
    private var names: [[NativeKey?]] = []
    private var next = 0
    private var end = 0
    private var grown: [(entries: UInt64, at: Instant)] = []
    private var marked = Position.first

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ corpus: [CorpusEvent], socket: String, on loop: EventLoop) throws {
        self.loop = loop
        self.corpus = corpus
        listener = try LocalListener(at: socket, on: loop)
    }

    // MARK: As the engine sees it

    func run(_ port: any RelayPort) async throws {
        guard let log = port as? any LinkPort else { preconditionFailure("an engine that serves no links") }
        let me = self
        let follower = await log.follow { me.assumeIsolated { $0.committed(log) } }
        while let stream = await listener.accept() {
            do {
                while let question = try await line(stream) {
                    let numbers = try await answer(question, port, log)
                    try await stream.write([UInt8]((numbers.map(String.init).joined(separator: " ") + "\n").utf8))
                }
            } catch {
                // Whoever asks sees that no answer comes.
            }
            stream.close()
        }
        await log.unfollow(follower)
    }

    func serve(_ channels: [ServedChannel]) {
        self.channels = channels.sorted { $0.destination < $1.destination }
        names = [[NativeKey?]](repeating: [], count: channels.count)
    }

    func stop() { listener.close() }
    func parts(of delivery: Delivery, from start: UInt32, in destination: DestinationID) -> [Range<UInt32>] { [] }
    func deliver(_ parts: [PartDelivery], to destination: DestinationID) {}
    func reconcile(_ claims: [ClaimedPart], in destination: DestinationID) -> [ClaimResult] { claims.map { _ in .unknown } }

    // MARK: Questions

    private func line(_ stream: TCPStream) async throws -> [Substring]? {
        var bytes: [UInt8] = []
        while let more = try await stream.read(atMost: BenchEndpoint.longestQuestion) {
            bytes += more
            if bytes.last == 0x0A { return String(decoding: bytes.dropLast(), as: UTF8.self).split(separator: " ") }
            if bytes.count > BenchEndpoint.longestQuestion { return nil }
        }
        return nil
    }

    private func answer(_ question: [Substring], _ port: any RelayPort, _ log: any LinkPort) async throws -> [UInt64] {
        let numbers = question.dropFirst().compactMap { Int($0) }
        let before = await log.committedBefore
        switch (question.first, numbers.count) {
        case ("mark", 0):
            grown = []
            marked = before
            return []
        case ("end", 0): return [before.rawValue - Position.first.rawValue]
        case ("await", 1): return [await reached(UInt64(numbers[0])).nanoseconds]
        case ("commits", 0): return grown.flatMap { [$0.entries, $0.at.nanoseconds] }
        case ("flood", 3) where (1...channels.count).contains(numbers[1]):
            let start = MonotonicClock.now
            try await flood(numbers[0], channels: numbers[1], chunk: numbers[2], port)
            return [start.nanoseconds, await log.committedBefore.rawValue - before.rawValue]
        case ("chunks", 3) where channels.indices.contains(numbers[2]):
            let start = MonotonicClock.now
            next = 0
            end = numbers[0]
            while try await say(numbers[1], in: numbers[2], port) { await loop.sleep(until: loop.now + BenchEndpoint.breath) }
            return [start.nanoseconds, await log.committedBefore.rawValue - before.rawValue]
        case ("paced", 2): return try await paced(numbers[0], perSecond: numbers[1], port, log, from: before)
        default: throw BenchError("unknown question")
        }
    }

    private func committed(_ log: any LinkPort) {
        let now = MonotonicClock.now
        // Called by the engine, which runs on this loop too.
        let end = (log as? Engine)?.assumeIsolated { $0.committedBefore } ?? marked
        grown.append((end.rawValue - marked.rawValue, now))
    }

    private func reached(_ entries: UInt64) async -> Instant {
        for _ in 0..<BenchEndpoint.patience * 100 {
            if let moment = grown.first(where: { $0.entries >= entries }) { return moment.at }
            await loop.sleep(until: loop.now + .milliseconds(10))
        }
        return Instant(nanoseconds: 0)
    }

    // MARK: Saying

    private func flood(_ count: Int, channels: Int, chunk: Int, _ port: any RelayPort) async throws {
        next = 0
        end = count
        try await withThrowingDiscardingTaskGroup { group in
            for speaker in 0..<max(BenchEndpoint.speakers, channels) {
                group.addTask { while try await self.say(chunk, in: speaker % channels, port) {} }
            }
        }
    }

    private func paced(_ count: Int, perSecond: Int, _ port: any RelayPort, _ log: any LinkPort, from before: Position) async throws
        -> [UInt64]
    {
        var moments: [UInt64] = []
        next = 0
        end = count
        let start = loop.now
        for index in 0..<count {
            await loop.sleep(until: start + Interval(nanoseconds: UInt64(index) * 1_000_000_000 / UInt64(perSecond)))
            moments.append(MonotonicClock.now.nanoseconds)
            _ = try await say(1, in: 0, port)
            moments.append(await log.committedBefore.rawValue - before.rawValue)
        }
        return moments
    }

    /// Has the next events of the corpus accepted; false when there are none left.
    private func say(_ count: Int, in channel: Int, _ port: any RelayPort) async throws -> Bool {
        let places = next..<min(next + count, end)
        next = places.upperBound
        if places.isEmpty { return false }
        if names[channel].isEmpty { names[channel] = [NativeKey?](repeating: nil, count: corpus.count) }
        let happenings = places.map { happening($0 % corpus.count, names[channel]) }
        let answers = try await port.accept(happenings, in: channels[channel].destination, source: nil, mayBeKnown: false)
        for (place, answer) in zip(places, answers) {
            guard case .accepted(let id) = answer else { throw BenchError("not taken: \(answer)") }
            if isAnswered[place % corpus.count] { names[channel][place % corpus.count] = NativeKey(id.description) }
        }
        return places.upperBound < end
    }

    /// Which events of the corpus others refer to.
    private lazy var isAnswered: [Bool] = {
        var flags = [Bool](repeating: false, count: corpus.count)
        for case let reference? in corpus.lazy.map(\.reference) { flags[reference] = true }
        return flags
    }()

    private static let people = (0..<Corpus.authors).map { Happening.Account(id: "person\($0)", name: "Person \($0)") }

    /// In a channel of this kind nobody edits: an edit goes as a message. What answers or reacts to something that was not accepted here, or
    /// not yet, goes as a message too.
    private func happening(_ place: Int, _ names: [NativeKey?]) -> Happening {
        let event = corpus[place]
        let target = event.reference.flatMap { names[$0] }
        var content = Happening.Content.posted(RichText(event.text), style: .plain, reply: target, thread: nil)
        if event.kind == .reaction, let target { content = .reacted(target, emoji: event.text, isOn: true) }
        if event.kind == .edit { content = .posted(RichText(event.text), style: .plain, reply: nil, thread: nil) }
        let account = BenchEndpoint.people[event.author % BenchEndpoint.people.count]
        return Happening(key: nil, account: account, time: UnixTime(seconds: 1_800_000_000 + event.time / 1000), content: content)
    }
}
