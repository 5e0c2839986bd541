import Base
import CCurl
import Glibc

/// One mail on its way through libcurl, and what the server says meanwhile. Belongs to one thread.
final class MailTransfer {
    /// Lines of one reply, and bytes of a line, that are kept of a server that does not stop talking: more than any says to an operator.
    private static let (replyLines, replyLine) = (100, 1024)

    private let easy: UnsafeMutableRawPointer
    private let isAborted: () -> Bool
    private let bytes: [UInt8]
    private var sent = 0
    private let recipients: UnsafeMutablePointer<curl_slist>?
    private let words: UnsafeMutablePointer<CChar>
    /// Its open ones: several while addresses are tried.
    private var sockets: [Int32] = []

    // The dialogue as far as it has come.
    private var reply: [[UInt8]] = []
    private var lastReply: [[UInt8]] = []
    private var isInTransaction = false
    private var hasGoneAhead = false
    private var isOver = false

    /// Whether libcurl is there. It is loaded when this is asked first, and takes some 4 MB from then on.
    static let isReady: Bool = {
        // Whoever asks libcurl to leave signals alone must see to it that a lost connection raises none.
        signal(SIGPIPE, SIG_IGN)
        return ccurl_load()
    }()

    /// Only if `isReady`. `isAborted` is asked about once a second.
    init(_ mail: MailSubmission, to server: SubmissionServer, isAborted: @escaping () -> Bool) {
        self.isAborted = isAborted
        easy = ccurl_new()
        bytes = mail.bytes
        recipients = ccurl_list("<\(mail.to)>")
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(server)
        ccurl_set_text(easy, CURLOPT_MAIL_FROM, "<\(mail.from)>")
        ccurl_set_list(easy, CURLOPT_MAIL_RCPT, recipients)
        ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
        ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(bytes.count))
        setCallbacks()
    }

    deinit {
        ccurl_free(easy)
        ccurl_free_list(recipients)
        words.deallocate()
    }

    private func set(_ server: SubmissionServer) {
        let scheme = server.security == .implicitTLS ? "smtps" : "smtp"
        ccurl_set_text(easy, CURLOPT_URL, "\(scheme)://\(server.place)/\(server.greeting)")
        ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // No proxy that the environment names.
        ccurl_set_text(easy, CURLOPT_PROXY, "")
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // A connection that is kept would be closed by whichever thread comes next.
        ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(server.connecting.nanoseconds / 1_000_000))
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(server.whole.nanoseconds / 1_000_000))
        ccurl_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(server.whole.seconds + 1))
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, words)
        if server.security != .none {
            ccurl_set_long(easy, CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
            ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
            if let authorities = server.authorities {
                ccurl_set_text(easy, CURLOPT_CAINFO, authorities)
                // In place of the system's, which libcurl would trust beside it.
                ccurl_set_text(easy, CURLOPT_CAPATH, nil)
            }
        }
        if let account = server.account {
            ccurl_set_text(easy, CURLOPT_USERNAME, account.name)
            ccurl_set_text(easy, CURLOPT_PASSWORD, account.password)
        }
    }

    private func setCallbacks() {
        let owner = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_READDATA, owner)
        ccurl_set_data(easy, CURLOPT_READFUNCTION) { data, size, count, owner in
            MailTransfer.of(owner).fill(UnsafeMutableRawBufferPointer(start: data, count: size * count))
        }
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, owner)
        ccurl_set_data(easy, CURLOPT_HEADERFUNCTION) { data, size, count, owner in
            MailTransfer.of(owner).received([UInt8](UnsafeRawBufferPointer(start: data, count: size * count)))
            return size * count
        }
        ccurl_set_long(easy, CURLOPT_VERBOSE, 1)
        ccurl_watch_commands(
            easy,
            { _, kind, data, size, owner in
                if kind == CURLINFO_HEADER_OUT { MailTransfer.of(owner).sends([UInt8](UnsafeRawBufferPointer(start: data, count: size))) }
                return 0
            }, owner)
        ccurl_own_sockets(
            easy,
            { owner, number, _ in
                MailTransfer.of(owner).sockets.append(number)
                return CURL_SOCKOPT_OK
            },
            { owner, number in
                MailTransfer.of(owner).sockets.removeAll { $0 == number }
                return close(number)
            }, owner)
        ccurl_watch_progress(easy, { owner, _, _, _, _ in MailTransfer.of(owner).isAborted() ? 1 : 0 }, owner)
    }

    private static func of(_ owner: UnsafeMutableRawPointer?) -> MailTransfer {
        Unmanaged<MailTransfer>.fromOpaque(owner!).takeUnretainedValue()
    }

    /// Sends the mail, however long it takes.
    func perform() -> SubmissionEnd { end(ccurl_perform(easy)) }

    // MARK: The dialogue

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let piece = bytes[sent...].prefix(buffer.count)
        buffer.copyBytes(from: piece)
        sent += piece.count
        return piece.count
    }

    /// One line of the server's.
    private func received(_ line: [UInt8]) {
        if isOver { return }
        let line = Array(line.prefix { $0 != 0x0D && $0 != 0x0A }.prefix(MailTransfer.replyLine))
        if reply.count == MailTransfer.replyLines { reply.removeLast() }
        reply.append(line)
        if line.count >= 4 && line[3] != UInt8(ascii: " ") { return }
        lastReply = reply
        reply = []
        if isInTransaction && lastCode == 354 { hasGoneAhead = true }
    }

    private func sends(_ command: [UInt8]) {
        if command.starts(with: "MAIL FROM:".utf8) { isInTransaction = true }
        guard command.starts(with: "QUIT".utf8) else { return }
        // libcurl waits until QUIT is answered. Nothing is to be learnt from that: the connection ends here.
        isOver = true
        for number in sockets { shutdown(number, bothDirections) }
    }

    private var lastCode: Int { Int(String(decoding: lastReply.last?.prefix(3) ?? [], as: UTF8.self)) ?? 0 }

    /// What became of it, by libcurl's result. Known of libcurl 7.88: without an answer to the text the last code stays 354.
    private func end(_ result: CURLcode) -> SubmissionEnd {
        if result == CURLE_OK { return .taken(reply: lastReply) }
        let reason = words[0] == 0 ? String(cString: ccurl_words(result)) : String(cString: words)
        switch lastCode {
        case 354 where hasGoneAhead: return .unclear(reason)
        case 200..<300 where hasGoneAhead: return .taken(reply: lastReply)
        case 400... where isInTransaction: return .refused(reply: lastReply)
        case 400...: return .failed("\(reason): \(String(decoding: Array(lastReply.joined(separator: [0x20])), as: UTF8.self))")
        default: return hasGoneAhead ? .unclear(reason) : .failed(reason)
        }
    }
}
