import Base
import Core
import Model
import Simulation
import Support
import Testing
import WireLink

@testable import Links

/// What a peer with a good key may not say in sound frames (docs/protocol.md section 8, docs/security.md): the session is closed with a code
/// and words and counted, nothing of anybody else's is touched, and an honest session afterwards goes on from where it was.
@Suite struct LyingPeerTests {
    /// A lie, told in RESUME or in a batch.
    struct Lie: Sendable, CustomTestStringConvertible {
        let name: String
        let code: CloseCode
        let words: String
        let resume: @Sendable (LyingPeer.Heard) -> [Resume.Holding]
        let batch: @Sendable (LyingPeer.Heard, inout BatchEncoder) -> Void

        static func batch(
            _ name: String, _ code: CloseCode, _ words: String, _ body: @escaping @Sendable (LyingPeer.Heard, inout BatchEncoder) -> Void
        ) -> Lie {
            Lie(name: name, code: code, words: words, resume: { $0.holdings.map(\.turned) }, batch: body)
        }

        static func resume(
            _ name: String, _ code: CloseCode, _ words: String, _ body: @escaping @Sendable (LyingPeer.Heard) -> Resume.Holding
        ) -> Lie {
            Lie(name: name, code: code, words: words, resume: { [body($0)] }, batch: { _, _ in })
        }

        var testDescription: String { name }
    }

    private static let third = [UInt8](repeating: 3, count: 32)
    private static let text = RecordEncoder.encode(.posted(Post(RichText("not said"))), author: 1)

    /// One record in the liar's own stream, next in order.
    private static func inOwnStream(_ heard: LyingPeer.Heard, _ encoder: inout BatchEncoder, _ record: [UInt8]) {
        encoder.introduction(heard.theirs.introduction.by(.sender), prefix: heard.theirs.prefix)
        encoder.record(stream: 1, time: 1_795_000_000, hops: 0, record)
    }

    /// The last thing that was said on the relay's own network.
    private static func lastOfOurs(_ heard: LyingPeer.Heard) -> EventID {
        let mapping = LinkMapping(own: SimulatedRelay.id(2), peer: SimulatedRelay.id(1))
        return EventID(stream: mapping.model(heard.running.introduction).stream, number: heard.running.prefix)
    }

