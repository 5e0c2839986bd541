import Base
import Core
import Model
import WireIRC

/// The nicks of people from elsewhere in one channel: `name/place`, the same for the same author, and never one for two.
struct PuppetNames {
    private var nicks: [Author: String] = [:]
    private var owners: [String: Author] = [:]

    /// An author within the channel's bridge.
    private struct Author: Hashable {
        let place: String
        let key: AuthorKey
    }

    /// An event's author, and the nick they had before if they have renamed themselves.
    mutating func puppet(_ event: CommittedEvent, _ texts: Texts, network: String) -> (ListenerWorld.Person, former: String?) {
        let place = PuppetNames.legal(event.shownPlace(network), atMost: IRCListenerLimits.puppetPlace)
        let author = Author(place: place, key: event.author)
        let wanted = event.name.isEmpty ? texts.unknownAuthor : event.name
        let name = PuppetNames.legal(wanted, atMost: IRCListenerLimits.puppetName)
        let known = nicks[author]
        // Somebody of the same name has a piece of their key behind it, and all of it if even that is the same. So has whose name can't be a
        // nick as it is: the nick that is made of it may be another's own name.
        let key = event.author.text
        let plain = name == wanted ? ["\(name)/\(place)"] : []
        let candidates = plain + ["\(name)~\(key.prefix(4))/\(place)", "\(name)~\(key)/\(place)"]
        let kept = known.flatMap { candidates.contains($0) ? $0 : nil }
        let nick = kept ?? candidates.first { owners[ListenerWorld.fold($0)] == nil } ?? candidates[candidates.count - 1]
        let person = ListenerWorld.Person(nick: nick, user: "relayed", host: place, realname: event.name, isPuppet: true)
        if kept != nil { return (person, nil) }
        if nicks.count > IRCListenerLimits.knownPuppets {
            nicks = [:]
            owners = [:]
        }
        if let known { owners[ListenerWorld.fold(known)] = nil }
        nicks[author] = nick
        owners[ListenerWorld.fold(nick)] = author
        return (person, known)
    }

    /// They are no longer shown.
    mutating func forget(_ nick: String) {
        if let author = owners.removeValue(forKey: ListenerWorld.fold(nick)) { nicks[author] = nil }
    }

    /// What may stand in a nick: letters and digits of any script and what RFC 2812 section 2.3.1 allows; one `_` for anything else, and
    /// none at the end. A name of which all may stand there stays as it is.
    static func legal(_ name: String, atMost bytes: Int) -> String {
        var result = ""
        var isInOther = false
        for character in name {
            let isPlain = character.isLetter || character.isNumber || "-_[]\\`^{}|".contains(character)
            defer { isInOther = !isPlain }
            if !isPlain && isInOther { continue }
            let next = isPlain ? String(character) : "_"
            if result.utf8.count + next.utf8.count > bytes { break }
            result += next
        }
        if isInOther && result.hasSuffix("_") && result.count > 1 { result.removeLast() }
        // No nick begins with a hyphen.
        return result.isEmpty || result.hasPrefix("-") ? "_\(result)" : result
    }
}

extension CommittedEvent {
    /// The word for where its author speaks.
    fileprivate func shownPlace(_ network: String) -> String {
        switch place {
        case .here: network
        case .endpoint(let name): name ?? "elsewhere"
        case .organisation(let name): name
        }
    }
}

extension AuthorKey {
    /// 13 characters of base32.
    fileprivate var text: String { Base32.encode(rawValue.bigEndianBytes) }
}
