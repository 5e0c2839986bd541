import Base
import Support
import Testing
import WireLink

@Suite struct LinkFrameTests {
    /// Tests/Vectors/link/frames.tsv: what the specification's own encoder writes is read, and written alike.
    @Test(arguments: Vectors.table("link/frames.tsv"))
    func framesAreWrittenAsTheyAreRead(_ row: [String]) throws {
        let bytes = bytes(hex: row[1])!
        var decoder = FrameDecoder()
        decoder.limit = LinkLimits.frame
        decoder.feed(bytes)
        let frame = try #require(try decoder.next())
        let again: Frame
        switch FrameKind(rawValue: frame.kind) {
        case .hello: again = try Hello(body: frame.body).frame
        case .offer: again = try Offer(body: frame.body).frame
        case .resume: again = try Resume(body: frame.body).frame
        case .acknowledge: again = try Acknowledgement(body: frame.body).frame
        case .credit: again = try Credit(body: frame.body).frame
        case .close: again = try Closing(body: frame.body).again
        case .pair: again = try Pairing(body: frame.body).frame
        case .batch:
            let batch = try BatchFrame(body: frame.body)
            again = Frame(.batch, BatchFrame.head(channel: batch.channel, isReset: batch.isReset) + batch.packed)
        default: again = frame
        }
        // HELLO is written with every limit.
        if FrameKind(rawValue: frame.kind) == .hello {
            #expect(try Hello(body: again.body) == Hello(body: frame.body))
        } else {
            #expect(again.bytes == bytes)
        }
    }

