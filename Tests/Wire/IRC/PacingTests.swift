import Base
import Testing
import WireIRC

/// Pacing against servers that hold lines back as real ones do.
@Suite struct PacingTests {
    /// A server that takes `burst` lines at once and `rate` lines a second afterwards, and throws out who has more than `queue` waiting.
    private struct Server {
        var burst: Double
        let rate: Double
        let queue: Int
        let capacity: Double
        var waiting = 0
        var last = 0.0

        init(burst: Double, rate: Double, queue: Int) {
            self.burst = burst
            capacity = burst
            self.rate = rate
            self.queue = queue
        }

        /// When a line that comes now is answered, in seconds; nil if it was one too many.
        mutating func take(at now: Double) -> Double? {
            burst = min(capacity, burst + (now - last) * rate)
            last = now
            burst -= 1
            if burst >= 0 { return now + 0.01 }
            if -burst > Double(queue) { return nil }
            return now - burst / rate + 0.01
        }
    }

    /// Sends `count` lines as fast as the pacing lets; the seconds it took, or nil if it was thrown out.
    private func send(_ count: Int, to server: Server, _ pacing: inout Pacing) -> Double? {
        var server = server
        var now = 0.0
        var answers: [(sent: Double, answer: Double)] = []
        var left = count
        while left > 0 || !answers.isEmpty {
            while left > 0 && answers.count < pacing.allowance {
                guard let answer = server.take(at: now) else { return nil }
                answers.append((now, answer))
                left -= 1
            }
            let next = answers.removeFirst()
            now = max(now, next.answer)
            pacing.answered(1, sentAt: at(next.sent), now: at(now))
        }
        return now
    }

    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: UInt64(seconds * 1e9)) }

    @Test(arguments: [(5.0, 0.5, 10), (10, 1, 20), (1, 2, 8), (40, 3, 20), (20, 10, 20)])
    func aServerThatLimitsNeverThrowsUsOut(_ burst: Double, _ rate: Double, _ queue: Int) {
        var pacing = Pacing()
        let seconds = send(300, to: Server(burst: burst, rate: rate, queue: queue), &pacing)
        let least = (300 - burst) / rate
        // As fast as the server lets, but for a tenth.
        #expect(seconds != nil && seconds! <= least * 1.1 + 5)
    }

    @Test func aServerWithoutLimitsIsUsedToTheFull() {
        var pacing = Pacing()
        let seconds = send(10_000, to: Server(burst: 1e9, rate: 1e9, queue: 1), &pacing)
        #expect(seconds! < 2 && pacing.allowance == Pacing.most)
    }

    @Test func whoWasThrownOutNeverSendsAsManyAgain() {
        var pacing = Pacing()
        for _ in 0..<3 { pacing.thrownOut() }
        #expect(pacing.allowance == 1)
        _ = send(1000, to: Server(burst: 1e9, rate: 1e9, queue: 1), &pacing)
        #expect(pacing.allowance == 1)
    }
}
