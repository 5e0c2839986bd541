import Base
import Core
import Model
import Testing

@testable import EndpointIRCListener

/// What the listener promises, on a simulated clock.
@Suite struct ListenerStoryTests {
    @Test func nobodySeesALineBeforeItIsCommitted() throws {
        let bench = try ListenerBench()
        let (anna, bob) = (bench.client("anna"), bench.client("bob", "message-tags"))
        anna.forget()
        bench.setFull(true)
        anna.say("@label=1 PRIVMSG #ops :waits for the disk")
        bench.pass(seconds: 30)
        #expect(anna.heard.isEmpty && bob.heard.isEmpty)
        bench.setFull(false)
        bench.pass(seconds: 5)
        #expect(anna.heard == ["anna: waits for the disk"] && bob.heard == anna.heard)
        #expect(anna.lines.contains { $0.contains("label=1;msgid=") })
        #expect(bench.world.failures.isEmpty)
    }

    @Test func whatOthersSayIsShownWhileAnAcceptanceIsWaitedFor() throws {
        let bench = try ListenerBench(slow: (before: .seconds(60), behind: .zero))
        let anna = bench.client("anna")
        anna.say("PRIVMSG #ops :waits")
        bench.pass(seconds: 1)
        bench.far("carl", says: "meanwhile", key: "1")
        #expect(anna.heard == ["carl/far: meanwhile"])
        bench.pass(seconds: 60)
        #expect(anna.heard == ["carl/far: meanwhile", "anna: waits"])
    }

    @Test func theSpeakerIsKnownEvenIfTheCommitIsToldBeforeTheAcceptance() throws {
        let bench = try ListenerBench(slow: (before: .zero, behind: .seconds(60)))
        let (anna, bob) = (bench.client("anna"), bench.client("bob"))
        anna.say("@label=1 PRIVMSG #ops :first")
        bench.pass(seconds: 1)
        bench.far("carl", says: "second", key: "1")
        bench.pass(seconds: 60)
        #expect(anna.lines.contains { $0.hasPrefix("@label=1;msgid=") && $0.hasSuffix(" :first") })
        #expect(anna.heard == ["anna: first", "carl/far: second"] && bob.heard == anna.heard)
    }

    /// The process is crashed between any two steps, and loses what was not synced or not.
    @Test(arguments: 0..<40) func whatAnybodySawIsThereAfterACrashOnceAndInOrder(seed: Int) throws {
        let bench = try ListenerBench(seed: UInt64(seed))
        var seen: [[String]] = []
        for life in 0..<4 {
            let (anna, bob) = (bench.client("anna"), bench.client("bob"))
            for number in 1...12 {
                anna.say("PRIVMSG #ops :a\(life)-\(number)")
                bob.say("PRIVMSG #ops :b\(life)-\(number)")
                bench.step(bench.world.pick(0...12))
            }
            seen += [anna.heard, bob.heard]
            bench.restart()
        }
        let carl = bench.client("carl")
        carl.say("CHATHISTORY LATEST #ops * 100")
        bench.pass(seconds: 1)
        let all = carl.heard
        #expect(Set(all).count == all.count)
        for one in seen {
            // Everybody saw a part of the history without a gap in it.
            #expect(one.isEmpty || all.firstRange(of: one) != nil, "\(one) in \(all)")
        }
        #expect(bench.world.failures.isEmpty)
    }

    @Test func aFloodIsSlowedAndNothingOfItDropped() throws {
        let bench = try ListenerBench()
        let (anna, bob) = (bench.client("anna"), bench.client("bob"))
        anna.say((1...300).map { "PRIVMSG #ops :\($0)" })
        bob.say("PRIVMSG #ops :me too")
        bench.pass(seconds: 5)
        #expect(bob.heard.contains("bob: me too"))
        let early = bob.heard.count
        #expect(early >= 50 && early < 150)
        bench.pass(seconds: 60)
        #expect(bob.heard.filter { $0 != "bob: me too" } == (1...300).map { "anna: \($0)" })
        #expect(bench.counters.slowed > 100)
    }

    @Test func whoDoesNotReadIsDisconnectedAndHoldsNobodyUp() throws {
        let bench = try ListenerBench()
        let (anna, bob) = (bench.client("anna"), bench.client("bob"))
        bob.isStalled = true
        let text = String(repeating: "x", count: 400)
        for number in 0..<2600 { bench.far("carl", says: "\(number) \(text)", key: "\(number)") }
        #expect(bench.counters.slowReaders == 1 && bob.isClosed && !anna.isClosed)
        #expect(anna.heard.count == 2600)
        anna.forget()
        anna.say("NAMES #ops")
        bench.pass(seconds: 1)
        #expect(anna.lines.first?.hasSuffix(" 353 anna = #ops :anna carl/far") == true, "\(anna.lines)")
    }