    private static let lies: [Lie] = [
        .batch("a third relay's stream in a batch", .notYours, "stream ") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.other(third)), prefix: 0)
            encoder.record(stream: 1, time: 1_795_000_000, hops: 0, text)
        },
        .resume("a third relay's stream in RESUME", .notYours, "stream ") {
            Resume.Holding(introduction: $0.theirs.introduction.by(.other(third)), prefix: 4, digest: 0, holes: [])
        },
        .batch("an edit of our message", .notAllowed, "changes what belongs to another relay") { heard, encoder in
            inOwnStream(
                heard, &encoder, RecordEncoder.encode(.edited(target: lastOfOurs(heard), content: Post(RichText("forged"))), author: 1))
        },
        .batch("a deletion of our message", .notAllowed, "changes what belongs to another relay") { heard, encoder in
            inOwnStream(heard, &encoder, RecordEncoder.encode(.deleted(target: lastOfOurs(heard)), author: 1))
        },
        .batch("a file for our message", .notAllowed, "changes what belongs to another relay") { heard, encoder in
            let ready = AttachmentReady(target: lastOfOurs(heard), index: 0, hash: third)
            inOwnStream(heard, &encoder, RecordEncoder.encode(.attachmentReady(ready), author: 1))
        },
        .batch("the end of our call", .notAllowed, "changes what belongs to another relay") { heard, encoder in
            let call = Call(target: lastOfOurs(heard), title: "", link: "https://elsewhere.example", hasEnded: true)
            inOwnStream(heard, &encoder, RecordEncoder.encode(.call(call), author: 1))
        },
        .batch("a jump", .gap, "is next") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: heard.theirs.prefix + 5)
            encoder.record(stream: 1, time: 1_795_000_000, hops: 0, text)
        },
        .batch("a SKIP behind a jump", .gap, "is next") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: heard.theirs.prefix + 5)
            encoder.skip(stream: 1, through: heard.theirs.prefix + 9, reason: SkipReason.expired.rawValue, profiles: [])
        },
        .batch("a record that is none", .recordInvalid, "at byte") { heard, encoder in
            inOwnStream(heard, &encoder, [1, 77 * 2, 1])
        },
        .batch("a text that was not sanitised", .recordInvalid, "unsanitary") { heard, encoder in
            inOwnStream(heard, &encoder, text.map { $0 == UInt8(ascii: " ") ? 7 : $0 })
        },
        .batch("a number beyond all numbers", .tooLarge, "number") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: .max)
            encoder.record(stream: 1, time: 1_795_000_000, hops: 0, text)
        },
        .batch("a SKIP of everything that can ever come", .tooLarge, "number") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: heard.theirs.prefix)
            encoder.skip(stream: 1, through: .max, reason: SkipReason.expired.rawValue, profiles: [])
        },
        .batch("a time after all calendars", .tooLarge, "time") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: heard.theirs.prefix)
            encoder.record(stream: 1, time: .max, hops: 255, text)
        },
        .batch("a stream that is introduced twice", .unexpected, "introduced already") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: heard.theirs.prefix)
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: 0)
            encoder.record(stream: 2, time: 1_795_000_000, hops: 0, text)
        },
        .batch("a SKIP for no reason", .malformed, "reason 99") { heard, encoder in
            encoder.introduction(heard.theirs.introduction.by(.sender), prefix: heard.theirs.prefix)
            encoder.skip(stream: 1, through: heard.theirs.prefix + 1, reason: 99, profiles: [])
        },
    ]

    @Test(arguments: lies) func isRefusedAndNothingIsTouched(_ lie: Lie) async {
        let pair = LinkedPair()
        await pair.talk()
        let before = pair.west.rows
        let shown = pair.west.servers[0].posts.count
        let heard = pair.liar.session(resume: lie.resume, lie: lie.batch)
        #expect(heard.closing?.code == lie.code.rawValue, "\(String(describing: heard.closing))")
        #expect(heard.closing?.words.contains(lie.words) == true, "\(String(describing: heard.closing))")
        let (endings, faults) = pair.west.linkEndings
        #expect(endings.last?.code == lie.code)
        #expect(faults == 1)
        #expect(pair.west.rows.differences(from: before, besides: SimulatedRelay.id(2)) == [])
        #expect(pair.west.servers[0].posts.count == shown)
        await pair.goesOn()
    }

    /// An epoch of ours that never was costs the stream alone: the peer may have it from somebody who had our key.
    @Test(arguments: ["in a batch", "in RESUME"]) func anEpochOfOursThatNeverWasIsNotTaken(_ place: String) async {
        let pair = LinkedPair()
        await pair.talk()
        let before = pair.west.rows
        let shown = pair.west.servers[0].posts.count
        let isBatch = place == "in a batch"
        let heard = pair.liar.session(
            resume: { heard in
                let invented = Resume.Holding(
                    introduction: heard.running.introduction.with(bits: 77).turned, prefix: 9, digest: 0, holes: [])
                return heard.holdings.map(\.turned) + (isBatch ? [] : [invented])
            },
            lie: { heard, encoder in
                guard isBatch else { return }
                encoder.introduction(heard.running.introduction.with(bits: 77).turned, prefix: 0)
                encoder.record(stream: 1, time: 1_795_000_000, hops: 0, Self.text)
            })
        #expect(heard.closing == nil)
        #expect(pair.west.linkEndings.faults == 0)
        #expect(pair.west.rows.differences(from: before, besides: SimulatedRelay.id(2)) == [])
        #expect(pair.west.servers[0].posts.count == shown)
        await pair.goesOn()
    }

    /// Something of our running epoch that this process never numbered: nothing more is born in that epoch, so that no number is used twice.
    @Test(arguments: ["in a batch", "in RESUME"]) func anEventOfTheRunningEpochIsAFork(_ place: String) async {
        let pair = LinkedPair()
        await pair.talk()
        let before = pair.west.rows
        let isBatch = place == "in a batch"
        let heard = pair.liar.session(
            resume: { heard in
                heard.holdings.map { holding in
                    let turned = holding.turned
                    if isBatch || holding != heard.running { return turned }
                    return Resume.Holding(introduction: turned.introduction, prefix: turned.prefix + 3, digest: 0, holes: [])
                }
            },
            lie: { heard, encoder in
                guard isBatch else { return }
                encoder.introduction(heard.running.introduction.turned, prefix: heard.running.prefix)
                encoder.record(stream: 1, time: 1_795_000_000, hops: 0, Self.text)
            })
        if isBatch {
            #expect(heard.closing?.code == CloseCode.fork.rawValue)
            #expect(heard.closing?.words.contains("is of the running epoch and was never numbered here") == true)
            #expect(pair.west.linkEndings.faults == 1)
        } else {
            // Its word alone costs no session: it may hold what this machine forgot.
            #expect(heard.closing == nil)
        }
        #expect(pair.west.currentCounters.forks == 1)
        #expect(pair.west.bounces.map(\.code) == ["fork"])
        #expect(pair.west.bounces.map(\.count) == [isBatch ? 1 : 3])
        #expect(pair.west.rows.differences(from: before, besides: SimulatedRelay.id(2)) == ["bounces: [\"fork\"]"])
        // A word that comes again within the minute costs no epoch more.
        let again = pair.liar.session()
        #expect(again.running.introduction == heard.running.introduction)
        await pair.goesOn()
        let epochs = Set(
            pair.west.rows.state.streams.filter { $0.introduction.owner == SimulatedRelay.id(1) }.map(\.introduction.epoch.ordinal))
        #expect(epochs == [1, 2])
    }

    /// The first time the session is closed; the second time a stub takes the event's place, and nothing stops for good.
    @Test func anUnreadableRecordStopsNothingForGood() async {
        let pair = LinkedPair()
        await pair.talk()
        let lie: @Sendable (LyingPeer.Heard, inout BatchEncoder) -> Void = { heard, encoder in
            Self.inOwnStream(heard, &encoder, [1, 77 * 2, 1])
            encoder.record(stream: 1, time: 1_795_000_000, hops: 0, RecordEncoder.encode(.posted(Post(RichText("behind"))), author: 1))
        }
        let first = pair.liar.session(lie: lie)
        #expect(first.closing?.code == CloseCode.recordInvalid.rawValue)
        #expect(first.acknowledged == [])
        #expect(pair.west.bounces == [])
        let second = pair.liar.session(lie: lie)
        #expect(second.closing == nil)
        #expect(second.theirs.prefix == first.theirs.prefix)
        #expect(second.acknowledged == [.init(stream: 1, prefix: first.theirs.prefix + 2)])
        #expect(pair.west.bounces.map(\.code) == ["undecodable"])
        #expect(pair.west.servers[0].posts.last?.text == "behind")
        await pair.goesOn(alsoInWest: ["behind"])
    }

    /// A peer may react to and answer anything; it names its own authors, and none of ours.
    @Test func whatAPeerMaySay() async {
        let pair = LinkedPair()
        await pair.talk()
        let before = pair.west.rows
        let forged = RecordEncoder.encode(
            .profile(Profile(key: AuthorKey(rawValue: 1), name: "Somebody Else", version: .max, home: Home(rawValue: 1))), author: 1)
        let heard = pair.liar.session(lie: { heard, encoder in
            Self.inOwnStream(
                heard, &encoder, RecordEncoder.encode(.reacted(Reaction(target: Self.lastOfOurs(heard), emoji: "👍")), author: 1))
            encoder.record(
                stream: 1, time: 1_795_000_000, hops: 0,
                RecordEncoder.encode(.posted(Post(RichText("answer"), reply: Self.lastOfOurs(heard))), author: 1))
            // A SKIP of what is known already, with a name for our own author.
            encoder.introduction(heard.running.introduction.turned, prefix: 0)
            encoder.skip(
                stream: 2, through: heard.running.prefix, reason: SkipReason.expired.rawValue, profiles: [.init(author: 1, record: forged)])
        })
        #expect(heard.closing == nil)
        #expect(pair.west.rows.differences(from: before, besides: SimulatedRelay.id(2)) == [])
        #expect(pair.west.servers[0].posts.last?.text == "answer")
        #expect(pair.west.servers[0].posts[0].reactions == ["👍"])
        await pair.goesOn(alsoInWest: ["answer"])
    }
}

