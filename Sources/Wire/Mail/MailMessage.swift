import Base

/// A mail of plain text (RFC 5322, RFC 2045 to 2047). The same message has the same bytes, always.
package struct MailMessage: Sendable {
    /// Who wrote, and the address that sends for them.
    package var author: String
    package var from: MailAddress
    package var to: MailAddress
    package var subject: String
    package var date: UnixTime
    package var id: MessageID
    package var inReplyTo: MessageID?
    /// Oldest first.
    package var references: [MessageID]
    /// The name and the id of the list that it is of (RFC 2919); the id is dots between words, as a domain.
    package var list: (name: String, id: String)?
    /// Further fields of one word each or several, in order; printable ASCII.
    package var further: [(name: String, words: [String])]
    /// Lines end with LF.
    package var text: String

    package init(
        author: String, from: MailAddress, to: MailAddress, subject: String, date: UnixTime, id: MessageID, inReplyTo: MessageID? = nil,
        references: [MessageID] = [], list: (name: String, id: String)? = nil, further: [(name: String, words: [String])] = [], text: String
    ) {
        self.author = author
        self.from = from
        self.to = to
        self.subject = subject
        self.date = date
        self.id = id
        self.inReplyTo = inReplyTo
        self.references = references
        self.list = list
        self.further = further
        self.text = text
    }

    /// Lines end with CRLF, the last one too. Dots are not doubled: that is the transport's.
    package var bytes: [UInt8] {
        let body = BodyText(text)
        var header = HeaderText()
        header.field("Date", words: [MailMessage.text(of: date)])
        header.field("From", person: author, from)
        header.field("To", words: ["<\(to)>"])
        header.field("Subject", text: subject)
        header.field("Message-ID", words: ["\(id)"])
        if let inReplyTo { header.field("In-Reply-To", words: ["\(inReplyTo)"]) }
        if !references.isEmpty { header.field("References", words: references.map(\.description)) }
        if let list { header.field("List-Id", words: [list.name, "<\(list.id)>"]) }
        // RFC 3834 section 5: no program answers it.
        header.field("Auto-Submitted", words: ["auto-generated"])
        for field in further { header.field(field.name, words: field.words) }
        header.field("MIME-Version", words: ["1.0"])
        header.field("Content-Type", words: ["text/plain; charset=utf-8"])
        header.field("Content-Transfer-Encoding", words: [body.encoding])
        return header.bytes + [0x0D, 0x0A] + body.bytes
    }

    /// `Wed, 25 Nov 2026 07:42:38 +0000` (RFC 5322 section 3.3).
    private static func text(of time: UnixTime) -> String {
        // 1970-01-01 was a Thursday.
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (year, month, day) = time.date
        let clock = [time.seconds / 3600 % 24, time.seconds / 60 % 60, time.seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let weekday = days[Int(time.seconds / 86_400 % 7)]
        return "\(weekday), \(day) \(months[Int(month) - 1]) \(year) \(clock.joined(separator: ":")) +0000"
    }
}
