import Testing

// Pieces of configuration, and what several tests wait for.

func endpoint(_ name: String, _ port: UInt16, host: String = "127.0.0.1", _ more: String = "tls = false") -> String {
    """
    [endpoint.\(name)]
    kind = "irc"
    server = "\(host):\(port)"
    \(more)

    """
}

func bridge(_ name: String, _ members: String...) -> String {
    let channels = members.map { $0.hasPrefix("{") ? $0 : "\"\($0)\"" }.joined(separator: ", ")
    return """
        [[bridge]]
        name = "\(name)"
        join = [\(channels)]

        """
}

/// Two people who each say numbered lines, and what each sees of the other's.
final class Conversation {
    let left: (probe: IRCProbe, channel: String)
    let right: (probe: IRCProbe, channel: String)
    private(set) var said = (left: 0, right: 0)

    init(_ left: IRCProbe, _ leftChannel: String, _ right: IRCProbe, _ rightChannel: String) {
        self.left = (left, leftChannel)
        self.right = (right, rightChannel)
    }

    /// Each says so many lines more.
    func go(left leftLines: Int, right rightLines: Int) {
        for _ in 0..<leftLines {
            said.left += 1
            left.probe.say("left \(said.left)", in: left.channel)
        }
        for _ in 0..<rightLines {
            said.right += 1
            right.probe.say("right \(said.right)", in: right.channel)
        }
        listen(milliseconds: 10)
    }

    func listen(milliseconds: Int32) { pumpAll(left.probe, right.probe, milliseconds: milliseconds) }

    /// Both go on talking until something is so. False if it never is, in half a minute.
    func goOn(until isSo: () -> Bool) -> Bool {
        for _ in 0..<600 {
            go(left: 1, right: 1)
            listen(milliseconds: 40)
            if isSo() { return true }
        }
        return false
    }

    var toRight: Tally { Tally("left", sent: said.left, in: right.probe.said(in: right.channel, by: "fairlead")) }
    var toLeft: Tally { Tally("right", sent: said.right, in: left.probe.said(in: left.channel, by: "fairlead")) }

    /// Listens until everything has come, or nothing more will.
    func settle(seconds: Int = 20) {
        for _ in 0..<seconds * 10 where toRight.lost + toLeft.lost > 0 { listen(milliseconds: 100) }
    }

    /// What a bot did that all in a channel see.
    func comingsAndGoings(_ who: IRCProbe) -> [String] {
        who.lines.filter { line in
            line.hasPrefix(":fairlead") && [" JOIN ", " PART ", " QUIT ", " NICK ", " KICK "].contains { line.contains($0) }
        }
    }
}
