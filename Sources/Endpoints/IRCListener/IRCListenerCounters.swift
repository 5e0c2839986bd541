import Base

/// What a listener has seen since it began.
package struct IRCListenerCounters: Hashable, Sendable {
    package var connections: UInt64 = 0
    /// Refused, as there were too many, in all or from one address.
    package var tooManyConnections: UInt64 = 0
    /// Wrong passwords.
    package var refused: UInt64 = 0
    /// Ended, as registering took too long or too many bytes.
    package var unregistered: UInt64 = 0
    /// Ended, as they did not read what was sent to them.
    package var slowReaders: UInt64 = 0
    /// Ended without a sign of life.
    package var dead: UInt64 = 0
    /// Times that a client was read later, as it sent too much.
    package var slowed: UInt64 = 0
    /// Lines that are no message or too long.
    package var malformed: UInt64 = 0
    /// Lines that the relay did not take.
    package var notTaken: UInt64 = 0

    /// Questions for history that were given up before all was found that was asked for.
    package var historyCut: UInt64 = 0

    package init() {}

    var metrics: [Metric] {
        [
            .counter("fairlead_irc_listener_connections_total", "Connections of clients.", connections),
            .counter(
                "fairlead_irc_listener_connections_refused_total", "Connections beyond the number allowed, in all or from one address.",
                tooManyConnections),
            .counter("fairlead_irc_listener_passwords_refused_total", "Wrong passwords.", refused),
            .counter(
                "fairlead_irc_listener_unregistered_total", "Connections ended as registering took too long or too many bytes.",
                unregistered),
            .counter(
                "fairlead_irc_listener_slow_readers_total", "Connections ended as they did not read what was sent to them.", slowReaders),
            .counter("fairlead_irc_listener_dead_total", "Connections ended without a sign of life.", dead),
            .counter("fairlead_irc_listener_slowed_total", "Times that a client was read later, as it sent too much.", slowed),
            .counter("fairlead_irc_listener_malformed_lines_total", "Lines of clients that are no message or too long.", malformed),
            .counter("fairlead_irc_listener_lines_not_taken_total", "Lines of clients that the relay did not take.", notTaken),
            .counter(
                "fairlead_irc_listener_history_cut_total",
                "Questions for history that were given up before all that was asked for was found.",
                historyCut),
        ]
    }
}
