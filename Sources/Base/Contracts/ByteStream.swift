/// A reliable connection that carries bytes in order both ways: TCP, TLS, or a simulated pipe.
package protocol ByteStream: AnyObject, Sendable {
    /// The next bytes, at least one; nil when the other side has ended its direction. One read at a time.
    func read(atMost count: Int) async throws(StreamError) -> [UInt8]?

    /// Returns when the bytes were handed on, which says nothing about their arrival. One write at a time.
    func write(_ bytes: [UInt8]) async throws(StreamError)

    /// Ends both directions at once. A read or write under way throws `closed`. Calling it again does nothing.
    func close()
}

/// Why a connection can't be used further.
package enum StreamError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Ended by this side.
    case closed
    /// Ended by the other side or by the network, with the system's word for it.
    case lost(String)
    /// Nothing happened for as long as was agreed.
    case timedOut

    package var description: String {
        switch self {
        case .closed: "closed"
        case .lost(let words): words
        case .timedOut: "no answer in time"
        }
    }
}
