import Base
import Core
import Model

/// The relay's side of a `SimulatedServer`: connects, reads, writes, is cut.
package actor SimulatedEndpoint: Endpoint {
    /// Bytes of text a line holds: messages of tokens of this size are cut between tokens.
    package static let lineLength = 8

    private let server: SimulatedServer
    private let world: SimulatedWorld
    private let host: SimulatedHost
    private var connection = 0
    private var isConnected = false
    private var next = 0
    private var wake: UnsafeContinuation<Void, Never>?
    private var queue: [PartDelivery] = []
    private var lastArrival = Instant(nanoseconds: 0)
    private var port: (any RelayPort)?
    private var channel = DestinationID(0)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }

    package init(_ server: SimulatedServer, in world: SimulatedWorld, on host: SimulatedHost) {
        self.server = server
        self.world = world
        self.host = host
    }

    package func serve(_ channels: [ServedChannel]) { if let first = channels.first { channel = first.destination } }

    /// A simulated process ends by a crash.
    package func stop() {}

    package func run(_ port: any RelayPort) async throws {
        self.port = port
        while true {
            // A former connection's lines are still being printed: as on a real server, the nick is not free yet.
            while server.underWay > 0 || !server.isUp { await host.sleep(until: host.now + .milliseconds(50)) }
            try await session(port)
            await host.sleep(until: host.now + .milliseconds(world.pick(10...300)))
        }
    }

    private func session(_ port: any RelayPort) async throws {
        connection += 1
        isConnected = true
        queue.removeAll()
        let mine = connection
        let me = self
        server.listener = { me.host.later { me.assumeIsolated { $0.resume() } } }
        next = server.kind == .marks ? Int((await port.source(of: channel)).firstNumber) : server.acts.count
        var isCatchingUp = true
        while isConnected && connection == mine {
            if next < server.acts.count {
                try await read(port, isCatchingUp)
            } else if isCatchingUp {
                isCatchingUp = false
                await port.connected(channel, capabilities)
            } else {
                await withUnsafeContinuation { next < server.acts.count || !isConnected ? $0.resume() : (wake = $0) }
            }
        }
        await port.disconnected(channel)
    }

    private var capabilities: Capabilities {
        switch server.kind {
        case .marks: Capabilities(partsInFlight: 4, hasHistory: true, deferral: server.deferral)
        case .plain(let policy): Capabilities(partsInFlight: 8, uncertain: policy, deferral: server.deferral)
        }
    }

    /// Hands over what is new, some at once.
    private func read(_ port: any RelayPort, _ isCatchingUp: Bool) async throws {
        let end = min(server.acts.count, next + Int(world.pick(1...5)))
        let acts = server.acts[next..<end]
        next = end
        for act in acts {
            if let mark = act.mark, act.what == .post {
                await port.found(mark, in: channel, as: NativeKey("p\(act.post)"))
            }
        }
        let happenings = acts.enumerated().compactMap { offset, act in
            act.user.map { happening(act, seq: end - acts.count + offset, user: $0) }
        }
        let isMarked = server.kind == .marks
        let source = isMarked ? UInt64(end).bigEndianBytes : nil
        let acceptances = try await port.accept(happenings, in: channel, source: source, mayBeKnown: isCatchingUp && isMarked)
        for (happening, acceptance) in zip(happenings, acceptances) {
            if case .accepted = acceptance { world.accepted[server.name, default: []].append(happening) }
        }
    }

    private func happening(_ act: SimulatedServer.Act, seq: Int, user: String) -> Happening {
        let isMarked = server.kind == .marks
        let post = NativeKey("p\(act.post)")
        let content: Happening.Content =
            switch act.what {
            case .post: .posted(RichText(act.text), style: .plain, reply: act.reply.map { NativeKey("p\($0)") }, thread: nil)
            case .edit: .edited(post, RichText(act.text))
            case .delete: .deleted(post)
            case .react(let emoji): .reacted(post, emoji: emoji, isOn: true)
            }
        let key = act.what == .post ? post : NativeKey("p\(act.post)/\(seq)")
        return Happening(key: isMarked ? key : nil, account: .init(id: user, name: user), time: act.time, content: content)
    }

    private func resume() {
        wake?.resume()
        wake = nil
    }

    /// The connection breaks: what was written may or may not still be printed.
    package func cut() {
        isConnected = false
        server.listener = nil
        resume()
    }

    // MARK: Writing

    package func parts(of delivery: Delivery, from start: UInt32, in destination: DestinationID) -> [Range<UInt32>] {
        let length = UInt32(text(of: delivery).utf8.count)
        return stride(from: start, to: length, by: SimulatedEndpoint.lineLength).map {
            $0..<min(length, $0 + UInt32(SimulatedEndpoint.lineLength))
        }
    }

    /// What the event looks like here, as text to be cut.
    private func text(of delivery: Delivery) -> String {
        switch delivery.event {
        case .posted(let post): post.content.text
        case .edited(_, let post): post.content.text
        case .deleted: server.kind == .marks ? "deleted" : ""
        case .reacted(let reaction): reaction.emoji
        default: ""
        }
    }

    package func deliver(_ parts: [PartDelivery], to destination: DestinationID) {
        queue += parts
        write()
    }

    /// Puts the lines on their way, in order; the server prints each after a while, whatever becomes of the connection.
    private func write() {
        while isConnected, !queue.isEmpty {
            let part = queue.removeFirst()
            let mine = connection
            let (server, world, me) = (server, world, self)
            server.underWay += 1
            lastArrival = max(lastArrival, host.now + .milliseconds(world.pick(1...20))) + Interval(nanoseconds: 1)
            world.schedule(at: lastArrival) {
                server.underWay -= 1
                // A busy server refuses whatever comes for a while.
                if server.kind == .marks, world.chance(1, in: 60) {
                    server.refusesUntil = max(server.refusesUntil, world.now + .milliseconds(100))
                }
                if let unwanted = server.unwanted, part.delivery.event.shownText(on: server.kind).contains(unwanted) {
                    return me.host.later { me.assumeIsolated { $0.refused(part, of: mine) } }
                }
                let isPrinted = server.refusesUntil <= world.now
                let nativeID = isPrinted ? me.print(part) : nil
                world.schedule(at: world.now + .milliseconds(10)) {
                    me.host.later { me.assumeIsolated { $0.answered(part, nativeID, isPrinted: isPrinted, of: mine) } }
                }
            }
        }
    }

    private func refused(_ part: PartDelivery, of mine: Int) {
        guard isConnected, mine == connection, let port else { return }
        let (channel, delivery) = (channel, part.delivery)
        Task {
            guard self.isConnected else { return }
            await port.bounced(delivery.id, at: delivery.position, part: part.part, by: channel, BounceReason("unwanted", "not that"))
        }
    }

    /// What the server does with a line; runs outside the process.
    private nonisolated func print(_ part: PartDelivery) -> NativeKey? {
        let text = [UInt8](part.delivery.event.shownText(on: server.kind).utf8)
        let piece = String(decoding: text[Int(part.range.lowerBound)..<min(text.count, Int(part.range.upperBound))], as: UTF8.self)
        let delivery = part.delivery
        let mark = Mark(id: delivery.id, part: part.part, author: delivery.author.key, second: delivery.originTime)
        if case .notShown(let quote?)? = delivery.target, part.part == 0 { server.quotes.append(quote) }
        guard server.kind == .marks, case .shown(let standing, _)? = delivery.target,
            let target = standing.first?.nativeID.flatMap({ Int($0.text.dropFirst()) })
        else {
            let id = server.post(piece, by: nil, reply: nil, mark: server.kind == .marks ? mark : nil, at: host.time)
            return server.kind == .marks ? NativeKey("p\(id)") : nil
        }
        switch delivery.event {
        case .edited(_, let post):
            // The whole text goes into the first post; the others of a long one are emptied.
            guard part.part == 0 else { return nil }
            server.edit(target, to: post.content.text, by: nil, at: host.time)
            for other in standing.compactMap({ $0.nativeID.flatMap { Int($0.text.dropFirst()) } }) where other != target {
                server.edit(other, to: "", by: nil, at: host.time)
            }
            return nil
        case .deleted:
            for part in standing { part.nativeID.flatMap { Int($0.text.dropFirst()) }.map { server.delete($0, by: nil, at: host.time) } }
            return nil
        case .reacted(let reaction):
            server.react(target, reaction.emoji, by: nil, at: host.time)
            return nil
        default:
            return NativeKey("p\(server.post(piece, by: nil, reply: target, mark: mark, at: host.time))")
        }
    }

    private func answered(_ part: PartDelivery, _ nativeID: NativeKey?, isPrinted: Bool, of connection: Int) {
        guard isConnected, self.connection == connection, let port else { return }
        let (channel, delivery) = (channel, part.delivery)
        Task {
            // Without `self` in it the task would begin on the global pool.
            guard self.isConnected else { return }
            if isPrinted {
                await port.received(delivery.id, at: delivery.position, part: part.part, by: channel, as: nativeID)
            } else {
                await port.deferred(
                    delivery.id, at: delivery.position, part: part.part, by: channel, after: .milliseconds(200), reason: "busy")
            }
        }
    }

    package func reconcile(_ claims: [ClaimedPart], in destination: DestinationID) async -> [ClaimResult] {
        await host.sleep(until: host.now + (server.lookUpTime ?? .milliseconds(world.pick(1...30))))
        return claims.map { claim in
            guard server.kind == .marks else { return .unknown }
            if case .shown? = claim.delivery.target, claim.delivery.event.target != nil { return .absent }  // doing it again does no harm
            let post = server.posts.firstIndex { $0.mark?.id == claim.id && $0.mark?.part == claim.part }
            return post.map { .arrived(NativeKey("p\($0)")) } ?? .absent
        }
    }
}

extension Event {
    func shownText(on kind: SimulatedServer.Kind) -> String {
        switch self {
        case .posted(let post), .edited(_, let post): post.content.text
        case .deleted: kind == .marks ? "deleted" : ""
        case .reacted(let reaction): reaction.emoji
        default: ""
        }
    }
}

extension SimulatedHost {
    /// Runs `body` on this loop soon, unless the process is dead by then.
    package func later(_ body: @escaping @Sendable () -> Void) { _ = schedule(at: now, body) }
}

extension [UInt8] {
    fileprivate var firstNumber: UInt64 { isEmpty ? 0 : firstUInt64 }
}
