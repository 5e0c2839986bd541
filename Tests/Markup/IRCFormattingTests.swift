import Base
import Markup
import Model
import Support
import Testing

@Suite struct IRCFormattingTests {
    @Test(arguments: [
        ("plain", "plain", ""), ("\u{2}bold\u{2} rest", "bold rest", "0-4 bold"), ("a\u{2}b", "ab", "1-2 bold"),
        ("\u{1D}it\u{F}alic", "italic", "0-2 italic"),
        ("\u{2}a\u{1D}b\u{2}c\u{1D}d", "abcd", "0-2 bold, 1-2 italic, 2-3 italic"), ("\u{3}04,12red\u{3} x", "red x", ""),
        ("\u{3}4x", "x", ""), ("\u{3}", "", ""),
        ("\u{3}123", "3", ""), ("\u{3}1,x", ",x", ""), ("\u{4}ff0000,00ff00x\u{4}", "x", ""), ("\u{4}zz", "zz", ""),
        ("\u{16}rev\u{16}", "rev", ""),
        ("\u{11}code\u{11}", "code", "0-4 code"), ("\u{1E}gone\u{1E}\u{1F}line", "goneline", "0-4 strike, 4-8 underline"),
        ("ä\u{2}ö\u{2}", "äö", "2-4 bold"),
        ("\u{2}\u{2}empty", "empty", ""), ("bell\u{7}", "bell", ""), ("a\u{202E}b", "ab", ""),
    ])
    func codesBecomeSpans(_ source: String, _ text: String, _ spans: String) {
        let rich = IRCFormatting.parse(source)
        #expect(rich.text == text && described(rich) == spans)
    }

    @Test func whatIsRenderedIsParsedAgain() {
        var random = SeededGenerator(seed: 5)
        let kinds: [SpanKind] = [.bold, .italic, .underline, .strike, .code]
        for _ in 0..<1000 {
            let text = String((0..<Int.random(in: 1...30, using: &random)).map { _ in "abcäöü🙂 ".randomElement(using: &random)! })
            var codes = ""
            for character in text {
                if Int.random(in: 0...3, using: &random) == 0 {
                    codes.append(["\u{2}", "\u{1D}", "\u{1F}", "\u{1E}", "\u{11}"].randomElement(using: &random)!)
                }
                codes.append(character)
            }
            let rich = IRCFormatting.parse(codes)
            #expect(rich.text == text)
            let again = IRCFormatting.parse(IRCFormatting.render(rich, 0..<text.utf8.count))
            // Spans may be cut differently; what each letter looks like is the same.
            for place in text.utf8.indices.enumerated().map(\.offset) {
                for kind in kinds { #expect(covers(rich, kind, place) == covers(again, kind, place)) }
            }
            let end = Int.random(in: 0...text.utf8.count, using: &random)
            let start = Int.random(in: 0...end, using: &random)
            guard isBorder(text, start), isBorder(text, end) else { continue }
            let part = IRCFormatting.render(rich, start..<end)
            let overhead = IRCFormatting.overhead(IRCFormatting.coded(rich, in: start..<end), start..<end)
            #expect(
                part.utf8.count <= end - start + overhead
                    && IRCFormatting.parse(part).text == String(decoding: Array(text.utf8)[start..<end], as: UTF8.self))
        }
    }

    @Test func linksAreSpelledOut() {
        var dropped = 0
        let text = "see the plan and https://a.example/"
        let spans = [
            RichText.Span(4..<12, .link, argument: [UInt8]("https://plan.example/".utf8)), RichText.Span(8..<12, .bold),
            RichText.Span(17..<35, .link, argument: [UInt8]("https://a.example/".utf8)),
            RichText.Span(13..<16, .italic),
        ]
        let plain = PlainLinks.spelledOut(RichText(text, spans: spans, dropped: &dropped))
        #expect(plain.text == "see the plan (https://plan.example/) and https://a.example/")
        #expect(described(plain) == "8-12 bold, 37-40 italic" && dropped == 0)
    }

    private func isBorder(_ text: String, _ place: Int) -> Bool {
        let bytes = Array(text.utf8)
        return place == bytes.count || bytes[place] & 0xC0 != 0x80
    }

    private func covers(_ rich: RichText, _ kind: SpanKind, _ place: Int) -> Bool {
        rich.spans.contains { $0.kind == kind && $0.start <= place && place < $0.end }
    }

    private func described(_ rich: RichText) -> String {
        let names: [SpanKind: String] = [.bold: "bold", .italic: "italic", .underline: "underline", .strike: "strike", .code: "code"]
        return rich.spans.map { "\($0.start)-\($0.end) \(names[$0.kind] ?? "?")" }.joined(separator: ", ")
    }
}
