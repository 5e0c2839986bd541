import Base
import Core
import Model
import WireLink

/// From where on a channel is passed on, and how far the peer has come.
extension LinkDriver {
    /// Begins to pass a channel on once both sides share it and the peer has said what it holds.
    func beginIfOpen(_ name: String) async {
        guard let index = offered[name], session.isOpen(index), outflows[name] == nil, let destination = channels[name] else { return }
        do {
            let base = try await port.base(of: destination)
            var held: [StreamID: UInt64] = [:]
            var holes: [StreamID: [ClosedRange<UInt64>]] = [:]
            var told: [StreamIndex: PeerHolding] = [:]
            for holding in resumes.removeValue(forKey: name) ?? [] {
                let introduction = mapping.model(holding.introduction)
                held[introduction.stream] = holding.prefix
                holes[introduction.stream] = holding.holes
                // A stream of ours that this journal lost: what the peer holds of it comes back.
                do throws(PeerFault) {
                    let stream = try await port.introduce(introduction, in: destination, by: mapping.peer)
                    told[stream] = PeerHolding(prefix: holding.prefix, digest: holding.digest)
                } catch .unknownChannel {
                    // Taken out meanwhile.
                    return
                } catch  where isStray(error, in: name) {
                    continue
                } catch {
                    counters.faults += 1
                    return self.end(LinkMapping.failure(error), about: FrameKind.resume.rawValue)
                }
            }
            try await port.told(destination, holds: told, by: mapping.peer)
            let committed = await port.committedBefore
            let (streams, end) = await port.streams(of: destination, for: mapping.peer)
            // What fills a hole may lie in the log already, and be found there only once it is committed.
            var position = holes.values.allSatisfy(\.isEmpty) ? end : min(committed, end)
            for stream in streams where (held[stream.introduction.stream] ?? 0) < stream.prefix {
                let name = stream.introduction.stream
                if let start = try await port.position(of: stream.index, from: (held[name] ?? 0) + 1) {
                    position = min(position, start)
                } else if held[name] == nil {
                    // It has not named it, and there is nothing left to offer: nothing is to be said of it.
                    held[name] = stream.prefix
                }
            }
            // The session may have changed meanwhile.
            guard let bridge = await port.bridge(of: destination), session.isOpen(index), outflows[name] == nil else { return }
            passed.forgetForeign()
            let outflow = Outflow(
                destination: destination, bridge: bridge, name: name, index: index, position: max(position, base), base: base, pastEnd: end)
            for stream in streams {
                outflow.past[stream.index] = stream.prefix
                let name = stream.introduction.stream
                // Of what nobody ever said, nothing is looked for.
                let lacking = (holes[name] ?? []).filter { $0.lowerBound <= stream.prefix }.map {
                    $0.lowerBound...min($0.upperBound, stream.prefix)
                }
                add(stream, to: outflow, sent: held[name] ?? 0, holes: lacking)
            }
            outflows[name] = outflow
            log.info("a channel flows", ["channel": name, "from": outflow.position.description, "to": end.description])
            workSignal.set()
        } catch {
            fail(error)
        }
    }

    /// Whether a fault costs the stream alone: the session has other channels, and the peer need not have done anything wrong. What it passes on
    /// in the stream is not taken, and not acknowledged.
    func isStray(_ fault: PeerFault, in channel: String) -> Bool {
        let id: StreamID
        switch fault {
        case .elsewhere(let stream), .unknownEpoch(let stream): id = stream
        default: return false
        }
        counters.strays += 1
        guard strays.count < LinkDriverLimits.strays, strays.insert(id).inserted else { return true }
        let values: KeyValuePairs = ["channel": channel, "stream": id.description]
        if case .elsewhere = fault {
            log.warning(
                "a stream of this channel belongs to another bridge here: was a bridge renamed without `was`, or the channel moved?", values
            )
        } else {
            log.warning(
                "the peer names a stream of this relay's that it never began: somebody has had its key, or its epoch.secret was lost",
                values)
        }
        return true
    }

    func add(_ stream: PassedStream, to outflow: Outflow, sent: UInt64, holes: [ClosedRange<UInt64>] = []) {
        passed.add(
            stream.index,
            PassedStreams.Passed(channel: outflow.index, introduction: stream.introduction, sent: sent, holes: holes))
    }

    func acknowledged(_ entries: [Acknowledgement.Entry]) async throws(LinkFailure) {
        for entry in entries {
            guard let (name, stream) = outIndexes[entry.stream], let account = passed[stream] else { continue }
            guard entry.prefix <= account.sent else { throw LinkFailure(.unexpected, "ACK of what was not sent") }
            outflows[name]?.ledger.acknowledge(stream, entry.prefix)
        }
        if lastAcknowledged.distance(to: loop.now) < LinkDriverLimits.acknowledged { return }
        await tellAcknowledged()
    }

    /// Says how far the peer has come where that has changed: also over what is not passed on to it, so that who owes nothing is not behind.
    func tellAcknowledged() async {
        lastAcknowledged = loop.now
        isTellingDue = false
        for outflow in turns where outflow.told != outflow.cursor {
            outflow.told = outflow.cursor
            await port.acknowledged(outflow.destination, before: outflow.told, count: outflow.ledger.takeDurable())
        }
    }
}
