import Base

/// One event of a chat as measurements feed it in.
struct CorpusEvent: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable { case message, edit, reaction }

    /// Milliseconds since the corpus began.
    let time: UInt64
    let channel: Int
    let author: Int
    let kind: Kind
    /// The event that is answered, edited or reacted to, by its place in the corpus.
    let reference: Int?
    /// Of a reaction its emoji.
    let text: String
}

/// A chat that is the same on every machine: authors, channels, times, answers, edits and reactions drawn with a fixed seed, texts made of
/// German and English words whose frequencies follow Zipf's law.
///
/// It compresses like real chat: `CorpusShape` says how words, lengths and rarities were chosen for that, docs/benchmarks.md how close it comes.
enum Corpus {
    static let seed: UInt64 = 2026
    static let authors = 80
    static let channels = 12
    private static let emoji = ["👍", "❤️", "🎉", "👀", "✅", "😂"]

    static func make(_ count: Int) -> [CorpusEvent] {
        var random = SplitMix(seed)
        let writer = CorpusWriter(&random)
        let byAuthor = Zipf(count: authors, exponent: 0.9)
        let byChannel = Zipf(count: channels, exponent: 1)
        var recent = [[Int]](repeating: [], count: channels)
        var time: UInt64 = 0
        var events: [CorpusEvent] = []
        events.reserveCapacity(count)
        for place in 0..<count {
            // A message every one and a half seconds on average, in all channels together.
            time += random.exponential(mean: 1500) + 1
            let channel = byChannel.draw(&random)
            let author = byAuthor.draw(&random)
            var (kind, reference, text) = (CorpusEvent.Kind.message, Int?.none, "")
            let known = recent[channel]
            let chance = known.isEmpty ? 1 : random.unit()
            switch chance {
            case ..<0.07:
                (kind, reference, text) = (.reaction, random.pick(known.suffix(20)), random.pick(emoji[...]))
            case ..<0.10: (kind, reference, text) = (.edit, known.last, writer.text(&random))
            case ..<0.22: (reference, text) = (random.pick(known.suffix(40)), writer.text(&random))
            default: text = writer.text(&random)
            }
            if kind == .message { recent[channel] = recent[channel].suffix(99) + [place] }
            events.append(
                CorpusEvent(time: time, channel: channel, author: author, kind: kind, reference: reference, text: text))
        }
        return events
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// 0 up to but not 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func pick<Element>(_ elements: ArraySlice<Element>) -> Element { elements[elements.startIndex + below(elements.count)] }

    /// Geometric with this mean, so that no logarithm of the C library decides what the corpus is.
    mutating func exponential(mean: UInt64) -> UInt64 {
        var value: UInt64 = 0
        while unit() < 0.75 { value += mean / 3 }
        return value + UInt64(below(Int(mean / 3)))
    }
}

/// Draws ranks whose frequencies fall with a power of the rank.
struct Zipf {
    private let sums: [Double]

    init(count: Int, exponent: Double) {
        var sum = 0.0
        var sums: [Double] = []
        for rank in 1...count {
            sum += Zipf.power(Double(rank), -exponent)
            sums.append(sum)
        }
        self.sums = sums
    }

    func draw(_ random: inout SplitMix) -> Int {
        let goal = random.unit() * sums[sums.count - 1]
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > goal { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// By bisection of the exponent with square roots: exact enough, and without the C library's `pow`.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, root, rest) = (1.0, base, exponent.magnitude)
        while rest >= 1 {
            result *= base
            rest -= 1
        }
        for _ in 0..<30 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return exponent < 0 ? 1 / result : result
    }
}
