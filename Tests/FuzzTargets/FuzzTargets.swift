import Base
import Core
import Daemon
import Model
import Store
import WireLink
import WireMail

/// The decoders under test by name: what each does with any bytes without failing, and what must hold of the outcome.
package let fuzzTargets: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
    ("record", { record($0) }), ("text", { text($0) }), ("identity", { identity($0) }), ("block", { block($0) }),
    ("configuration", { configuration($0) }), ("link", { link($0) }), ("link-batch", { linkBatch($0) }), ("mail", { mail($0) }),
    ("irc-listener", { ircListener($0) }),
    ("irc-line", { ircLine($0) }), ("irc-session", { ircSession($0) }),
    ("irc-formatting", { ircFormatting($0) }), ("irc-splitter", { ircSplitter($0) }),
]

/// A record that is accepted decodes, and an event of a known kind that is written again means the same.
private func record(_ bytes: [UInt8]) {
    var dropped = 0
    let outline = try? RecordOutline(checking: bytes.span.bytes)
    let decoded = try? Event.decode(bytes.span.bytes, droppedSpans: &dropped)
    precondition((outline == nil) == (decoded == nil), "outline and decoder disagree")
    guard let (event, author) = decoded, outline!.isKnown else { return }
    if case .profile = event { return }  // its name is sanitised while it is decoded and may become shorter
    let again = RecordEncoder.encode(event, author: author)
    guard again.count <= ModelLimits.record else { return }
    var droppedAgain = 0
    guard let back = try? Event.decode(again.span.bytes, droppedSpans: &droppedAgain) else { preconditionFailure("own record refused") }
    precondition(back.event == event && droppedAgain == 0, "an event changed on its way")
}

/// What leaves the sanitiser is sanitary and stays as it is.
private func text(_ bytes: [UInt8]) {
    let text = Sanitiser.text(bytes)
    precondition(Sanitiser.isSanitary(text), "unsanitary text came out")
    precondition(Sanitiser.isSanitary(bytes.span) == (text.utf8.elementsEqual(bytes)), "sanitary text was changed, or the other way round")
    let name = Sanitiser.name(text)
    precondition(Sanitiser.name(name).utf8.elementsEqual(name.utf8), "a name changed when sanitised again")
    precondition(name.utf8.count <= ModelLimits.name && Sanitiser.isSanitary(name))
}

/// Text forms that are read are written alike.
private func identity(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let id = EventID(text: text) { precondition(id.description == text.lowercased()) }
    if let relay = RelayID(text: text) { precondition(RelayID(text: relay.description) == relay) }
    if let bytes = Base32.decode(text) { precondition(Base32.encode(bytes) == text.lowercased()) }
}

/// Entries that can be read are written again as the same row.
private func block(_ bytes: [UInt8]) {
    guard let count = bytes.first.map(Int.init), count > 0 else { return }
    let (first, time) = (Position(1000), UnixTime(seconds: 1_800_000_000))
    let row = BlockCodec.sealed(Array(bytes.dropFirst()), first: first, count: count, time: time)
    var buffer = EntryBuffer()
    guard (try? BlockCodec.decode(row.span.bytes, first: first, count: count, time: time, into: &buffer)) != nil else { return }
    precondition(buffer.count == count, "a block of \(count) entries gave \(buffer.count)")
    for block in BlockCodec.encode(buffer, first: first, time: time) {
        var again = EntryBuffer()
        let isRead =
            (try? BlockCodec.decode(block.bytes.span.bytes, first: block.first, count: block.count, time: time, into: &again)) != nil
        precondition(isRead, "an own block is refused")
    }
}

/// Any file is read, or refused at a place in it with words.
private func configuration(_ bytes: [UInt8]) {
    do {
        _ = try SettingsReader.read(bytes: bytes, file: "fuzz.toml")
    } catch {
        precondition(error.place.line >= 1 && !error.message.isEmpty, "refused without a place or a word")
    }
}

/// Whatever a peer sends, in whatever pieces, is taken or closed with a code: the same one.
private func link(_ bytes: [UInt8]) {
    var whole = SessionReader()
    let failure = whole.feed(bytes)
    var pieces = SessionReader()
    var failureOfPieces: LinkFailure?
    for start in stride(from: 0, to: bytes.count, by: 5) where failureOfPieces == nil {
        failureOfPieces = pieces.feed(Array(bytes[start..<min(start + 5, bytes.count)]))
    }
    precondition(failure?.code == failureOfPieces?.code, "the session depends on how its bytes are cut")
}

/// Items that are read are written alike.
private func linkBatch(_ bytes: [UInt8]) {
    var columns = BatchColumns()
    guard let items = try? BatchDecoder.items(bytes.span.bytes, &columns) else { return }
    var encoder = BatchEncoder(BatchColumns())
    for item in items {
        switch item {
        case .record(let stream, let time, let hops, let record): encoder.record(stream: stream, time: time, hops: hops, bytes[record])
        case .late(let stream, let number, let time, let hops, let record):
            encoder.late(stream: stream, number: number, time: time, hops: hops, bytes[record])
        case .skip(let stream, let last, let reason, let profiles):
            encoder.skip(stream: stream, through: last, reason: reason, profiles: profiles)
        case .introduction(let introduction, let prefix): encoder.introduction(introduction, prefix: prefix)
        }
    }
    var again = BatchColumns()
    let written = encoder.writer.bytes
    guard let back = try? BatchDecoder.items(written.span.bytes, &again) else { preconditionFailure("own items are refused") }
    precondition(back.count == items.count)
}

/// Input as a network may bring it: in pieces of some bytes, or of more where they would be so many that the fuzzer comes to little else.
func pieces(of bytes: [UInt8]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
        let end = min(bytes.count, start + max(1 + Int(bytes[start] % 7), bytes.count / 64))
        pieces.append(Array(bytes[start..<end]))
        start = end
    }
    return pieces
}

/// However a client's bytes are cut, a mail server says and takes the same; and whatever lines are a reply, they are read as one.
private func mail(_ bytes: [UInt8]) {
    _ = MailReply(reading: bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) })
    let text = String(decoding: bytes, as: UTF8.self)
    if let address = MailAddress(text) { precondition(address.description == text) }
    let pieces = pieces(of: bytes)
    for dialect in [MailServerMachine.Dialect.smtp, .lmtp] {
        let whole = served([bytes], dialect)
        precondition(served(pieces, dialect) == whole, "a dialogue in pieces has another outcome")
        precondition(
            whole.allSatisfy { if case .deliver(let mail) = $0 { mail.text.count <= 64 } else { true } }, "more was taken than may be")
    }
}

private func served(_ pieces: [[UInt8]], _ dialect: MailServerMachine.Dialect) -> [MailServerMachine.Action] {
    var machine = MailServerMachine(dialect, host: "x", limit: 64)
    var all: [MailServerMachine.Action] = []
    for piece in pieces {
        var actions = machine.received(piece)
        while !actions.isEmpty {
            let action = actions.removeFirst()
            all.append(action)
            switch action {
            case .send, .close: break
            case .verify: actions += machine.answered([MailReply(250, nil, "ok")])
            case .deliver(let mail):
                let count = dialect == .smtp ? 1 : mail.recipients.count
                actions += machine.answered(Array(repeating: MailReply(250, nil, "ok"), count: count))
            }
        }
    }
    return all
}
