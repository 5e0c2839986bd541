import Base
import Core
import Model
import Simulation
import Testing

/// What an entry of the bounce list tells of its events, and entries that are not there.
@Suite struct BounceListTests {
    private final class Box: @unchecked Sendable {  // the simulated host's alone
        var events: [Engine.PassingEvent] = []
        var hasMore = false
        var wasThere: Bool?
    }

    private func events(_ bench: Bench, of id: UInt64) -> Box {
        let box = Box()
        bench.does { bench in
            guard let row = try await bench.engine.bounces(from: id, atMost: 1).first else { return }
            (box.events, box.hasMore) = try await bench.engine.events(of: row)
        }
        return box
    }

    private func drop(_ bench: Bench, _ id: UInt64) -> Bool? {
        let box = Box()
        bench.does { box.wasThere = try await $0.engine.dropBounce(id) }
        return box.wasThere
    }

    @Test func theEventThatBounced() {
        let bench = Bench([["a", "b"]])
        bench.start()
        bench.connect("b")
        bench.post("a", "1", "fine")
        bench.received("b", bench.delivered("b")[0], "n1")
        bench.post("a", "2", "not wanted")
        let (part, b) = (bench.delivered("b")[1], bench.destination("b"))
        bench.does {
            await $0.engine.bounced(part.delivery.id, at: part.delivery.position, part: 0, by: b, BounceReason("irc-404", "no"))
        }
        let box = events(bench, of: 1)
        #expect(box.events.map(\.id) == [bench.answers[1][0].id!] && !box.hasMore)
        #expect(box.events.first?.text == "not wanted" && box.events.first?.from == "a:#c" && box.events.first?.author == "u")
        #expect(drop(bench, 2) == false && drop(bench, 1) == true && drop(bench, 1) == false)
    }

    /// Of a range: what it speaks of, not what lies between; the first ones.
    @Test func theFirstEventsOfARange() {
        let bench = Bench([["a", "b"], ["c", "d"]])
        bench.limits.hold = 60
        bench.start()
        for number in 1...25 {
            bench.post("a", "\(number)", "held \(number)")
            bench.post("c", "\(number)", "of others")
            bench.post("b", "b\(number)", "said there")
        }
        bench.run(milliseconds: 200_000)
        // The first entry is of what `b`'s people said to `a`.
        let box = events(bench, of: 2)
        #expect(box.events.map(\.text) == (1...20).map { "held \($0)" } && box.hasMore, "\(box.events.map(\.text))")
    }

}
