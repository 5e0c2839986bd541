/// What an IRC endpoint has seen since it began.
package struct IRCCounters: Hashable, Sendable {
    package var reconnects: UInt64 = 0
    /// Lines longer than `IRCLimits.line`, dropped.
    package var linesTooLong: UInt64 = 0
    /// Lines that are no message.
    package var malformed: UInt64 = 0
    /// Lines of other relays: never taken in as new.
    package var relayed: UInt64 = 0
    /// Lines that a server without batches may have played again: not taken in.
    package var untrusted: UInt64 = 0
    /// Times that a channel was told of a gap.
    package var gaps: UInt64 = 0

    package init() {}
}
