import Base
import Core
import Model
import WireLink

/// What the peer says, frame by frame.
extension LinkDriver {
    func readLoop() async {
        var decoder = FrameDecoder()
        decoder.limit = LinkLimits.frame
        do throws(StreamError) {
            while ending == nil, let bytes = try await stream.read(atMost: LinkDriverLimits.read) {
                lastHeard = loop.now
                counters.bytesIn += UInt64(bytes.count)
                decoder.feed(bytes)
                var kind: UInt8 = 0
                do throws(LinkFailure) {
                    while let frame = try decoder.next() {
                        kind = frame.kind
                        for action in try session.received(frame) { try await perform(action) }
                        if ending != nil { break }
                    }
                } catch {
                    counters.faults += 1
                    end(error, about: kind)
                }
                try await waitForRoom()
            }
            // A CLOSE is still being written.
            if ending != nil { await loop.sleep(until: loop.now + LinkDriverLimits.closing) }
        } catch {
            ending = ending ?? LinkFailure(.timedOut, "\(error)")
        }
        ending = ending ?? LinkFailure(.normal, "ended by the peer")
    }

    /// Nothing more is read while too much waits to be journaled, or to be written. What we keep from being read is no silence of the peer's.
    private func waitForRoom() async throws(StreamError) {
        while intake.count > LinkDriverLimits.intake || answers.isFull, failure == nil && ending == nil {
            counters.waits += 1
            await withUnsafeContinuation { roomSignal.wait($0) }
            lastHeard = loop.now
        }
    }

    private func perform(_ action: LinkSession.Action) async throws(LinkFailure) {
        switch action {
        case .send(let frame): send(frame)
        case .greeted(let hello):
            log.notice("link up", ["epoch": String(hello.epochOrdinal), "dialled": String(isDialler)])
            offerNew()
        case .offered(let offer):
            theirOffers.insert(offer.name)
            if channels[offer.name] == nil { log.info("the peer offers a channel", ["channel": offer.name]) }
            await answerOffer(of: offer.name)
        case .accepted(let name):
            log.info("the peer shares a channel", ["channel": name])
            await beginIfOpen(name)
        case .revoked(let name):
            log.warning("the peer shares a channel no more", ["channel": name])
            theirOffers.remove(name)
            outflows[name] = nil
        case .resumed(let name, let resume):
            resumes[name, default: []] += resume.holdings
            await beginIfOpen(name)
        case .batch(let name, let batch): try await received(batch, in: name)
        case .acknowledged(let entries): try await acknowledged(entries)
        case .credited: workSignal.set()
        case .pong(let token): pings.removeValue(forKey: token)?.resume(returning: true)
        case .draining(let seconds):
            redialPause = .seconds(min(seconds, LinkDriverLimits.longestRedialPause))
            log.info("the peer stops soon", ["redial_after_s": String(seconds)])
        case .closed(let closing):
            log.warning("the peer ends the session", ["code": closing.name, "reason": closing.words])
            ending = ending ?? LinkFailure(CloseCode(rawValue: closing.code) ?? .normal, "by the peer: \(closing.words)")
        }
    }
}
