/// Why no invite is made, or one is not accepted.
extension OperatorTexts {
    package func expectedAddress(_ text: String) -> String {
        pick("\"\(text)\": expected host:port", "„\(text)“: erwartet ist host:port")
    }
    package func expectedName(_ text: String) -> String {
        pick(
            "\"\(text)\": expected a name of 1 to 32 of a-z, 0-9 and -", "„\(text)“: erwartet ist ein Name aus 1 bis 32 von a-z, 0-9 und -")
    }
    package func nameIsTaken(_ name: String) -> String {
        pick(
            "there is a peer or endpoint \(name) already; choose another name",
            "es gibt schon eine Gegenstelle oder einen Endpunkt \(name); wähle einen anderen Namen")
    }
    package var nobodyCouldDial: String {
        pick(
            "nobody could dial this relay: set [relay] advertise, or name --address HOST:PORT",
            "niemand könnte dieses Relay erreichen: setze [relay] advertise, oder nenne --address HOST:PORT")
    }
    package var doesNotListen: String {
        pick(
            "this relay does not listen: set [relay] listen", "dieses Relay nimmt keine Verbindungen an: setze [relay] listen")
    }
    package var expectedValidity: String {
        pick("an invite is valid for 10m to 48h", "eine Einladung gilt 10m bis 48h")
    }
    package func tooManyInvites(_ count: Int) -> String {
        pick(
            "\(count) invites are open; revoke one, or wait", "\(count) Einladungen sind offen; widerrufe eine, oder warte")
    }
    /// `room`: in bytes.
    package func tooManyAddresses(_ room: Int) -> String {
        pick(
            "an invite has room for \(room) bytes of addresses; name fewer, or shorter ones",
            "eine Einladung hat Platz für \(room) Bytes an Adressen; nenne weniger, oder kürzere")
    }
    package var noInvite: String {
        pick("that is no invite code, or a letter of it is wrong", "das ist kein Code einer Einladung, oder ein Zeichen darin ist falsch")
    }
    package func isPeerAlready(_ name: String) -> String {
        pick(
            "the relay that made this invite is the peer \(name) already: nothing is left to do. To pair anew, take [peer.\(name)] out of the "
                + "configuration first",
            "das Relay, von dem die Einladung stammt, ist schon die Gegenstelle \(name): es ist nichts mehr zu tun. Um neu zu koppeln, nimm "
                + "vorher [peer.\(name)] aus der Konfiguration")
    }
    package func inviteExpired(_ time: UnixTime) -> String {
        pick(
            "the invite expired at \(time.text): ask the other side for a new one (fairlead link invite)",
            "die Einladung lief \(time.text) ab: bitte die andere Seite um eine neue (fairlead link invite)")
    }
    package var ownInvite: String { pick("this relay made the invite itself", "dieses Relay hat die Einladung selbst ausgestellt") }

    // MARK: What the other relay answers

    package var inviteHasNoAddress: String { pick("the invite names no address", "die Einladung nennt keine Adresse") }
    package var anotherRelayAnswers: String {
        pick(
            "another relay than the one that made the invite answers there",
            "dort antwortet ein anderes Relay als das, von dem die Einladung stammt")
    }
    package var inviteIsNotTaken: String {
        pick(
            "the other relay does not take this code (any more): it was used, a newer invite for the same peer took its place, or there were too "
                + "many wrong codes in the last minute. Ask the other side for a new one (fairlead link invite)",
            "das andere Relay nimmt diesen Code nicht (mehr) an: er wurde benutzt, eine neuere Einladung für dieselbe Gegenstelle trat an seine "
                + "Stelle, oder es gab in der letzten Minute zu viele falsche. Bitte die andere Seite um einen neuen (fairlead link invite)"
        )
    }
    /// `words`: the other relay's; nil if it says something that is no refusal.
    package func otherRefuses(_ words: String?) -> String {
        pick(
            "the other relay refuses: \(words ?? "it answers something else")",
            "das andere Relay lehnt ab: \(words ?? "es antwortet anderes")"
        )
    }
    package var otherLacksSecret: String {
        pick("the other relay does not know the invite's secret", "das andere Relay kennt das Geheimnis der Einladung nicht")
    }
    package var otherEnded: String { pick("the other relay ended the connection", "das andere Relay beendete die Verbindung") }
}
