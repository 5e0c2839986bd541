/// Why a command is not done.
extension OperatorTexts {
    // MARK: No answer

    package func noRelayAnswers(_ state: String) -> String {
        pick("no relay answers in \(state)", "in \(state) antwortet kein Relay")
    }
    package func mayNotAsk(_ state: String) -> String {
        notAllowed(
            pick(
                "only root and the relay's own user may ask the relay in \(state)",
                "nur root und der Benutzer des Relays dürfen das Relay in \(state) fragen"))
    }
    package func notAllowed(_ words: String) -> String { pick("not allowed: \(words)", "nicht erlaubt: \(words)") }
    package var endedBefore: String { pick("the relay ended before it had answered", "das Relay endete, bevor es geantwortet hatte") }
    package var noReason: String { pick("no reason given", "kein Grund genannt") }
    package func unknownCommand(_ name: String) -> String {
        pick("the running relay knows no command \(name)", "das laufende Relay kennt keinen Befehl \(name)")
    }
    package func needs(_ command: String, oneOf verbs: String) -> String {
        pick("\(command) needs one of \(verbs)", "\(command) braucht eines von \(verbs)")
    }

    // MARK: What is not here

    /// `near`: a name that may be meant.
    package func noBridge(_ name: String, near: String?) -> String {
        pick("there is no bridge \(name)", "es gibt keine Brücke \(name)") + hint(near)
    }
    package func noPeer(_ name: String, near: String?) -> String {
        pick("there is no peer \"\(name)\"", "es gibt keine Gegenstelle „\(name)“") + hint(near)
    }
    private func hint(_ near: String?) -> String { near.map { pick("; did you mean \($0)?", "; meinst du \($0)?") } ?? "" }
    package func noMember(_ name: String, _ members: [String]) -> String {
        let names = members.isEmpty ? "-" : members.joined(separator: ", ")
        return pick(
            "no bridge has a channel \(name); there are \(names)", "keine Brücke hat einen Kanal \(name); es gibt \(names)")
    }
    package func noEndpoint(_ name: String, _ members: [String]) -> String {
        let names = members.isEmpty ? "-" : members.joined(separator: ", ")
        return pick(
            "there is no endpoint \(name); channels are \(names)", "es gibt keinen Endpunkt \(name); Kanäle sind \(names)")
    }
    package func linkHasNoNames(_ name: String) -> String {
        pick(
            "\(name) is a link: its events have their own ids everywhere; ask for one of those",
            "\(name) ist eine Verbindung zu einer Gegenstelle: Ihre Ereignisse heißen überall gleich; frage nach so einem Namen")
    }
    package func unknownThere(_ native: String, _ channel: String) -> String {
        pick("\(channel) knows nothing under \(native)", "\(channel) kennt nichts unter \(native)")
    }
    package func noStream(_ event: String) -> String {
        pick("no event \(event): its stream was never heard of here", "kein Ereignis \(event): Sein Strom ist hier unbekannt")
    }
    package func noNumber(_ event: String, _ last: UInt64) -> String {
        pick(
            "no event \(event): the last number of its stream that is known here is \(last)",
            "kein Ereignis \(event): Die letzte hier bekannte Nummer seines Stroms ist \(last)")
    }
    package func noEventID(_ text: String) -> String {
        pick(
            "\"\(text)\" is no event id: expected 13 letters, a dot and a number",
            "„\(text)“ bezeichnet kein Ereignis: erwartet sind 13 Buchstaben, ein Punkt und eine Zahl")
    }
    package var traceNeeds: String {
        pick("trace needs an event id, or --native CHANNEL ID", "trace braucht den Namen eines Ereignisses, oder --native CHANNEL ID")
    }
    package var sayNeeds: String { pick("say needs a bridge and a text", "say braucht eine Brücke und einen Text") }

    // MARK: Bounces

    package func noBounce(_ number: UInt64) -> String {
        pick("there is no bounce \(number)", "es gibt keinen Eintrag \(number) in der Liste")
    }
    package func noBounceNumber(_ text: String) -> String {
        pick("\"\(text)\" is no bounce's number", "„\(text)“ ist keine Nummer eines Eintrags der Liste")
    }
    package var confirmedNowhere: String {
        pick("vouched for; no other channel of this relay shows it", "bestätigt; kein anderer Kanal dieses Relays zeigt es")
    }
    /// `reason`: one of the three below.
    package func notRetried(_ number: UInt64, _ reason: String) -> String {
        pick("bounce \(number): \(reason)", "Eintrag \(number) der Liste: \(reason)")
    }
    package func nothingToDeliver(_ code: String) -> String {
        pick("\(code): there is nothing that could be delivered", "\(code): da ist nichts, was zugestellt werden könnte")
    }
    package var contentIsGone: String {
        pick("its content is not in the journal any more", "sein Inhalt ist nicht mehr im Journal")
    }
    package func notInBridge(_ channel: String, _ bridge: String) -> String {
        pick("\(channel) is not in bridge \(bridge) any more", "\(channel) gehört nicht mehr zur Brücke \(bridge)")
    }

    // MARK: State and backups

    package var backupNeeds: String { pick("backup needs a folder", "backup braucht einen Ordner") }
    package func folderIsInUse(_ folder: String, by name: String) -> String {
        pick(
            "\(folder) has \(name) in it; expected an empty folder, or none",
            "in \(folder) liegt \(name); erwartet ist ein leerer Ordner, oder keiner")
    }
    package func noBackup(_ folder: String, without file: String) -> String {
        pick("\(folder) has no backup in it: \(file) is missing", "in \(folder) ist keine Sicherung: \(file) fehlt")
    }
    package func relayRuns(_ state: String) -> String {
        pick("a relay runs in \(state): stop it first", "in \(state) läuft ein Relay: halte es vorher an")
    }
    package func relayRunsThere(_ words: String) -> String { pick("a relay runs there: \(words)", "dort läuft ein Relay: \(words)") }
    package func journalIsBusy(_ state: String) -> String {
        pick(
            "a relay runs in \(state): stop it, or check a restored backup",
            "in \(state) läuft ein Relay: halte es an, oder prüfe eine wiederhergestellte Sicherung")
    }
    package func isAnotherRelays(_ file: String, _ backup: String) -> String {
        pick("\(file) is another relay's than that of \(backup)", "\(file) gehört einem anderen Relay als \(backup)")
    }

    // MARK: The journal

    package var journalIsFull: String {
        pick("the journal's disk is full; nothing was written", "die Platte des Journals ist voll; nichts wurde geschrieben")
    }
    package func journalInUse(_ path: String) -> String {
        pick("the journal \(path) is in use by another process", "das Journal \(path) wird von einem anderen Prozess benutzt")
    }
    package func noJournal(_ path: String) -> String {
        pick("\(path) is not a journal of fairlead", "\(path) ist kein Journal von fairlead")
    }
    package func newerSchema(_ found: Int, _ known: Int) -> String {
        pick(
            "the journal has schema \(found); this program knows up to \(known)",
            "das Journal hat Schema \(found); dieses Programm kennt sie bis \(known)")
    }
    package func journalIsDamaged(_ place: String, _ what: String) -> String {
        pick("the journal is damaged at \(place): \(what)", "das Journal ist beschädigt, bei \(place): \(what)")
    }
    package func journalFailed(_ words: String) -> String {
        pick("the journal failed: \(words)", "das Journal versagte: \(words)")
    }
}
