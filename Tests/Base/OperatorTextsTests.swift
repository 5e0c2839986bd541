import Base
import Support
import Testing

@Suite struct OperatorTextsTests {
    @Test(arguments: [
        (-5, "0 s ago"), (0, "0 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7199, "119 min ago"), (7200, "2 h ago"),
        (172_799, "47 h ago"), (172_800, "2 d ago"), (40_000_000, "462 d ago"),
    ]) func anAgeIsToldInOneUnit(seconds: Int64, words: String) {
        #expect(OperatorTexts(.en).ago(seconds) == words)
        #expect(OperatorTexts(.de).ago(seconds) == "vor " + words.split(separator: " ").dropLast().joined(separator: " "))
    }

    @Test func oneSentenceForEachLanguage() {
        let sentences: [@Sendable (OperatorTexts) -> String] = [
            { $0.behind(0) }, { $0.behind(1) }, { $0.behind(2) }, { $0.behindDeferred(UnixTime(seconds: 0)) }, { $0.deferred("words", 2) },
            \.noRoom, \.parked, \.retried, \.takesInOnly, \.nothingToShow, \.unconfirmed, { $0.unreachable(nil) },
            { $0.unreachable("words") },
            { $0.paused(UnixTime(seconds: 0)) }, { $0.pausedNow("ops") }, \.lookedFor, \.beingSent, \.readThere,
            { $0.after("a", lastError: "b") }, \.superseded, \.withoutTarget, \.asMessage, \.uncertain, \.perhapsTwice, \.notExpressible,
            \.found,
            \.hidden, { $0.linkDown(nil) }, { $0.linkDown("words") }, \.revoked, \.notShared, \.beforeSharing, \.thirdRelay, \.notFlowing,
            \.notAcknowledged, { $0.acknowledged(nil) }, { $0.acknowledged(UnixTime(seconds: 0)) }, { $0.awaited(["a", "b"]) },
            \.belowReserve,
            { $0.waits("reason") }, \.saidWhenThereIsRoom, \.relayEnds, \.relayEndsNow, { $0.noBounce(3) }, \.confirmedNowhere,
            { $0.noMember("a:b", []) },
            { $0.noEndpoint("a", ["b:c"]) }, { $0.linkHasNoNames("a:b") }, { $0.unknownThere("a", "b") }, { $0.noStream("a.1") },
            { $0.noNumber("a.1", 0) }, { $0.error("words", 3) }, { $0.ago(3) },
            // What commands print.
            { $0.event("a.1", "posted", by: "b", in: "c") }, { $0.born(at: nil, by: nil, said: "s", journaled: nil, hops: 0) },
            { $0.born(at: "a", by: "b:c", said: "s", journaled: "j", hops: 1) }, \.givenBack, { $0.leftOut(2) },
            { $0.bounced(1, "code", "words") }, { $0.until("deferred", "t") }, { $0.since("paused", "t") }, \.nothingBounced,
            \.nothingToRetry, { $0.goesAgain(1, 2, "words") }, { $0.toChannels(["a", "b"]) }, \.noEventLeft,
            { $0.bouncedEvent("a.1", "posted", by: "b", from: "here", said: "s") },
            { $0.bouncedEvent("a.1", "posted", by: "b", from: "a peer", said: "s") },
            { $0.bouncedEvent("a.1", "posted", by: "b", from: "c:d", said: "s") }, \.andMore, { $0.relay("id") },
            { $0.version("1", started: "t") }, { $0.disk(free: 1, of: 2, reserve: 3, isBelow: true) },
            { $0.disk(free: 1, of: 2, reserve: 3, isBelow: false) }, \.unknownRoom, { $0.said("a.1") }, { $0.giveCode(until: "t") },
            \.askForCode, { $0.paired("a", "id") }, { $0.written("file") }, \.putIntoConfiguration, { $0.backedUp("a") },
            { $0.restored("a", from: "b") }, { $0.sound("a", endpoints: 1, peers: 2, bridges: 3) }, { $0.soundJournal("a", 1) },
            { $0.noJournalYet("a") },
            // Why they are not done.
            { $0.noRelayAnswers("a") }, { $0.mayNotAsk("a") }, { $0.notAllowed("words") }, \.endedBefore, \.noReason,
            { $0.unknownCommand("a") }, { $0.needs("a", oneOf: "b") }, { $0.noBridge("a", near: nil) }, { $0.noBridge("a", near: "b") },
            { $0.noPeer("a", near: "b") }, { $0.noEventID("a") }, \.traceNeeds, \.sayNeeds, { $0.noBounceNumber("a") },
            { $0.notRetried(1, "words") }, { $0.nothingToDeliver("code") }, \.contentIsGone, { $0.notInBridge("a:b", "b") }, \.backupNeeds,
            { $0.folderIsInUse("a", by: "b") }, { $0.noBackup("a", without: "b") }, { $0.relayRuns("a") }, { $0.relayRunsThere("words") },
            { $0.journalIsBusy("a") }, { $0.isAnotherRelays("a", "b") }, \.journalIsFull, { $0.journalInUse("a") }, { $0.noJournal("a") },
            { $0.newerSchema(2, 1) }, { $0.journalIsDamaged("a", "b") }, { $0.journalFailed("words") },
            // Invites.
            { $0.expectedAddress("a") }, { $0.expectedName("a") }, { $0.nameIsTaken("a") }, \.nobodyCouldDial, \.doesNotListen,
            \.expectedValidity, { $0.tooManyInvites(3) }, { $0.tooManyAddresses(3) }, \.noInvite, { $0.isPeerAlready("a") },
            { $0.inviteExpired(UnixTime(seconds: 0)) }, \.ownInvite, \.inviteHasNoAddress, \.anotherRelayAnswers, \.inviteIsNotTaken,
            { $0.otherRefuses(nil) }, { $0.otherRefuses("words") }, \.otherLacksSecret, \.otherEnded,
            // What went wrong last, and bounces.
            { $0.lineRefused("404", "words") }, { $0.linePutOff("404", "words") }, { $0.leftChannel("words") },
            { $0.cannotJoin("475", "words") }, { $0.nickIsHeld("a", instead: "b") }, { $0.nickIsAwaited("a", seconds: 240) },
            { $0.mailUnclear("words") },
            { $0.mailRefused("550", "words") }, { $0.mailPutOff("450", "words") }, \.swallowed,
            { $0.heldBack(since: UnixTime(seconds: 0)) },
            { $0.takenOut(isCut: false) }, { $0.takenOut(isCut: true) }, { $0.unreadable("a.1") }, { $0.notFoundAgain("a") },
            { $0.forked("a.1", last: 2, from: nil) }, { $0.forked("a.1", last: 2, from: 3) },
            { $0.conflict("a.1", at: "b", theirs: "c", ours: "d", "words") }, \.saidInResume,
            { $0.thereItSays("a") }, { $0.thereItIsAnEdit("a") }, { $0.thereItIs("a") }, \.thereUnreadable,
        ]
        let (english, german) = (sentences.map { $0(OperatorTexts(.en)) }, sentences.map { $0(OperatorTexts(.de)) })
        #expect(zip(english, german).allSatisfy { $0 != $1 })
        #expect(Set(english).count == sentences.count && Set(german).count == sentences.count)
    }

    /// The list above has every text that there is.
    @Test func noTextIsForgotten() {
        let files = fileNames(in: Repository.path("Sources/Base")).filter { $0.hasPrefix("OperatorTexts") }
        let declared = files.flatMap { names(in: Repository.text("Sources/Base/\($0)"), behind: ["package func ", "package var "]) }
        let listed = Set(names(in: Repository.text("Tests/Base/OperatorTextsTests.swift"), behind: ["$0.", "\\."]))
        #expect(files.count >= 4 && declared.count > 100, "\(files)")
        #expect(Set(declared).count == declared.count, "two texts have one name")
        #expect(declared.filter { !listed.contains($0) } == [])
    }

    /// What commands answer comes from the texts, and is not written where it is said.
    @Test(arguments: ["Sources/Daemon/Control", "Sources/fairlead/Commands"]) func noSentenceStandsElsewhere(folder: String) {
        let said = [".usage(\"", ".refused(\"", ".failed(\"", ".fail(\"", ".show(\"", "Console.output(\"", "Console.error(\""]
        let lines = Repository.text(folder).split(separator: "\n").filter { line in
            said.contains { place in
                guard let literal = line.firstRange(of: place).map({ line[$0.upperBound...] }) else { return false }
                return !literal.hasPrefix("\\(") && !literal.hasPrefix("fairlead: \\(")
            }
        }
        #expect(lines.isEmpty, "\(lines)")
    }

    private func names(in text: String, behind starts: [String]) -> [String] {
        starts.flatMap { text.split(separator: $0).dropFirst().map { String($0.prefix { $0.isLetter || $0.isNumber }) } }
    }
}
