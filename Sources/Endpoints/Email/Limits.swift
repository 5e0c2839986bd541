import Base

/// Bounds and deadlines of an e-mail endpoint.
enum EndpointLimits {
    /// Mails on their way at once, for all recipients: what any submission server allows one account.
    static let atOnce = 4
    /// From resolving to being logged in.
    static let connecting = Interval.seconds(60)
    /// A whole transaction: servers may take ten minutes to answer the text (RFC 5321 section 4.5.3.2.6).
    static let whole = Interval.seconds(720)
    /// Waits after a server put a message off, and after one that could not be reached or used.
    static let deferral = Backoff(first: .seconds(10), longest: .seconds(3600))
    static let reconnect = Backoff(first: .seconds(1), longest: .seconds(300))
    /// A message is given up after so many seconds of being put off (RFC 5321 section 4.5.4.1: at least four to five days).
    static let putOff: Int64 = 5 * 86_400
    /// Mails on their way are waited for when the relay ends.
    static let draining = Interval.seconds(5)
    /// A subject's words, in bytes.
    static let subject = 72
    /// What an answer to a message that was never mailed shows of it, in bytes.
    static let quote = 600
    /// A server's words that are kept, in bytes.
    static let reason = 500
}
