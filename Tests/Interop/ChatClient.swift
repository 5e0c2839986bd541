import Glibc
import IO
import Support

/// A client that people use, from Debian's packages, driven by the keyboard it believes to have or by its fifo.
final class ChatClient {
    enum Kind: Hashable { case irssi, weechat }

    private let kind: Kind
    private let folder = TemporaryFolder()
    private let nick: String
    private let channel: String
    private var process: ChildProcess?
    /// What is typed goes in here; held open, as the end of it would end irssi.
    private var keys: Int32 = -1

    init(_ kind: Kind, _ port: UInt16, _ nick: String, join channel: String) {
        self.kind = kind
        self.nick = nick
        self.channel = channel
        switch kind {
        case .irssi: startIrssi(port)
        case .weechat: startWeechat(port)
        }
    }

    deinit {
        process = nil
        if keys >= 0 { close(keys) }
        _ = ChildProcess("/bin/rm", ["-rf", "\(folder.path)/home"]).wait()
    }

    private var home: String { "\(folder.path)/home" }

    /// Types a line, or a command, in the channel.
    func type(_ line: String) {
        switch kind {
        case .irssi: _ = write(keys, "\(line)\r", line.utf8.count + 1)
        case .weechat: append("irc.local.\(channel) *\(line)\n", to: "\(home)/fifo")
        }
    }

    /// What it has shown in the channel, as it logs it itself.
    var shown: String {
        let log = kind == .irssi ? "\(home)/\(channel).log" : "\(home)/logs/irc.local.\(channel).weechatlog"
        return ForeignServer.text(of: log)
    }

    /// Whether it shows a line with these words by somebody.
    func shows(_ text: String, by nick: String, seconds: Int = 20) -> Bool {
        let line = kind == .irssi ? "< \(nick)> \(text)" : "\t\(nick)\t\(text)"
        return shows(line, seconds: seconds)
    }

    func shows(_ words: String, seconds: Int = 20) -> Bool {
        for _ in 0..<seconds * 20 {
            if shown.contains(words) { return true }
            usleep(50_000)
        }
        return false
    }

    /// What it writes of itself, for a failure's words.
    var diary: String { shown + ForeignServer.text(of: "\(folder.path)/out") }

    private func startIrssi(_ port: UInt16) {
        mkdir(home, 0o700)
        append(
            """
            settings = { core = { real_name = "\(nick)"; user_name = "\(nick)"; nick = "\(nick)"; };
              "fe-common/core" = { autolog = "yes"; autolog_path = "\(home)/$0.log"; autolog_level = "all"; }; };
            chatnets = { local = { type = "IRC"; }; };
            servers = ( { address = "127.0.0.1"; chatnet = "local"; port = "\(port)"; use_tls = "no"; autoconnect = "yes"; } );
            channels = ( { name = "\(channel)"; chatnet = "local"; autojoin = "yes"; } );

            """, to: "\(home)/config")
        mkfifo("\(home)/keys", 0o600)
        keys = open("\(home)/keys", O_RDWR | O_CLOEXEC)
        setenv("TERM", "xterm", 1)
        // irssi needs a terminal; script(1) gives it one.
        let command = "exec script -qfec '\(ForeignServer.path("usr/bin/irssi")) --home=\(home)' /dev/null <'\(home)/keys'"
        process = ChildProcess("/bin/sh", ["-c", command], everythingTo: "\(folder.path)/out")
        // It joins in a window of its own, behind the one that it begins with.
        if shows("has joined") { type("/window goto \(channel)") }
    }

    private func startWeechat(_ port: UInt16) {
        let commands = [
            "/set fifo.file.path \(home)/fifo", "/fifo enable", "/set logger.file.flush_delay 0",
            "/server add local 127.0.0.1/\(port) -nicks=\(nick) -autojoin=\(channel)", "/set irc.server.local.ssl off", "/connect local",
        ]
        let path = ForeignServer.path("usr/bin/weechat-headless")
        let library = path.split(separator: "/").dropLast(3).joined(separator: "/") + "/usr/lib"
        for folder in fileNames(in: "/\(library)") where folder.hasSuffix("linux-gnu") {
            setenv("WEECHAT_EXTRA_LIBDIR", "/\(library)/\(folder)/weechat", 1)
        }
        process = ChildProcess(path, ["--dir", home, "-r", commands.joined(separator: ";")], everythingTo: "\(folder.path)/out")
        _ = shows("has joined")
    }

    private func append(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        precondition(descriptor >= 0, "can't write \(path)")
        defer { close(descriptor) }
        _ = write(descriptor, text, text.utf8.count)
    }
}
