import Base
import Model
import Support
import Testing

private let stream = StreamID(rawValue: 0x0123_4567_89AB_CDEF)
private let target = EventID(stream: stream, number: 7)
private let hash = [UInt8](0..<32)
private let key = AuthorKey(rawValue: 0x1122_3344_5566_7788)
private let home = Home(rawValue: 0xA1B2_C3D4)

private func rich(_ text: String, _ spans: RichText.Span...) -> RichText {
    var dropped = 0
    let rich = RichText(text, spans: spans, dropped: &dropped)
    #expect(dropped == 0)
    return rich
}

/// What each record of Tests/Vectors/record/accepts.tsv means. `encodes` is false where the record holds what this version never writes.
private let meanings: [String: (event: Event, author: UInt64, encodes: Bool)] = [
    "posted-short": (.posted(Post(RichText("ok"))), 1, true),
    "posted-empty-text-with-file": (
        .posted(Post(RichText(""), attachments: [Attachment(name: "plan.pdf", mediaType: "application/pdf", size: 12345)])), 2, true
    ),
    "posted-umlaut-bold": (.posted(Post(rich("Grüße an *alle*", .init(12..<16, .bold, argument: [0x2A])))), 300, true),
    "posted-nested-spans": (
        .posted(
            Post(
                rich(
                    "see the code here", .init(0..<17, .quote), .init(4..<12, .link, argument: [UInt8]("https://example.org/".utf8)),
                    .init(8..<12, .code)))), 1, true
    ),
    "posted-reply-in-thread": (
        .posted(Post(RichText("yes"), reply: EventID(stream: stream, number: 300), thread: EventID(stream: stream, number: 1))), 5, true
    ),
    "posted-action": (.posted(Post(RichText("waves"), style: .action)), 1, true),
    "posted-notice": (.posted(Post(RichText("build passed"), style: .notice)), 1, true),
    "posted-lines": (.posted(Post(RichText("one\n\ttwo\nthree"))), 1, true),
    "posted-two-files": (
        .posted(
            Post(
                RichText("two"),
                attachments: [
                    Attachment(name: "a.png", mediaType: "image/png", size: 70000, description: "a cat", width: 640, height: 480),
                    Attachment(name: "b", mediaType: "", size: 0),
                ])), 1, true
    ),
    "posted-unknown-fields": (.posted(Post(RichText("new"))), 1, false),
    "posted-unknown-style": (.posted(Post(RichText("loud"))), 1, false),
    "posted-bad-spans-dropped": (.posted(Post(rich("äbc", .init(2..<4, .italic)))), 1, false),
    "edited": (.edited(target: target, content: Post(RichText("corrected"))), 1, true),
    "deleted": (.deleted(target: target), 0, true),
    "deleted-by-author": (.deleted(target: target), 9, true),
    "reacted": (.reacted(Reaction(target: target, emoji: "👍🏽")), 3, true),
    "reacted-off": (.reacted(Reaction(target: target, emoji: "👍🏽", isOn: false)), 3, true),
    "reacted-custom": (.reacted(Reaction(target: target, emoji: ":shipit:", picture: hash)), 3, true),
    "topic": (.topic("Plan for spring"), 0, true),
    "profile": (.profile(Profile(key: key, name: "Änne", version: 3, home: home)), 1, true),
    "profile-picture": (.profile(Profile(key: key, name: "Bob", picture: hash, version: 0, home: home)), 1, true),
    "call": (.call(Call(title: "Weekly", link: "https://meet.example.org/weekly")), 1, true),
    "call-ended": (
        .call(
            Call(
                target: target, title: "", link: "https://meet.example.org/weekly", isForMembers: true,
                expires: UnixTime(seconds: 1_800_000_000), hasEnded: true)), 1, true
    ),
    "attachment-ready": (.attachmentReady(AttachmentReady(target: target, index: 0, hash: hash)), 0, true),
    "unknown-kind-ignorable": (.unknown(kind: 77, fallback: nil), 1, false),
    "unknown-kind-fallback": (.unknown(kind: 12, fallback: "started a poll"), 0, false),
]

