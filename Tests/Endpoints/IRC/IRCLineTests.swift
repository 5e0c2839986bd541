import Base
import Markup
import Model
import Support
import Testing

@testable import Core
@testable import EndpointIRC
@testable import WireIRC

/// Lines that are sent: how texts are cut, what they look like, what marks them.
@Suite struct IRCLineTests {
    @Test(
        arguments: [
            ("short", ["short"]), ("one\ntwo\n\nthree", ["one", "two", "three"]), ("aaaa bbbb cccc dddd", ["aaaa bbbb cccc", "dddd"]),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", ["aaaaaaaaaaaaaaaa", "aaaaaaaa"]),
            ("a bbbbbbbbbbbbbbbbbbbbbbb", ["a bbbbbbbbbbbbbb", "bbbbbbbbb"]),
            ("ääääääääää", ["ääääääää", "ää"]), ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", nil), ("  indented", ["  indented"]), ("", []), ("\n\n", []),
        ] as [(String, [String]?)])
    func textsAreCutBetweenWordsAndGraphemes(_ text: String, _ expected: [String]?) {
        let splitter = LineSplitter(RichText(text), limit: 16)
        let bytes = Array(text.utf8)
        let pieces = splitter.pieces(from: 0).map { String(decoding: bytes[$0], as: UTF8.self) }
        if let expected { #expect(pieces == expected) }
        #expect(pieces.allSatisfy { $0.utf8.count <= 16 })
        #expect(pieces.joined().filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
    }

    @Test func whereverATextWasLeftTheRestIsTheSame() {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<300 {
            let text = String((0..<Int.random(in: 0...200, using: &random)).map { _ in "ab ä🙂\n".randomElement(using: &random)! })
            let splitter = LineSplitter(IRCFormatting.parse(text), limit: Int.random(in: 16...40, using: &random))
            let pieces = splitter.pieces(from: 0)
            for (index, piece) in pieces.enumerated() { #expect(splitter.pieces(from: piece.upperBound) == Array(pieces[(index + 1)...])) }
        }
    }

    @Test func formattingCountsAndIsOpenedAnewInEachLine() {
        var dropped = 0
        let body = RichText("aaaa bbbb cccc dddd eeee", spans: [.init(5..<19, .bold)], dropped: &dropped)
        let pieces = LineSplitter(body, limit: 16).pieces(from: 0).map { IRCFormatting.render(body, $0) }
        #expect(pieces == ["aaaa \u{2}bbbb cccc", "\u{2}dddd\u{2} eeee"])
        #expect(pieces.allSatisfy { $0.utf8.count <= 16 })
    }

    @Test func namesPingNobodyAndForgeNobody() {
        func shown(_ name: String, _ organisation: String? = nil) -> String {
            let rendering = IRCRendering(delivery(.posted(Post(RichText("hi"))), name, organisation), Texts(.en), hasTags: true)
            guard case .lines(_, let prefix, _) = rendering.form else { return "" }
            return prefix
        }
        #expect(shown("anna") == "<a\u{2060}nna> ")
        #expect(shown("anna", "partner") == "<a\u{2060}nna (partner)> ")
        #expect(shown("bob> <anna") == "<b\u{2060}ob› ‹anna> ")
        #expect(shown("evil\u{2}\r\nQUIT") == "<e\u{2060}vil QUIT> ")
        #expect(shown("") == "<u\u{2060}nknown> ")
        #expect(
            RelayedLine.isMarked("<a\u{2060}nna> x") && RelayedLine.isMarked("* b\u{2060}ob waves")
                && !RelayedLine.isMarked("<anna> x") && !RelayedLine.isMarked("hello"))
    }

    @Test func eachKindOfEventIsShown() {
        let target = EventID(stream: StreamID(rawValue: 1), number: 1)
        let shown = TargetState.shown(
            [NativePart(part: 0, outcome: .delivered, time: UnixTime(seconds: 0), nativeID: NativeKey("m1"))], quote: nil)
        let unnamed = TargetState.shown(
            [NativePart(part: 0, outcome: .delivered, time: UnixTime(seconds: 0), nativeID: nil)],
            quote: "the\noriginal " + String(repeating: "x", count: 80))
        func line(_ event: Event, _ state: TargetState? = nil, hasTags: Bool = true) -> String {
            let rendering = IRCRendering(delivery(event, "anna", nil, state), Texts(.en), hasTags: hasTags)
            switch rendering.form {
            case .lines(let command, let prefix, let body): return "\(command) \(prefix)\(body.text) \(rendering.answered ?? "-")"
            case .reaction(let emoji, let isOn, let id): return "react \(emoji) \(isOn) \(id)"
            case .nothing: return "nothing"
            }
        }
        let post = Post(RichText("yes"), reply: target)
        #expect(line(.posted(post), shown) == "PRIVMSG <a\u{2060}nna> yes m1")
        #expect(line(.posted(post), .notShown(quote: "what?")) == "PRIVMSG <a\u{2060}nna> [re: what?] yes -")
        #expect(line(.posted(post), .notShown(quote: nil)) == "PRIVMSG <a\u{2060}nna> [in reply to an earlier message] yes -")
        #expect(
            line(.posted(post), unnamed, hasTags: false)
                == "PRIVMSG <a\u{2060}nna> [re: the original \(String(repeating: "x", count: 47))…] yes -")
        #expect(line(.posted(Post(RichText("waves"), style: .action))) == "PRIVMSG * a\u{2060}nna waves -")
        #expect(line(.posted(Post(RichText("built"), style: .notice))) == "NOTICE <a\u{2060}nna> built -")
        #expect(line(.edited(target: target, content: Post(RichText("no"))), shown) == "PRIVMSG <a\u{2060}nna> (edited) no m1")
        #expect(line(.deleted(target: target), shown) == "nothing")
        #expect(line(.reacted(Reaction(target: target, emoji: "👍", isOn: true)), shown) == "react 👍 true m1")
        #expect(
            line(.reacted(Reaction(target: target, emoji: "👍", isOn: true)), .shown([], quote: "tea?"), hasTags: false)
                == "PRIVMSG * a\u{2060}nna reacted with 👍 to: tea? -")
        #expect(line(.reacted(Reaction(target: target, emoji: "👍", isOn: false)), .shown([], quote: "tea?"), hasTags: false) == "nothing")
        #expect(
            line(.posted(Post(RichText(""), attachments: [Attachment(name: "plan.pdf", mediaType: "application/pdf", size: 12_345)])))
                == "PRIVMSG <a\u{2060}nna> [file: plan.pdf, 12 kB] -")
    }

    @Test func onlyThisRelayMakesItsMarks() {
        let seal = MarkSeal(key: [UInt8](repeating: 7, count: 32))
        let mark = Mark(
            id: EventID(stream: StreamID(rawValue: 9), number: 12), part: 3, author: AuthorKey(rawValue: 77),
            second: UnixTime(seconds: 1_800_000_000))
        let text = seal.text(mark, in: "#Ops")
        #expect(seal.mark(text, in: "#ops") == mark)
        #expect(seal.mark(text, in: "#other") == nil)
        #expect(MarkSeal(key: [UInt8](repeating: 8, count: 32)).mark(text, in: "#ops") == nil)
        for index in text.indices {
            var forged = text
            forged.replaceSubrange(index...index, with: text[index] == "7" ? "6" : "7")
            #expect(seal.mark(forged, in: "#ops") == nil)
        }
        #expect(seal.mark("", in: "#ops") == nil && seal.mark(",,,,", in: "#ops") == nil)
    }

    @Test func cursorsAreReadAsTheyAreWritten() {
        for cursor in [SourceCursor(time: 5), SourceCursor(time: 1_795_590_072_345, messageID: "1AA~1~2")] {
            #expect(SourceCursor(cursor.bytes) == cursor)
        }
        #expect(SourceCursor([]) == nil && SourceCursor([2] + [UInt8](repeating: 0, count: 8)) == nil && SourceCursor([1, 2]) == nil)
    }

    private func delivery(_ event: Event, _ name: String, _ organisation: String?, _ target: TargetState? = nil) -> Delivery {
        Delivery(
            id: EventID(stream: StreamID(rawValue: 1), number: 2), position: Position(5), event: event,
            author: DisplayAuthor(key: AuthorKey(rawValue: 1), name: name, organisation: organisation), originTime: UnixTime(seconds: 0),
            accepted: UnixTime(seconds: 0), target: target, text: Position(5), isRetried: false)
    }
}

