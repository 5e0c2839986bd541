/// Counts what arrived of numbered lines: `WORD 1`, `WORD 2`, …, the first such pair of each text.
struct Tally: CustomStringConvertible {
    let sent: Int
    private(set) var lost = 0
    private(set) var twice = 0
    /// First arrivals that came behind a later one.
    private(set) var outOfOrder = 0

    init(_ word: String, sent: Int, in texts: [String]) {
        self.sent = sent
        var seen = [Int](repeating: 0, count: sent + 1)
        var highest = 0
        for text in texts {
            let words = text.split(whereSeparator: \.isWhitespace)
            let pair = zip(words, words.dropFirst()).first { $0 == word && Int($1) != nil }
            guard let number = pair.flatMap({ Int($0.1) }), (1...sent).contains(number) else { continue }
            seen[number] += 1
            if seen[number] > 1 { continue }
            if number < highest { outOfOrder += 1 }
            highest = max(highest, number)
        }
        lost = seen[1...].count { $0 == 0 }
        twice = seen[1...].reduce(0) { $0 + max(0, $1 - 1) }
    }

    var arrived: Int { sent - lost }
    var description: String { "sent \(sent), arrived \(arrived), lost \(lost), twice \(twice), out of order \(outOfOrder)" }
}
