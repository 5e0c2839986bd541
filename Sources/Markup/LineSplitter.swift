import Model

/// Cuts a text into lines that a server takes whole: at line ends, else between words, else between graphemes.
package struct LineSplitter {
    package let body: RichText
    /// Bytes of text that a line holds, IRC's codes for formatting included.
    package let limit: Int
    private let bytes: [UInt8]

    package init(_ body: RichText, limit: Int) {
        self.body = body
        self.limit = max(16, limit)
        bytes = Array(body.text.utf8)
    }

    /// The pieces from byte `start` on, without the line ends and spaces where they were cut. A scalar border.
    package func pieces(from start: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var place = start
        while place < bytes.count {
            if bytes[place] == 0x0A || (bytes[place] == 0x20 && isCut(place)) {
                place += 1
                continue
            }
            let lineEnd = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
            let end = piece(place..<lineEnd)
            pieces.append(place..<end)
            place = end
        }
        return pieces
    }

    /// Whether the text was cut just before this place, so that a space there belongs to no line.
    private func isCut(_ place: Int) -> Bool { place > 0 && bytes[place - 1] != 0x0A }

    private func piece(_ line: Range<Int>) -> Int {
        let spans = IRCFormatting.coded(body, in: line.lowerBound..<min(line.upperBound, line.lowerBound + limit + 64))
        func fits(_ range: Range<Int>) -> Bool { range.count <= limit && range.count + IRCFormatting.overhead(spans, range) <= limit }
        if fits(line) { return line.upperBound }
        var last = line.lowerBound
        var lastSpace: Int?
        // Walks graphemes of at most so much of the line as could fit without any formatting.
        let window = String(decoding: bytes[line.lowerBound..<min(line.upperBound, line.lowerBound + limit + 64)], as: UTF8.self)
        for character in window {
            let next = last + character.utf8.count
            if next > line.upperBound || !fits(line.lowerBound..<next) { break }
            if character == " " && last > line.lowerBound { lastSpace = last }
            last = next
        }
        // A line that would be mostly empty is cut within its word instead.
        if let lastSpace, lastSpace - line.lowerBound > limit / 2 { return lastSpace }
        return last > line.lowerBound ? last : hardCut(line, fits)
    }

    /// A single grapheme longer than a line: cut at a scalar.
    private func hardCut(_ line: Range<Int>, _ fits: (Range<Int>) -> Bool) -> Int {
        var end = min(line.lowerBound + limit, line.upperBound)
        while end > line.lowerBound + 1, !fits(line.lowerBound..<end) || end < bytes.count && bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}
