import Core
import Model
import Simulation
import Testing

/// What becomes of an event over a link, as both ends tell it.
@Suite struct LinkStoryTests {
    private let pair: SharingPair

    init() {
        pair = SharingPair(seed: 8)
        pair.share([0])
        pair.start()
        pair.run(seconds: 5)
    }

    /// Says something at the western relay: its id.
    private func say(_ text: String) -> EventID {
        let west = pair.relays[0]
        west.servers[0].post(text, by: "anna", at: west.time)
        west.run(seconds: 1)
        let streams = west.rows.state.streams.filter { $0.introduction.owner == west.id }
        let newest = streams.max { $0.introduction.epoch.ordinal < $1.introduction.epoch.ordinal }!
        return EventID(stream: newest.introduction.stream, number: newest.prefix)
    }

    private func passing(_ id: EventID) -> Story.Passing? { pair.relays[0].story(of: id)?.peers.first }

    @Test func fromOneJournalToTheOther() async {
        let event = say("hello")
        pair.run(seconds: 1)
        let taken = passing(event)
        #expect(taken?.destination == "east:c0" && taken?.state == .acknowledged)
        #expect(taken?.time.map { (0...3).contains($0.seconds(until: pair.relays[0].time)) } == true)
        let there = pair.relays[1].story(of: event)
        #expect(there?.origin == "west:c0" && there?.peers.map(\.state) == [.source] && there?.isOurs == false)
        #expect(there?.deliveries.map(\.outcome) == [.delivered])
    }

    /// The other relay is gone, with the event and its acknowledgement on their way or not, and comes back.
    @Test func whileTheOtherRelayIsAway() async {
        _ = say("before")
        pair.run(seconds: 1)
        await pair.relays[1].crash()
        let event = say("while")
        // Until the end of the session is known it may be on its way.
        #expect([.sent, .waits].contains(passing(event)?.state))
        pair.run(seconds: 60)
        #expect(passing(event)?.state == .waits && passing(event)?.why == .linkDown)
        pair.relays[1].start()
        pair.run(seconds: 40)
        #expect(passing(event)?.state == .acknowledged)
        #expect(pair.texts(1, 0) == ["before", "while"])
        #expect(pair.world.failures == [])
    }

    /// A disk that is full over there: the event is on its way, and nobody says that it was taken.
    @Test func asLongAsTheOtherJournalHasItNot() {
        _ = say("before")
        pair.run(seconds: 1)
        pair.relays[1].setFull(true)
        let event = say("while")
        pair.run(seconds: 5)
        #expect(passing(event)?.state == .sent)
        pair.relays[1].setFull(false)
        pair.run(seconds: 5)
        #expect(passing(event)?.state == .acknowledged)
    }

    /// What a restarted relay knows of acknowledgements it knows from its journal: without their time.
    @Test func afterARestart() async {
        let event = say("hello")
        pair.run(seconds: 5)
        _ = say("and more")
        pair.run(seconds: 5)
        await pair.relays[0].crash()
        pair.relays[0].start()
        pair.run(seconds: 10)
        #expect(passing(event)?.state == .acknowledged)
    }

    /// Said before the channel was shared.
    @Test func whatIsNotForThePeer() {
        let pair = SharingPair(seed: 9)
        let west = pair.relays[0]
        pair.share([])
        pair.start()
        pair.run(seconds: 5)
        west.servers[0].post("among ourselves", by: "anna", at: west.time)
        pair.run(seconds: 2)
        let stream = west.rows.state.streams[0]
        let event = EventID(stream: stream.introduction.stream, number: stream.prefix)
        for relay in pair.relays { relay.reload(relay.bridges(sharing: [0])) }
        pair.run(seconds: 5)
        let passing = west.story(of: event)?.peers.first
        #expect(passing?.state == .notAwaited && passing?.why == .beforeSharing)
    }
}
