import Base

/// Bounds and deadlines of an IRC listener. Sizes in bytes.
enum IRCListenerLimits {
    /// Connections in all: each may hold `output` in memory.
    static let connections = 256
    /// Connections from one address: a household behind one, or a machine's users on loopback.
    static let connectionsPerAddress = 64
    /// From connecting to the end of the registration; people type no passwords here, clients do.
    static let registering = Interval.seconds(30)
    /// What a client may send before it is registered: capabilities, nick and password fit many times.
    static let unregistered = 8192
    /// What is kept for a client that reads slowly. CHATHISTORY's longest answer takes half of it.
    static let output = 1 << 20
    /// One read of a connection.
    static let read = 8192
    /// Lines that a client may send at once, and how often one more after that: a pasted text passes at once, a flood slowly.
    static let burst = 50
    static let pace = Interval.milliseconds(100)
    /// Lines of one client that wait to be accepted. Above it the client is not read.
    static let waiting = 100
    /// A silent client is asked for a sign of life, and given up.
    static let silence = Interval.seconds(90)
    static let death = Interval.seconds(240)
    /// How often that is looked at, and who has not spoken for long.
    static let tick = Interval.seconds(15)
    /// What is to be sent to a client at its end is waited for so long.
    static let farewell = Interval.seconds(2)
    /// People from elsewhere are shown for so many seconds after they spoke: a day.
    static let presence: Int64 = 86_400
    /// People from elsewhere shown in one channel: NAMES stays below 100 KB. Between two looks, or until there are twice as many, it may be more.
    static let puppets = 2000
    /// Names of people from elsewhere that are remembered for one channel, also of those who only stand in its history.
    static let knownPuppets = 10_000
    /// Events that are looked at when the listener begins, for who has spoken lately and for the topic.
    static let restored = 1000
    /// Events that are looked at at a time, at least: reactions and the like stand between messages.
    static let historyPage = 50
    /// Entries of the log that one CHATHISTORY looks at to find messages among reactions, deleted messages and the like: some 200 reads of the
    /// journal, between which everything else goes on. Of TARGETS each channel.
    static let historyScan = 10_000
    /// A name and a place of somebody from elsewhere, in bytes of their nick.
    static let puppetName = 40
    static let puppetPlace = 32
}
