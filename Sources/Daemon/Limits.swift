import Base

/// Bounds of what strangers may try, and of what a configuration may be.
enum DaemonLimits {
    /// Levels of `[` and `{` within one another, and parts of a key with dots between: settings need three of each.
    static let configurationNesting = 32
    static let configurationKeyParts = 16
    /// Wrong words to an open invite that an address, of IPv6 the first 64 bits, may say within `wrongWindow` before it is not listened to: an
    /// administrator who mistypes a code does so once or twice.
    static let wrongWords = 5
    /// And all together: an invite has 128 bits, so this bounds work and memory, not guessing.
    static let wrongWordsOfAll = 1000
    static let wrongWindow = Interval.seconds(60)
    /// Invites that are open at once.
    static let invites = 32
}
