import Base
import Core
import Links
import Model
import Simulation
import Support
import WireLink

@testable import Links

/// A linked relay's seat at the cable, taken by somebody with its key: says in sound frames whatever a test wants, one session at a time.
final class LyingPeer: @unchecked Sendable {  // the driving thread's alone
    /// What the relay said in a session.
    struct Heard {
        var hello: Hello?
        /// The relay's RESUME: of its own streams (`sender`) and of the liar's (`receiver`).
        var holdings: [Resume.Holding] = []
        var introductions: [WireIntroduction] = []
        var acknowledged: [Acknowledgement.Entry] = []
        var credits = 0
        var closing: Closing?

        /// The newest stream that the liar's relay has said something in.
        var theirs: Resume.Holding {
            holdings.filter { $0.introduction.owner == .receiver }.max { $0.introduction.ordinal < $1.introduction.ordinal }!
        }
        /// The stream in which the relay's own events are born now.
        var running: Resume.Holding {
            holdings.filter { $0.introduction.owner == .sender }.max { $0.introduction.ordinal < $1.introduction.ordinal }!
        }
    }

    private let world: SimulatedWorld
    private let cable: SimulatedCable
    private let side: Int
    private var heard = Heard()
    private var decoder = FrameDecoder()
    private var isFirst = true

    init(in world: SimulatedWorld, at cable: SimulatedCable, side: Int) {
        self.world = world
        self.cable = cable
        self.side = side
        decoder.limit = LinkLimits.frame
    }

    /// One session: HELLO, the channel `ops`, RESUME of `holdings`, then one batch of what `lie` says; returns what was heard until the relay
    /// closed it, or until `seconds` have passed, when the liar hangs up.
    func session(
        seconds: UInt64 = 8, resume holdings: @escaping @Sendable (Heard) -> [Resume.Holding] = { $0.holdings.map(\.turned) },
        lie: @escaping @Sendable (Heard, inout BatchEncoder) -> Void = { _, _ in }
    ) -> Heard {
        heard = Heard()
        decoder = FrameDecoder()
        decoder.limit = LinkLimits.frame
        let host = world.makeHost()
        world.running(host) {
            _ = Task(executorPreference: host) { await self.talk(host, holdings, lie) }
        }
        world.run(until: world.now + .seconds(seconds))
        world.crash(host)
        cable.cut()
        return heard
    }

    private func talk(
        _ host: SimulatedHost, _ holdings: @Sendable (Heard) -> [Resume.Holding], _ lie: @Sendable (Heard, inout BatchEncoder) -> Void
    ) async {
        let stream = await cable.connect(side, host)
        do {
            try await stream.write(Hello(epochOrdinal: 9, epochBits: 9).frame.bytes + Offer(index: 1, name: "ops", title: "").frame.bytes)
            while let bytes = try await stream.read(atMost: 4096) {
                decoder.feed(bytes)
                while let frame = try decoder.next() {
                    guard try hear(frame) else { continue }
                    // The relay has said what it holds: the turn is ours.
                    var encoder = BatchEncoder(BatchColumns())
                    lie(heard, &encoder)
                    var answer = Frame(.accept, [1]).bytes
                    answer += Resume(channel: 1, hasTransit: false, isPartial: false, holdings: holdings(heard)).frame.bytes
                    if encoder.count > 0 {
                        var body = BatchFrame.head(channel: 1, isReset: true)
                        Packer().pack(encoder.writer.bytes, behind: &body)
                        answer += Frame(.batch, body).bytes
                    }
                    try await stream.write(answer)
                }
            }
        } catch {
            // The relay closes as it likes; what it said before is what counts.
        }
    }

    /// Whether a frame is the relay's RESUME.
    private func hear(_ frame: Frame) throws -> Bool {
        switch FrameKind(rawValue: frame.kind) {
        case .hello: heard.hello = try Hello(body: frame.body)
        case .offer: break
        case .resume:
            heard.holdings += try Resume(body: frame.body).holdings
            return true
        case .acknowledge: heard.acknowledged += try Acknowledgement(body: frame.body).entries
        case .close: heard.closing = try Closing(body: frame.body)
        default: break
        }
        return false
    }
}

extension Resume.Holding {
    /// The same as its other side says it, without knowing any content.
    var turned: Resume.Holding { Resume.Holding(introduction: introduction.turned, prefix: prefix, digest: 0, holes: []) }
}

extension WireIntroduction {
    var turned: WireIntroduction {
        let other: Owner =
            switch owner {
            case .sender: .receiver
            case .receiver: .sender
            case .other(let id): .other(id)
            }
        return by(other)
    }

    func by(_ owner: Owner) -> WireIntroduction {
        WireIntroduction(owner: owner, bridgeKey: bridgeKey, ordinal: ordinal, salt: salt, bits: bits)
    }

    func with(bits: UInt64) -> WireIntroduction {
        WireIntroduction(owner: owner, bridgeKey: bridgeKey, ordinal: ordinal, salt: salt, bits: bits)
    }
}

extension BatchEncoder {
    mutating func record(stream: UInt64, time: UInt64, hops: UInt8, _ record: [UInt8]) {
        self.record(stream: stream, time: time, hops: hops, record[...])
    }
}
