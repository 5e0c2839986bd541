import Base
import Model

/// IRC's formatting codes (modern.ircdocs.horse/formatting) to spans and back.
package enum IRCFormatting {
    /// The switches and what they switch. Colours and reverse video have no span: they are taken out.
    private static let switches: [(code: Unicode.Scalar, kind: SpanKind)] = [
        ("\u{02}", .bold), ("\u{1D}", .italic), ("\u{1F}", .underline), ("\u{1E}", .strike), ("\u{11}", .code),
    ]

    private static let reset: Unicode.Scalar = "\u{0F}"
    private static let colour: Unicode.Scalar = "\u{03}"
    private static let hexColour: Unicode.Scalar = "\u{04}"

    /// Text with codes as rich text, sanitary.
    package static func parse(_ source: String) -> RichText {
        guard source.utf8.contains(where: { $0 < 0x20 }) else { return RichText(Sanitiser.text(source)) }
        var plain = String.UnicodeScalarView()
        var length = 0
        var open: [(kind: SpanKind, start: Int)] = []
        var spans: [RichText.Span] = []
        // Switches may cross one another, spans may not: what was opened later ends here too, and begins again.
        func close(_ index: Int) {
            for (kind, start) in open[index...] where length > start { spans.append(RichText.Span(start..<length, kind)) }
            open.remove(at: index)
            for inner in open.indices[index...] { open[inner].start = length }
        }
        var scalars = Array(source.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            if let kind = switches.first(where: { $0.code == scalar })?.kind {
                if let index = open.firstIndex(where: { $0.kind == kind }) { close(index) } else { open.append((kind, length)) }
            } else if scalar == reset {
                while !open.isEmpty { close(0) }
            } else if scalar == colour {
                dropColour(&scalars)
            } else if scalar == hexColour {
                dropHexColour(&scalars)
            } else if scalar.value >= 0x20 || scalar == "\t" {
                plain.append(scalar)
                length += UTF8.width(scalar)
            }
        }
        while !open.isEmpty { close(0) }
        return sanitary(String(plain), spans)
    }

    /// `\x03`, then `FG` or `FG,BG` of one or two digits each.
    private static func dropColour(_ rest: inout ArraySlice<Unicode.Scalar>) {
        func digits() -> Int { rest.prefix(2).prefix { ("0"..."9").contains($0) }.count }
        rest = rest.dropFirst(digits())
        guard rest.first == ",", let second = rest.dropFirst().first, ("0"..."9").contains(second) else { return }
        rest = rest.dropFirst()
        rest = rest.dropFirst(digits())
    }

    private static func dropHexColour(_ rest: inout ArraySlice<Unicode.Scalar>) {
        func isColour(_ digits: ArraySlice<Unicode.Scalar>) -> Bool { digits.count == 6 && digits.allSatisfy(\.properties.isASCIIHexDigit) }
        guard isColour(rest.prefix(6)) else { return }
        rest = rest.dropFirst(6)
        if rest.first == ",", isColour(rest.dropFirst().prefix(6)) { rest = rest.dropFirst(7) }
    }

    /// What the sanitiser takes out would move every span behind it: rare, and then only the text counts.
    private static func sanitary(_ text: String, _ spans: [RichText.Span]) -> RichText {
        let sanitary = Sanitiser.text(text)
        var dropped = 0
        return sanitary == text ? RichText(text, spans: spans, dropped: &dropped) : RichText(sanitary)
    }

    /// A part of a text with its codes: those that are open where it begins are opened, all are closed at its end.
    package static func render(_ rich: RichText, _ range: Range<Int>) -> String {
        let text = Array(rich.text.utf8)
        let spans = coded(rich, in: range)
        if spans.isEmpty { return String(decoding: text[range], as: UTF8.self) }
        var borders: [Int: String.UnicodeScalarView] = [:]
        for span in spans {
            guard let code = switches.first(where: { $0.kind == span.kind })?.code else { continue }
            borders[max(span.start, range.lowerBound), default: .init()].append(code)
            if span.end < range.upperBound { borders[span.end, default: .init()].append(code) }
        }
        var result = ""
        var last = range.lowerBound
        for (place, codes) in borders.sorted(by: { $0.key < $1.key }) {
            result += String(decoding: text[last..<place], as: UTF8.self) + String(codes)
            last = place
        }
        return result + String(decoding: text[last..<range.upperBound], as: UTF8.self)
    }

    /// The spans of a text that have codes and touch a range.
    package static func coded(_ rich: RichText, in range: Range<Int>) -> [RichText.Span] {
        rich.spans.filter { span in
            span.start < range.upperBound && span.end > range.lowerBound && switches.contains { $0.kind == span.kind }
        }
    }

    /// How many bytes the codes of a part take, given `coded` of it or of more.
    package static func overhead(_ spans: [RichText.Span], _ range: Range<Int>) -> Int {
        spans.reduce(0) { count, span in
            guard span.start < range.upperBound, span.end > range.lowerBound else { return count }
            return count + (span.end < range.upperBound ? 2 : 1)
        }
    }
}
