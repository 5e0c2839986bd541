import Base

/// What connects two simulated relays: a session at a time, with delays, cut at will.
package final class SimulatedCable: @unchecked Sendable {  // the driving thread's alone
    private let world: SimulatedWorld
    private var waiting: [(side: Int, host: SimulatedHost, done: UnsafeContinuation<PipeStream, Never>)] = []
    private var pipes: [PipeStream] = []

    package init(in world: SimulatedWorld) { self.world = world }

    /// Waits until the other side wants to connect too. Called as code of `host`.
    package func connect(_ side: Int, _ host: SimulatedHost) async -> PipeStream {
        await withUnsafeContinuation { done in
            waiting.removeAll { $0.side == side }
            waiting.append((side, host, done))
            world.after(.milliseconds(world.pick(1...50))) { self.pair() }
        }
    }

    private func pair() {
        waiting.removeAll { $0.host.hasCrashed }
        guard waiting.count == 2 else { return }
        let ends = waiting.map { PipeStream(on: $0.host, in: world) }
        ends[0].other = ends[1]
        ends[1].other = ends[0]
        pipes = ends
        for (one, end) in zip(waiting, ends) {
            let done = one.done
            one.host.later { done.resume(returning: end) }
        }
        waiting = []
    }

    /// Breaks the session of now: what was on its way may or may not arrive.
    package func cut() {
        for pipe in pipes { pipe.hangUp() }
        pipes = []
    }
}

/// One end of a simulated connection: bytes arrive at the other end in order, after a while, in pieces. Who writes more than the other end
/// reads has to wait.
package final class PipeStream: ByteStream, @unchecked Sendable {  // the driving thread's alone
    /// So much is on its way and unread at most.
    private static let window = 256 << 10

    private let host: SimulatedHost
    private let world: SimulatedWorld
    fileprivate weak var other: PipeStream?
    /// Bytes written to this end that it has not read.
    private var unread = 0
    private var writer: UnsafeContinuation<Void, Never>?
    private var received: [UInt8] = []
    private var isEnded = false
    private var isClosed = false
    private var reader: UnsafeContinuation<Void, Never>?
    private var lastArrival = Instant(nanoseconds: 0)

    init(on host: SimulatedHost, in world: SimulatedWorld) {
        self.host = host
        self.world = world
    }

    package func read(atMost count: Int) async throws(StreamError) -> [UInt8]? {
        while received.isEmpty {
            if isClosed { throw .closed }
            if isEnded { return nil }
            await withUnsafeContinuation { reader = $0 }
        }
        if isClosed { throw .closed }
        let bytes = Array(received.prefix(min(count, Int(world.pick(1...5000)))))
        received.removeFirst(bytes.count)
        unread -= bytes.count
        other?.wakeWriter()
        return bytes
    }

    package func write(_ bytes: [UInt8]) async throws(StreamError) {
        if isClosed || isEnded { throw .lost("cut") }
        guard let other else { throw .lost("gone") }
        other.unread += bytes.count
        while other.unread > PipeStream.window && other.unread > bytes.count {
            await withUnsafeContinuation { writer = $0 }
            if isClosed || isEnded { throw .lost("cut") }
        }
        let arrival = max(lastArrival, world.now + .milliseconds(world.pick(0...30)))
        lastArrival = arrival + Interval(nanoseconds: 1)
        world.schedule(at: arrival) { other.arrive(bytes) }
    }

    package func close() {
        if isClosed { return }
        isClosed = true
        wake()
        if let other { world.after(.milliseconds(world.pick(0...30))) { other.hangUp() } }
    }

    private func arrive(_ bytes: [UInt8]) {
        if isEnded || isClosed { return }
        received += bytes
        wake()
    }

    fileprivate func hangUp() {
        isEnded = true
        wake()
    }

    private func wake() {
        wakeWriter()
        guard let reader else { return }
        self.reader = nil
        host.later { reader.resume() }
    }

    private func wakeWriter() {
        guard let writer else { return }
        self.writer = nil
        host.later { writer.resume() }
    }
}
