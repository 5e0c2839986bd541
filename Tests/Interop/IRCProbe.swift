import CUV
import Glibc

/// A plain IRC client over a blocking socket, which shares no code with the program: it sends lines and collects lines.
final class IRCProbe {
    let nick: String
    private let number: Int32
    private var rest: [UInt8] = []
    private var asked = 0
    /// Everything that came, but PINGs.
    private(set) var lines: [String] = []

    static func canConnect(_ port: UInt16) -> Bool {
        let number = connected(port)
        if number >= 0 { close(number) }
        return number >= 0
    }

    private static func connected(_ port: UInt16) -> Int32 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if status == 0 { return number }
        close(number)
        return -1
    }

    convenience init(_ server: ForeignServer, _ nick: String, capabilities: String = "", join channels: [String]) {
        self.init(server.port, "\(server.kind)", nick, capabilities: capabilities, join: channels)
    }

    /// Registers at a server, asks for `capabilities`, and joins.
    init(_ port: UInt16, _ server: String, _ nick: String, password: String? = nil, capabilities: String = "", join channels: [String]) {
        self.nick = nick
        number = IRCProbe.connected(port)
        precondition(number >= 0, "no connection to \(server)")
        if let password { send("PASS \(password)") }
        if !capabilities.isEmpty { send("CAP LS 302", "CAP REQ :\(capabilities)") }
        send("NICK \(nick)", "USER \(nick) 0 * :\(nick)")
        if !capabilities.isEmpty { send("CAP END") }
        let isWelcome = wait(seconds: 20) { $0.contains { $0.contains(" 376 ") || $0.contains(" 422 ") } }
        precondition(isWelcome, "\(nick) can't register at \(server): \(lines)")
        for channel in channels {
            send("JOIN \(channel)")
            let isIn = wait(seconds: 10) { $0.contains { $0.contains(" 366 ") && $0.contains(channel) } }
            precondition(isIn, "\(nick) can't join \(channel): \(lines.suffix(5))")
        }
    }

    /// Only connects and says these lines.
    init(knocking port: UInt16, lines: [String]) {
        nick = "?"
        number = IRCProbe.connected(port)
        precondition(number >= 0, "no connection to \(port)")
        send(lines)
    }

    deinit { close(number) }

    func send(_ lines: String...) { send(lines) }

    func send(_ lines: [String]) { send(bytes: [UInt8](lines.map { $0 + "\r\n" }.joined().utf8)) }

    /// Whatever bytes, also such as are no text.
    func send(bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(number, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL)) }
            precondition(count > 0, "\(nick) was disconnected: \(self.lines.suffix(3))")
            done += count
        }
    }

    func say(_ text: String, in channel: String) { send("PRIVMSG \(channel) :\(text)") }

    /// Waits until the server has taken everything that was said: it answers in order.
    func hasBeenHeard() -> Bool {
        asked += 1
        let token = "heard-\(nick)-\(asked)"
        send("PING \(token)")
        return wait(seconds: 30) { $0.last { $0.contains(" PONG ") }?.contains(token) == true }
    }

    /// Takes in what has come, waiting for so long at most. False when the server has hung up.
    @discardableResult
    func pump(milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, milliseconds) > 0 else { return true }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(number, &chunk, chunk.count, 0)
        if count <= 0 { return false }
        rest += chunk[..<count]
        while let end = rest.firstIndex(of: 0x0A) {
            let line = String(decoding: rest[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            rest.removeSubrange(...end)
            if line.hasPrefix("PING") { send("PONG" + line.dropFirst(4)) } else { lines.append(line) }
        }
        return true
    }

    /// Waits until the lines are as wanted. False if they never are, in so many seconds.
    func wait(seconds: Int, _ isDone: ([String]) -> Bool) -> Bool {
        let end = time(nil) + seconds
        while !isDone(lines) {
            if time(nil) > end { return false }
            if !pump(milliseconds: 100) { return isDone(lines) }
        }
        return true
    }

    /// What was said in a channel, by whom.
    func said(in channel: String) -> [(nick: String, text: String)] {
        lines.compactMap { line in
            var words = line[...]
            if words.hasPrefix("@") { words = words.drop { $0 != " " }.dropFirst() }
            guard words.hasPrefix(":"), let command = words.range(of: " PRIVMSG \(channel) :") ?? words.range(of: " NOTICE \(channel) :")
            else {
                return nil
            }
            let nick = words[..<command.lowerBound].dropFirst().prefix { $0 != "!" }
            return (String(nick), String(words[command.upperBound...]))
        }
    }
}

extension Substring {
    /// Where another text begins and ends in this one; the standard library has this only with Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        guard let range = firstRange(of: text) else { return nil }
        return range
    }
}
