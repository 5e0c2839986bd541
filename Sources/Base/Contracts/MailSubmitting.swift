/// Hands mail to submission servers (RFC 6409). A contract, as endpoints see no sockets.
package protocol MailSubmitting: AnyObject, Sendable {
    /// Hands over one mail, for one recipient, on a connection of its own. Several may be on their way.
    func submit(_ mail: MailSubmission, to server: SubmissionServer) async -> SubmissionEnd

    /// Ends whatever is under way, within a second or so, and takes nothing over any more: what the server had the whole text of is
    /// `unclear`.
    func abort()
}

/// One mail for one recipient. Addresses stand without brackets.
package struct MailSubmission: Hashable, Sendable {
    package let from: String
    package let to: String
    /// Lines end with CRLF; dots are not doubled.
    package let bytes: [UInt8]

    package init(from: String, to: String, bytes: [UInt8]) {
        self.from = from
        self.to = to
        self.bytes = bytes
    }
}

/// Where mail is handed over, and as whom.
package struct SubmissionServer: Hashable, Sendable {
    /// The server's certificate is verified wherever there is TLS.
    package enum Security: Hashable, Sendable { case none, startTLS, implicitTLS }

    package let place: HostPort
    package let security: Security
    /// A file of certificates to trust in place of the system's.
    package let authorities: String?
    package let account: Account?
    /// The name that this side gives itself.
    package let greeting: String
    /// From resolving to being known to the server.
    package let connecting: Interval
    /// All of it.
    package let whole: Interval

    package struct Account: Hashable, Sendable {
        package let name: String
        package let password: String

        package init(name: String, password: String) {
            self.name = name
            self.password = password
        }
    }

    package init(
        place: HostPort, security: Security, authorities: String? = nil, account: Account? = nil, greeting: String, connecting: Interval,
        whole: Interval
    ) {
        self.place = place
        self.security = security
        self.authorities = authorities
        self.account = account
        self.greeting = greeting
        self.connecting = connecting
        self.whole = whole
    }
}

/// What became of a mail. Replies are the server's lines without line ends.
package enum SubmissionEnd: Hashable, Sendable {
    /// The server has taken it over.
    case taken(reply: [[UInt8]])
    /// The server said no, of the sender, the recipient or the text.
    case refused(reply: [[UInt8]])
    /// The server had been given the text and did not answer: nobody knows.
    case unclear(String)
    /// It did not come to the text: no connection, no trust, no account.
    case failed(String)
}
