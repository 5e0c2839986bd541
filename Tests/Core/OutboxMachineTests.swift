import Base
import Core
import Model
import Testing

/// The outbox by itself, input by input.
@Suite struct OutboxMachineTests {
    private let stream = StreamIndex(1)
    private let time = UnixTime(seconds: 1_795_000_000)

    private func machine(cursor: UInt64 = 1, claims: [Claim] = []) -> OutboxMachine {
        let row = DestinationRow(id: DestinationID(1), bridge: BridgeIndex(1), name: "s:#c", cursor: Position(cursor))
        var places: [Position: (stream: StreamIndex, number: UInt64)] = [:]
        for position in 1...20 as ClosedRange<UInt64> { places[Position(position)] = (stream, position) }
        return OutboxMachine(row, claims: claims, places: places)
    }

    private func claim(_ position: UInt64, _ part: UInt32 = 0, _ range: Range<UInt32> = 0..<8) -> Claim {
        Claim(destination: DestinationID(1), position: Position(position), part: part, range: range)
    }

    private func part(_ position: UInt64, _ part: UInt32 = 0) -> PartID { PartID(position: Position(position), part: part) }

    private func up(_ window: Int, cursor: UInt64 = 1) -> OutboxMachine {
        var machine = machine(cursor: cursor)
        let mustReconcile = machine.connected(Capabilities(partsInFlight: window, deferral: 100))
        #expect(!mustReconcile)
        return machine
    }

    private func sent(_ machine: inout OutboxMachine) -> [String] { machine.send().map { "\($0.position).\($0.part)" } }
    private func receipts(_ machine: inout OutboxMachine) -> [String] {
        machine.receipts(at: time).map { "\($0.position).\($0.part) \($0.outcome)" }
    }

    @Test func aPartIsSentOnlyWhenItsClaimIsDurable() {
        var machine = up(1)
        #expect(machine.wantsMore)
        machine.take(stream: stream, number: 1, parts: [0..<8], success: .delivered, text: Position(1))
        #expect(machine.claim(batch: 5) == [claim(1)])
        #expect(sent(&machine) == [])
        machine.committed(batch: 4)
        #expect(sent(&machine) == [])
        machine.committed(batch: 5)
        #expect(sent(&machine) == ["1.0"])
        #expect(sent(&machine) == [])
        machine.received(Position(1), part: 0, as: NativeKey("n"))
        #expect(receipts(&machine) == ["1.0 delivered"])
        #expect(machine.cursor == Position(2) && machine.isIdle)
    }

    @Test func theWindowCountsParts() {
        var machine = up(3)
        machine.take(stream: stream, number: 1, parts: [0..<8, 8..<16], success: .delivered, text: Position(1))
        _ = machine.claim(batch: 1)
        #expect(machine.wantsMore)
        machine.take(stream: stream, number: 2, parts: [0..<8, 8..<16, 16..<20], success: .delivered, text: Position(2))
        #expect(machine.claim(batch: 1).count == 1)
        #expect(!machine.wantsMore)
        machine.committed(batch: 1)
        #expect(sent(&machine) == ["1.0", "1.1", "2.0"])
        machine.received(Position(1), part: 0, as: nil)
        #expect(machine.claim(batch: 2) == [claim(2, 1, 8..<16)])
    }

    @Test func receiptsAreWrittenInOrder() {
        var machine = up(4)
        for number in 1...3 as ClosedRange<UInt64> {
            machine.take(stream: stream, number: number, parts: [0..<8], success: .delivered, text: Position(number))
        }
        _ = machine.claim(batch: 1)
        machine.committed(batch: 1)
        _ = machine.send()
        machine.received(Position(3), part: 0, as: nil)
        machine.received(Position(2), part: 0, as: nil)
        #expect(receipts(&machine) == [])
        machine.received(Position(1), part: 0, as: nil)
        #expect(receipts(&machine) == ["1.0 delivered", "2.0 delivered", "3.0 delivered"])
    }

    @Test func thePartsThatArrivedOfALongEventCountAtOnce() {
        var machine = up(2)
        machine.take(stream: stream, number: 1, parts: [0..<8, 8..<16, 16..<24], success: .delivered, text: Position(1))
        _ = machine.claim(batch: 1)
        machine.committed(batch: 1)
        _ = machine.send()
        machine.received(Position(1), part: 0, as: nil)
        #expect(receipts(&machine) == ["1.0 delivered"])
        #expect(machine.cursor == Position(1) && machine.received == .init(parts: 1, bytes: 8, text: .first))
    }

    @Test func aLateAnswerIsNoError() {
        var machine = up(1)
        machine.received(Position(9), part: 0, as: nil)
        let mayWait1 = machine.deferred(Position(9), part: 0, at: time)
        #expect(mayWait1)
        let hasBounced = machine.bounce(Position(9), part: 0)
        #expect(!hasBounced)
        #expect(receipts(&machine) == [])
    }