    @Test func whoDoesNotRegisterIsSentAway() throws {
        let bench = try ListenerBench()
        let silent = bench.connect()
        let talkative = bench.connect()
        talkative.say((0..<200).map { _ in "PING " + String(repeating: "x", count: 60) })
        bench.pass(seconds: 20)
        #expect(!silent.isClosed && talkative.isClosed)
        bench.pass(seconds: 30)
        #expect(silent.isClosed && silent.lines.last == "ERROR :Closing link: registering took too long")
        #expect(bench.counters.unregistered == 2)
    }

    @Test func oneAddressGetsSoManyConnectionsAndAllTogetherAsManyAsThereAre() throws {
        let bench = try ListenerBench()
        let here = (0..<65).map { _ in bench.connect() }
        #expect(here.map(\.isClosed) == [Bool](repeating: false, count: 64) + [true])
        let others = (0..<200).map { bench.connect(from: "192.0.2.\($0)") }
        #expect(others.filter(\.isClosed).count == 8)
        #expect(bench.counters.tooManyConnections == 9)
    }

    @Test func whoGivesNoSignOfLifeIsGivenUp() throws {
        let bench = try ListenerBench()
        let (anna, bob) = (bench.client("anna"), bench.client("bob"))
        for _ in 0..<30 {
            bench.pass(seconds: 10)
            if anna.lines.contains("PING local.fairlead") {
                anna.forget()
                anna.say("PONG local.fairlead")
            }
        }
        #expect(!anna.isClosed && bob.isClosed && bench.counters.dead == 1)
        #expect(bob.lines.last == "ERROR :Closing link: ping timeout")
    }

    @Test func peopleFromElsewhereAreThereForADayAlsoAfterARestart() throws {
        let bench = try ListenerBench()
        bench.far("carl", says: "hello", key: "1")
        bench.far("dora", "2", .topic("the plan"))
        bench.restart()
        let anna = bench.client("anna")
        anna.say("NAMES #ops", "TOPIC #ops")
        bench.pass(seconds: 1)
        #expect(anna.lines.contains { $0.hasSuffix(" 353 anna = #ops :anna carl/far dora/far") }, "\(anna.lines)")
        #expect(anna.lines.contains { $0.hasSuffix(" 332 anna #ops :the plan") })
        #expect(anna.lines.contains { $0.contains(" 333 anna #ops dora/far ") })
        anna.forget()
        for _ in 0..<1000 {
            bench.pass(seconds: 87)
            anna.say("PING x")
        }
        #expect(anna.lines.contains(":carl/far!relayed@far PART #ops :has not spoken lately"))
        anna.forget()
        anna.say("NAMES #ops")
        bench.far("carl", says: "back again", key: "3")
        #expect(anna.lines.contains { $0.hasSuffix(" 353 anna = #ops anna") })
        #expect(anna.lines.contains(":carl/far!relayed@far JOIN #ops"))
        #expect(anna.heard == ["carl/far: back again"])
    }

    /// Somebody changes nick with every line: the channel does not fill with people.
    @Test func peopleFromElsewhereHaveABound() throws {
        let bench = try ListenerBench()
        bench.farCrowd(2 * IRCListenerLimits.puppets + 50)
        let anna = bench.connect()
        anna.say("NICK anna", "USER anna 0 * :anna", "JOIN #ops")
        bench.pass(milliseconds: 100)
        let names = anna.lines.filter { $0.contains(" 353 ") }.flatMap { $0.split(separator: ":").last?.split(separator: " ") ?? [] }
        let shown = names.filter { $0.hasSuffix("/far") }
        #expect((1900...2100).contains(shown.count), "\(shown.count)")
        #expect(shown.contains("nick\(2 * IRCListenerLimits.puppets + 49)/far"))
    }

