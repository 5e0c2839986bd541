/// Plain text that reads well by itself, and spans that say how parts of it are to look.
///
/// Offsets are bytes of UTF-8, half open, on scalar borders. Spans are sorted by (start, −end) and nested or disjoint.
package struct RichText: Hashable, Sendable {
    package let text: String
    package let spans: [Span]

    /// Unformatted text.
    package init(_ text: String) {
        self.text = text
        spans = []
    }

    /// Keeps the spans that are in order and counts the others in `dropped`: a bad span costs its formatting, never the text.
    package init(_ text: String, spans candidates: [Span], dropped: inout Int) {
        var check = SpanCheck()
        let utf8 = text.utf8
        var kept: [Span] = []
        for span in candidates.sorted(by: { ($0.start, $1.end) < ($1.start, $0.end) }) {
            guard span.isSound, check.accepts(span, textLength: utf8.count), utf8.isScalarBorder(span.start), utf8.isScalarBorder(span.end)
            else {
                dropped += 1
                continue
            }
            kept.append(span)
        }
        self.text = text
        spans = kept
    }

    /// One formatted part of a text.
    package struct Span: Hashable, Sendable {
        package let start: Int
        package let end: Int
        package let kind: SpanKind
        /// What the kind needs (a link's target, a fence's language) or the author's own spelling (`**` or `__`); may be empty.
        package let argument: [UInt8]

        package init(_ range: Range<Int>, _ kind: SpanKind, argument: [UInt8] = []) {
            self.init(from: range.lowerBound, to: range.upperBound, kind, argument: argument)
        }

        /// Whether what it bears is text like any other, as it is shown where formatting is not: sanitary, and on one line; a link's target
        /// without spaces too. A level, a person and a picture are bytes that are never shown.
        var isSound: Bool {
            if [.heading, .mention, .customEmoji].contains(kind) || kind.rawValue > SpanKind.spoiler.rawValue { return true }
            let lowest: UInt8 = kind == .link ? 0x21 : 0x20
            return argument.isEmpty || argument.allSatisfy { $0 >= lowest } && Sanitiser.isSanitary(argument.span)
        }

        /// A span as somebody wrote it, which may end before it begins.
        package init(from start: Int, to end: Int, _ kind: SpanKind, argument: [UInt8] = []) {
            self.start = start
            self.end = end
            self.kind = kind
            self.argument = argument
        }
    }
}

extension RichText {
    /// The same with unformatted text before it.
    package func prefixed(_ before: String) -> RichText {
        let shift = before.utf8.count
        var dropped = 0
        let moved = spans.map { Span(from: $0.start + shift, to: $0.end + shift, $0.kind, argument: $0.argument) }
        return RichText(before + text, spans: moved, dropped: &dropped)
    }

    /// The same with unformatted text behind it.
    package func appended(_ behind: String) -> RichText {
        var dropped = 0
        return RichText(text + behind, spans: spans, dropped: &dropped)
    }
}

/// How a span looks or what it means. Numbers are those of the record; unknown ones are kept and shown as plain text.
package struct SpanKind: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let bold = SpanKind(rawValue: 1)
    package static let italic = SpanKind(rawValue: 2)
    package static let strike = SpanKind(rawValue: 3)
    package static let underline = SpanKind(rawValue: 4)
    package static let code = SpanKind(rawValue: 5)
    /// Argument: the language, may be empty.
    package static let codeBlock = SpanKind(rawValue: 6)
    package static let quote = SpanKind(rawValue: 7)
    /// Argument: the URL.
    package static let link = SpanKind(rawValue: 8)
    /// Argument: one byte, the level 1 to 6.
    package static let heading = SpanKind(rawValue: 9)
    /// One item of a list. Argument: the bullet or number as typed.
    package static let listItem = SpanKind(rawValue: 10)
    package static let table = SpanKind(rawValue: 11)
    /// A person. Argument: 32 bytes RelayID of the owner, 8 bytes author key; empty if unresolved.
    package static let mention = SpanKind(rawValue: 12)
    /// A word that would call everybody (`@all`); destinations neutralise it by this kind.
    package static let massMention = SpanKind(rawValue: 13)
    /// A custom emoji's `:name:`. Argument: the picture's hash, 32 bytes, may be empty.
    package static let customEmoji = SpanKind(rawValue: 14)
    package static let spoiler = SpanKind(rawValue: 15)
}

/// Decides span by span, in sorted order, whether a list of spans stays within the rules.
struct SpanCheck {
    private var open: [Int] = []
    private var count = 0
    private var last = (start: 0, end: Int.max)

    mutating func accepts(_ span: RichText.Span, textLength: Int) -> Bool {
        guard span.start >= 0, span.start < span.end, span.end <= textLength, span.argument.count <= ModelLimits.spanArgument,
            count < ModelLimits.spans, (last.start, span.end) <= (span.start, last.end)
        else { return false }
        while let end = open.last, end <= span.start { open.removeLast() }
        if let end = open.last, span.end > end { return false }
        guard open.count < ModelLimits.spanDepth else { return false }
        open.append(span.end)
        count += 1
        last = (span.start, span.end)
        return true
    }
}

extension String.UTF8View {
    /// Whether a scalar begins at this offset, or the text ends there.
    func isScalarBorder(_ offset: Int) -> Bool {
        offset == count || self[index(startIndex, offsetBy: offset)] & 0xC0 != 0x80
    }
}
