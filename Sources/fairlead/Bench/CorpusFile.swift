import Base
import Daemon
import IO

/// Another chat to measure with: one message a line, or one JSON object a line with t (milliseconds), channel, author, kind (message, edit,
/// reaction), re (the place of the event that is answered, or null) and text.
enum CorpusFile {
    private static let largest = 1 << 30

    private struct Line: Decodable {
        let t: UInt64
        let channel: Int
        let author: Int
        let kind: String
        let re: Int?
        let text: String
    }

    static func read(_ path: String) throws -> [CorpusEvent] {
        let lines = try Files.read(path, atMost: largest).split(separator: 0x0A, omittingEmptySubsequences: true)
        var random = SplitMix(Corpus.seed)
        let byAuthor = Zipf(count: Corpus.authors, exponent: 0.9)
        var events: [CorpusEvent] = []
        for (place, bytes) in lines.enumerated() {
            guard bytes.first == UInt8(ascii: "{") else {
                let text = String(decoding: bytes, as: UTF8.self)
                events.append(
                    CorpusEvent(
                        time: UInt64(place) * 1500, channel: 0, author: byAuthor.draw(&random), kind: .message, reference: nil, text: text))
                continue
            }
            guard let line = ControlJSON.value(Array(bytes), as: Line.self), let kind = CorpusEvent.Kind(rawValue: line.kind),
                (0..<1_000_000).contains(line.author), line.re ?? 0 <= place
            else { throw BenchError("\(path):\(place + 1): expected an object with t, channel, author, kind, re and text") }
            events.append(
                CorpusEvent(time: line.t, channel: line.channel, author: line.author, kind: kind, reference: line.re, text: line.text))
        }
        guard events.count >= 1000 else { throw BenchError("\(path) has \(events.count) messages; a measurement needs a thousand") }
        return events
    }
}

/// Why a measurement can't be made.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