/// Which line an answer is about, in each of the three ways servers answer.
@Suite struct OutgoingLinesTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    @Test func labelledEchoes() {
        var lines = OutgoingLines()
        lines.answering = .labels
        for text in ["one", "two", "three"] { lines.add(line(text)) }
        let sent = lines.take(at: now)
        #expect(sent.map { $0.tags["label"] } == ["f1", "f2", "f3"])
        #expect(lines.echoed(echo("two", ["label": "f2"]), at: now)?.text == "two")
        #expect(lines.refused(label: "f1", channel: nil)?.text == "one")
        #expect(lines.echoed(echo("three", ["label": "f9"]), at: now) == nil)
        #expect(lines.echoed(echo("three", ["label": "f3"]), at: now)?.text == "three" && lines.isEmpty)
    }

    @Test func echoesWithoutLabels() {
        var lines = OutgoingLines()
        lines.answering = .echoes
        lines.add(line("same"))
        lines.add(line("same", part: 1))
        lines.add(line("\u{2}bold\u{2}"))
        let sent = lines.take(at: now)
        #expect(sent.last?.command == "PING")
        #expect(lines.echoed(echo("same", [:]), at: now)?.part.part == 0)
        #expect(lines.echoed(echo("bold", [:]), at: now)?.text == "\u{2}bold\u{2}")
        // What the server answers the PING without having echoed it has swallowed.
        let (taken, swallowed) = lines.ponged(sent.last!.parameters[0], at: now)
        #expect(taken.isEmpty && swallowed.map(\.part.part) == [1] && lines.isEmpty)
    }

    @Test func nothingButPings() {
        var lines = OutgoingLines()
        for number in 0..<6 { lines.add(line("line \(number)")) }
        let first = lines.take(at: now)
        #expect(first.map(\.command) == ["PRIVMSG", "PRIVMSG", "PRIVMSG", "PRIVMSG", "PING"])
        #expect(lines.take(at: now).isEmpty)
        #expect(lines.ponged("somebody else's", at: now).taken.isEmpty)
        #expect(lines.ponged(first.last!.parameters[0], at: now).taken.map(\.text) == ["line 0", "line 1", "line 2", "line 3"])
        #expect(lines.take(at: now).map(\.command) == ["PRIVMSG", "PRIVMSG", "PING"])
    }

    @Test func aChannelThatWasLeftIsAnsweredNoMore() {
        var lines = OutgoingLines()
        lines.add(line("here"))
        lines.add(line("there", to: 2))
        _ = lines.take(at: now)
        lines.add(line("later"))
        lines.drop(DestinationID(1))
        #expect(lines.underWay == 1 && lines.queued == 0)
    }

    private func line(_ text: String, part: UInt32 = 0, to destination: UInt32 = 1) -> OutgoingLines.Line {
        let delivery = Delivery(
            id: EventID(stream: StreamID(rawValue: 1), number: 2), position: Position(5), event: .topic(text),
            author: DisplayAuthor(key: AuthorKey(rawValue: 1), name: "a", organisation: nil), originTime: UnixTime(seconds: 0),
            accepted: UnixTime(seconds: 0), target: nil, text: Position(5), isRetried: false)
        let part = PartDelivery(delivery: delivery, part: part, range: 0..<1)
        return OutgoingLines.Line(
            part: part, destination: DestinationID(destination), channel: "#a", command: "PRIVMSG", text: text, tags: [:])
    }

    private func echo(_ text: String, _ tags: [String: String]) -> ChannelLine {
        ChannelLine(kind: .message, channel: "#a", source: .init(nick: "fairlead"), text: text, tags: tags, isOwn: true)
    }
}
