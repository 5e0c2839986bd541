import Base
import Core
import Support
import Testing
import WireLink

@testable import Links

/// What a session keeps account of: what the peer may send, and what it has not acknowledged.
@Suite struct AccountTests {
    /// With many channels none of them alone comes to a quarter of the window; the session's window must not run dry.
    @Test(arguments: [1, 4, 5, 64, 1000]) func theWindowNeverRunsDry(_ channels: Int) {
        var consumption = Consumption()
        var open = 0
        for turn in 0..<20_000 {
            open += 7
            for grant in consumption.add("c\(turn % channels)", records: 7, bytes: 700) { open -= grant.records }
            #expect(open < LinkLimits.windowRecords / 4)
        }
    }

    @Test func bytesAloneAreGrantedToo() {
        var consumption = Consumption()
        #expect(consumption.add("ops", records: 1, bytes: LinkLimits.windowBytes / 4 - 1).isEmpty)
        let grants = consumption.add("more", records: 1, bytes: 1)
        #expect(grants.map(\.channel) == ["more", "ops"])
        #expect(grants.map(\.bytes) == [1, LinkLimits.windowBytes / 4 - 1])
    }

    /// Against a list of everything that was sent.
    @Test(arguments: 0..<20) func theLedgerKnowsTheFirstThatIsOpen(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var ledger = Ledger()
        var sent: [(position: Position, stream: StreamIndex, number: UInt64)] = []
        var numbers: [StreamIndex: UInt64] = [:]
        var held: [StreamIndex: UInt64] = [:]
        var position = Position.first
        var durable: UInt64 = 0
        for _ in 0..<2000 {
            let stream = StreamIndex(UInt32.random(in: 1...3, using: &random))
            if Bool.random(using: &random) {
                for _ in 0..<Int.random(in: 1...9, using: &random) {
                    // A SKIP jumps over numbers; entries of other bridges leave holes in the log.
                    let number = (numbers[stream] ?? 0) + UInt64(Int.random(in: 0...9, using: &random) == 0 ? 5 : 1)
                    if Int.random(in: 0...9, using: &random) == 0 { position = position + 3 }
                    numbers[stream] = number
                    sent.append((position, stream, number))
                    ledger.sent(stream, number, at: position)
                    position = position.next
                }
            } else if let last = numbers[stream] {
                let prefix = UInt64.random(in: 0...last, using: &random)
                held[stream] = max(prefix, held[stream] ?? 0)
                ledger.acknowledge(stream, prefix)
            }
            let open = sent.firstIndex { $0.number > held[$0.stream] ?? 0 }
            #expect(ledger.firstOpen == open.map { sent[$0].position })
            durable += ledger.takeDurable()
            #expect(durable == UInt64(open ?? sent.count))
        }
    }
}
