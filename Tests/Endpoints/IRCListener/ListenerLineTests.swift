import Base
import Model
import Testing
import WireIRC

@testable import Core
@testable import EndpointIRCListener

/// Events as lines.
@Suite struct ListenerLineTests {
    private let mapping = IRCListenerMapping(texts: Texts(.en))
    private let source = IRCMessage.Source(nick: "carl/far", user: "relayed", host: "far")

    private func lines(_ event: Event) -> [IRCMessage] {
        let told = CommittedEvent(
            id: EventID(stream: StreamID(rawValue: 77), number: 5), position: Position(12_345), event: event,
            author: AuthorKey(rawValue: 1),
            name: "carl", place: .endpoint("far"), time: UnixTime(seconds: 1_795_000_000))
        return mapping.lines(told, from: source, in: "#ops")
    }

    @Test func aTextOfSeveralLinesHasAnIDForEach() {
        let id = EventID(stream: StreamID(rawValue: 77), number: 5)
        let lines = lines(.posted(Post(RichText("first\nsecond\n\nthird"), reply: id)))
        #expect(lines.map(\.trailing) == ["first", "second", "third"])
        #expect(lines.map { $0.tags["msgid"] } == ["\(id)", "\(id)/1", "\(id)/2"])
        #expect(lines.map { $0.tags["+draft/reply"] } == [id.description, nil, nil])
        #expect(lines.allSatisfy { $0.tags["time"] == ServerTime.text(1_795_000_000_345) })
        #expect(lines.allSatisfy { IRCListenerMapping.eventText($0.tags["msgid"]!) == id.description })
    }

    @Test func noLineIsLongerThanClientsTake() {
        for style in [Post.Style.plain, .action, .notice] {
            let lines = lines(.posted(Post(RichText(String(repeating: "wörter ", count: 500)), style: style)))
            #expect(lines.count > 7)
            for var line in lines {
                line.tags = [:]
                #expect(line.bytes.count <= 512)
            }
        }
    }

    @Test func whatHasNoWordsIsNoLine() {
        let id = EventID(stream: StreamID(rawValue: 77), number: 5)
        #expect(lines(.deleted(target: id)).isEmpty && lines(.unknown(kind: 99, fallback: nil)).isEmpty)
        #expect(lines(.unknown(kind: 99, fallback: "a poll")).map(\.trailing) == ["a poll"])
        #expect(
            lines(.call(Call(title: "standup", link: "https://call.example"))).map(\.trailing).first?.hasPrefix("\u{01}ACTION ") == true)
        let off = lines(.reacted(Reaction(target: id, emoji: "👍", isOn: false)))
        #expect(off.map(\.command) == ["TAGMSG"] && off[0].tags["+draft/unreact"] == "👍" && off[0].tags["+draft/reply"] == id.description)
    }

    @Test func aTopicIsKeptAsItWas() {
        let topic = ListenerWorld.Topic(text: "the plän", setter: "carl/far", time: 1_795_000_000)
        let bytes = ListenerTopic(topic).bytes
        #expect(ListenerTopic(bytes)?.topic == topic)
        #expect(ListenerTopic([]) == nil && ListenerTopic([1] + bytes.dropFirst()) == nil)
        for end in 0..<10 { #expect(ListenerTopic(Array(bytes[..<end])) == nil) }
    }
}
