import Base
import WireMail

/// `[endpoint.NAME]` with `kind = "email"`: an account on a submission server. Its channels are the addresses that are written to.
package struct EmailSettings: Hashable, Sendable {
    /// Whose mail it is, in the envelope and for readers.
    package let from: MailAddress
    package let submission: HostPort
    package let security: SubmissionServer.Security
    /// A file of certificates to trust instead of the system's.
    package let authorities: String?
    package let account: Account?

    /// RFC 4954.
    package struct Account: Hashable, Sendable {
        package let name: String
        package let password: SecretReference
    }

    package init(_ table: inout ConfigurationTable) throws(ConfigurationError) {
        from = try EmailSettings.sender(&table)
        let server = try table.required("submission", "\"host:port\", such as \"smtp.example.org:587\"")
        let text = try server.text()
        guard let submission = HostPort(text) else {
            throw ConfigurationError(server.place, "submission = \"\(text)\": expected \(HostPort.expected(for: text))")
        }
        self.submission = submission
        security = try table.word("tls", [("starttls", .startTLS), ("implicit", .implicitTLS), ("none", .none)]) ?? .startTLS
        if security == .none, !EmailSettings.isLoopback(submission.host) {
            throw ConfigurationError(server.place, "tls = \"none\" is for a server on this machine; \(submission) is another")
        }
        authorities = try table.text("ca")
        let place = table.place
        let name = try table.text("account")
        let password = try table.secret("password")
        switch (name, password) {
        case (nil, nil): account = nil
        case (let name?, let password?): account = Account(name: name, password: password)
        case (_?, nil): throw ConfigurationError(place, "[\(table.name)] has an account and needs its password")
        case (nil, _?): throw ConfigurationError(place, "[\(table.name)] has a password and needs its account")
        }
        try table.end()
    }

    /// What is wrong with a member of a bridge that is to be written to; nil if nothing is.
    package static func fault(inChannel channel: String) -> String? {
        MailAddress(channel) == nil ? "\"\(channel)\" is no mail address" : nil
    }

    /// The same for every spelling of an address: in the domain capitals mean nothing (RFC 5321 section 2.4).
    package static func folded(channel: String) -> String {
        guard let at = channel.lastIndex(of: "@") else { return channel }
        return channel[..<at] + channel[at...].lowercased()
    }

    private static func sender(_ table: inout ConfigurationTable) throws(ConfigurationError) -> MailAddress {
        let value = try table.required("from", "the address that mail comes from, such as \"channels@example.org\"")
        let text = try value.text()
        // Its domain also names messages and lists, which a literal can't.
        guard let address = MailAddress(text), !address.domain.hasPrefix("[") else {
            throw ConfigurationError(value.place, "from = \"\(text)\": expected an address such as \"channels@example.org\"")
        }
        return address
    }

    private static func isLoopback(_ host: String) -> Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
        return isIPv4 || host == "::1" || host == "localhost"
    }
}
