import Base
import Testing
import WireIRC

/// Conversations with a server: `<` what it sends, `>` what the client must send then, `=` what its driver must be told.
@Suite struct SessionTranscriptTests {
    @Test func anOldServerWithoutCapabilities() {
        play(
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s 421 * CAP :Unknown command
            < :s 001 fairlead :Welcome
            < :s 005 fairlead NICKLEN=9 CASEMAPPING=ascii :are supported
            < :s 376 fairlead :End of MOTD
            = ready
            """)
    }

    @Test func ngIRCdOffersNothingOfUse() {
        play(
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :ng.test CAP * LS :multi-prefix
            > CAP END
            < :ng.test 001 fairlead :Welcome
            < :ng.test 422 fairlead :No MOTD
            = ready
            """)
    }

    @Test func whatIsOfferedInSeveralLinesIsAskedForTogether() {
        play(
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s CAP * LS * :message-tags server-time account-tag
            < :s CAP * LS :batch echo-message labeled-response draft/chathistory
            > CAP REQ :message-tags server-time batch echo-message labeled-response draft/chathistory
            < :s CAP fairlead ACK :message-tags server-time batch
            < :s CAP fairlead ACK :echo-message labeled-response draft/chathistory
            > CAP END
            < :s 001 fairlead :Welcome
            < :s 376 fairlead :End
            = ready
            """)
    }

    @Test func whatIsRefusedTogetherIsAskedForOneByOne() {
        play(
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s CAP * LS :server-time batch
            > CAP REQ :server-time batch
            < :s CAP * NAK :server-time batch
            > CAP REQ server-time
            > CAP REQ batch
            < :s CAP * ACK :server-time
            < :s CAP * NAK :batch
            > CAP END
            """)
    }

    /// A server that refuses them one after another is not asked again and again.
    @Test func whatIsRefusedOneByOneEndsTheAsking() {
        play(
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s CAP * LS :server-time batch
            > CAP REQ :server-time batch
            < :s CAP * NAK :server-time batc
            > CAP REQ server-time
            > CAP REQ batch
            < :s CAP * NAK :server-time
            < :s CAP * NAK :batch
            > CAP END
            """)
    }

    @Test func withAnotherNickTheAccountIsNamed() {
        play(
            SessionMachine.Identity(nick: "fairlead", username: "fairlead", realname: "fairlead relay", nickServ: "hunter2"),
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s 433 * fairlead :in use
            > NICK fairlead_
            < :s 001 fairlead_ :Welcome
            < :s 376 fairlead_ :End
            > WHOIS fairlead_
            > WHOIS fairlead
            > PRIVMSG NickServ :IDENTIFY fairlead hunter2
            < :NickServ!n@services NOTICE fairlead_ :You are now identified for fairlead.
            = servicesSaid("You are now identified for fairlead.")
            < :s 900 fairlead_ fairlead_!f@h fairlead :You are now logged in
            = ready
            """)
    }

    @Test func channelsThatNobodyAskedForAreLeft() {
        var machine = ready()
        _ = machine.join("#a", key: nil)
        #expect(receive(&machine, ":fairlead!f@h JOIN #b") == ["> PART #b"])
        #expect(receive(&machine, ":fairlead!f@h JOIN #a") == ["= joined(\"#a\")"])
        #expect(receive(&machine, ":fairlead!f@h JOIN #a").isEmpty)
        #expect(told(machine.part("#a")) == ["> PART #a"])
        _ = machine.join("#a", key: nil)
        #expect(machine.part("#a").isEmpty)
        #expect(receive(&machine, ":fairlead!f@h JOIN #a") == ["> PART #a"])
    }

