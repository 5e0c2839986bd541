import Base

/// What an IRC endpoint has seen since it began.
package struct IRCCounters: Hashable, Sendable {
    package var reconnects: UInt64 = 0
    /// Lines longer than `IRCLimits.line`, dropped.
    package var linesTooLong: UInt64 = 0
    /// Lines that are no message.
    package var malformed: UInt64 = 0
    /// Tags of lines that had too many: the lines were taken without them.
    package var tagsDropped: UInt64 = 0
    /// Lines of other relays: never taken in as new.
    package var relayed: UInt64 = 0
    /// Lines that a server without batches may have played again: not taken in.
    package var untrusted: UInt64 = 0
    /// Times that a channel was told of a gap.
    package var gaps: UInt64 = 0

    package init() {}

    var metrics: [Metric] {
        [
            .counter("fairlead_irc_reconnects_total", "Times that an IRC endpoint connected again.", reconnects),
            .counter("fairlead_irc_lines_too_long_total", "Lines of an IRC server that were too long and dropped.", linesTooLong),
            .counter("fairlead_irc_malformed_lines_total", "Lines of an IRC server that are no message.", malformed),
            .counter("fairlead_irc_relayed_lines_total", "Lines of other relays, never taken in as new.", relayed),
            .counter(
                "fairlead_irc_untrusted_lines_total", "Lines that a server without batches may have played again, not taken in.", untrusted),
            .counter("fairlead_irc_tags_dropped_total", "Tags left out of lines of an IRC server that had too many.", tagsDropped),
            .counter("fairlead_irc_gaps_total", "Times that a channel was told of a gap.", gaps),
        ]
    }
}
