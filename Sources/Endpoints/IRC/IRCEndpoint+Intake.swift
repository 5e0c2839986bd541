import Core
import WireIRC

/// What was read goes to the engine.
///
/// It outlives the connection that it was read on: the engine may wait for hours, for room or for a peer's word, and neither the end of a
/// connection nor the next one waits with it. What was read is kept rather than read again, because many servers keep nothing; and because
/// each channel's things stay in one order, also what the next connection reads comes behind it, and what it reads twice is known by then.
extension IRCEndpoint {
    /// Takes down something that is for the engine.
    func take(_ item: ChannelIntake.Item, from channel: DestinationID) {
        intake.add(item, from: channel)
        intakeSignal.set()
    }

    /// Hands over what was read: each channel's in its order, and no channel waits for another one's bridge.
    func intakeLoop(_ port: any RelayPort) async {
        await withDiscardingTaskGroup { group in
            while true {
                for channel in intake.begin() { group.addTask { await self.handOver(channel, port) } }
                if intake.isEmpty && isReadingDone { return }
                await withUnsafeContinuation { intakeSignal.wait($0) }
            }
        }
    }

    /// Hands over what a channel has, as much at once as has come, until there is no more.
    private func handOver(_ channel: DestinationID, _ port: any RelayPort) async {
        while let items = intake.next(of: channel) {
            roomSignal.set()
            if failure != nil { continue }
            do {
                try await handOver(items, of: channel, port)
            } catch {
                failure = error
                hangUp("\(error)")
                wakeToEnd()
            }
        }
        intakeSignal.set()
    }

    /// Gives the engine what was read of a channel, lines together as far as nothing else comes between.
    private func handOver(_ items: [ChannelIntake.Item], of channel: DestinationID, _ port: any RelayPort) async throws {
        var reading = Reading()
        for item in items {
            switch item {
            case .line(let happening, let isReplayed, let source):
                if reading.isFull { try await hand(&reading, of: channel, port) }
                reading.happenings.append(happening)
                reading.source = source ?? reading.source
                reading.isReplayed = reading.isReplayed || isReplayed
            case .read(let source): reading.source = source
            case .found(let mark, let id):
                try await hand(&reading, of: channel, port)
                await port.found(mark, in: channel, as: id)
            case .connected(let number, let capabilities):
                try await hand(&reading, of: channel, port)
                // It may have been left, or the connection ended, meanwhile.
                guard let known = channels.values.first(where: { $0.destination == channel && $0.connected == number }) else { continue }
                channels[known.name]?.catchUp.isTold = true
                log.info("connected to a channel", ["channel": known.name, "history": String(known.catchUp.hasHistory)])
                sayWhatFollows(known.catchUp.hasHistory, known.name)
                await port.connected(channel, capabilities)
            }
        }
        try await hand(&reading, of: channel, port)
    }

    /// What it means that a server keeps nothing of a channel; once, not at every connection.
    private func sayWhatFollows(_ hasHistory: Bool, _ channel: String) {
        if hasHistory || !unkept.insert(channel).inserted { return }
        log.notice(
            """
            the server keeps no history of a channel: what is said there while the relay is away can't be had, and lines under way at a cut \
            may come twice or be missing, as `uncertain` says
            """, ["channel": channel])
    }

    /// Lines that are handed over together.
    private struct Reading {
        var happenings: [Happening] = []
        var source: SourceCursor?
        var isReplayed = false

        var isFull: Bool { happenings.count >= EndpointLimits.handedOver }
    }

    private func hand(_ reading: inout Reading, of channel: DestinationID, _ port: any RelayPort) async throws {
        let full = reading
        reading = Reading()
        if full.happenings.isEmpty && full.source == nil { return }
        _ = try await port.accept(full.happenings, in: channel, source: full.source?.bytes, mayBeKnown: full.isReplayed)
    }
}