@Suite struct RecordTests {
    @Test(arguments: Vectors.table("record/accepts.tsv"))
    func accepted(row: [String]) throws {
        let meaning = try #require(meanings[row[0]], "no meaning is given for \(row[0])")
        let record = try #require(bytes(hex: row[1]))
        var dropped = 0
        let (event, author) = try Event.decode(record.span.bytes, droppedSpans: &dropped)
        #expect(event == meaning.event)
        #expect(author == meaning.author)
        #expect(dropped == (row[0] == "posted-bad-spans-dropped" ? 2 : 0))
        let outline = try RecordOutline(checking: record.span.bytes)
        #expect(outline.author == author)
        #expect(outline.isKnown != (row[0].hasPrefix("unknown-kind")))
        if meaning.encodes { #expect(hex(RecordEncoder.encode(event, author: author)) == row[1]) }
    }

    @Test func everyMeaningHasItsVector() {
        #expect(Set(Vectors.table("record/accepts.tsv").map { $0[0] }) == Set(meanings.keys))
    }

    @Test(arguments: Vectors.table("record/refuses.tsv"))
    func refused(row: [String]) throws {
        let record = try #require(bytes(hex: row[3]))
        let error = try #require(throws: RecordError.self) { _ = try RecordOutline(checking: record.span.bytes) }
        #expect("\(error.reason)".prefix { $0 != "(" } == row[1])
        #expect(error.offset == Int(row[2]))
    }

    /// Every record cut anywhere is refused, or is another record that can be read: never a crash, never read beyond its end.
    @Test(arguments: Vectors.table("record/accepts.tsv"))
    func cutAnywhere(row: [String]) throws {
        let record = try #require(bytes(hex: row[1]))
        for length in 0..<record.count {
            let part = [UInt8](record[..<length])
            var dropped = 0
            let event = try? Event.decode(part.span.bytes, droppedSpans: &dropped).event
            #expect((event == nil) == ((try? RecordOutline(checking: part.span.bytes)) == nil))
        }
    }

    @Test func limitsHoldAtAndOneOver() throws {
        let atLimit = RecordEncoder.encode(.posted(Post(RichText(String(repeating: "x", count: ModelLimits.text)))), author: 1)
        #expect(throws: Never.self) { try RecordOutline(checking: atLimit.span.bytes) }
        let over = RecordEncoder.encode(.posted(Post(RichText(String(repeating: "x", count: ModelLimits.text + 1)))), author: 1)
        let error = try #require(throws: RecordError.self) { try RecordOutline(checking: over.span.bytes) }
        #expect(error.reason == .fieldValue(1))
        let huge = [UInt8](repeating: 1, count: ModelLimits.record + 1)
        let tooLong = try #require(throws: RecordError.self) { try RecordOutline(checking: huge.span.bytes) }
        #expect(tooLong.reason == .tooLong(limit: ModelLimits.record))
        let files = (0...ModelLimits.attachments).map { Attachment(name: "\($0)", mediaType: "", size: 1) }
        for (count, isFine) in [(ModelLimits.attachments, true), (ModelLimits.attachments + 1, false)] {
            let record = RecordEncoder.encode(.posted(Post(RichText("f"), attachments: Array(files[..<count]))), author: 1)
            #expect(((try? RecordOutline(checking: record.span.bytes)) != nil) == isFine)
        }
    }

    @Test(arguments: 0..<200)
    func randomEventsGoThereAndBack(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let event = RandomModel.event(&generator)
        let author = UInt64.random(in: 1...1 << 40, using: &generator)
        let record = RecordEncoder.encode(event, author: author)
        var dropped = 0
        let back = try Event.decode(record.span.bytes, droppedSpans: &dropped)
        #expect(back.event == event)
        #expect(back.author == author)
        #expect(dropped == 0)
    }

    @Test(arguments: 0..<200)
    func changedBytesNeverCrash(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed) + 10_000)
        var record = RecordEncoder.encode(RandomModel.event(&generator), author: 1)
        for _ in 0..<50 {
            record[Int.random(in: record.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            var dropped = 0
            let event = try? Event.decode(record.span.bytes, droppedSpans: &dropped)
            #expect((event == nil) == ((try? RecordOutline(checking: record.span.bytes)) == nil))
        }
    }
}

/// Random values of the model, by seed.
private enum RandomModel {
    static func event(_ generator: inout SeededGenerator) -> Event {
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: .posted(post(&generator))
        case 1: .edited(target: id(&generator), content: edit(&generator))
        case 2: .deleted(target: id(&generator))
        case 3: .reacted(Reaction(target: id(&generator), emoji: "🎉", isOn: .random(using: &generator)))
        case 4: .topic(text(&generator))
        case 5: .profile(Profile(key: key, name: "Zoë", version: .random(in: 0...9, using: &generator), home: home))
        default: .attachmentReady(AttachmentReady(target: id(&generator), index: .random(in: 0...31, using: &generator), hash: hash))
        }
    }

    static func id(_ generator: inout SeededGenerator) -> EventID {
        EventID(stream: StreamID(rawValue: .random(in: 0 ... .max, using: &generator)), number: .random(in: 1 ... .max, using: &generator))
    }

    static func text(_ generator: inout SeededGenerator) -> String {
        let words = ["Grüße", "👩‍👩‍👧", "ok", "\n", " ", "日本", "long word", "\t", "é"]
        return (0..<Int.random(in: 0...12, using: &generator)).map { _ in words.randomElement(using: &generator)! }.joined()
    }

    static func edit(_ generator: inout SeededGenerator) -> Post {
        let text = text(&generator)
        let offsets = text.unicodeScalars.indices.map { text.utf8.distance(from: text.startIndex, to: $0) } + [text.utf8.count]
        var spans: [RichText.Span] = []
        var from = 0
        while from + 1 < offsets.count, Bool.random(using: &generator) {
            let to = Int.random(in: from + 1..<offsets.count, using: &generator)
            spans.append(.init(offsets[from]..<offsets[to], SpanKind(rawValue: .random(in: 1...20, using: &generator)), argument: [1, 2]))
            from = to
        }
        var dropped = 0
        return Post(RichText(text, spans: spans, dropped: &dropped), style: [.plain, .action, .notice].randomElement(using: &generator)!)
    }

    static func post(_ generator: inout SeededGenerator) -> Post {
        var post = edit(&generator)
        if Bool.random(using: &generator) { post.reply = id(&generator) }
        if Bool.random(using: &generator) { post.thread = id(&generator) }
        return post
    }
}
