import Model

/// Keys of authors who have spoken lately: deriving one costs an HMAC.
struct AuthorKeys: Sendable {
    private struct Account: Hashable {
        let bridge: BridgeIndex
        let endpoint: String
        let id: String
    }

    private var keys: [Account: AuthorKey] = [:]

    mutating func key(of id: String, at endpoint: String, in bridge: BridgeRow) -> AuthorKey {
        let account = Account(bridge: bridge.index, endpoint: endpoint, id: id)
        if let known = keys[account] { return known }
        // Those who still speak are derived once more.
        if keys.count >= CoreLimits.authorKeys { keys.removeAll(keepingCapacity: true) }
        let key = AuthorKey(secret: bridge.secret, endpoint: endpoint, account: id)
        keys[account] = key
        return key
    }
}
