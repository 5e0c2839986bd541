/// Where connections are accepted. A contract, so that endpoints and links can be run on simulated networks.
package protocol Listening: Sendable {
    /// Accepts at a host's first address; a port of 0 takes one that is free.
    func listen(at place: HostPort) async throws(StreamError) -> any StreamListener
}

/// Accepts connections at one address.
package protocol StreamListener: AnyObject, Sendable {
    /// The port it listens at, also where 0 was asked for.
    var port: UInt16 { get }

    /// The next connection with the address it comes from, without its port; nil once `close` was called.
    func accept() async throws(StreamError) -> (stream: any ByteStream, from: String)?

    func close()
}
