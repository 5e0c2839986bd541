import Base

/// Bounds of the HTTP server.
package enum HTTPLimits {
    /// Connections at once: a few scrapers and health checks. Others wait in the kernel's queue, where they cost the relay nothing.
    package static let connections = 16
    /// Bytes of one connection's memory, which bounds a request's head. A scraper's has some 300.
    package static let head = 8 << 10
    /// A connection is one request and is cut after so long, whatever it is doing. Scrapers give up after 10 s as a rule.
    package static let whole = Interval.seconds(10)
    /// While all connections are taken, those that are this old are cut, so that silent ones don't keep a health check waiting. An answer
    /// takes some milliseconds.
    package static let crowded = Interval.seconds(2)
    /// How often ages are looked at.
    package static let sweep = Interval.seconds(1)
}
