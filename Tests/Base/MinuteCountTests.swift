import Base
import Testing

@Suite struct MinuteCountTests {
    private func second(_ number: UInt64) -> Instant { Instant(nanoseconds: number * 1_000_000_000) }

    @Test func whatIsOlderThanAMinuteDoesNotCount() {
        var count = MinuteCount()
        #expect(count.total(at: second(3)) == 0)
        for number in 0..<200 {
            count.note(at: second(UInt64(number)))
            #expect(count.total(at: second(UInt64(number))) == UInt64(number < 60 ? number + 1 : 51 + number % 10))
        }
        // The last one was in the slot from 190 s on.
        #expect(count.total(at: second(209)) == 50 && count.total(at: second(249)) == 10 && count.total(at: second(250)) == 0)
        #expect(count.total(at: second(100_000)) == 0)
        count.note(7, at: second(100_000))
        #expect(count.total(at: second(100_059)) == 7)
        #expect(count.total(at: second(100_060)) == 0)
    }
}
