import Base

/// Bounds of connections and look-ups.
enum SocketLimits {
    /// Questions to the system's resolver at once, each on a thread. Those that were given up end after the system's own patience, some 30 s;
    /// more endpoints and peers than this with a silent resolver wait for their next try.
    static let lookups = 64
    /// An address that this side listens at is looked up for so long: as long as the system tries by default.
    static let ownAddress = Interval.seconds(30)
}
