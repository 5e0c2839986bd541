import Base

/// Bounds and deadlines of an IRC endpoint.
enum EndpointLimits {
    /// A channel's name in bytes: more than any network takes, and a line of 512 still has room for a text.
    static let channelName = 200
    /// Resolving, connecting and TLS together.
    static let connecting = Interval.seconds(30)
    /// From the first line to the end of the message of the day. Servers that look up names and idents take up to 30 s.
    static let registering = Interval.seconds(90)
    /// NickServ's answer is waited for so long before channels are joined.
    static let identifying = Interval.seconds(5)
    /// A server that was silent for so long is asked for a sign of life.
    static let silence = Interval.seconds(45)
    /// And given up after so long. Most servers give clients up after two to four minutes.
    static let death = Interval.seconds(90)
    /// An earlier connection of this client's is waited for: longer than the ping timeouts of known servers.
    static let formerSession = Interval.seconds(240)
    /// That it is waited for is said when it has taken so long.
    static let heldNick = Interval.seconds(10)
    /// How often the wanted nick is tried for while an earlier connection holds it, and later.
    static let regainSoon = Interval.seconds(2)
    static let regainLater = Interval.seconds(60)
    /// Waits between tries to connect, and to join.
    static let reconnect = Backoff(first: .seconds(1), longest: .seconds(300))
    static let rejoin = Backoff(first: .seconds(5), longest: .seconds(600))
    /// After so long on a server, or in a channel, the next wait is a short one again: whoever throws this client out at once does so more
    /// and more seldom.
    static let settled = Interval.seconds(3)
    /// Channels that are being joined at once, three lines each: servers throw out who sends more than some 20 lines at once.
    static let joinsAtOnce = 4
    /// The answer to JOIN and CHATHISTORY is waited for so long.
    static let answer = Interval.seconds(60)
    /// What is under way when the relay ends is waited for (a server that holds lines back takes some two seconds for each), then the
    /// server's answer to QUIT.
    static let draining = Interval.seconds(8)
    static let quitting = Interval.seconds(1)
    /// How far channels have been read is written so often even if nobody but this client speaks.
    static let sources = Interval.seconds(60)
    /// Things read and not yet journaled. Above it the connection is not read.
    static let intake = 4096
    /// Their text, in bytes. Lines may have 16 KiB each.
    static let intakeBytes = 8 << 20
    /// What waits to be written, in bytes. Above it the connection is not read: a server can have as much written as it sends, by PING, and
    /// take none of it.
    static let output = 256 << 10
    /// Lines that are given to the engine at once.
    static let handedOver = 512
    /// Lines that come while a channel's history is still being read.
    static let held = 10_000
    /// What they take, in bytes: ten thousand of usual length fit. So many channels are caught up with at once: `joinsAtOnce`.
    static let heldBytes = 8 << 20
    /// Kinds of lines without ids that are counted within a second; nobody says so much in one.
    static let kinds = 4096
    /// Lines of our own without a mark that are kept until the engine asks for them: four times as many as can be unanswered.
    static let ownLines = 4 * linesWithHistory
    /// One read of a connection, in bytes.
    static let read = 64 << 10
    /// One CHATHISTORY asks for so many lines unless the server's limit is lower.
    static let historyPage = 100
    /// Lines unanswered at once on a connection where nothing but a PING tells that they were taken in (semantics 3), and where history does.
    static let linesWithoutHistory = 8
    static let linesWithHistory = 256
    /// Bytes of a message that an answer to it shows.
    static let quote = 60
    /// Private words that wait, and between two of them.
    static let notices = 20
    static let noticePause = Interval.seconds(3)
    /// A refused line is tried again after so long.
    static let refusal = Interval.seconds(30)
    static let rateLimit = Interval.seconds(5)
}
