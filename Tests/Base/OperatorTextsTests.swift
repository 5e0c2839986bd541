import Base
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
            { $0.noNumber("a.1", 0) },
        ]
        let (english, german) = (sentences.map { $0(OperatorTexts(.en)) }, sentences.map { $0(OperatorTexts(.de)) })
        #expect(zip(english, german).allSatisfy { $0 != $1 })
        #expect(Set(english).count == sentences.count && Set(german).count == sentences.count)
    }
}
