/// A host name or address with a port, written `host:port` or `[address]:port`.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: UInt16

    /// nil unless the text is of that form and the port is not 0.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.host = String(host)
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ConfigurationTable {
    package mutating func hostPorts(_ key: String) throws(ConfigurationError) -> [HostPort] {
        var list: [HostPort] = []
        for (text, place) in try texts(key) {
            guard let hostPort = HostPort(text) else { throw ConfigurationError(place, "\"\(text)\" in \(key): expected \"host:port\"") }
            list.append(hostPort)
        }
        return list
    }
}
