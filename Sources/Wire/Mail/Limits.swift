/// Bounds of what is read and written in the languages of mail. Bytes unless a line says otherwise.
package enum MailLimits {
    /// An address's local part and domain (RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.2).
    package static let localPart = 64
    package static let domain = 255
    /// A header's line without its line end (RFC 5322 section 2.1.1: should be at most 78).
    static let headerLine = 76
    /// An encoded word: RFC 2047 section 2 allows 75, and the name of its field stands before the first on a line of 76.
    static let encodedWord = 60
    /// A line of quoted-printable text (RFC 2045 section 6.7). A longer line of a text has it written so.
    static let bodyLine = 76
    /// One reply line's text that is kept of a server, and how many lines of a reply are: what an operator reads.
    static let replyLine = 512
    static let replyLines = 16
    /// A command line that a server takes: twice what RFC 5321 section 4.5.3.1.4 asks for, as extensions add to it.
    package static let commandLine = 1024
    /// Recipients of one message (RFC 5321 section 4.5.3.1.8: at least 100).
    package static let recipients = 100
    /// Commands that a server refuses before it hangs up: a client that errs so often is none.
    package static let faults = 20
    /// A message that a server takes unless it is told otherwise: what large providers take.
    package static let message = 25 << 20
}
