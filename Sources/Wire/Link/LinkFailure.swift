/// Why a session is closed (docs/protocol.md section 8). Codes below 64 are the link's, from 64 on those of what it carries.
package enum CloseCode: UInt64, Hashable, Sendable, CaseIterable {
    /// The relay stops, or the peer was taken out of its configuration.
    case normal = 0
    /// Bytes that are no frame, or a body that is none of its kind.
    case malformed = 1
    case tooLarge = 2
    case unknownKind = 3
    /// A frame that has no place in the state of the session.
    case unexpected = 4
    /// The relay id is none that this side is configured for.
    case unknownPeer = 5
    /// Another session of the same two relays stays.
    case duplicate = 6
    /// Two living processes speak for one relay id.
    case fork = 7
    case timedOut = 8
    case overCredit = 9
    case internalError = 10
    /// The peer's administrator ended the link.
    case revoked = 11

    /// A number above the next one of its stream: RESUME begins anew.
    case gap = 64
    case recordInvalid = 65
    /// A stream of somebody for whom the peer may not speak.
    case notYours = 66
    case unknownChannel = 67
    /// An epoch that was never its owner's.
    case unknownEpoch = 68
    /// A change of somebody else's message.
    case notAllowed = 69
}

/// What a peer did wrong, or why this side ends a session.
package struct LinkFailure: Error, Hashable, Sendable {
    package let code: CloseCode
    package let words: String

    package init(_ code: CloseCode, _ words: String) {
        self.code = code
        self.words = words
    }
}