/// Two linked relays with a server each, one of which a liar can take the place of.
private final class LinkedPair {
    let world = SimulatedWorld(seed: 11)
    let cable: SimulatedCable
    let west: SimulatedRelay
    let east: SimulatedRelay
    let liar: LyingPeer

    init() {
        cable = SimulatedCable(in: world)
        west = SimulatedRelay(
            in: world, kinds: [.marks], number: 1,
            peers: [SimulatedPeer(name: "east", id: SimulatedRelay.id(2), cable: cable, side: 0, mayLie: true)])
        east = SimulatedRelay(
            in: world, kinds: [.marks], number: 2, peers: [SimulatedPeer(name: "west", id: SimulatedRelay.id(1), cable: cable, side: 1)])
        liar = LyingPeer(in: world, at: cable, side: 1)
    }

    /// Both sides say something and hear each other; then the honest peer is gone.
    func talk() async {
        west.start()
        east.start()
        world.run(until: world.now + .seconds(5))
        west.servers[0].post("west 1", by: "w", at: west.time)
        east.servers[0].post("east 1", by: "e", at: east.time)
        world.run(until: world.now + .seconds(5))
        #expect(texts(west) == ["west 1", "east 1"])
        #expect(texts(east) == ["east 1", "west 1"] || texts(east) == ["west 1", "east 1"])
        await east.crash()
        world.run(until: world.now + .seconds(5))
    }

    /// The honest peer is back: what is said on either side arrives on the other, once; nothing of before comes again.
    func goesOn(alsoInWest: [String] = []) async {
        west.servers[0].post("west 2", by: "w", at: west.time)
        east.servers[0].post("east 2", by: "e", at: east.time)
        east.start()
        // Longer than what was given back waits for its home.
        world.run(until: world.now + .seconds(120))
        #expect(Set(texts(west)) == Set(["west 1", "east 1", "west 2", "east 2"] + alsoInWest))
        #expect(texts(west).count == 4 + alsoInWest.count)
        #expect(Set(texts(east)) == ["west 1", "east 1", "west 2", "east 2"])
        #expect(texts(east).count == 4)
        #expect(world.failures == [])
    }

    private func texts(_ relay: SimulatedRelay) -> [String] { relay.servers[0].posts.map(\.text) }
}
