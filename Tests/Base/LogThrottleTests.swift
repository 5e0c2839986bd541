import Base
import Testing

@Suite struct LogThrottleTests {
    @Test func ofTheSameWordsSomeAreWrittenAndTheOthersCounted() {
        var throttle = LogThrottle()
        func admit(_ count: UInt64, _ second: UInt64) -> (written: UInt64, leftOut: UInt64) {
            var sum: (written: UInt64, leftOut: UInt64) = (0, 0)
            for _ in 0..<count {
                let (isWritten, leftOut) = throttle.admit("a stranger came", at: UnixTime(seconds: second))
                sum = (sum.written + (isWritten ? 1 : 0), sum.leftOut + leftOut)
            }
            return sum
        }
        #expect(admit(LogLimits.lines + 30, 1000) == (LogLimits.lines, 0))
        #expect(admit(5, 1059) == (0, 0))
        // Others are not meant.
        #expect(throttle.admit("something else", at: UnixTime(seconds: 1059)) == (true, 0))
        #expect(admit(LogLimits.lines, 1060) == (LogLimits.lines, 35))
        #expect(admit(1, 1061) == (0, 0))
        // A clock that was set back.
        #expect(admit(2, 500) == (2, 1))
    }
}
