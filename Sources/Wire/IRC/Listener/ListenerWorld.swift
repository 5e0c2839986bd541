/// Who is here and in which channels, as the server tells it: shared by all sessions of a listener.
///
/// Somebody local is here as often as they are connected under their account. People from elsewhere are puppets: they have no session, and
/// their nicks contain `/`, which no local nick can.
package struct ListenerWorld: Hashable, Sendable {
    package struct Person: Hashable, Sendable {
        package let nick: String
        package let user: String
        package let host: String
        package let realname: String
        package let isPuppet: Bool
        /// Sessions of somebody local.
        var sessions = 0
        var away: String?

        package init(nick: String, user: String, host: String, realname: String, isPuppet: Bool) {
            self.nick = nick
            self.user = user
            self.host = host
            self.realname = realname
            self.isPuppet = isPuppet
        }

        package var source: IRCMessage.Source { IRCMessage.Source(nick: nick, user: user, host: host) }
    }

    package struct Topic: Hashable, Sendable {
        package let text: String
        package let setter: String
        /// Seconds since 1970.
        package let time: UInt64

        package init(text: String, setter: String, time: UInt64) {
            self.text = text
            self.setter = setter
            self.time = time
        }
    }

    package struct Channel: Hashable, Sendable {
        package let name: String
        package var topic: Topic?
        /// By folded nick: with how many sessions they are in it; a puppet with one.
        var members: [String: Int] = [:]
    }

    package let server: String
    package let network: String
    package let version: String
    /// When the listener began, for people.
    package let created: String
    private(set) var people: [String: Person] = [:]
    private(set) var channels: [String: Channel] = [:]

    package init(server: String, network: String, version: String, created: String) {
        self.server = server
        self.network = network
        self.version = version
        self.created = created
    }

    package static func fold(_ name: String) -> String { CaseMapping.ascii.fold(name) }

    package var source: IRCMessage.Source { IRCMessage.Source(nick: server) }
    package func person(_ nick: String) -> Person? { people[ListenerWorld.fold(nick)] }
    package func channel(_ name: String) -> Channel? { channels[ListenerWorld.fold(name)] }
    package var channelNames: [String] { channels.values.map(\.name).sorted() }
    package func isIn(_ nick: String, _ channel: String) -> Bool { self.channel(channel)?.members[ListenerWorld.fold(nick)] != nil }

    /// Those in a channel, by nick.
    package func members(of channel: String) -> [Person] {
        (self.channel(channel)?.members.keys.sorted() ?? []).compactMap { people[$0] }
    }

    // MARK: Channels

    package mutating func open(_ name: String) {
        let key = ListenerWorld.fold(name)
        if channels[key] == nil { channels[key] = Channel(name: name) }
    }

    package mutating func close(_ name: String) {
        let members = self.members(of: name)
        channels[ListenerWorld.fold(name)] = nil
        for puppet in members where puppet.isPuppet { forgetPuppet(puppet.nick) }
    }

    package mutating func setTopic(_ topic: Topic, of channel: String) { channels[ListenerWorld.fold(channel)]?.topic = topic }

    /// One more session is in a channel. Whether the person is new in it.
    mutating func enter(_ channel: String, _ nick: String) -> Bool {
        let count = (self.channel(channel)?.members[ListenerWorld.fold(nick)] ?? 0) + 1
        channels[ListenerWorld.fold(channel)]?.members[ListenerWorld.fold(nick)] = count
        return count == 1
    }

    /// One session less is in a channel. Whether the person is gone from it.
    mutating func leave(_ channel: String, _ nick: String) -> Bool {
        guard let count = self.channel(channel)?.members[ListenerWorld.fold(nick)] else { return false }
        channels[ListenerWorld.fold(channel)]?.members[ListenerWorld.fold(nick)] = count > 1 ? count - 1 : nil
        return count == 1
    }

    // MARK: People

    /// One more session of somebody local.
    mutating func arrive(_ person: Person) {
        people[ListenerWorld.fold(person.nick), default: person].sessions += 1
    }

    /// One session less. Whether the person is gone.
    mutating func depart(_ nick: String) -> Bool {
        let key = ListenerWorld.fold(nick)
        people[key]?.sessions -= 1
        guard people[key]?.sessions == 0 else { return false }
        people[key] = nil
        return true
    }

    mutating func rename(_ nick: String, to person: Person) {
        let (old, new) = (ListenerWorld.fold(nick), ListenerWorld.fold(person.nick))
        var renamed = person
        renamed.sessions = people[old]?.sessions ?? 0
        renamed.away = people[old]?.away
        people[old] = nil
        people[new] = renamed
        for key in channels.keys { if let count = channels[key]?.members.removeValue(forKey: old) { channels[key]?.members[new] = count } }
    }

    mutating func setAway(_ words: String?, _ nick: String) { people[ListenerWorld.fold(nick)]?.away = words }

    /// Somebody from elsewhere is in a channel. Whether they are new in it.
    package mutating func show(_ puppet: Person, in channel: String) -> Bool {
        if isIn(puppet.nick, channel) { return false }
        people[ListenerWorld.fold(puppet.nick)] = puppet
        return enter(channel, puppet.nick)
    }

    /// Somebody from elsewhere is no longer in a channel. Whether they were.
    package mutating func hide(_ nick: String, in channel: String) -> Bool {
        defer { forgetPuppet(nick) }
        return leave(channel, nick)
    }

    private mutating func forgetPuppet(_ nick: String) {
        let key = ListenerWorld.fold(nick)
        if people[key]?.isPuppet == true, !channels.values.contains(where: { $0.members[key] != nil }) { people[key] = nil }
    }
}
