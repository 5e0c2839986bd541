import Base
import Core
import Markup
import Model
import WireIRC

/// What goes into channels, and what servers answer.
extension IRCEndpoint {
    private func rendering(_ delivery: Delivery) -> IRCRendering {
        IRCRendering(delivery, texts, hasTags: machine.has("message-tags"))
    }

    /// What a line's text may take: the rest is what the server puts before it (RFC 2812 section 2.3; modern.ircdocs.horse).
    private func room(_ channel: String, _ command: String, _ prefix: String) -> Int {
        let user = machine.ownUser?.utf8.count ?? IRCLimits.unknownUser
        let host = machine.ownHost?.utf8.count ?? IRCLimits.unknownHost
        // It may get its nick back before the line is sent.
        let nick = max(machine.nick.utf8.count, machine.identity.nick.utf8.count)
        let source = ":!@ ".utf8.count + nick + user + host
        return machine.features.lineLength - source - command.utf8.count - " ".utf8.count - channel.utf8.count - " :\r\n".utf8.count
            - prefix.utf8.count
    }

    package func parts(of delivery: Delivery, from start: UInt32, in destination: DestinationID) -> [Range<UInt32>] {
        guard let channel = channels.values.first(where: { $0.destination == destination }) else { return [] }
        switch rendering(delivery).form {
        case .nothing: return []
        case .reaction: return start == 0 ? [0..<1] : []
        case .lines(let command, let prefix, let body):
            let splitter = LineSplitter(body, limit: room(channel.name, command, prefix))
            return splitter.pieces(from: Int(start)).map { UInt32($0.lowerBound)..<UInt32($0.upperBound) }
        }
    }

    package func deliver(_ parts: [PartDelivery], to destination: DestinationID) {
        guard let channel = channels.values.first(where: { $0.destination == destination }), channel.phase == .connected else { return }
        for part in parts { outgoing.add(line(part, channel)) }
        pump()
    }

    private func line(_ part: PartDelivery, _ channel: IRCChannel) -> OutgoingLines.Line {
        let rendering = rendering(part.delivery)
        var tags: [String: String] = [:]
        if machine.has("message-tags") {
            let mark = Mark(id: part.delivery.id, part: part.part, author: part.delivery.author.key, second: part.delivery.originTime)
            tags[IRCMark.tag] = seal.text(mark, in: channel.name)
            if part.part == 0, let answered = rendering.answered { tags["+draft/reply"] = answered }
        }
        var (command, text) = ("PRIVMSG", "")
        switch rendering.form {
        case .nothing: break
        case .reaction(let emoji, let isOn, let messageID):
            command = "TAGMSG"
            tags["+draft/reply"] = messageID
            tags[isOn ? "+draft/react" : "+draft/unreact"] = emoji
        case .lines(let verb, let prefix, let body):
            command = verb
            text = prefix + piece(of: body, part.range, in: channel.name)
        }
        return OutgoingLines.Line(
            part: part, destination: channel.destination, channel: channel.name, command: command, text: text, tags: tags)
    }

    private func piece(of body: RichText, _ range: Range<UInt32>, in channel: String) -> String {
        let end = min(Int(range.upperBound), body.text.utf8.count)
        let range = min(Int(range.lowerBound), end)..<end
        let isPlain = machine.channel(channel)?.isPlain == true
        return IRCFormatting.render(isPlain ? RichText(body.text) : body, range)
    }

    /// Sends what may be sent now.
    func pump() {
        // What is not sent when the relay stops is sent after its next start.
        if isStopping { return }
        for message in outgoing.take(at: loop.now) { send(message) }
    }

    // MARK: Answers

    func received(_ line: OutgoingLines.Line, as messageID: String?, _ port: any RelayPort) async {
        let delivery = line.part.delivery
        await port.received(
            delivery.id, at: delivery.position, part: line.part.part, by: line.destination, as: messageID.map { NativeKey($0) })
    }

    /// The code of what a server took in and shows to nobody.
    static let swallowed = "swallowed"

    func bounce(_ line: OutgoingLines.Line, _ code: String, _ text: String, _ port: any RelayPort) async {
        let delivery = line.part.delivery
        log.warning("a line was refused", ["event": delivery.id.description, "channel": line.channel, "code": code, "reason": text])
        // The log has it in English, like everything that is not a server's.
        let words = code == IRCEndpoint.swallowed ? operatorTexts.swallowed : text
        lastErrors.note(operatorTexts.lineRefused(code, words), in: line.destination, at: loop.time)
        await port.bounced(
            delivery.id, at: delivery.position, part: line.part.part, by: line.destination, BounceReason("irc-\(code)", words))
    }

    /// The server's word about a line: what may pass with time is put off, anything else is final.
    func refused(_ label: String?, _ channel: String?, _ code: String, _ text: String, _ port: any RelayPort) async {
        guard let line = outgoing.refused(label: label, channel: channel) else { return }
        let isModerated = machine.channel(line.channel)?.isModerated == true
        switch code {
        case "404" where isModerated, "401", "403", "442": await put(line, off: EndpointLimits.refusal, code, text, port)
        case "263", "439", "RATE_LIMITED": await put(line, off: EndpointLimits.rateLimit, code, text, port)
        default: await bounce(line, code, text, port)
        }
        pump()
    }

    private func put(_ line: OutgoingLines.Line, off interval: Interval, _ code: String, _ text: String, _ port: any RelayPort) async {
        let delivery = line.part.delivery
        log.info("a line is put off", ["event": delivery.id.description, "channel": line.channel, "code": code, "reason": text])
        lastErrors.note(operatorTexts.linePutOff(code, text), in: line.destination, at: loop.time)
        await port.deferred(
            delivery.id, at: delivery.position, part: line.part.part, by: line.destination, after: interval, reason: "\(code) \(text)")
    }

    // MARK: What became of lines of an earlier connection

    /// Marks were told while the channel was read. What is left is either not there, or bears no mark and is known by its text.
    package func reconcile(_ claims: [ClaimedPart], in destination: DestinationID) async -> [ClaimResult] {
        // The engine drops an answer about a connection that is gone.
        guard let (name, channel) = channels.first(where: { $0.value.destination == destination && $0.value.catchUp.isTold }) else {
            return claims.map { _ in .unknown }
        }
        var own = channels[name]?.catchUp.takeOwnLines() ?? []
        return claims.map { claim in
            let part = PartDelivery(delivery: claim.delivery, part: claim.part, range: claim.range)
            let text = line(part, channel).text
            if !text.isEmpty, let index = own.firstIndex(where: { $0.text == text }) {
                return .arrived(own.remove(at: index).messageID.map { NativeKey($0) })
            }
            // Setting a reaction again changes nothing.
            if text.isEmpty { return .absent }
            let isCovered =
                channel.catchUp.hasHistory
                && (channel.catchUp.reachesBack && !channel.catchUp.hasGap
                    || channel.catchUp.oldest.map { $0 / 1000 < claim.delivery.accepted.seconds } ?? false)
            return isCovered ? .absent : .unknown
        }
    }
}
