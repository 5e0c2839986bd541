/// What an administrator reads when he gives a command: sentences, in the language of the configuration. Words that programs read as well (states,
/// outcomes, codes) are the same in every language: docs/operations.md lists them. Here stands what became of events, and why; beside it what
/// commands print, and why they are not done.
package struct OperatorTexts: Hashable, Sendable {
    package let language: Language

    package init(_ language: Language) { self.language = language }

    /// A text has one line here or in the files beside this one; `OperatorTextsTests` has it in its list.
    func pick(_ english: String, _ german: String) -> String {
        switch language {
        case .en: english
        case .de: german
        }
    }

    /// `12 s ago`
    package func ago(_ seconds: Int64) -> String {
        let length = OperatorTexts.length(max(0, seconds))
        return pick("\(length) ago", "vor \(length)")
    }

    /// An error with its age.
    package func error(_ words: String, _ age: Int64) -> String { "\(words) (\(ago(age)))" }

    /// A reason, and what went wrong last there.
    package func after(_ reason: String, lastError: String?) -> String {
        guard let lastError else { return reason }
        return pick("\(reason); last error: \(lastError)", "\(reason); letzter Fehler: \(lastError)")
    }

    /// `12 s`, `5 min`, `3 h`, `12 d`
    private static func length(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    // MARK: Why an event is not where it is to be

    package func behind(_ entries: Int) -> String {
        switch entries {
        case 0: pick("it is next", "es ist als nächstes dran")
        case 1: pick("1 entry of the log comes before it", "1 Eintrag des Protokolls kommt vorher")
        default: pick("\(entries) entries of the log come before it", "\(entries) Einträge des Protokolls kommen vorher")
        }
    }
    package func behindDeferred(_ time: UnixTime) -> String {
        pick("what comes before it was put off until \(time.text)", "was vorher kommt, ist bis \(time.text) aufgeschoben")
    }
    package func deferred(_ reason: String, _ attempts: Int) -> String {
        pick("put off by the server, attempt \(attempts): \(reason)", "vom Server aufgeschoben, Versuch \(attempts): \(reason)")
    }
    package var noRoom: String { pick("the disk of the journal is full", "die Platte des Journals ist voll") }
    package var parked: String {
        pick("the channel held back too much; it is given up", "der Kanal hat zu viel zurückgehalten; es wird aufgegeben")
    }
    package var retried: String { pick("an operator had it delivered again", "auf Anweisung des Betreibers erneut zuzustellen") }
    package var takesInOnly: String { pick("this member only takes in", "dieses Mitglied nimmt nur auf") }
    package var nothingToShow: String {
        pick("nothing to show there, or said before that was a member", "dort nichts zu zeigen, oder vor seiner Mitgliedschaft gesagt")
    }
    package var unconfirmed: String {
        pick(
            "a peer gave it back after a restore, and it was not found again on its network",
            "eine Gegenstelle gab es nach einer Wiederherstellung zurück, und in seinem Netz wurde es nicht wiedergefunden")
    }
    package func unreachable(_ error: String?) -> String {
        guard let error else { return pick("it can't be written to yet", "es kann noch nichts geschrieben werden") }
        return pick("it can't be written to: \(error)", "es kann nichts geschrieben werden: \(error)")
    }
    package func paused(_ time: UnixTime) -> String {
        pick("the bridge is paused since \(time.text)", "die Brücke ist seit \(time.text) angehalten")
    }
    package func pausedNow(_ bridge: String) -> String {
        pick(
            "The bridge \(bridge) is paused: it goes out when the bridge is resumed.",
            "Die Brücke \(bridge) ist angehalten: Es geht hinaus, wenn sie fortgesetzt wird.")
    }
    package var lookedFor: String {
        pick("the connection was lost meanwhile; it is being looked for there", "die Verbindung brach ab; es wird dort danach gesucht")
    }
    package var beingSent: String { pick("the server has not answered yet", "der Server hat noch nicht geantwortet") }
    package var readThere: String { pick("people there read the journal", "dort wird das Journal gelesen") }

    // MARK: How a delivery ended

    package var superseded: String { pick("edited or deleted before its turn", "vorher bearbeitet oder gelöscht") }
    package var withoutTarget: String { pick("what it refers to is not shown there", "worauf es sich bezieht, steht dort nicht") }
    package var asMessage: String {
        pick("as a message of its own: what it edits is not shown there", "als eigene Nachricht: was es bearbeitet, steht dort nicht")
    }
    package var uncertain: String {
        pick("nobody knows whether it arrived; not sent again", "niemand weiß, ob es ankam; nicht erneut gesendet")
    }
    package var perhapsTwice: String {
        pick("sent again, as nobody knew whether it had arrived", "erneut gesendet, da niemand wusste, ob es ankam")
    }
    package var notExpressible: String { pick("that network can't express it", "dieses Netz kann es nicht ausdrücken") }
    package var found: String { pick("found there by its mark", "dort an seiner Marke gefunden") }
    package var hidden: String { pick("deleted in this channel alone", "nur in diesem Kanal gelöscht") }

    // MARK: Links

    package func linkDown(_ error: String?) -> String {
        guard let error else { return pick("the link is down", "die Verbindung zur Gegenstelle fehlt") }
        return pick("the link is down: \(error)", "die Verbindung zur Gegenstelle fehlt: \(error)")
    }
    package var revoked: String { pick("the link is revoked", "die Verbindung zur Gegenstelle ist widerrufen") }
    package var notShared: String { pick("the channel is not shared with it yet", "der Kanal wird mit ihr noch nicht geteilt") }
    package var beforeSharing: String {
        pick("said before the channel was shared with it", "gesagt, bevor der Kanal mit ihr geteilt wurde")
    }
    package var thirdRelay: String { pick("born at a third relay", "an einer dritten Gegenstelle entstanden") }
    package var notFlowing: String {
        pick("the peer does not share the channel in this session", "die Gegenstelle teilt den Kanal in dieser Sitzung nicht")
    }
    package var notAcknowledged: String { pick("sent, not yet acknowledged", "gesendet, noch nicht bestätigt") }
    package func acknowledged(_ time: UnixTime?) -> String {
        guard let time else { return pick("its journal has it", "ihr Journal hat es") }
        return pick("its journal had it by \(time.text)", "ihr Journal hatte es spätestens \(time.text)")
    }

    // MARK: Why nothing is taken in

    package func awaited(_ peers: [String]) -> String {
        let names = peers.joined(separator: ", ")
        return pick(
            "nothing is taken in before peers have said what they hold: \(names)",
            "nichts wird aufgenommen, bevor Gegenstellen gesagt haben, was sie haben: \(names)")
    }
    package var belowReserve: String {
        pick("the disk is nearly full; nothing is taken in", "die Platte ist fast voll; nichts wird aufgenommen")
    }
    /// `reason`: one of the three above.
    package func waits(_ reason: String) -> String {
        pick("waiting: \(reason). Ctrl-C gives it up.", "wartet: \(reason). Strg-C gibt es auf.")
    }
    package var saidWhenThereIsRoom: String {
        pick(
            "the disk of the journal is full; it is said when there is room",
            "die Platte des Journals ist voll; es wird gesagt, wenn Platz ist")
    }
    package var relayEndsNow: String { pick("the relay ends", "das Relay endet") }
    package var relayEnds: String { pick("the relay ends; nothing was said", "das Relay endet; nichts wurde gesagt") }
}
