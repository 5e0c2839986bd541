import Base
import FuzzTargets
import Support
import Testing
import WireLink

@testable import Links

/// A peer that breaks the protocol: each row of docs/protocol.md section 8.
@Suite struct HostilePeerTests {
    /// Tests/Vectors/link/refuses.tsv: what is sent after HELLO and two OFFERs, and the code that the session is closed with.
    @Test(arguments: Vectors.table("link/refuses.tsv"))
    func isClosedWithTheRightCode(_ row: [String]) {
        var reader = SessionReader()
        let hello = Hello(epochOrdinal: 3, epochBits: 1).frame.bytes
        let offers = Offer(index: 1, name: "ops", title: "").frame.bytes + Offer(index: 2, name: "more", title: "").frame.bytes
        #expect(reader.feed(hello + offers) == nil)
        let failure = reader.feed(bytes(hex: row[2])!)
        #expect(failure.map { String($0.code.rawValue) } == row[1], "\(row[0]): \(String(describing: failure))")
    }

    @Test(arguments: FrameKind.allCases.filter { $0 != .hello && $0 != .close })
    func nothingComesBeforeHello(_ kind: FrameKind) {
        var reader = SessionReader()
        let body: [UInt8] = kind == .ping || kind == .pong ? [UInt8](repeating: 0, count: 8) : [1, 1]
        #expect(reader.feed(Frame(kind, body).bytes)?.code == .unexpected)
    }

    /// As much as it likes may be allowed to this side; no sum of it overflows.
    @Test func creditHasACeiling() {
        var reader = SessionReader()
        var hello = Hello(epochOrdinal: 3, epochBits: 1)
        hello.windowRecords = .max
        hello.windowBytes = .max
        #expect(reader.feed(hello.frame.bytes) == nil)
        for _ in 1...3 { #expect(reader.feed(Credit(channel: 1, records: UInt64(Int32.max), bytes: UInt64(Int32.max)).frame.bytes) == nil) }
    }

    /// Limits in HELLO with which nothing would flow, or a clock would overflow.
    @Test func helloHasItsLimits() {
        func answer(_ change: (inout Hello) -> Void) -> CloseCode? {
            var hello = Hello(epochOrdinal: 3, epochBits: 1)
            change(&hello)
            var reader = SessionReader()
            return reader.feed(hello.frame.bytes)?.code
        }
        #expect(answer { $0.silence = LinkLimits.silence } == nil)
        #expect(answer { $0.silence = LinkLimits.silence + 1 } == .malformed)
        #expect(answer { $0.silence = .max } == .malformed)
        #expect(answer { $0.silence = 0 } == .malformed)
        #expect(answer { $0.windowRecords = 0 } == .malformed)
        #expect(answer { $0.windowBytes = UInt64(LinkLimits.record) - 1 } == .malformed)
        #expect(answer { $0.contexts = 0 } == .malformed)
        #expect(answer { ($0.windowRecords, $0.windowBytes, $0.contexts) = (.max, .max, .max) } == nil)
    }

    @Test func whatIsIgnorableIsIgnored() {
        var reader = SessionReader()
        #expect(reader.feed(Hello(epochOrdinal: 3, epochBits: 1).frame.bytes + Frame(kind: 0xFF, body: [1, 2, 3]).bytes) == nil)
    }

    /// A sender that takes no notice of credit.
    @Test func moreThanTheCreditClosesTheSession() {
        var reader = SessionReader()
        _ = reader.feed(Hello(epochOrdinal: 3, epochBits: 1).frame.bytes + Offer(index: 1, name: "ops", title: "").frame.bytes)
        let introduction = WireIntroduction(owner: .sender, bridgeKey: [UInt8](repeating: 1, count: 16), ordinal: 3, salt: 1, bits: 1)
        var columns = BatchColumns()
        let packer = Packer()
        var sent = 0
        for round in 0..<20 {
            var encoder = BatchEncoder(columns)
            if round == 0 { encoder.introduction(introduction, prefix: 0) }
            for _ in 0..<1000 { encoder.record(stream: 1, time: 5, hops: 0, [1, 2, 3]) }
            columns = encoder.columnsAfter
            var body = BatchFrame.head(channel: 1, isReset: round == 0)
            packer.pack(encoder.writer.bytes, behind: &body)
            sent += encoder.count
            let failure = reader.feed(Frame(.batch, body).bytes)
            if sent <= LinkLimits.windowRecords { #expect(failure == nil) } else { return #expect(failure?.code == .overCredit) }
        }
        Issue.record("the credit had no end")
    }

    /// More channels than contexts: both sides give up the same one.
    @Test func contextsAreGivenUpInOneOrder() throws {
        var unpackers = Unpackers()
        let count = LinkLimits.contexts + 3
        var packers: [Packer?] = (0..<count).map { _ in Packer() }
        for channel in 0..<count { _ = try send(channel, packers[channel]!, isReset: true, &unpackers) }
        // The first three lost theirs; the others go on.
        #expect(throws: LinkFailure.self) { try send(0, packers[0]!, isReset: false, &unpackers) }
        packers[1] = Packer()
        #expect(try send(1, packers[1]!, isReset: true, &unpackers).count == 1)
        #expect(try send(count - 1, packers[count - 1]!, isReset: false, &unpackers).count == 1)
    }

    private func send(_ channel: Int, _ packer: Packer, isReset: Bool, _ unpackers: inout Unpackers) throws -> [BatchItem] {
        var encoder = BatchEncoder(BatchColumns())
        encoder.introduction(.init(owner: .sender, bridgeKey: [UInt8](repeating: 1, count: 16), ordinal: 3, salt: 1, bits: 1), prefix: 0)
        var body = BatchFrame.head(channel: UInt64(channel + 1), isReset: isReset)
        packer.pack(encoder.writer.bytes, behind: &body)
        return try unpackers.unpack(BatchFrame(body: body)).items
    }
}