    /// The answer to a line from before a kick is no answer to the next JOIN.
    @Test func lateRefusalsDoNotStopAJoin() {
        var machine = ready()
        _ = machine.join("#a", key: nil)
        #expect(receive(&machine, ":s 404 fairlead #a :Cannot send").isEmpty)
        #expect(
            receive(&machine, ":s 473 fairlead #a :Invite only") == ["= joinRefused(\"#a\", code: \"473\", text: \"Invite only\")"])
    }

    @Test func aLongBatchIsHandedOnInPieces() {
        var machine = ready()
        _ = machine.join("#a", key: nil)
        _ = receive(&machine, ":fairlead!f@h JOIN #a")
        _ = receive(&machine, ":s BATCH +x chathistory #a")
        var pieces: [Int] = []
        for number in 1...2500 {
            let message = try! IRCMessage(line: [UInt8]("@batch=x :anna!a@h PRIVMSG #a :\(number)".utf8))
            for action in machine.received(message) { if case .history(_, let lines) = action { pieces.append(lines.count) } }
            #expect(machine.isBounded)
        }
        for action in machine.received(try! IRCMessage(line: [UInt8](":s BATCH -x".utf8))) {
            if case .history(_, let lines) = action { pieces.append(lines.count) }
        }
        #expect(pieces == [1000, 1000, 500])
    }

    @Test func saslPlain() {
        play(
            SessionMachine.Identity(
                nick: "fairlead", username: "fairlead", realname: "fairlead relay", sasl: .init(account: "bot", password: "hunter2")),
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s CAP * LS :sasl=EXTERNAL,PLAIN
            > CAP REQ sasl
            < :s CAP * ACK :sasl
            > AUTHENTICATE PLAIN
            < AUTHENTICATE +
            > AUTHENTICATE Ym90AGJvdABodW50ZXIy
            < :s 900 fairlead fairlead!f@h bot :You are now logged in as bot
            < :s 903 fairlead :SASL authentication successful
            > CAP END
            < :s 001 fairlead :Welcome
            < :s 376 fairlead :End
            = ready
            """)
    }

    @Test func aPasswordOfExactlyOnePieceEndsWithAnEmptyOne() {
        // 300 bytes are 400 characters of base64: account, password and two NULs.
        let identity = SessionMachine.Identity(
            nick: "f", username: "f", realname: "f", sasl: .init(account: "a", password: String(repeating: "x", count: 296)))
        var machine = SessionMachine(identity)
        _ = machine.begin()
        _ = receive(&machine, ":s CAP * LS :sasl")
        _ = receive(&machine, ":s CAP * ACK :sasl")
        let sent = receive(&machine, "AUTHENTICATE +").filter { $0.hasPrefix(">") }
        #expect(sent.count == 2 && sent[0].count == "> AUTHENTICATE ".count + 400 && sent[1] == "> AUTHENTICATE +")
    }

    @Test(arguments: [
        (":s CAP * LS :server-time", "the server does not offer SASL PLAIN"),
        (":s CAP * LS :sasl=EXTERNAL", "the server does not offer SASL PLAIN"),
        (":s 421 * CAP :Unknown command", "the server knows no capabilities"),
    ])
    func withoutTheSASLThatIsAskedForNothingGoesOn(_ line: String, _ words: String) {
        var machine = SessionMachine(
            .init(nick: "f", username: "f", realname: "f", sasl: .init(account: "a", password: "b")))
        _ = machine.begin()
        #expect(receive(&machine, line) == ["= end(WireIRC.SessionMachine.Ending.saslRefused(\"\(words)\"))"])
    }

    @Test func nickServ() {
        play(
            SessionMachine.Identity(nick: "fairlead", username: "fairlead", realname: "fairlead relay", nickServ: "hunter2"),
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s 001 fairlead :Welcome
            < :s 376 fairlead :End
            > PRIVMSG NickServ :IDENTIFY hunter2
            < :s 900 fairlead fairlead!f@h bot :You are now logged in as bot
            = ready
            """)
    }

    @Test func aTakenNickAndItsReturn() {
        play(
            """
            > CAP LS 302
            > NICK fairlead
            > USER fairlead 0 * :fairlead relay
            < :s 433 * fairlead :Nickname already in use
            > NICK fairlead_
            < :s 433 * fairlead_ :Nickname already in use
            > NICK fairlea__
            < :s 001 fairlea__ :Welcome
            < :s 376 fairlea__ :End
            > WHOIS fairlea__
            > WHOIS fairlead
            = ready
            < :s 311 fairlea__ fairlea__ ~f 10.0.0.1 * :fairlead relay
            < :s 311 fairlea__ fairlead ~f 10.0.0.1 * :fairlead relay
            < :fairlead!~f@10.0.0.1 QUIT :gone
            > NICK fairlead
            < :fairlea__!~f@10.0.0.1 NICK :fairlead
            = nickChanged("fairlead")
            """)
    }

    @Test func aStrangerWithTheWantedNickIsNoEarlierConnection() {
        var machine = SessionMachine(.init(nick: "fairlead", username: "f", realname: "f"))
        _ = machine.begin()
        for line in [":s 433 * fairlead :in use", ":s 001 fairlead_ :Welcome", ":s 376 fairlead_ :End"] { _ = receive(&machine, line) }
        #expect(machine.mayHaveFormerSession)
        _ = receive(&machine, ":s 311 fairlead_ fairlead_ ~f 10.0.0.1 * :x")
        _ = receive(&machine, ":s 311 fairlead_ fairlead ~bob 10.0.0.9 * :x")
        #expect(!machine.mayHaveFormerSession)
    }

    @Test func joiningSpeakingLeaving() {
        var machine = ready()
        let joining = machine.join("#Ops", key: "k")
        #expect(joining == [.send(IRCMessage("JOIN", "#Ops", "k"))])
        #expect(receive(&machine, ":fairlead!f@h JOIN #ops") == ["= joined(\"#Ops\")"])
        #expect(machine.ownUser == "f" && machine.ownHost == "h")
        #expect(receive(&machine, ":anna!a@h JOIN #ops") == [])
        let lines = [
            ":anna!a@h PRIVMSG #OPS :hello", ":anna!a@h NOTICE #ops :note", ":anna!a@h PRIVMSG #ops :\u{1}ACTION waves\u{1}",
            ":anna!a@h PRIVMSG #ops :\u{1}VERSION\u{1}",
            ":anna!a@h PRIVMSG fairlead :private", ":anna!a@h PRIVMSG #other :elsewhere", ":anna!a@h PRIVMSG @#ops :for operators alone",
        ]
        let said = lines.flatMap { machine.received(try! IRCMessage(line: [UInt8]($0.utf8))) }.compactMap { action -> String? in
            if case .line(let line) = action { "\(line.kind) \(line.channel) \(line.source.nick) \(line.text)" } else { nil }
        }
        #expect(said == ["message #Ops anna hello", "notice #Ops anna note", "action #Ops anna waves"])
        // A topic is news when somebody sets it, and none when the server tells it at joining.
        #expect(receive(&machine, ":s 332 fairlead #ops :the plan") == [])
        #expect(receive(&machine, ":s 333 fairlead #ops anna 1795000000") == [])
        let topic = machine.received(try! IRCMessage(line: [UInt8](":anna!a@h TOPIC #ops :the plan".utf8)))
        guard case .line(let line)? = topic.first, topic.count == 1 else { return #expect(Bool(false), "\(topic)") }
        #expect(line.kind == .topic && line.channel == "#Ops" && line.source.nick == "anna" && line.text == "the plan")
        #expect(receive(&machine, ":op!o@h KICK #ops fairlead :bye") == ["= left(\"#Ops\", reason: \"kicked: bye\")"])
        #expect(
            receive(&machine, ":s 474 fairlead #ops :Cannot join channel (+b)") == [
                "= joinRefused(\"#Ops\", code: \"474\", text: \"Cannot join channel (+b)\")"
            ])
    }

    @Test func historyComesAsOneBatch() {
        var machine = ready()
        _ = machine.join("#a", key: nil)
        _ = receive(&machine, ":fairlead!f@h JOIN #a")
        for line in [
            ":s BATCH +1 chathistory #a", "@batch=1;msgid=m1;time=2026-11-25T07:25:34.000Z :anna!a@h PRIVMSG #a :one",
            "@batch=1 :anna!a@h JOIN #a",
            "@batch=1;msgid=m2 :fairlead!f@h PRIVMSG #a :two",
        ] {
            #expect(receive(&machine, line) == [])
        }
        let message = try! IRCMessage(line: [UInt8](":s BATCH -1".utf8))
        guard case .history("#a", let lines)? = machine.received(message).first else { Issue.record("no history"); return }
        #expect(lines.map(\.text) == ["one", "two"] && lines.map(\.isOwn) == [false, true] && lines.map(\.messageID) == ["m1", "m2"])
    }

    /// All open batches together hold so many bytes; what comes beyond that is handed on at once, and nothing is left out.
    @Test func openBatchesHoldSoManyBytes() throws {
        var machine = ready()
        _ = machine.join("#a", key: nil)
        _ = receive(&machine, ":fairlead!f@h JOIN #a")
        let (batches, each) = (30, 50)
        for batch in 1...batches { _ = receive(&machine, ":s BATCH +\(batch) chathistory #a") }
        let words = String(repeating: "a", count: 15_000)
        var handedOn = 0
        for number in 1...each {
            for batch in 1...batches {
                let line = "@batch=\(batch) :anna!a@h PRIVMSG #a :\(number) \(words)"
                for case .history(_, let lines) in machine.received(try! IRCMessage(line: [UInt8](line.utf8))) { handedOn += lines.count }
                try #require(machine.isBounded)
            }
        }
        let held = batches * each - handedOn
        #expect(held * 15_000 <= IRCLimits.batchBytes && held * 16_000 > IRCLimits.batchBytes, "\(held)")
        for batch in 1...batches {
            let end = try! IRCMessage(line: [UInt8](":s BATCH -\(batch)".utf8))
            for case .history(_, let lines) in machine.received(end) { handedOn += lines.count }
        }
        #expect(handedOn == batches * each)
    }

    @Test func refusalsFindTheirLine() {
        var machine = ready()
        _ = machine.join("#a", key: nil)
        _ = receive(&machine, ":fairlead!f@h JOIN #a")
        #expect(
            receive(&machine, "@label=f7 :s 404 fairlead #a :Cannot send") == [
                "= refused(label: Optional(\"f7\"), channel: Optional(\"#a\"), code: \"404\", text: \"Cannot send\")"
            ])
        #expect(
            receive(&machine, ":s 404 fairlead #a :Cannot send") == [
                "= refused(label: nil, channel: Optional(\"#a\"), code: \"404\", text: \"Cannot send\")"
            ])
        #expect(
            receive(&machine, "@label=f8 :s FAIL PRIVMSG RATE_LIMITED #a :Slow down") == [
                "= refused(label: Optional(\"f8\"), channel: nil, code: \"RATE_LIMITED\", text: \"Slow down\")"
            ])
        #expect(receive(&machine, "@label=f9 :s ACK") == ["= swallowed(label: \"f9\")"])
    }

    @Test func modesAreFollowed() {
        var machine = ready(":s 005 fairlead CHANMODES=b,k,Hl,imnpst PREFIX=(ov)@+ :are supported")
        _ = machine.join("#a", key: nil)
        _ = receive(&machine, ":fairlead!f@h JOIN #a")
        _ = receive(&machine, ":s 324 fairlead #a +Hnt :5000:1d")
        #expect(machine.channel("#a")?.keptLines == 5000 && machine.channel("#a")?.isModerated == false)
        _ = receive(&machine, ":op!o@h MODE #a +ombc-H fairlead *!*@bad")
        #expect(
            machine.channel("#a")?.isModerated == true && machine.channel("#a")?.isPlain == true && machine.channel("#a")?.keptLines == nil)
    }

    /// A server may say anew which modes there are; the last word counts, and none grows without end.
    @Test func letters() {
        var machine = ready()
        for start in stride(from: 0x4E00, to: 0x9000, by: 200) {
            let letters = String(String.UnicodeScalarView((start..<start + 200).map { Unicode.Scalar($0)! }))
            _ = receive(&machine, ":s 005 fairlead CHANMODES=\(letters),\(letters),\(letters) PREFIX=(\(letters))@ :are supported")
            #expect(machine.isBounded)
        }
        _ = receive(&machine, ":s 005 fairlead CHANMODES=b,k,l,n PREFIX=(ov)@+ :are supported")
        _ = machine.join("#a", key: nil)
        _ = receive(&machine, ":fairlead!f@h JOIN #a")
        _ = receive(&machine, ":op!o@h MODE #a +e\u{4E00}lokn 5 fairlead door")
        #expect(machine.channel("#a")?.modes == ["e": "", "\u{4E00}": "", "l": "5", "o": "fairlead", "k": "door", "n": ""])
    }

    /// Whatever a server sends, the machine answers something and holds no more than it may.
    @Test func noiseDoesNoHarm() {
        var random = SystemRandomNumberGenerator()
        let words = [
            "CAP", "LS", "ACK", "NAK", "*", ":sasl batch", "001", "005", "376", "433", "fairlead", "#a", "BATCH", "+1", "-1", "chathistory",
            "PRIVMSG", "AUTHENTICATE", "+", "JOIN", "KICK", "MODE", "+mH-k", "900", "ERROR", "FAIL", "NICK",
        ]
        for _ in 0..<300 {
            var machine = SessionMachine(
                .init(nick: "fairlead", username: "f", realname: "f", sasl: .init(account: "a", password: "b"), nickServ: "c"))
            _ = machine.begin()
            _ = machine.join("#a", key: nil)
            for _ in 0..<60 {
                let tags = Bool.random(using: &random) ? "@batch=1;label=x " : ""
                let line =
                    tags + ":fairlead!f@h "
                    + (0..<Int.random(in: 1...5, using: &random)).map { _ in words.randomElement(using: &random)! }.joined(separator: " ")
                if let message = try? IRCMessage(line: [UInt8](line.utf8)) { _ = machine.received(message) }
            }
        }
    }
}

