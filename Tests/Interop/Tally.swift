import Support
import Testing

/// Prints what the test that runs found: a tally, or why it was skipped.
func announce(_ words: String) { announce(words, of: Test.current?.name) }

/// Counts what arrived of numbered lines: `WORD 1`, `WORD 2`, …, the first such pair of each text.
struct Tally: CustomStringConvertible {
    let sent: Int
    private(set) var lost = 0
    private(set) var twice = 0
    /// First arrivals that came behind a later one.
    private(set) var outOfOrder = 0
    /// The most that came again, and the most that are missing, with nothing new between: what one interruption cost.
    private(set) var twiceAtOnce = 0
    private(set) var lostAtOnce = 0

    init(_ word: String, sent: Int, in texts: [String]) {
        self.sent = sent
        var seen = [Int](repeating: 0, count: sent + 1)
        var (highest, again) = (0, 0)
        for text in texts {
            let words = text.split(whereSeparator: \.isWhitespace)
            let pair = zip(words, words.dropFirst()).first { $0 == word && Int($1) != nil }
            guard let number = pair.flatMap({ Int($0.1) }), (1...sent).contains(number) else { continue }
            seen[number] += 1
            again = seen[number] > 1 ? again + 1 : 0
            twiceAtOnce = max(twiceAtOnce, again)
            if again > 0 { continue }
            if number < highest { outOfOrder += 1 }
            highest = max(highest, number)
        }
        var missing = 0
        for count in seen[1...] {
            missing = count == 0 ? missing + 1 : 0
            lostAtOnce = max(lostAtOnce, missing)
        }
        lost = seen[1...].count { $0 == 0 }
        twice = seen[1...].reduce(0) { $0 + max(0, $1 - 1) }
    }

    var arrived: Int { sent - lost }
    var description: String { "sent \(sent), arrived \(arrived), lost \(lost), twice \(twice), out of order \(outOfOrder)" }
}
