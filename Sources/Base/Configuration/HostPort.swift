/// A host name or address with a port, written `host:port` or `[address]:port`.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: UInt16

    /// nil unless the text is of that form. Port 0 is taken only where it may mean any free one.
    package init?(_ text: String, mayBeAnyPort: Bool = false) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 || mayBeAnyPort else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(HostPort.isHostCharacter) else { return nil }
        self.host = String(host)
        self.port = port
    }

    /// What a text should have been that is none.
    package static func expected(for text: String, mayBeAnyPort: Bool = false) -> String {
        let isNumber =
            text.lastIndex(of: ":").map { text[text.index(after: $0)...].utf8.allSatisfy { (0x30...0x39).contains($0) } } ?? false
        // Whether it is the port alone that is wrong.
        let isPort = isNumber && HostPort(text[...text.lastIndex(of: ":")!] + "1") != nil && !text.hasSuffix(":")
        return isPort ? "a port of \(mayBeAnyPort ? 0 : 1) to 65535" : "\"host:port\""
    }

    /// Letters, digits, `-`, `.` and `_` of names, `:` and `%` of addresses. Nothing that a file, a shell or a log would take for its own.
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"): true
        default: false
        }
    }

    /// Whether only this machine can reach it: an address of 127.0.0.0/8, `::1` or `localhost`.
    package var isLoopback: Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "::1" || isIPv4 && numbers[0] == "127"
    }

    /// Whether the host is an address and no name.
    package var isNumeric: Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return host.contains(":") || numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ConfigurationTable {
    package mutating func hostPorts(_ key: String) throws(ConfigurationError) -> [HostPort] {
        var list: [HostPort] = []
        for (text, place) in try texts(key) {
            guard let hostPort = HostPort(text) else {
                throw ConfigurationError(place, "\"\(text)\" in \(key): expected \(HostPort.expected(for: text))")
            }
            list.append(hostPort)
        }
        return list
    }
}
