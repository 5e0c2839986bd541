import Base
import IO
import Support
import Testing
import WireLink

/// The examples of docs/protocol.md section 11 are what an independent encoder writes (Tests/Vectors/link), and what this program does.
@Suite struct DocumentedFramesTests {
    /// The examples by name: the bytes of their lines, put together.
    private static let examples: [String: [UInt8]] = {
        let text = (try? Files.read(Repository.path("docs/protocol.md"), atMost: 1 << 20)) ?? []
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        var examples: [String: [UInt8]] = [:]
        var name = ""
        for line in lines.drop(while: { $0 != "## 11. Examples" }).dropFirst().prefix(while: { !$0.hasPrefix("## ") }) {
            if line.hasPrefix("      ") {
                // Words begin behind two spaces.
                let bytes = line.dropFirst(6).split(separator: "  ", maxSplits: 1)[0]
                examples[name]? += bytes.split(separator: " ").map { UInt8($0, radix: 16) ?? 0xFF }
            } else if line.hasPrefix("    "), let end = line.firstIndex(of: ":") {
                name = String(line[..<end].dropFirst(4))
                examples[name] = []
            }
        }
        return examples
    }()

    @Test func everyKindHasAnExampleThatIsAVector() throws {
        let vectors = Dictionary(uniqueKeysWithValues: Vectors.table("link/frames.tsv").map { ($0[0], bytes(hex: $0[1])!) })
        var kinds: Set<UInt8> = []
        for (name, example) in DocumentedFramesTests.examples where name != "unpacked" {
            #expect(example == vectors[name], "\(name)")
            var decoder = FrameDecoder()
            decoder.feed(example)
            kinds.insert(try #require(try decoder.next()?.kind, "\(name)"))
        }
        #expect(kinds == Set(FrameKind.allCases.map(\.rawValue)))
        let items = Vectors.corpus("link-batch").first { $0.name == "first" }?.bytes
        #expect(DocumentedFramesTests.examples["unpacked"] == items)
    }

    /// Word for word, from the values that the words beside the bytes name.
    @Test func theProgramWritesWhatIsDocumented() {
        let key = [UInt8](0..<16)
        let other = [UInt8](0..<32)
        let introductions = [
            WireIntroduction(owner: .sender, bridgeKey: key, ordinal: 3, salt: 5, bits: 0x0102_0304_0506_0708),
            WireIntroduction(owner: .receiver, bridgeKey: key, ordinal: 1, salt: 2, bits: 3),
            WireIntroduction(owner: .other(other), bridgeKey: key, ordinal: 1, salt: 2, bits: 3),
        ]
        var hello = Hello(epochOrdinal: 3, epochBits: 0x1122_3344_5566_7788)
        (hello.windowRecords, hello.windowBytes, hello.contexts, hello.silence) = (100, 1 << 20, 4, 10)
        let holdings = [
            Resume.Holding(introduction: introductions[0], prefix: 700, digest: 0xAABB_CCDD_EEFF_0011, holes: [5...5, 7...300]),
            Resume.Holding(introduction: introductions[1], prefix: 1, digest: 0, holes: []),
            Resume.Holding(introduction: introductions[2], prefix: 0, digest: 0, holes: []),
        ]
        let written: [String: Frame] = [
            "hello-with-limits": hello.frame,
            "offer-with-title": Offer(index: 2, name: "more", title: "Größeres").frame,
            "accept": Frame(.accept, Varints.encode([1])),
            "revoke": Frame(.revoke, Varints.encode([300])),
            "resume": Resume(channel: 2, hasTransit: true, isPartial: true, holdings: holdings).frame,
            "ack": Acknowledgement([.init(stream: 1, prefix: 2), .init(stream: 300, prefix: 70_000)]).frame,
            "credit": Credit(channel: 1, records: 2048, bytes: 1 << 20).frame,
            "ping": Frame(.ping, [UInt8](0..<8)),
            "pong": Frame(.pong, [UInt8](0..<8)),
            "drain": Frame(.drain, Varints.encode([30])),
            "close": Closing(LinkFailure(.gap, "a number above the next"), about: FrameKind.batch.rawValue).frame,
            "pair": Pairing(proof: other, name: "west", addresses: ["a.example:7733", "[::1]:7733"]).frame,
        ]
        for (name, frame) in written { #expect(frame.bytes == DocumentedFramesTests.examples[name], "\(name)") }
        // What is packed in a BATCH; packing has vectors of its own (Tests/Links).
        #expect(
            Set(DocumentedFramesTests.examples.keys) == Set(written.keys).union(["batch-first", "batch-second", "batch-late", "unpacked"]))
    }

    @Test func theItemsOfABatchAreWrittenAsDocumented() throws {
        let example = try #require(DocumentedFramesTests.examples["unpacked"])
        var columns = BatchColumns()
        var encoder = BatchEncoder(columns)
        for item in try BatchDecoder.items(example.span.bytes, &columns) {
            switch item {
            case .record(let stream, let time, let hops, let record):
                encoder.record(stream: stream, time: time, hops: hops, example[record])
            case .late(let stream, let number, let time, let hops, let record):
                encoder.late(stream: stream, number: number, time: time, hops: hops, example[record])
            case .skip(let stream, let last, let reason, let profiles):
                encoder.skip(stream: stream, through: last, reason: reason, profiles: profiles)
            case .introduction(let introduction, let prefix): encoder.introduction(introduction, prefix: prefix)
            }
        }
        #expect(encoder.count == 3 && encoder.writer.bytes == example)
    }
}
