import Base
import Core
import Model
import WireLink

/// What the peer passes on: unpacked, journaled, acknowledged, in this order.
extension LinkDriver {
    /// What comes in a channel that was taken out meanwhile is unpacked and counted too: packing, numbers and credit are the session's.
    func received(_ batch: BatchFrame, in name: String) async throws(LinkFailure) {
        let (items, bytes) = try unpackers.unpack(batch)
        counters.unpackedIn += UInt64(bytes.count)
        let numbered = try session.unpacked(items, of: batch, byteCount: bytes.count)
        var incoming = Incoming(channel: name, passed: PassedOn(), touched: [:], items: items.count, bytes: bytes.count)
        for item in numbered {
            switch item {
            case .introduction(let introduction, _):
                inStreams.append(try await stream(mapping.model(introduction), in: name))
            case .record(let stream, let number, let time, let hops, let record, let isLate):
                guard let local = inStreams[Int(stream) - 1] else { continue }
                let head = EntryHead(
                    stream: local, number: number, originTime: UnixTime(seconds: time), hops: min(hops + 1, ModelLimits.hops),
                    source: source)
                incoming.passed.entries.append(head, record: bytes[record])
                // What is acknowledged is how far all of a stream is held; a number below that says nothing new.
                if isLate { continue }
                incoming.touched[stream] = number
                cameIn[head.stream] = (cameIn[head.stream]?.lowerBound ?? number)...number
            case .skip(let stream, let numbers, let reason, let profiles):
                guard let reason = SkipReason(rawValue: reason) else { throw LinkFailure(.malformed, "a SKIP for reason \(reason)") }
                guard let local = inStreams[Int(stream) - 1] else { continue }
                let head = EntryHead(
                    stream: local, number: numbers.lowerBound, originTime: UnixTime(seconds: 0), hops: 0,
                    content: .skip(through: numbers.upperBound, reason), source: source)
                incoming.passed.entries.append(head, record: [])
                incoming.passed.profiles += profiles.map { AuthorRow(stream: local, number: $0.author, record: $0.record) }
                incoming.touched[stream] = numbers.upperBound
            }
        }
        intake.append(incoming)
        intakeSignal.set()
    }

    /// What the peer introduces; nil where its channel is not shared any more, or the stream is not taken: the indexes of what follows stay right.
    private func stream(_ introduction: StreamIntroduction, in name: String) async throws(LinkFailure) -> StreamIndex? {
        guard let destination = shared(name) else { return nil }
        let stream: StreamIndex
        do throws(PeerFault) {
            stream = try await port.introduce(introduction, in: destination, by: mapping.peer)
        } catch .unknownChannel {
            return nil
        } catch  where isStray(error, in: name) {
            return nil
        } catch {
            throw LinkMapping.failure(error)
        }
        guard introduced.insert(stream).inserted else { throw LinkFailure(.unexpected, "a stream that was introduced already") }
        return stream
    }

    /// Journals what has come, as much at once as there is, and acknowledges it. Channels are taken in side by side, so that one commit serves
    /// all of them; of each channel no more than one part is under way, as its order counts.
    func intakeLoop() async {
        while !isEnding || !intake.isEmpty {
            if intake.isEmpty {
                await withUnsafeContinuation { intakeSignal.wait($0) }
                continue
            }
            let round = takeIntake()
            roomSignal.set()
            if round.count == 1 {
                await journal(round[0])
            } else {
                await withDiscardingTaskGroup { group in for incoming in round { group.addTask { await self.journal(incoming) } } }
            }
            if hasFailedIntake { return }
        }
    }

    private func journal(_ incoming: Incoming) async {
        do {
            // Of a channel that was taken out meanwhile nothing is journaled and nothing acknowledged; the peer learns of it by REVOKE.
            if let destination = shared(incoming.channel) {
                try await port.accept(incoming.passed, in: destination, from: mapping.peer)
                acknowledge(incoming)
            }
            grantAnew(incoming)
        } catch PeerFault.unknownChannel {
            // The engine knows of it sooner.
            grantAnew(incoming)
        } catch let fault as PeerFault {
            counters.faults += 1
            hasFailedIntake = true
            end(LinkMapping.failure(fault), about: FrameKind.batch.rawValue)
        } catch {
            hasFailedIntake = true
            fail(error)
        }
    }

    /// All batches that wait, those of one channel as one.
    private func takeIntake() -> [Incoming] {
        var round: [Incoming] = []
        var places: [String: Int] = [:]
        for incoming in intake {
            guard let place = places[incoming.channel] else {
                places[incoming.channel] = round.count
                round.append(incoming)
                continue
            }
            round[place].passed.entries.append(incoming.passed.entries)
            round[place].passed.profiles += incoming.passed.profiles
            round[place].touched.merge(incoming.touched) { $1 }
            round[place].items += incoming.items
            round[place].bytes += incoming.bytes
        }
        intake = []
        return round
    }

    private func acknowledge(_ incoming: Incoming) {
        counters.recordsIn += UInt64(incoming.items)
        let entries = incoming.touched.sorted { $0.key < $1.key }.map { Acknowledgement.Entry(stream: $0.key, prefix: $0.value) }
        if !entries.isEmpty { send(Acknowledgement(entries).frame) }
    }

    private func grantAnew(_ incoming: Incoming) {
        for grant in consumption.add(incoming.channel, records: incoming.items, bytes: incoming.bytes) {
            perform(session.grant(grant.channel, records: grant.records, bytes: grant.bytes))
        }
    }
}
