import Glibc
import IO
import Support

/// Postfix from Debian's package, unpacked by Scripts/servers: its own configuration, queue and port, and a Maildir for `ops@example.org`.
/// It needs root, as its parts change users; those of every Debian system are lent to it.
final class Postfix {
    let port: UInt16
    private let folder = TemporaryFolder()
    private var process: ChildProcess?
    private var path: String { "\(folder.path)/postfix" }

    /// Why there can be none; nil if there can.
    static var reasonToSkip: String? {
        if geteuid() != 0 { return "Postfix needs root" }
        return Files.exists(ForeignServer.path("usr/lib/postfix/sbin/master")) ? nil : "Postfix is not unpacked: run Scripts/servers"
    }

    init() {
        port = freePort()
        lay()
        start()
    }

    deinit {
        stop()
        _ = ChildProcess("/bin/rm", ["-rf", path]).wait()
    }

    func start() {
        let (master, libraries) = (ForeignServer.path("usr/lib/postfix/sbin/master"), ForeignServer.path("usr/lib/postfix"))
        setenv("LD_LIBRARY_PATH", "\(libraries):\(String(cString: getenv("LD_LIBRARY_PATH")))", 1)
        // Its parts end with their process group, which must be one of its own.
        process = ChildProcess(
            "/usr/bin/setsid", [master, "-c", "\(path)/etc", "-d"], everythingTo: "\(folder.path)/log")
        for _ in 0..<500 {
            if IRCProbe.canConnect(port) { return }
            usleep(20_000)
        }
        preconditionFailure("Postfix does not start: \(ForeignServer.text(of: "\(folder.path)/log")) \(log)")
    }

    /// Ends it with all its parts.
    func stop() {
        process?.signal(SIGTERM)
        _ = process?.wait()
        process = nil
    }

    var log: String { ForeignServer.text(of: "\(path)/queue/log") }

    /// How many mails were delivered.
    var mailCount: Int { fileNames(in: "\(path)/mail/ops/new").count }

    /// The mails that were delivered, in the order in which the server accepted them: its queue ids are times.
    var mails: [Mail] {
        fileNames(in: "\(path)/mail/ops/new").map { Mail(ForeignServer.text(of: "\(path)/mail/ops/new/\($0)")) }
            .sorted { $0.queueID < $1.queueID }
    }

    struct Mail {
        /// As the relay wrote it.
        let text: String
        let queueID: String
        let messageID: String
        let body: String

        init(_ whole: String) {
            let start = whole.firstRange(of: "\nDate: ").map { whole.index(after: $0.lowerBound) } ?? whole.startIndex
            text = String(whole[start...])
            queueID = Mail.word(behind: " with ESMTP id ", in: whole)
            messageID = Mail.word(behind: "Message-ID: ", in: whole)
            body = whole.firstRange(of: "\n\n").map { String(whole[$0.upperBound...]) } ?? ""
        }

        private static func word(behind words: String, in text: String) -> String {
            text.firstRange(of: words).map { String(text[$0.upperBound...].prefix { !$0.isWhitespace && $0 != ";" }) } ?? ""
        }
    }

    // MARK: Laying it out

    private func lay() {
        // Its parts are not root when they look for it.
        chmod(folder.path, 0o755)
        for name in ["", "/etc", "/queue", "/data", "/mail"] { mkdir(path + name, 0o755) }
        let (owner, group) = (getpwnam("games").pointee.pw_uid, getgrnam("uucp").pointee.gr_gid)
        for name in ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"] {
            mkdir("\(path)/queue/\(name)", 0o700)
            chown("\(path)/queue/\(name)", owner, 0)
        }
        for (name, mode) in [("maildrop", mode_t(0o730)), ("public", 0o710)] {
            mkdir("\(path)/queue/\(name)", mode)
            chmod("\(path)/queue/\(name)", mode)
            chown("\(path)/queue/\(name)", owner, group)
        }
        mkdir("\(path)/queue/pid", 0o755)
        chown("\(path)/data", owner, 0)
        chmod("\(path)/data", 0o700)
        let reader = getpwnam("news").pointee
        chown("\(path)/mail", reader.pw_uid, reader.pw_gid)
        write(main(reader.pw_uid, reader.pw_gid), to: "\(path)/etc/main.cf")
        write(parts, to: "\(path)/etc/master.cf")
    }

    private func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        _ = Glibc.write(descriptor, text, text.utf8.count)
    }

    private func main(_ user: uid_t, _ group: gid_t) -> String {
        """
        compatibility_level = 3.6
        queue_directory = \(path)/queue
        data_directory = \(path)/data
        daemon_directory = \(ForeignServer.path("usr/lib/postfix/sbin"))
        command_directory = \(ForeignServer.path("usr/sbin"))
        mail_owner = games
        setgid_group = uucp
        import_environment = LD_LIBRARY_PATH MAIL_CONFIG TZ LANG=C
        inet_interfaces = 127.0.0.1
        in_flow_delay = 0
        inet_protocols = ipv4
        mynetworks = 127.0.0.0/8
        myhostname = mx.fairlead.test
        mydestination =
        alias_maps =
        alias_database =
        local_recipient_maps =
        smtputf8_enable = no
        enable_long_queue_ids = yes
        virtual_mailbox_domains = example.org
        virtual_mailbox_base = \(path)/mail
        virtual_mailbox_maps = inline:{ ops@example.org=ops/ }
        virtual_uid_maps = static:\(user)
        virtual_gid_maps = static:\(group)
        virtual_minimum_uid = 1
        maillog_file = \(path)/queue/log
        maillog_file_prefixes = \(path)/queue

        """
    }

    private var parts: String {
        """
        \(port) inet n - n - - smtpd
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        proxymap unix - - n - - proxymap
        error unix - - n - - error
        retry unix - - n - - error
        virtual unix - n n - - virtual
        anvil unix - - n - 1 anvil
        postlog unix-dgram n - n - 1 postlogd

        """
    }
}
