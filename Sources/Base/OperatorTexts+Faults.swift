/// What went wrong last at an endpoint, and the words of entries of the bounce list that are not a server's.
extension OperatorTexts {
    // MARK: Last errors. `words`: the server's.

    package func lineRefused(_ code: String, _ words: String) -> String {
        pick("a line was refused: \(code) \(words)", "eine Zeile wurde abgelehnt: \(code) \(words)")
    }
    package func linePutOff(_ code: String, _ words: String) -> String {
        pick("a line is put off: \(code) \(words)", "eine Zeile ist aufgeschoben: \(code) \(words)")
    }
    package func leftChannel(_ words: String) -> String { pick("left the channel: \(words)", "nicht mehr im Kanal: \(words)") }
    package func cannotJoin(_ code: String, _ words: String) -> String {
        pick("can't join: \(code) \(words)", "kommt nicht in den Kanal: \(code) \(words)")
    }
    package func nickIsHeld(_ nick: String, instead: String) -> String {
        pick(
            "the nick \(nick) is somebody else's: this relay is \(instead) there",
            "den Nick \(nick) hat jemand anders: dieses Relay heißt dort \(instead)")
    }
    /// A connection from where this relay comes from has the nick.
    package func nickIsAwaited(_ nick: String, seconds: UInt64) -> String {
        pick(
            "the nick \(nick) is held by a connection like this one, perhaps an earlier one of this relay: nothing is written for up to \(seconds) s",
            "den Nick \(nick) hat eine Verbindung wie diese, vielleicht eine frühere dieses Relays: bis zu \(seconds) s lang wird nichts geschrieben"
        )
    }
    package func mailUnclear(_ words: String) -> String {
        pick("nobody knows whether the server took a mail: \(words)", "niemand weiß, ob der Server eine Mail annahm: \(words)")
    }
    package func mailRefused(_ code: String, _ words: String) -> String {
        pick("a mail was refused: \(code) \(words)", "eine Mail wurde abgelehnt: \(code) \(words)")
    }
    package func mailPutOff(_ code: String, _ words: String) -> String {
        pick("a mail is put off: \(code) \(words)", "eine Mail ist aufgeschoben: \(code) \(words)")
    }

    // MARK: The bounce list

    package var swallowed: String {
        pick("the server took the line in and shows it to nobody", "der Server nahm die Zeile an und zeigt sie niemandem")
    }
    package func heldBack(since time: UnixTime) -> String {
        pick("held back since \(time.text)", "zurückgehalten seit \(time.text)")
    }
    /// `isCut`: whether not all of them were counted.
    package func takenOut(isCut: Bool) -> String {
        pick(
            "taken out of its bridge before they came\(isCut ? "; there may be more" : "")",
            "aus seiner Brücke genommen, bevor sie kamen\(isCut ? "; es können mehr sein" : "")")
    }
    package func unreadable(_ event: String) -> String {
        pick("event \(event) of a peer can't be read", "Ereignis \(event) einer Gegenstelle ist nicht lesbar")
    }
    package func notFoundAgain(_ peer: String) -> String {
        pick(
            "given back by \(peer) and not found again on its network",
            "von \(peer) zurückgegeben und in seinem Netz nicht wiedergefunden")
    }
    /// `elsewhere`: an event that a peer knows. `last`: the last number here. `first`: from where on numbers may have two contents; nil if none
    /// was used twice.
    package func forked(_ elsewhere: String, last: UInt64, from first: UInt64?) -> String {
        let english =
            first.map { "what is told of its numbers from \($0) on may have two contents" } ?? "no number was used twice"
        let german =
            first.map { "was von seinen Nummern ab \($0) erzählt wird, hat womöglich zweierlei Inhalt" }
            ?? "keine Nummer wurde zweimal vergeben"
        return pick(
            "elsewhere \(elsewhere) is known; this process has numbered up to \(last): \(english)",
            "anderswo kennt man \(elsewhere); dieser Prozess hat bis \(last) nummeriert: \(german)")
    }
    /// `words`: one of the five below.
    package func conflict(_ event: String, at peer: String, theirs: String, ours: String, _ words: String) -> String {
        pick(
            "\(event) is another event at \(peer): digest \(theirs) there, \(ours) here. \(words)",
            "\(event) ist bei \(peer) ein anderes Ereignis: Prüfsumme dort \(theirs), hier \(ours). \(words)")
    }
    package func thereItSays(_ text: String) -> String { pick("There it says: \(text)", "Dort heißt es: \(text)") }
    package func thereItIsAnEdit(_ text: String) -> String { pick("There it is an edit: \(text)", "Dort ist es eine Bearbeitung: \(text)") }
    package func thereItIs(_ event: String) -> String { pick("There it is: \(event)", "Dort ist es: \(event)") }
    package var thereUnreadable: String { pick("There it can't be read", "Dort ist es nicht lesbar") }
    package var saidInResume: String { pick("It said so in its RESUME", "So stand es in ihrem RESUME") }
}