    /// A proof is of one secret, one role, one session and one pair of keys in this order: with any of them another, it is another.
    @Test func aProofFitsNothingElse() {
        func bytes(_ value: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: value, count: count) }
        let proofs = [
            Pairing.proof(bytes(1, 16), .dialler, exporter: bytes(2, 32), dialler: bytes(3, 32), listener: bytes(4, 32)),
            Pairing.proof(bytes(9, 16), .dialler, exporter: bytes(2, 32), dialler: bytes(3, 32), listener: bytes(4, 32)),
            Pairing.proof(bytes(1, 16), .listener, exporter: bytes(2, 32), dialler: bytes(3, 32), listener: bytes(4, 32)),
            Pairing.proof(bytes(1, 16), .dialler, exporter: bytes(9, 32), dialler: bytes(3, 32), listener: bytes(4, 32)),
            Pairing.proof(bytes(1, 16), .dialler, exporter: bytes(2, 32), dialler: bytes(9, 32), listener: bytes(4, 32)),
            Pairing.proof(bytes(1, 16), .dialler, exporter: bytes(2, 32), dialler: bytes(3, 32), listener: bytes(9, 32)),
            Pairing.proof(bytes(1, 16), .dialler, exporter: bytes(2, 32), dialler: bytes(4, 32), listener: bytes(3, 32)),
        ]
        #expect(Set(proofs).count == proofs.count)
    }

    /// An invite is one word, and any wrong letter of it is noticed.
    @Test func invitesAreReadAsTheyAreWritten() {
        let code = InviteCode(
            relay: [UInt8](repeating: 7, count: 32), secret: [UInt8](0..<16), expires: UnixTime(seconds: 1_800_000_000), name: "west",
            addresses: ["a.example:7733", "[::1]:7733"])
        #expect(InviteCode(text: code.text) == code && InviteCode(text: " \(code.text.uppercased())\n") == code)
        for index in code.text.indices {
            var wrong = code.text
            wrong.replaceSubrange(index...index, with: wrong[index] == "a" ? "b" : "a")
            #expect(InviteCode(text: wrong) == nil)
        }
        for length in 0..<code.text.count { #expect(InviteCode(text: String(code.text.prefix(length))) == nil) }
    }

    @Test func framesAreCutWhereverTheBytesAre() throws {
        let frames = Vectors.table("link/frames.tsv").map { bytes(hex: $0[1])! }
        let stream = frames.flatMap { $0 }
        for step in [1, 2, 3, 7, 64] {
            var decoder = FrameDecoder()
            decoder.limit = LinkLimits.frame
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: step) {
                decoder.feed(Array(stream[start..<min(start + step, stream.count)]))
                while let frame = try decoder.next() { found.append(frame.bytes) }
            }
            #expect(found == frames)
        }
    }

    @Test func aFrameAtTheLimitPassesAndOneOverDoesNot() throws {
        var decoder = FrameDecoder()
        decoder.limit = 10
        decoder.feed(Frame(kind: 200, body: [UInt8](repeating: 1, count: 9)).bytes)
        #expect(try decoder.next()?.body.count == 9)
        decoder.feed(Frame(kind: 200, body: [UInt8](repeating: 1, count: 10)).bytes)
        #expect(throws: LinkFailure.self) { try decoder.next() }
    }

    /// However many streams and holes are named, no frame is too large.
    @Test func resumesFitTheirFrames() throws {
        let introduction = WireIntroduction(
            owner: .other([UInt8](repeating: 9, count: 32)), bridgeKey: [UInt8](repeating: 4, count: 16), ordinal: 1 << 31, salt: .max,
            bits: .max)
        var holes: [ClosedRange<UInt64>] = []
        for index in 0..<UInt64(LinkLimits.holes) {
            let number = UInt64(1) << 61 + 2 * index
            holes.append(number...number)
        }
        let full = Resume.Holding(introduction: introduction, prefix: 1 << 62, digest: .max, holes: holes)
        let small = Resume.Holding(introduction: introduction, prefix: 1, digest: 0, holes: [])
        for (holding, count) in [(full, 5000), (small, 20_000), (small, 0)] {
            let frames = Resume.frames(of: [Resume.Holding](repeating: holding, count: count)[...], channel: 7)
            var named = 0
            for (index, frame) in frames.enumerated() {
                #expect(frame.bytes.count <= LinkLimits.frame)
                let resume = try Resume(body: frame.body)
                #expect(resume.channel == 7 && resume.isPartial == (index < frames.count - 1))
                named += resume.holdings.count
            }
            #expect(named == count && !frames.isEmpty)
        }
    }

    @Test func itemsAreReadAsTheyWereWritten() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            var encoder = BatchEncoder(BatchColumns())
            var expected: [String] = []
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let stream = UInt64.random(in: 1...3, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0:
                    let profile = BatchItem.Profile(author: 7, record: [1, 2, 3])
                    encoder.skip(stream: stream, through: 900, reason: 2, profiles: [profile])
                    expected.append("skip \(stream) 900 2 \([profile])")
                case 1:
                    let introduction = WireIntroduction(
                        owner: .receiver, bridgeKey: [UInt8](repeating: 4, count: 16), ordinal: 9, salt: .max, bits: 1)
                    encoder.introduction(introduction, prefix: 300)
                    expected.append("introduction \(introduction) 300")
                default:
                    let record = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    let (time, hops) = (UInt64.random(in: 0...2_000_000_000, using: &random), UInt8.random(in: 0...8, using: &random))
                    let number = UInt64.random(in: 0...9, using: &random)
                    if number == 0 {
                        encoder.record(stream: stream, time: time, hops: hops, record[...])
                    } else {
                        encoder.late(stream: stream, number: number, time: time, hops: hops, record[...])
                    }
                    expected.append("record \(number) \(stream) \(time) \(hops) \(record)")
                }
            }
            let bytes = encoder.writer.bytes
            var columns = BatchColumns()
            let items = try BatchDecoder.items(bytes.span.bytes, &columns)
            let found = items.map { item in
                switch item {
                case .record(let stream, let time, let hops, let record): "record 0 \(stream) \(time) \(hops) \(Array(bytes[record]))"
                case .late(let stream, let number, let time, let hops, let record):
                    "record \(number) \(stream) \(time) \(hops) \(Array(bytes[record]))"
                case .skip(let stream, let last, let reason, let profiles): "skip \(stream) \(last) \(reason) \(profiles)"
                case .introduction(let introduction, let prefix): "introduction \(introduction) \(prefix)"
                }
            }
            #expect(found == expected && columns == encoder.columnsAfter)
        }
    }
}

extension Closing {
    /// The frame of what was read.
    fileprivate var again: Frame { Closing(LinkFailure(CloseCode(rawValue: code)!, words), about: kind).frame }
}
