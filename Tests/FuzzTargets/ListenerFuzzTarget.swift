import WireIRC

/// Whatever a client of the listener sends, it is answered with messages that can be read.
func ircListener(_ bytes: [UInt8]) {
    var world = ListenerWorld(server: "s", network: "n", version: "v", created: "c")
    world.open("#ops")
    var decoder = LineDecoder(limit: ListenerLimits.line)
    var session = ListenerSession()
    for line in decoder.feed(bytes) {
        for action in session.received(line, in: &world) {
            switch action {
            case .send(let message), .tell(_, let message), .tellAll(_, let message):
                precondition((try? IRCMessage(line: Array(message.bytes.dropLast(2)))) != nil, "an own line can't be read")
            case .authenticate: _ = session.admitted(as: nil, in: &world)
            case .utter, .history, .end: break
            }
        }
    }
    _ = session.disconnected("end", in: &world)
    precondition(world.members(of: "#ops").isEmpty, "somebody stayed")
}
