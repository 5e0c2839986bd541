import Model

/// How the link with a peer stands, for whoever asks what became of an event.
package struct LinkStanding: Hashable, Sendable {
    /// Whether both sides have said HELLO.
    package var isUp: Bool
    /// By the name under which a channel is shared: before it, what is to be passed on has been sent in the session of now. A channel that does
    /// not flow in it is not named.
    package var sentBefore: [String: Position]
    package var isRevoked: Bool
    package var lastError: LastError?

    package init(isUp: Bool, sentBefore: [String: Position] = [:], isRevoked: Bool = false, lastError: LastError? = nil) {
        self.isUp = isUp
        self.sentBefore = sentBefore
        self.isRevoked = isRevoked
        self.lastError = lastError
    }
}
