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
        waiting[destination, default: []].append(WaitingUtterance(client: client.id, utterance: utterance, happening: happening))
        intakeSignal.set()
    }

    private func refuse(_ utterance: ListenerSession.Utterance, _ client: Client, isTargetUnknown: Bool) {
        counters.notTaken += 1
        let refusal = client.session.refusal(of: utterance, isTargetUnknown: isTargetUnknown, in: world)
        for line in client.session.answer([refusal], label: utterance.label, in: world) { send(line, to: client) }
    }

    /// Hands over what was said, each channel by itself: as much at once as has come, in order.
    func intakeLoop(_ port: any RelayPort) async {
        await withDiscardingTaskGroup { group in
            while !isStopping {
                await keep { try await $0.restoreChannels(port) }
                for destination in Set(waiting.keys).union(unwrittenTopics).sorted() where accepting.insert(destination).inserted {
                    group.addTask { await self.keep { try await $0.handOver(destination, port) } }
                }
                await withUnsafeContinuation { intakeSignal.wait($0) }
            }
        }
    }

    /// What throws ends the endpoint.
    private func keep(_ body: @Sendable (isolated IRCListener) async throws -> Void) async {
        do {
            try await body(self)
        } catch {
            fail(error)
        }
    }

    /// With what was said in a channel goes its topic, so that it is there at the next start.
    private func handOver(_ destination: DestinationID, _ port: any RelayPort) async throws {
        let said = waiting.removeValue(forKey: destination) ?? []
        let hasTopic = unwrittenTopics.remove(destination) != nil
        let topic = hasTopic ? channels[destination].flatMap { world.channel($0.name)?.topic } : nil
        let answers = try await port.accept(
            said.map(\.happening), in: destination, source: topic.map { ListenerTopic($0).bytes }, mayBeKnown: false)
        for (one, answer) in zip(said, answers) { answered(one, answer) }
        accepting.remove(destination)
        showArrived(in: destination)
        intakeSignal.set()
    }

    private func answered(_ one: WaitingUtterance, _ answer: Acceptance) {
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
