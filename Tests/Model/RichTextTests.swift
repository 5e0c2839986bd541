import Model
import Testing

@Suite struct RichTextTests {
    /// What a span bears is shown as text where formatting is not: it may hold nothing that a text may not, and stays on its line.
    @Test(arguments: [
        ("https://example.org/a?b=c#d", SpanKind.link, true), ("https://example.org/ä", .link, true), ("", .link, true),
        ("https://example.org\n\u{1}DCC SEND x\u{1}", .link, false), ("a b", .link, false), ("a\tb", .link, false),
        ("\u{3}4red", .link, false),
        ("\u{202E}gro.elpmaxe", .link, false), ("a\u{2028}b", .link, false), ("**", .bold, true), ("*\n*", .bold, false),
        ("c c", .bold, true),
        ("\u{3}", .heading, true), ("\u{1}\u{2}\u{3}", .mention, true), ("\u{1}", SpanKind(rawValue: 99), true),
    ])
    func whatASpanBearsIsSanitary(_ argument: String, _ kind: SpanKind, _ isKept: Bool) {
        var dropped = 0
        let rich = RichText("words", spans: [.init(0..<5, kind, argument: [UInt8](argument.utf8))], dropped: &dropped)
        #expect((rich.spans.count == 1) == isKept && (dropped == 0) == isKept)
        #expect(rich.text == "words")
    }

    /// Text, spans as (start, end), how many of them stay.
    @Test(
        arguments: [
            ("hello", [(0, 5)], 1), ("hello", [(0, 5), (0, 5)], 2), ("hello", [(0, 3), (2, 5)], 1), ("hello", [(0, 2), (2, 5)], 2),
            ("hello", [(1, 1)], 0), ("hello", [(3, 2)], 0), ("hello", [(0, 6)], 0), ("hello", [(-1, 2)], 0), ("äb", [(0, 1)], 0),
            ("äb", [(0, 2), (2, 3)], 2), ("äb", [(1, 3)], 0), ("hello", [(2, 3), (0, 5)], 2), ("", [(0, 0)], 0),
        ] as [(String, [(Int, Int)], Int)])
    func badSpansAreDroppedAndCounted(text: String, ranges: [(Int, Int)], kept: Int) {
        let spans = ranges.map { SpanBuilder.span($0.0, $0.1) }
        var dropped = 0
        let rich = RichText(text, spans: spans, dropped: &dropped)
        #expect(rich.text == text)
        #expect(rich.spans.count == kept)
        #expect(dropped == spans.count - kept)
    }

    @Test func depthAndCountHaveLimits() {
        let text = String(repeating: "x", count: 10_000)
        let nested = (0..<20).map { RichText.Span($0..<10_000 - $0, .quote) }
        var dropped = 0
        #expect(RichText(text, spans: nested, dropped: &dropped).spans.count == ModelLimits.spanDepth)
        #expect(dropped == 4)
        dropped = 0
        let many = (0..<ModelLimits.spans + 1).map { RichText.Span($0..<$0 + 1, .bold) }
        #expect(RichText(text, spans: many, dropped: &dropped).spans.count == ModelLimits.spans)
        #expect(dropped == 1)
    }
}

private enum SpanBuilder {
    /// A span even of a range that Swift's own type would not allow, as the wire can bear one.
    static func span(_ start: Int, _ end: Int) -> RichText.Span { RichText.Span(from: start, to: end, .bold) }
}
