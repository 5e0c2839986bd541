import Base
import Model
import Testing
import WireMail

@testable import Core
@testable import EndpointEmail

private let stream = StreamID(rawValue: 0x0123_4567_89AB_CDEF)
private let recipient = MailAddress("ops-list@example.org")!
private let rendering = EmailRendering(bridge: "ops", from: MailAddress("channels@example.org")!, texts: Texts(.en))
private func id(_ number: UInt64) -> EventID { EventID(stream: stream, number: number) }

private func delivery(_ event: Event, _ name: String = "anna", _ organisation: String? = nil, _ target: TargetState? = nil) -> Delivery {
    Delivery(
        id: id(12), position: Position(40), event: event,
        author: DisplayAuthor(key: AuthorKey(rawValue: 7), name: name, organisation: organisation),
        originTime: UnixTime(seconds: 1_795_592_558), accepted: UnixTime(seconds: 1_795_592_600), target: target, text: Position(40),
        isRetried: false)
}

private func mail(_ event: Event, _ target: TargetState? = nil, name: String = "anna", organisation: String? = nil) -> MailMessage? {
    rendering.mail(delivery(event, name, organisation, target), to: recipient)
}

@Suite struct EmailRenderingTests {
    private static let mailed = [NativePart(part: 0, outcome: .delivered, time: UnixTime(seconds: 0), nativeID: nil)]

    @Test func aMessage() throws {
        let first = try #require(mail(.posted(Post(RichText("hello\nworld"))), organisation: "partner"))
        #expect(first.author == "anna (partner)" && first.subject == "[ops] hello world" && first.text == "hello\nworld")
        #expect(first.id.description == "<aerukz4jvpg66.12.fairlead@example.org>" && first.references.isEmpty && first.inReplyTo == nil)
        #expect(first.date.seconds == 1_795_592_558 && first.list?.name == "ops" && first.list?.id == "ops.fairlead.example.org")
        #expect(
            first.further.map(\.name) == ["Fairlead-Event"]
                && first.further[0].words == ["aerukz4jvpg66.12", "aaaaaaaaaaaao", "1795592558"])
    }

    @Test func theSameDeliveryIsTheSameBytes() {
        let post = Event.posted(Post(RichText("Grüße"), reply: id(3), thread: id(2)))
        let target = TargetState.notShown(quote: "what?")
        #expect(mail(post, target)?.bytes == mail(post, target)?.bytes)
    }

    @Test func anAnswerIsInItsThread() throws {
        let answer = try #require(
            mail(.posted(Post(RichText("yes"), reply: id(7), thread: id(3))), .shown(EmailRenderingTests.mailed, quote: "shall we?")))
        #expect(answer.subject == "Re: [ops] shall we?" && answer.text == "yes")
        #expect(answer.references.map(\.description) == [3, 7].map { "<aerukz4jvpg66.\($0).fairlead@example.org>" })
        #expect(answer.inReplyTo?.description == "<aerukz4jvpg66.7.fairlead@example.org>")
        let toRoot = try #require(mail(.posted(Post(RichText("yes"), reply: id(3), thread: id(3)))))
        #expect(toRoot.references.count == 1 && toRoot.inReplyTo == toRoot.references[0])
    }

    @Test func whatWasNeverMailedIsQuoted() {
        let post = Event.posted(Post(RichText("yes"), reply: id(7)))
        #expect(mail(post, .notShown(quote: "shall\n\nwe?"))?.text == "> shall\n>\n> we?\n\nyes")
        #expect(mail(post, .notShown(quote: nil))?.text == "[in reply to an earlier message]\n\nyes")
        let long = mail(post, .notShown(quote: String(repeating: "x", count: 700)))?.text
        #expect(long == "> \(String(repeating: "x", count: 600))…\n\nyes")
    }

    @Test func subjects() {
        func subject(_ text: String) -> String? { mail(.posted(Post(RichText(text))))?.subject }
        #expect(subject("  a\n\tb  ") == "[ops] a b")
        #expect(subject(String(repeating: "word ", count: 30)) == "[ops] \(String(repeating: "word ", count: 13))word…")
        #expect(subject(String(repeating: "ä", count: 60)) == "[ops] \(String(repeating: "ä", count: 36))…")
        #expect(subject("") == "[ops] ")
    }

    @Test func otherKindsOfEvents() {
        func text(_ event: Event, _ target: TargetState? = nil) -> String? { mail(event, target)?.text }
        #expect(text(.posted(Post(RichText("waves"), style: .action))) == "* anna waves")
        let file = Attachment(name: "plan.pdf", mediaType: "application/pdf", size: 12_345)
        #expect(text(.posted(Post(RichText("see"), attachments: [file]))) == "see\n[file: plan.pdf, 12 kB]")
        #expect(text(.posted(Post(RichText(""), attachments: [file]))) == "[file: plan.pdf, 12 kB]")
        #expect(text(.topic("new")) == "* anna changed the topic to: new")
        #expect(text(.call(Call(title: "Jour fixe", link: "https://x/y"))) == "* anna invites to a call: Jour fixe https://x/y")
        #expect(text(.unknown(kind: 99, fallback: "something")) == "something" && text(.unknown(kind: 99, fallback: nil)) == nil)
        let edit = Event.edited(target: id(3), content: Post(RichText("new")))
        #expect(text(edit, .notShown(quote: nil)) == "(edited) new")
        #expect(mail(edit, .notShown(quote: nil))?.references.map(\.description) == ["<aerukz4jvpg66.3.fairlead@example.org>"])
        #expect(text(edit, .shown(EmailRenderingTests.mailed, quote: nil)) == nil)
        #expect(text(.deleted(target: id(3)), .shown(EmailRenderingTests.mailed, quote: nil)) == nil)
        #expect(text(.reacted(Reaction(target: id(3), emoji: "👍")), .shown(EmailRenderingTests.mailed, quote: "x")) == nil)
    }

    @Test func namesForgeNothing() {
        #expect(mail(.posted(Post(RichText("x"))), name: "")?.author == "unknown")
        let evil = mail(.posted(Post(RichText("x"))), name: "a\" <b@example.org>\r\nBcc: c")
        let header = String(decoding: evil?.bytes ?? [], as: UTF8.self)
        #expect(header.contains("From: \"a\\\" <b@example.org> Bcc: c\" <channels@example.org>\r\n"))
    }

    @Test func linksAreSpelledOut() {
        var dropped = 0
        let rich = RichText("see here", spans: [.init(4..<8, .link, argument: [UInt8]("https://example.org".utf8))], dropped: &dropped)
        #expect(mail(.posted(Post(rich)))?.text == "see here (https://example.org)")
    }
}
