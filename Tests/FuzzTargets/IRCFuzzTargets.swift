import Base
import EndpointIRC
import Markup
import Model
import WireIRC

/// Lines are cut alike however they come, and a message that is read is written as one line that means the same.
func ircLine(_ bytes: [UInt8]) {
    var whole = LineDecoder()
    let lines = whole.feed(bytes)
    var cut = LineDecoder()
    let again = pieces(of: bytes).flatMap { cut.feed($0) }
    precondition(lines == again && whole.tooLong == cut.tooLong, "lines depend on how the bytes came")
    for line in lines {
        guard let message = try? IRCMessage(line: line) else { continue }
        let written = message.bytes
        precondition(written.suffix(2) == [0x0D, 0x0A] && !written.dropLast(2).contains { $0 == 0x0A || $0 == 0 }, "more than one line")
        _ = ServerTime.milliseconds(message.tags["time"] ?? "")
    }
}

/// Whatever a server sends, the machine answers something, writes whole lines and holds no more than it may.
func ircSession(_ bytes: [UInt8]) {
    var machine = SessionMachine(
        .init(nick: "fairlead", username: "f", realname: "f", sasl: .init(account: "a", password: "b"), nickServ: "c"))
    _ = machine.begin()
    _ = machine.join("#a", key: nil)
    var decoder = LineDecoder()
    for line in decoder.feed(bytes + [0x0A]) {
        guard let message = try? IRCMessage(line: line) else { continue }
        for action in machine.received(message) {
            if case .send(let answer) = action {
                precondition(answer.bytes.count { $0 == 0x0A } == 1, "an answer of several lines")
            }
        }
        precondition(machine.isBounded, "the machine grows without end")
    }
}

/// Formatting that was read is written and read as the same text, whole and cut in two.
func ircFormatting(_ bytes: [UInt8]) {
    let rich = IRCFormatting.parse(String(decoding: bytes, as: UTF8.self))
    precondition(Sanitiser.isSanitary(rich.text), "unsanitary text came out")
    let count = rich.text.utf8.count
    let written = IRCFormatting.render(rich, 0..<count)
    let overhead = IRCFormatting.overhead(IRCFormatting.coded(rich, in: 0..<count), 0..<count)
    precondition(written.utf8.count == count + overhead, "codes take another length than was reckoned")
    guard !rich.text.contains("\n") else { return }
    precondition(IRCFormatting.parse(written).text == rich.text, "a text changed on its way")
}

/// The first byte says how long a line may be. Lines fit, hold the text but for where it was cut, and begin and end between scalars.
func ircSplitter(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let body = IRCFormatting.parse(String(decoding: bytes.dropFirst(), as: UTF8.self))
    let splitter = LineSplitter(body, limit: Int(first))
    let text = Array(body.text.utf8)
    var last = 0
    for piece in splitter.pieces(from: 0) {
        precondition(!piece.isEmpty && piece.lowerBound >= last && piece.upperBound <= text.count, "pieces overlap or are empty")
        precondition(text[last..<piece.lowerBound].allSatisfy { $0 == 0x20 || $0 == 0x0A }, "something was left out")
        precondition(!text[piece].contains(0x0A), "a line end within a line")
        precondition(IRCFormatting.render(body, piece).utf8.count <= splitter.limit, "a line is too long")
        precondition(text[piece.lowerBound] & 0xC0 != 0x80, "cut within a scalar")
        last = piece.upperBound
    }
    precondition(text[last...].allSatisfy { $0 == 0x20 || $0 == 0x0A }, "the end is missing")
}
