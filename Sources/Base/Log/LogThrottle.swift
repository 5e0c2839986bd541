/// Keeps lines that somebody outside can cause without end from filling a disk: of the same words some, and then how many were left out.
package struct LogThrottle: Sendable {
    private struct Window {
        var begin: UnixTime
        var lines: UInt64 = 0
        var leftOut: UInt64 = 0
    }

    /// By the address of the words: each place in the program has its own.
    private var windows: [UInt: Window] = [:]

    package init() {}

    /// Whether a line is written, and how many of the same words were left out before it since one was.
    package mutating func admit(_ words: StaticString, at time: UnixTime) -> (isWritten: Bool, leftOut: UInt64) {
        let key = words.hasPointerRepresentation ? UInt(bitPattern: words.utf8Start) : UInt(words.unicodeScalar.value)
        var window = windows[key] ?? Window(begin: time)
        defer { windows[key] = window }
        // A clock that was set back begins anew.
        if !(0..<LogLimits.window).contains(window.begin.seconds(until: time)) {
            let leftOut = window.leftOut
            window = Window(begin: time, lines: 1)
            return (true, leftOut)
        }
        if window.lines >= LogLimits.lines {
            window.leftOut += 1
            return (false, 0)
        }
        window.lines += 1
        return (true, 0)
    }
}