    @Test func aTopicIsSetAndTakenBackByTheServersWordAlone() throws {
        let bench = try ListenerBench()
        let (anna, bob) = (bench.client("anna", "labeled-response batch"), bench.client("bob", "server-time"))
        anna.say("@label=t TOPIC #ops :the plan")
        bench.pass(seconds: 1)
        #expect(anna.lines.last == "@label=t :anna!anna@local TOPIC #ops :the plan")
        #expect(bob.lines.last?.hasSuffix(" :anna!anna@local TOPIC #ops :the plan") == true)
        anna.say("TOPIC #ops :")
        bench.pass(seconds: 1)
        #expect(anna.lines.last == ":anna!anna@local TOPIC #ops :")
        bench.restart()
        let carl = bench.client("carl")
        carl.say("TOPIC #ops")
        bench.pass(seconds: 1)
        #expect(carl.lines.last == ":local.fairlead 331 carl #ops :No topic is set")
        #expect(bench.world.failures.isEmpty)
    }

    @Test func twoOfOneNameAreTwoPeople() throws {
        let bench = try ListenerBench()
        let anna = bench.client("anna")
        func say(_ id: String, _ name: String, _ key: String) {
            bench.far(id, name, key)
        }
        say("u1", "Max_Muster", "1")
        say("u2", "Max_Muster", "2")
        say("u1", "Max_Muster", "3")
        say("u1", "Maxi", "4")
        let nicks = anna.heard.map { String($0.prefix { $0 != ":" }) }
        #expect(nicks[0] == "Max_Muster/far" && nicks[2] == nicks[0] && nicks[3] == "Maxi/far")
        #expect(nicks[1] != nicks[0] && nicks[1].hasPrefix("Max_Muster~") && nicks[1].hasSuffix("/far"))
        #expect(anna.lines.contains(":Max_Muster/far!relayed@far PART #ops :is now Maxi/far"))
    }

    @Test func whatWasDeletedIsNotInTheHistoryAndEditsSaySo() throws {
        let bench = try ListenerBench()
        bench.far("carl", says: "the password is swordfish", key: "1")
        bench.far("carl", says: "the plan", key: "2")
        bench.far("carl", "2/e", .edited(NativeKey("2"), RichText("the better plan")))
        bench.far("carl", "1/d", .deleted(NativeKey("1")))
        let anna = bench.client("anna")
        anna.say("CHATHISTORY LATEST #ops * 10")
        bench.pass(seconds: 1)
        #expect(anna.heard == ["carl/far: the plan", "carl/far: (edited) the better plan"])
        let plan = anna.lines.first { $0.hasSuffix(":the plan") }?.tag("msgid")
        #expect(plan != nil && anna.lines.first { $0.contains("better") }?.tag("+draft/reply") == plan)
    }

    /// A channel whose past is all reactions, and messages that were deleted: one question looks at so much of it, the next goes on from there.
    @Test func oneQuestionLooksAtSoMuchOfThePast() throws {
        let bench = try ListenerBench()
        bench.far("carl", says: "first", key: "1")
        let barren = IRCListenerLimits.historyScan + 500
        bench.far("carl", (0..<barren - 4000).map { ("r\($0)", .reacted(NativeKey("1"), emoji: "👍", isOn: $0 % 2 == 0)) })
        for half in ["a", "b"] {
            let post = Happening.Content.posted(RichText("gone"), style: .plain, reply: nil, thread: nil)
            bench.far("carl", (0..<1000).map { ("\(half)\($0)", post) })
            bench.far("carl", (0..<1000).map { ("\(half)\($0)/d", .deleted(NativeKey("\(half)\($0)"))) })
        }
        bench.far("carl", says: "last", key: "2")
        let anna = bench.client("anna", "message-tags batch server-time draft/chathistory")
        func ask(_ request: String) -> [String] {
            anna.forget()
            anna.say("CHATHISTORY \(request)")
            bench.pass(seconds: 30)
            return anna.heard.map { String($0.drop { $0 != " " }.dropFirst()) }
        }
        #expect(ask("LATEST #ops * 1") == ["last"])
        #expect(bench.counters.historyCut == 0)
        let last = anna.lines.first { $0.contains(" PRIVMSG ") }?.tag("msgid") ?? ""
        #expect(ask("BEFORE #ops msgid=\(last) 5") == [])
        #expect(bench.counters.historyCut == 1)
        #expect(ask("BEFORE #ops msgid=\(last) 5") == ["first"])
        let first = anna.lines.first { $0.contains(" PRIVMSG ") }?.tag("msgid") ?? ""
        #expect(ask("AFTER #ops msgid=\(first) 5") == [])
        #expect(ask("AFTER #ops msgid=\(first) 5") == ["last"])
        // Who asks for something else in between begins at its beginning.
        #expect(ask("AFTER #ops msgid=\(first) 5") == [])
        #expect(ask("LATEST #ops * 1") == ["last"])
        #expect(ask("AFTER #ops msgid=\(first) 5") == [])
        #expect(bench.counters.historyCut == 4)
    }

