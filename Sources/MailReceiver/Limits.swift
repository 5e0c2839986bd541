import Base

/// Bounds of a mail receiver.
enum ReceiverLimits {
    /// Connections at once: a demonstration's relay opens four.
    static let connections = 100
    /// A client that is silent for so long is given up (RFC 5321 section 4.5.3.2.7).
    static let silence = Interval.seconds(300)
    /// One read of a connection, in bytes.
    static let read = 64 << 10
}
