/// Cuts what a server sends into lines, at LF with or without CR (RFC 1459 section 2.3; servers differ). Empty lines are left out.
package struct LineDecoder: Hashable, Sendable {
    private var rest: [UInt8] = []
    private var isSkipping = false
    /// Lines that were longer than allowed and were dropped.
    package private(set) var tooLong: UInt64 = 0
    private let limit: Int

    package init(limit: Int = IRCLimits.line) { self.limit = limit }

    /// The lines that are whole now, without their ends.
    package mutating func feed(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        for index in bytes.indices where bytes[index] == 0x0A {
            finish(bytes[start..<index], &lines)
            start = index + 1
        }
        if isSkipping { return lines }
        rest += bytes[start...]
        if rest.count > limit {
            rest = []
            isSkipping = true
            tooLong += 1
        }
        return lines
    }

    private mutating func finish(_ end: ArraySlice<UInt8>, _ lines: inout [[UInt8]]) {
        defer { rest = [] }
        if isSkipping {
            isSkipping = false
            return
        }
        var line = rest.isEmpty ? Array(end) : rest + end
        while line.last == 0x0D { line.removeLast() }
        if line.isEmpty { return }
        if line.count > limit { tooLong += 1 } else { lines.append(line) }
    }
}