    @Test func afterARestartClaimsAreReconciledFirst() {
        var machine = machine(claims: [claim(1), claim(1, 1, 8..<16), claim(2)])
        let mustReconcile = machine.connected(Capabilities(partsInFlight: 4))
        #expect(mustReconcile)
        #expect(machine.openClaims == [claim(1), claim(1, 1, 8..<16), claim(2)])
        #expect(!machine.wantsMore && machine.rest == nil)
        let repeated = machine.reconciled([part(1): .arrived(NativeKey("a")), part(1, 1): .absent, part(2): .unknown])
        #expect(repeated == 1)
        // The rest of the first is cut anew behind what arrived, the second from its beginning.
        #expect(machine.rest?.position == Position(1) && machine.rest?.start == 8 && machine.rest?.part == 1)
        machine.takeRest([8..<12, 12..<20], success: .delivered, text: Position(1))
        #expect(machine.rest?.position == Position(2) && machine.rest?.start == 0 && machine.rest?.part == 0)
        machine.takeRest([0..<8], success: .delivered, text: Position(2))
        #expect(machine.claim(batch: 7) == [claim(1, 1, 8..<12), claim(1, 2, 12..<20), claim(2)])
        #expect(receipts(&machine) == ["1.0 delivered"])
    }

    @Test func whatMayHaveArrivedIsNotRepeatedUnderSkip() {
        var machine = machine(claims: [claim(1), claim(2)])
        _ = machine.connected(Capabilities(partsInFlight: 4, uncertain: .skip))
        #expect(machine.reconciled([part(2): .arrived(nil)]) == 0)
        while machine.rest != nil { machine.finishRest(nil) }
        #expect(receipts(&machine) == ["1.0 uncertain", "2.0 delivered"])
    }

    /// A claim that was written but whose part was never handed over is no reason for doubt.
    @Test func onlyWhatWasSentIsUncertain() {
        var machine = up(4)
        machine.take(stream: stream, number: 1, parts: [0..<8], success: .delivered, text: Position(1))
        machine.take(stream: stream, number: 2, parts: [0..<8], success: .delivered, text: Position(2))
        _ = machine.claim(batch: 1)
        machine.committed(batch: 1)
        #expect(sent(&machine) == ["1.0", "2.0"])
        machine.take(stream: stream, number: 3, parts: [0..<8], success: .delivered, text: Position(3))
        _ = machine.claim(batch: 2)
        machine.disconnected()
        #expect(machine.openClaims == [claim(1), claim(2)])
        let mustReconcile = machine.connected(Capabilities(partsInFlight: 4))
        #expect(mustReconcile)
        #expect(machine.reconciled([part(1): .absent, part(2): .absent]) == 0)
        while let rest = machine.rest { machine.takeRest([0..<8], success: .delivered, text: rest.position) }
        #expect(machine.rest == nil)
        #expect(machine.claim(batch: 3).map(\.position) == [Position(1), Position(2), Position(3)])
    }

    @Test func aGapBetweenClaimsIsLookedAtAgain() {
        var machine = machine(claims: [claim(1), claim(3)])
        _ = machine.connected(Capabilities(partsInFlight: 4))
        _ = machine.reconciled([part(1): .arrived(nil), part(3): .arrived(nil)])
        machine.finishRest(nil)
        #expect(machine.rest?.position == Position(2))
        machine.finishRest(.superseded)
        machine.finishRest(nil)
        #expect(receipts(&machine) == ["1.0 delivered", "2.0 superseded", "3.0 delivered"])
        #expect(machine.head == Position(4))
    }

    @Test func aDeferredPartHoldsBackWhatFollowsUntilItsEnd() {
        var machine = up(1)
        machine.take(stream: stream, number: 1, parts: [0..<8], success: .delivered, text: Position(1))
        _ = machine.claim(batch: 1)
        machine.committed(batch: 1)
        _ = machine.send()
        let mayWait2 = machine.deferred(Position(1), part: 0, at: time)
        #expect(mayWait2)
        #expect(!machine.wantsMore && sent(&machine) == [])
        machine.retry()
        #expect(sent(&machine) == ["1.0"])
        let mayWait3 = machine.deferred(Position(1), part: 0, at: UnixTime(seconds: time.seconds + 99))
        #expect(mayWait3)
        machine.retry()
        _ = machine.send()
        let mayWait4 = machine.deferred(Position(1), part: 0, at: UnixTime(seconds: time.seconds + 100))
        #expect(!mayWait4)
        _ = machine.bounce(Position(1), part: 0)
        #expect(receipts(&machine) == ["1.0 bounced"])
        #expect(machine.wantsMore && machine.deferredSince == nil)
    }

    @Test func passedEntriesMoveTheCursor() {
        var machine = up(1)
        machine.pass()
        machine.pass()
        #expect(machine.cursor == Position(3))
        machine.take(stream: stream, number: 3, parts: [0..<8], success: .delivered, text: Position(3))
        machine.pass()
        #expect(machine.cursor == Position(3) && machine.head == Position(5))
        _ = machine.claim(batch: 1)
        machine.committed(batch: 1)
        _ = machine.send()
        machine.received(Position(3), part: 0, as: nil)
        _ = machine.receipts(at: time)
        #expect(machine.cursor == Position(5))
    }

    @Test func severalRefusedPartsOfOneEventAreOneBounce() {
        var machine = up(4)
        machine.take(stream: stream, number: 1, parts: [0..<8, 8..<16, 16..<24], success: .delivered, text: .first)
        _ = machine.claim(batch: 1)
        machine.committed(batch: 1)
        _ = machine.send()
        let first = machine.bounce(Position(1), part: 1)
        let second = machine.bounce(Position(1), part: 2)
        #expect(first && !second)
        #expect(receipts(&machine) == [])
        machine.received(Position(1), part: 0, as: nil)
        #expect(receipts(&machine) == ["1.0 delivered", "1.1 bounced", "1.2 bounced"])
        #expect(machine.cursor == Position(2))
    }
}
