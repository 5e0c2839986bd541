/// The language of texts that people in channels and administrators read.
package enum Language: String, Hashable, Sendable, CaseIterable { case en, de }

/// What people in channels read from the relay itself: every text in every language, in one place.
package struct Texts: Hashable, Sendable {
    package let language: Language

    package init(_ language: Language) { self.language = language }

    private func pick(_ english: String, _ german: String) -> String {
        switch language {
        case .en: english
        case .de: german
        }
    }

    /// Before the new text of a message that can't be changed where it stands.
    package var edited: String { pick("(edited)", "(bearbeitet)") }

    /// Before a message that comes long after it was said.
    package func late(_ time: UnixTime) -> String { pick("[late, \(time.minute) UTC]", "[verspätet, \(time.minute) UTC]") }

    /// Before an answer to a message of which only the beginning can be shown.
    package func inReply(to quote: String) -> String { pick("[re: \(quote)]", "[zu: \(quote)]") }
    package var inReplyToAnEarlierMessage: String { pick("[in reply to an earlier message]", "[Antwort auf eine frühere Nachricht]") }

    package func reacted(_ emoji: String, to quote: String?) -> String {
        guard let quote else { return pick("reacted with \(emoji)", "reagiert mit \(emoji)") }
        return pick("reacted with \(emoji) to: \(quote)", "reagiert mit \(emoji) auf: \(quote)")
    }

    /// An empty one was taken away.
    package func changedTopic(to topic: String) -> String {
        if topic.isEmpty { return pick("took the topic away", "hat das Thema entfernt") }
        return pick("changed the topic to: \(topic)", "hat das Thema geändert: \(topic)")
    }
    package func invitesToCall(_ title: String, _ link: String) -> String {
        pick("invites to a call: \(title) \(link)", "lädt zu einem Anruf ein: \(title) \(link)")
    }
    package func endedCall(_ title: String) -> String { pick("ended the call: \(title)", "hat den Anruf beendet: \(title)") }
    /// `size` in bytes.
    package func file(_ name: String, _ size: UInt64) -> String {
        pick("[file: \(name), \(Texts.rounded(size))]", "[Datei: \(name), \(Texts.rounded(size))]")
    }

    /// `12 kB`, in powers of ten.
    private static func rounded(_ bytes: UInt64) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<1_000_000: "\(bytes / 1000) kB"
        default: "\(bytes / 1_000_000) MB"
        }
    }

    /// Somebody whose name is not known.
    package var unknownAuthor: String { pick("unknown", "unbekannt") }

    /// To the author alone.
    package func notArrived(at endpoint: String, _ code: String, said time: UnixTime) -> String {
        pick(
            "[fairlead] What you said at \(time.minute) UTC did not arrive at \(endpoint) (\(code)). Whoever runs the relay sees why.",
            "[fairlead] Was du um \(time.minute) UTC gesagt hast, ist bei \(endpoint) nicht angekommen (\(code)). Wer das Relay betreibt, sieht, warum."
        )
    }

    package func gap(in channel: String, from start: UnixTime, to end: UnixTime) -> String {
        pick(
            "What was said in \(channel) from \(start.clock) to \(end.clock) UTC may be missing here: the relay was not connected and the server keeps no history that far back.",
            "Was in \(channel) von \(start.clock) bis \(end.clock) UTC gesagt wurde, fehlt hier womöglich: Das Relay war nicht verbunden, und so weit zurück hebt der Server nichts auf."
        )
    }
}

extension UnixTime {
    /// `2026-11-25 07:01:12`
    fileprivate var clock: String { String(text.dropLast()).split(separator: "T").joined(separator: " ") }
    /// `2026-11-25 07:01`
    fileprivate var minute: String { String(clock.dropLast(3)) }
}
