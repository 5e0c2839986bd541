/// Writes what people say: words of a built-in vocabulary by Zipf's law, and now and then a name, an address, a number, an emoji.
///
/// The most frequent words are real ones. Rarer ones are put together of stems and endings, German ones also of two stems, as no list of
/// ten thousand words belongs into a program.
struct CorpusWriter {
    /// Together about as hard to compress as real German and English chat (docs/benchmarks.md).
    private static let rareWords = 12_000
    private static let exponent = 0.86
    /// Words of a message: most have some, few have many.
    private static let lengths = [1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13]

    private let german: [String]
    private let english: [String]
    private let germanRanks: Zipf
    private let englishRanks: Zipf

    init(_ random: inout SplitMix) {
        german = CorpusWriter.vocabulary(CorpusWords.german, CorpusWords.germanStems, CorpusWords.germanEndings, joins: true, &random)
        english = CorpusWriter.vocabulary(CorpusWords.english, CorpusWords.englishStems, CorpusWords.englishEndings, joins: false, &random)
        germanRanks = Zipf(count: german.count, exponent: CorpusWriter.exponent)
        englishRanks = Zipf(count: english.count, exponent: CorpusWriter.exponent)
    }

    private static func vocabulary(_ common: String, _ stems: String, _ endings: String, joins: Bool, _ random: inout SplitMix) -> [String]
    {
        var words = common.split(separator: " ").map(String.init)
        let stems = stems.split(separator: " ").map(String.init)
        let endings = endings.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        while words.count < rareWords {
            var word = random.pick(stems[...])
            if random.unit() < (joins ? 0.5 : 0.25) { word += random.pick(stems[...]) }
            word += random.pick(endings[...])
            words.append(joins && random.unit() < 0.5 ? word.prefix(1).uppercased() + word.dropFirst() : word)
        }
        return words
    }

    func text(_ random: inout SplitMix) -> String {
        let isGerman = random.unit() < 0.5
        let count = random.pick(CorpusWriter.lengths[...])
        var words: [String] = []
        for place in 0..<count {
            var word = isGerman ? german[germanRanks.draw(&random)] : english[englishRanks.draw(&random)]
            let chance = random.unit()
            switch chance {
            case ..<0.015: word = random.pick(CorpusWords.names[...])
            case ..<0.025: word = String(random.below(2000))
            default: break
            }
            if place == 0 { word = word.prefix(1).uppercased() + word.dropFirst() }
            if place == count - 1 { word += random.pick(CorpusWords.ends[...]) } else if random.unit() < 0.08 { word += "," }
            words.append(word)
        }
        let chance = random.unit()
        if chance < 0.03 { words.append("https://\(random.pick(CorpusWords.hosts[...]))/\(String(random.next() >> 40, radix: 36))") }
        if chance > 0.94 { words.append(random.pick(CorpusWords.faces[...])) }
        return words.joined(separator: " ")
    }
}
