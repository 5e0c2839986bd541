/// What commands print when they are done.
extension OperatorTexts {
    // MARK: trace

    package func event(_ id: String, _ kind: String, by author: String, in bridge: String) -> String {
        pick("event \(id), \(kind) by \(author) in bridge \(bridge)", "Ereignis \(id), \(kind) von \(author) in der Brücke \(bridge)")
    }
    /// `relay`: the peer where it was born; nil for this relay. `journaled`: nil if the journal has it no more.
    package func born(at relay: String?, by member: String?, said: String, journaled: String?, hops: UInt8) -> String {
        let english = [
            "born \(relay.map { "at \($0)" } ?? "here")", member.map { "came by \($0)" }, "said \(said)",
            "journaled \(journaled ?? "not here any more")", "hops \(hops)",
        ]
        let german = [
            "entstanden \(relay.map { "bei \($0)" } ?? "hier")", member.map { "gekommen über \($0)" }, "gesagt \(said)",
            journaled.map { "im Journal seit \($0)" } ?? "nicht mehr im Journal", "Hops \(hops)",
        ]
        return pick(english.compactMap(\.self).joined(separator: ", "), german.compactMap(\.self).joined(separator: ", "))
    }
    package var givenBack: String {
        pick("given back by a peer after a restore", "von einer Gegenstelle nach einer Wiederherstellung zurückgegeben")
    }
    package func leftOut(_ spans: Int) -> String {
        pick(
            "left out of its text: \(spans) spans that broke a rule",
            "aus dem Text weggelassen: \(spans) Auszeichnungen, die eine Regel verletzten"
        )
    }
    package func bounced(_ number: UInt64, _ code: String, _ words: String) -> String {
        pick("bounce \(number), \(code): \(words)", "Eintrag \(number) der Liste, \(code): \(words)")
    }
    package func until(_ state: String, _ time: String) -> String { pick("\(state) until \(time)", "\(state) bis \(time)") }
    package func since(_ state: String, _ time: String) -> String { pick("\(state) since \(time)", "\(state) seit \(time)") }

    // MARK: bounces

    package var nothingBounced: String { pick("nothing bounced", "nichts war unzustellbar") }
    package var nothingToRetry: String { pick("nothing to deliver again", "nichts ist erneut zuzustellen") }
    /// `words`: to which channels, or why to none.
    package func goesAgain(_ number: UInt64, _ events: UInt64, _ words: String) -> String {
        pick("bounce \(number), events: \(events), \(words)", "Eintrag \(number), Ereignisse: \(events), \(words)")
    }
    package func toChannels(_ channels: [String]) -> String {
        let names = channels.joined(separator: ", ")
        return pick("to \(names)", "an \(names)")
    }
    package var noEventLeft: String { pick("no event of it is in the journal", "kein Ereignis davon ist im Journal") }
    /// `place`: a channel, a peer, or one of the words `here` and `a peer`.
    package func bouncedEvent(_ id: String, _ kind: String, by author: String, from place: String, said: String) -> String {
        let german =
            switch place {
            case "here": "von hier"
            case "a peer": "von einer Gegenstelle"
            default: "aus \(place)"
            }
        return pick("\(id), \(kind) by \(author) from \(place), said \(said)", "\(id), \(kind) von \(author) \(german), gesagt \(said)")
    }
    package var andMore: String { pick("and more", "und weitere") }

    // MARK: status, say

    package func relay(_ id: String) -> String { pick("relay \(id)", "Relay \(id)") }
    package func version(_ version: String, started: String) -> String {
        pick("version \(version), started \(started)", "Version \(version), gestartet \(started)")
    }
    /// In MB. `isBelow`: whether intake waits until so much is free.
    package func disk(free: Int64, of size: Int64, reserve: Int64, isBelow: Bool) -> String {
        pick(
            "disk \(free) MB free of \(size), \(reserve) kept free\(isBelow ? "; intake waits for room" : "")",
            "Platte: \(free) MB frei von \(size), \(reserve) bleiben frei\(isBelow ? "; die Aufnahme wartet auf Platz" : "")")
    }
    package var unknownRoom: String { pick("disk: its room can't be known", "Platte: ihr Platz ist nicht festzustellen") }
    package func said(_ event: String) -> String { pick("said as event \(event)", "gesagt als Ereignis \(event)") }

    // MARK: link

    package func giveCode(until time: String) -> String {
        pick(
            "Give this code to the other side, over a way you trust; it is valid once, until \(time).",
            "Gib diesen Code der anderen Seite, auf einem Weg, dem du traust; er gilt einmal, bis \(time).")
    }
    package var askForCode: String { pick("The code of the invite: ", "Der Code der Einladung: ") }
    package func paired(_ name: String, _ relay: String) -> String {
        pick("paired with \(name), relay \(relay)", "gekoppelt mit \(name), Relay \(relay)")
    }
    package func written(_ file: String) -> String { pick("written: \(file)", "geschrieben: \(file)") }
    package var putIntoConfiguration: String {
        pick("Put this into the configuration and reload:", "Schreibe das in die Konfiguration und lade sie neu:")
    }

    // MARK: backup, restore, check

    package func backedUp(_ folder: String) -> String {
        pick(
            "\(folder): a copy of journal, identity and secret; keep it as safe as the relay",
            "\(folder): eine Kopie von Journal, Identität und Geheimnis; verwahre sie so sicher wie das Relay")
    }
    package func restored(_ state: String, from folder: String) -> String {
        pick(
            "\(state): restored from \(folder). At its next start the relay asks its peers what it lost",
            "\(state): aus \(folder) wiederhergestellt. Beim nächsten Start fragt das Relay seine Gegenstellen, was ihm verloren ging")
    }
    package func sound(_ path: String, endpoints: Int, peers: Int, bridges: Int) -> String {
        pick(
            "\(path): \(endpoints) endpoints, \(peers) peers, \(bridges) bridges, no fault found",
            "\(path): Endpunkte \(endpoints), Gegenstellen \(peers), Brücken \(bridges), kein Fehler gefunden")
    }
    package func soundJournal(_ state: String, _ entries: UInt64) -> String {
        pick(
            "\(state): a journal of \(entries) entries, no fault found", "\(state): Journal, Einträge \(entries), kein Fehler gefunden")
    }
    package func noJournalYet(_ state: String) -> String {
        pick(
            "\(state): no journal yet; the relay makes one when it starts for the first time",
            "\(state): noch kein Journal; das Relay legt eines an, wenn es zum ersten Mal startet")
    }
}
