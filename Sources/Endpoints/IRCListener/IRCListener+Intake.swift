import Base
import Core
import Model
import WireIRC

/// What clients say, on its way into the journal.
extension IRCListener {
    func destination(of channel: String) -> DestinationID? {
        channels.first { ListenerWorld.fold($0.value.name) == ListenerWorld.fold(channel) }?.key
    }

    func utter(_ utterance: ListenerSession.Utterance, _ client: Client) {
        let session = client.session
        guard let destination = destination(of: utterance.channel),
            let happening = mapping.happening(
                utterance, account: session.account ?? session.nick, nick: session.nick, at: loop.time)
        else { return refuse(utterance, client, isTargetUnknown: false) }
        client.waiting += 1
        utterances.append(WaitingUtterance(client: client.id, utterance: utterance, destination: destination, happening: happening))
        intakeSignal.set()
    }

    private func refuse(_ utterance: ListenerSession.Utterance, _ client: Client, isTargetUnknown: Bool) {
        counters.notTaken += 1
        let refusal = client.session.refusal(of: utterance, isTargetUnknown: isTargetUnknown, in: world)
        for line in client.session.answer([refusal], label: utterance.label, in: world) { send(line, to: client) }
    }

    /// Hands over what was said, as much at once as has come, in order; and whatever else has to do with the journal.
    func intakeLoop(_ port: any RelayPort) async {
        do {
            while !isStopping {
                try await restoreChannels(port)
                try await writeTopics(port)
                if utterances.isEmpty {
                    await withUnsafeContinuation { intakeSignal.wait($0) }
                    continue
                }
                var waiting: [WaitingUtterance] = []
                swap(&waiting, &utterances)
                try await accept(waiting, port)
            }
        } catch {
            fail(error)
        }
    }

    /// All channels at once, so that they share one commit.
    private func accept(_ waiting: [WaitingUtterance], _ port: any RelayPort) async throws {
        isAccepting = true
        defer {
            isAccepting = false
            showArrived()
        }
        let byChannel = Dictionary(grouping: waiting, by: \.destination).sorted { $0.key < $1.key }.map(\.value)
        try await withThrowingTaskGroup { group in
            for said in byChannel { group.addTask { try await self.accept(said, in: said[0].destination, port) } }
            try await group.waitForAll()
        }
    }

    private func accept(_ said: [WaitingUtterance], in destination: DestinationID, _ port: any RelayPort) async throws {
        let answers = try await port.accept(said.map(\.happening), in: destination, source: nil, mayBeKnown: false)
        for (one, answer) in zip(said, answers) {
            let client = clients[one.client]
            client?.waiting -= 1
            client?.roomSignal.set()
            switch answer {
            case .accepted(let id): origins[id] = Origin(client: one.client, label: one.utterance.label)
            case .withoutTarget: if let client { refuse(one.utterance, client, isTargetUnknown: true) }
            case .duplicate, .local, .notTaken: if let client { refuse(one.utterance, client, isTargetUnknown: false) }
            }
        }
    }

    /// Has the journal keep topics, so that they are there at the next start.
    private func writeTopics(_ port: any RelayPort) async throws {
        while let destination = unwrittenTopics.popFirst() {
            guard let name = channels[destination]?.name, let topic = world.channel(name)?.topic else { continue }
            _ = try await port.accept([], in: destination, source: ListenerTopic(topic).bytes, mayBeKnown: false)
        }
    }
}