    @Test func historyByTimeAndBetweenLeavesNothingOutAndRepeatsNothing() throws {
        let bench = try ListenerBench()
        for number in 1...40 {
            bench.far("carl", says: "\(number)", key: "\(number)")
            if number % 10 == 0 { bench.far("carl", "\(number)/r", .reacted(NativeKey("\(number)"), emoji: "👍", isOn: true)) }
        }
        let anna = bench.client("anna", "message-tags batch server-time draft/chathistory")
        func ask(_ request: String) -> [String] {
            anna.forget()
            anna.say("CHATHISTORY \(request)")
            bench.pass(seconds: 2)
            // The name of the batch is another each time.
            return anna.lines.filter { $0.contains(" PRIVMSG ") }.map { "@" + $0.drop { $0 != ";" }.dropFirst() }
        }
        func texts(_ lines: [String]) -> [String] { lines.map { String($0.split(separator: ":").last ?? "") } }
        let all = ask("LATEST #ops * 100")
        #expect(texts(all) == (1...40).map(String.init))
        // Page by page, forwards and backwards, by time and by id.
        for kind in ["timestamp", "msgid"] {
            func name(_ line: String) -> String { "\(kind)=" + line.tag(kind == "msgid" ? "msgid" : "time")! }
            var forwards = [all[0]]
            while case let page = ask("AFTER #ops \(name(forwards.last!)) 7"), !page.isEmpty { forwards += page }
            #expect(forwards == all, "\(kind)")
            var backwards = [all[39]]
            while case let page = ask("BEFORE #ops \(name(backwards[0])) 7"), !page.isEmpty { backwards = page + backwards }
            #expect(backwards == all, "\(kind)")
            #expect(texts(ask("BETWEEN #ops \(name(all[4])) \(name(all[20])) 5")) == ["6", "7", "8", "9", "10"])
            #expect(texts(ask("BETWEEN #ops \(name(all[20])) \(name(all[4])) 5")) == ["16", "17", "18", "19", "20"])
            #expect(texts(ask("BETWEEN #ops \(name(all[4])) \(name(all[7])) 50")) == ["6", "7"])
            #expect(texts(ask("LATEST #ops \(name(all[36])) 50")) == ["38", "39", "40"])
            #expect(texts(ask("AROUND #ops \(name(all[9])) 4")) == ["8", "9", "10", "11"])
        }
        #expect(ask("LATEST #ops * 0").isEmpty)
    }

    @Test func passwordsAreCheckedWithAndWithoutTheAccount() throws {
        let bench = try ListenerBench(accounts: ["anna": "one", "bob": "two:three"])
        for (password, nick, account) in [
            ("one", "anna", "anna"), ("anna:one", "phone", "anna"), ("two:three", "BOB", "bob"), ("bob:two:three", "x", "bob"),
        ] {
            let client = bench.connect()
            client.say("PASS \(password)", "NICK \(nick)", "USER x 0 * :x")
            bench.pass(seconds: 1)
            #expect(client.lines.first?.hasPrefix(":local.fairlead 001 \(account) ") == true, "\(password) \(client.lines)")
        }
        for (password, nick) in [("two", "bob"), ("one", "bob"), ("bob:one", "bob"), ("anna:", "anna"), ("anna:one ", "x")] {
            let client = bench.connect()
            client.say("PASS :\(password)", "NICK \(nick)", "USER x 0 * :x")
            bench.pass(seconds: 3)
            #expect(client.lines.first?.contains(" 464 ") == true && client.isClosed, "\(password) \(client.lines)")
        }
        #expect(bench.counters.refused == 5)
    }
}

extension ListenerBench {
    /// Somebody with an account of their own and a name that others may have.
    fileprivate func far(_ id: String, _ name: String, _ key: String) {
        far(account: .init(id: id, name: name), key, .posted(RichText("says \(key)"), style: .plain, reply: nil, thread: nil))
    }
}

extension String {
    fileprivate func tag(_ name: String) -> String? {
        guard hasPrefix("@") else { return nil }
        return dropFirst().prefix { $0 != " " }.split(separator: ";").first { $0.hasPrefix("\(name)=") }
            .map { String($0.dropFirst(name.count + 1)) }
    }
}
