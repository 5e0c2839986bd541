/// Where connections come from. A contract, so that endpoints and links can be run on simulated networks.
package protocol Connecting: Sendable {
    /// A connection to `server`, over whichever of its addresses answers first (RFC 8305), from the local address `local` if one is given.
    /// Whatever happens, it has happened at `deadline`, and soon after the task that waits is cancelled.
    func connect(to server: HostPort, _ security: StreamSecurity, from local: String?, before deadline: Instant)
        async throws(StreamError) -> any ByteStream
}

/// How a connection as a client is protected.
package enum StreamSecurity: Hashable, Sendable {
    case none
    /// TLS; the server's certificate is valid, bears the name that was dialled, and goes back to an authority of the system or of this file.
    case verified(authorities: String?)
}
