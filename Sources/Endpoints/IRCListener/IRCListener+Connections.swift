import Base
import Core
import Model
import WireIRC

/// Clients: reading, writing, their ends.
extension IRCListener {
    func read(_ id: Int) async {
        guard let client = clients[id] else { return }
        var decoder = LineDecoder(limit: ListenerLimits.line)
        var tooLong: UInt64 = 0
        var reason = "connection closed"
        do {
            while !client.isEnding, let bytes = try await client.stream.read(atMost: IRCListenerLimits.read) {
                client.lastHeard = loop.now
                if !client.session.isRegistered {
                    client.unregisteredBytes += bytes.count
                    if client.unregisteredBytes > IRCListenerLimits.unregistered { endUnregistered(client) }
                }
                for line in decoder.feed(bytes) where !client.isEnding { await take(line, client) }
                for _ in tooLong..<decoder.tooLong { perform(client.session.tooLong(in: world), for: client) }
                tooLong = decoder.tooLong
                while client.waiting > IRCListenerLimits.waiting && !client.isEnding {
                    await withUnsafeContinuation { client.roomSignal.wait($0) }
                }
            }
        } catch {
            reason = "\(error)"
        }
        counters.malformed += client.session.malformed
        ended(client, reason)
    }

    private func take(_ line: [UInt8], _ client: Client) async {
        let wait = client.flow.take(at: loop.now)
        if wait > .zero {
            counters.slowed += 1
            await loop.sleep(until: loop.now + wait)
            if client.isEnding { return }
        }
        for action in client.session.received(line, in: &world) {
            if case .history(let request) = action {
                await answer(request, client)
            } else {
                perform([action], for: client)
            }
        }
    }

    func write(_ id: Int) async {
        guard let client = clients[id] else { return }
        while true {
            await withUnsafeContinuation { client.waitForOutput($0) }
            while case let bytes = client.takeOutput(), !bytes.isEmpty {
                do { try await client.stream.write(bytes) } catch { return client.stream.close() }
            }
            if client.isEnding { return client.stream.close() }
        }
    }

    func send(_ message: IRCMessage, to client: Client) {
        if client.send(message) { return }
        counters.slowReaders += 1
        log.warning("a client does not read", ["nick": client.session.nick, "from": client.address])
        client.end()
        client.stream.close()
    }

    /// Does what a session asks for and what needs no waiting.
    func perform(_ actions: [ListenerSession.Action], for client: Client) {
        for action in actions {
            switch action {
            case .send(let message): send(message, to: client)
            case .tell(let channel, let message): tell([channel], message, but: client)
            case .tellAll(let channels, let message): tell(channels, message, but: client)
            case .authenticate(let nick, let password): authenticate(client, nick, password)
            case .utter(let utterance): utter(utterance, client)
            case .history: preconditionFailure("history is answered where it can be waited for")
            case .end: closeSoon(client)
            }
        }
    }

    /// Tells the clients in channels of something that has no place in the journal.
    func tell(_ channels: [String], _ message: IRCMessage, but speaker: Client? = nil) {
        var message = message
        message.tags["time"] = ServerTime.text(loop.time.seconds * 1000)
        for client in clients.values.sorted(by: { $0.id < $1.id }) where client !== speaker && channels.contains(where: client.session.isIn)
        {
            send(message, to: client)
        }
    }

    private func authenticate(_ client: Client, _ nick: String, _ password: String?) {
        let account = secrets.account(nick: nick, password: password)
        if account == nil && !settings.accounts.isEmpty {
            counters.refused += 1
            log.warning("a client was refused", ["nick": nick, "from": client.address])
            return perform(client.session.refused(in: world), for: client)
        }
        perform(client.session.admitted(as: account, in: &world), for: client)
        if client.session.isRegistered { log.info("a client came", ["nick": client.session.nick, "from": client.address]) }
    }

    // MARK: Ends

    /// The connection is closed once everything is sent, or when that takes too long.
    private func closeSoon(_ client: Client) {
        client.end()
        let stream = client.stream
        _ = loop.schedule(at: loop.now + IRCListenerLimits.farewell) { stream.close() }
    }

    func end(_ client: Client, _ reason: String) {
        if client.isEnding { return }
        perform(client.session.end(reason, in: &world), for: client)
    }

    private func endUnregistered(_ client: Client) {
        counters.unregistered += 1
        end(client, "too much before registering")
    }

    private func ended(_ client: Client, _ reason: String) {
        perform(client.session.disconnected(reason, in: &world), for: client)
        if clients.removeValue(forKey: client.id) != nil && client.session.nick != "*" {
            log.info("a client left", ["nick": client.session.nick, "reason": reason])
        }
        client.end()
    }

    /// Looks now and then who is still there, and who has not spoken for long.
    func tick() {
        if isStopping { return }
        for client in clients.values.sorted(by: { $0.id < $1.id }) {
            let silence = client.lastHeard.distance(to: loop.now)
            if !client.session.isRegistered {
                if client.connectedAt.distance(to: loop.now) > IRCListenerLimits.registering {
                    counters.unregistered += 1
                    end(client, "registering took too long")
                }
            } else if silence > IRCListenerLimits.death {
                counters.dead += 1
                end(client, "ping timeout")
            } else if silence > IRCListenerLimits.silence {
                send(IRCMessage("PING", world.server), to: client)
            }
        }
        hideSilent()
        _ = loop.schedule(at: loop.now + IRCListenerLimits.tick) { [weak self] in self?.assumeIsolated { $0.tick() } }
    }
}