private func ready(_ lines: String...) -> SessionMachine {
    var machine = SessionMachine(.init(nick: "fairlead", username: "fairlead", realname: "fairlead relay"))
    _ = machine.begin()
    for line in [":s 001 fairlead :Welcome"] + lines + [":s 376 fairlead :End"] { _ = receive(&machine, line) }
    return machine
}

private func receive(_ machine: inout SessionMachine, _ line: String) -> [String] {
    told(machine.received(try! IRCMessage(line: [UInt8](line.utf8))))
}

private func told(_ actions: [SessionMachine.Action]) -> [String] {
    actions.map { action in
        if case .send(let message) = action { return "> " + String(decoding: message.bytes.dropLast(2), as: UTF8.self) }
        return "= \(action)"
    }
}

private func play(_ transcript: String) {
    play(.init(nick: "fairlead", username: "fairlead", realname: "fairlead relay"), transcript)
}

private func play(_ identity: SessionMachine.Identity, _ transcript: String) {
    var machine = SessionMachine(identity)
    var answers = told(machine.begin())[...]
    for line in transcript.split(separator: "\n").map(String.init) {
        if line.hasPrefix("< ") {
            #expect(answers.isEmpty, "said without being asked: \(answers)")
            answers = receive(&machine, String(line.dropFirst(2)))[...]
        } else {
            #expect(answers.popFirst() == line)
        }
    }
    #expect(answers.isEmpty)
}
