import Base
import Core
import Model
import Simulation
import Support
import Testing
import WireLink

@testable import Links

/// What is on its way in a channel when that is taken out: nothing of it is taken in, and the link's other channels go on.
@Suite struct TakenOutTests {
    /// A whole window's worth, with the stream's introduction in it, sent before REVOKE was read.
    @Test func theOtherChannelsGoOn() {
        let pair = SharingPair(seed: 3)
        pair.share([0, 1])
        let relay = pair.relays[0]
        relay.start()
        let peer = LateReader(in: pair.world, at: pair.cable, side: 1)
        peer.start()
        pair.run(seconds: 5)
        relay.reload(relay.bridges(sharing: [0]))
        pair.run(seconds: 20)
        #expect(peer.sentInVain >= LinkLimits.windowBytes)
        #expect(peer.closing == nil)
        #expect(peer.acknowledged == [.init(stream: 2, prefix: 1)])
        #expect(pair.texts(0, 0) == ["goes on"])
        #expect(pair.texts(0, 1) == [])
        #expect(relay.rows.state.streams.filter { $0.introduction.owner == SimulatedRelay.id(2) }.count == 1)
        pair.expectOneSession()
    }
}

/// A peer that shares `c0` and `c1`, fills the window in `c1` before it heeds that this was taken back, and says something in `c0` when it has
/// got credit for half of the window again.
private final class LateReader: @unchecked Sendable {  // the driving thread's alone
    private let world: SimulatedWorld
    private let cable: SimulatedCable
    private let side: Int
    private var decoder = FrameDecoder()
    private var resumed = 0
    private var credit = 0
    private var hasGoneOn = false
    private(set) var sentInVain = 0
    private(set) var acknowledged: [Acknowledgement.Entry] = []
    private(set) var closing: Closing?

    init(in world: SimulatedWorld, at cable: SimulatedCable, side: Int) {
        self.world = world
        self.cable = cable
        self.side = side
        decoder.limit = LinkLimits.frame
    }

    func start() {
        let host = world.makeHost()
        world.running(host) {
            _ = Task(executorPreference: host) {
                do {
                    try await self.talk(await self.cable.connect(self.side, host))
                } catch {
                    self.world.failures.append("the session ended: \(error)")
                }
            }
        }
    }

    private func talk(_ stream: PipeStream) async throws {
        var hello = Hello(epochOrdinal: 9, epochBits: 9).frame.bytes
        for (index, name) in ["c0", "c1"].enumerated() { hello += Offer(index: UInt64(index + 1), name: name, title: "").frame.bytes }
        try await stream.write(hello)
        while let bytes = try await stream.read(atMost: 4096) {
            decoder.feed(bytes)
            while let frame = try decoder.next() { try await answer(frame, stream) }
        }
    }

    private func answer(_ frame: Frame, _ stream: PipeStream) async throws {
        switch FrameKind(rawValue: frame.kind) {
        case .resume:
            resumed += 1
            if resumed < 2 { return }
            for channel: UInt64 in [1, 2] {
                let resume = Resume(channel: channel, hasTransit: false, isPartial: false, holdings: [])
                try await stream.write(Frame(.accept, Varints.encode([channel])).bytes + resume.frame.bytes)
            }
        case .revoke: try await fill(stream)
        case .credit:
            credit += Int(try Credit(body: frame.body).bytes)
            guard credit >= LinkLimits.windowBytes / 2, !hasGoneOn else { return }
            hasGoneOn = true
            var encoder = BatchEncoder(BatchColumns())
            encoder.introduction(introduction(of: 1), prefix: 0)
            encoder.record(stream: 2, time: 1_795_000_000, hops: 0, record("goes on"))
            try await send(encoder, in: 1, Packer(), isReset: true, stream)
        case .acknowledge: acknowledged += try Acknowledgement(body: frame.body).entries
        case .close: closing = try Closing(body: frame.body)
        default: break
        }
    }

    private func fill(_ stream: PipeStream) async throws {
        let packer = Packer()
        var columns = BatchColumns()
        while sentInVain < LinkLimits.windowBytes {
            var encoder = BatchEncoder(columns)
            if sentInVain == 0 { encoder.introduction(introduction(of: 2), prefix: 0) }
            for number in 0..<64 {
                encoder.record(stream: 1, time: 1_795_000_000, hops: 0, record(String(repeating: "\(number) ", count: 400)))
            }
            columns = encoder.columnsAfter
            try await send(encoder, in: 2, packer, isReset: sentInVain == 0, stream)
            sentInVain += encoder.writer.count
        }
    }

    private func send(_ encoder: BatchEncoder, in channel: UInt64, _ packer: Packer, isReset: Bool, _ stream: PipeStream) async throws {
        var body = BatchFrame.head(channel: channel, isReset: isReset)
        packer.pack(encoder.writer.bytes, behind: &body)
        try await stream.write(Frame(.batch, body).bytes)
    }

    private func introduction(of channel: UInt8) -> WireIntroduction {
        WireIntroduction(owner: .sender, bridgeKey: [UInt8](repeating: channel, count: 16), ordinal: 9, salt: 1, bits: 9)
    }

    private func record(_ text: String) -> [UInt8] { RecordEncoder.encode(.posted(Post(RichText(text))), author: 1) }
}
