import Base

/// How many lines may be unanswered at once on a connection, so that no server takes this client for a flood.
///
/// Servers hold back, or throw out, clients that send more than some ten lines at once or some lines a second; others are set to let a
/// bridge do as it likes. Nothing says which, so it is felt out: a few lines at first, more while answers come at once, few again as soon
/// as they are late, and never again as many as got this client thrown out.
package struct Pacing: Hashable, Sendable {
    /// The most that any known server takes at once (8 lines of 512 bytes are half of the smallest receive queue).
    package static let first = 4
    package static let careful = 8
    package static let most = 256
    /// An answer after this is late: the server is holding lines back.
    private static let late = Interval.milliseconds(900)
    /// No server that limits at all lets so many lines through in `proof`: the most generous known is 43 in 11.5 s.
    private static let proofLines = 100
    private static let proofTime = Interval.seconds(5)

    package private(set) var allowance = Pacing.first
    private var ceiling = Pacing.most
    private var punctual = 0
    private var since: Instant?
    private var isProven = false

    package init() {}

    /// Lines were answered that had been sent at `sent`.
    package mutating func answered(_ count: Int, sentAt sent: Instant, now: Instant) {
        if sent.distance(to: now) > Pacing.late {
            allowance = max(1, min(Pacing.first, allowance / 2))
            punctual = 0
            since = nil
            isProven = false
            return
        }
        let start = since ?? sent
        since = start
        punctual += count
        if start.distance(to: now) > Pacing.proofTime {
            // Too slow to prove anything; a new try begins.
            since = now
            punctual = 0
        } else if punctual >= Pacing.proofLines {
            isProven = true
        }
        allowance = min(ceiling, isProven ? allowance * 2 : min(Pacing.careful, allowance + count))
    }

    /// A new connection begins carefully.
    package mutating func reconnected() {
        allowance = min(ceiling, Pacing.first)
        punctual = 0
        since = nil
        isProven = false
    }

    /// The server ended the connection because of too many lines.
    package mutating func thrownOut() {
        ceiling = max(1, min(ceiling, allowance) / 2)
        reconnected()
    }
}
