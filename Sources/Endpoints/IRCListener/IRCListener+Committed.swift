import Base
import Core
import Model
import WireIRC

/// What was committed, on its way to the clients.
extension IRCListener {
    package func committed(_ events: [CommittedEvent], in destination: DestinationID) {
        arrived[destination, default: []] += events
        showArrived(in: destination)
    }

    /// Shows what has come, in order; but what was said here only when its acceptance has been told and it is known who said it. That may be
    /// a moment later.
    func showArrived(in destination: DestinationID) {
        let events = arrived.removeValue(forKey: destination) ?? []
        for (index, event) in events.enumerated() {
            if event.place == .here && origins[event.id] == nil && accepting.contains(destination) {
                arrived[destination] = Array(events[index...])
                return
            }
            show(event, in: destination)
        }
    }

    private func show(_ event: CommittedEvent, in destination: DestinationID) {
        let origin = event.place == .here ? origins.removeValue(forKey: event.id) : nil
        guard let channel = channels[destination]?.name else { return }
        let source = present(event, in: destination)
        noteTopic(event, by: source, in: destination)
        let lines = mapping.lines(event, from: source, in: channel)
        for client in clients.values.sorted(by: { $0.id < $1.id }) where client.session.isIn(channel) && client.id != origin?.client {
            for line in lines { send(line, to: client) }
        }
        guard let origin, let speaker = clients[origin.client], speaker.session.isRegistered else { return }
        // A topic is changed by the server's word alone; anything else a client has shown already unless it asked for the echo.
        var echo = lines
        if case .topic = event.event {} else if !speaker.session.has("echo-message") { echo = [] }
        for line in speaker.session.answer(echo, label: origin.label, in: world) { send(line, to: speaker) }
    }

    /// As whom an event's author is shown. Somebody from elsewhere is in the channel from then on.
    private func present(_ event: CommittedEvent, in destination: DestinationID) -> IRCMessage.Source {
        let person = self.person(event, in: destination)
        guard person.isPuppet, let channel = channels[destination]?.name else { return person.source }
        if world.show(person, in: channel) { tell([channel], IRCMessage("JOIN", channel, source: person.source)) }
        let before = channels[destination]?.lastSpoke[person.nick] ?? event.time
        channels[destination]?.lastSpoke[person.nick] = max(event.time, before)
        if channels[destination]?.lastSpoke.count ?? 0 > 2 * IRCListenerLimits.puppets { hideSilent() }
        return person.source
    }

    /// Who an event's author is here.
    func person(_ event: CommittedEvent, in destination: DestinationID) -> ListenerWorld.Person {
        if event.place == .here, ListenerSession.isNick(event.name) {
            return world.person(event.name)
                ?? .init(nick: event.name, user: ListenerWorld.fold(event.name), host: world.network, realname: "", isPuppet: false)
        }
        var names = channels[destination]?.names ?? PuppetNames()
        let (puppet, former) = names.puppet(event, mapping.texts, network: world.network)
        channels[destination]?.names = names
        if let former { hide(former, in: destination, "is now \(puppet.nick)") }
        return puppet
    }

    private func hide(_ nick: String, in destination: DestinationID, _ words: String) {
        guard let channel = channels[destination]?.name, let person = world.person(nick) else { return }
        channels[destination]?.lastSpoke[nick] = nil
        if world.hide(nick, in: channel) { tell([channel], IRCMessage("PART", channel, words, source: person.source)) }
    }

    /// People from elsewhere who have not spoken for a day are no longer shown, nor the most silent of too many.
    func hideSilent() {
        for (destination, channel) in channels {
            var silent = channel.lastSpoke.filter { $1.seconds(until: loop.time) > IRCListenerLimits.presence }.map(\.key)
            let tooMany = channel.lastSpoke.count - silent.count - IRCListenerLimits.puppets
            if tooMany > 0 { silent += channel.lastSpoke.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(tooMany).map(\.key) }
            for nick in silent.sorted() {
                hide(nick, in: destination, "has not spoken lately")
                channels[destination]?.names.forget(nick)
            }
        }
    }

    private func noteTopic(_ event: CommittedEvent, by source: IRCMessage.Source, in destination: DestinationID) {
        guard case .topic(let text) = event.event, let channel = channels[destination]?.name else { return }
        let topic = ListenerWorld.Topic(text: text, setter: source.nick, time: event.time.seconds)
        if topic == world.channel(channel)?.topic { return }
        world.setTopic(topic, of: channel)
        unwrittenTopics.insert(destination)
        intakeSignal.set()
    }

    // MARK: The beginning

    /// Finds out who has spoken lately and what the topic is, in channels that are new here.
    func restoreChannels(_ port: any RelayPort) async throws {
        for destination in channels.keys.sorted() where channels[destination]?.isRestored == false {
            channels[destination]?.isRestored = true
            guard let name = channels[destination]?.name else { continue }
            if let known = ListenerTopic(await port.source(of: destination))?.topic { world.setTopic(known, of: name) }
            let events = try await history.page(in: destination, .before(.last), atMost: IRCListenerLimits.restored).events
            for event in events where event.time.seconds(until: loop.time) <= IRCListenerLimits.presence {
                let source = present(event, in: destination)
                if event.time.seconds >= world.channel(name)?.topic?.time ?? 0 { noteTopic(event, by: source, in: destination) }
            }
        }
    }
}

extension Position {
    /// Behind everything that there will ever be. SQLite's integers are signed.
    static let last = Position(UInt64(Int64.max))
}
