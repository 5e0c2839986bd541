import Base
import Core
import IO
import Links
import Model
import WireLink

/// `fairlead link …`
extension Daemon {
    func link(_ arguments: [String: String], _ answer: ControlAnswer, _ running: RunningParts) async throws {
        switch arguments["verb"] {
        case "invite": try await answer.line(try await invite(arguments, running))
        case "accept": try await answer.line(try await accept(arguments, running))
        case "list": for report in await running.links.reports(at: loop.time) { try await answer.line(report) }
        case "offers": for report in await running.links.offers() { try await answer.line(report) }
        case "revoke": try await setRevoked(true, arguments["name"] ?? "", running)
        case "resume": try await setRevoked(false, arguments["name"] ?? "", running)
        default: throw ControlRefusal.usage(operatorTexts.needs("link", oneOf: "invite, accept, list, offers, revoke, resume"))
        }
    }

    private func invite(_ arguments: [String: String], _ running: RunningParts) async throws -> InviteReport {
        let name = try freeName(arguments["name"] ?? "")
        var addresses = settings.relay.advertise.map(\.description)
        if let given = arguments["address"] {
            guard HostPort(given) != nil else { throw ControlRefusal.usage(operatorTexts.expectedAddress(given)) }
            addresses = [given]
        }
        if addresses.isEmpty { throw ControlRefusal.refused(operatorTexts.nobodyCouldDial) }
        if settings.relay.listen.isEmpty { throw ControlRefusal.refused(operatorTexts.doesNotListen) }
        let seconds = UInt64(arguments["seconds"] ?? "") ?? 86_400
        guard (600...172_800).contains(seconds) else { throw ControlRefusal.usage(operatorTexts.expectedValidity) }
        let code = try await running.invites.make(
            name, identity: running.state.identity, addresses: addresses, seconds: seconds, entropy: SystemEntropy(), texts: operatorTexts)
        return InviteReport(code: code.text, expires: code.expires.text)
    }

    private func accept(_ arguments: [String: String], _ running: RunningParts) async throws -> PairedReport {
        guard let code = InviteCode(text: arguments["code"] ?? "") else {
            throw ControlRefusal.usage(operatorTexts.noInvite)
        }
        if let known = settings.peers.first(where: { $0.value.id.bytes == code.relay })?.key {
            throw ControlRefusal.refused(operatorTexts.isPeerAlready(known))
        }
        if code.expires <= loop.time { throw ControlRefusal.refused(operatorTexts.inviteExpired(code.expires)) }
        let name = try freeName(arguments["name"] ?? code.name)
        if code.relay == running.state.identity.hash { throw ControlRefusal.refused(operatorTexts.ownInvite) }
        do throws(PairingError) {
            let paired = try await PairingDialler.accept(
                code, identity: running.state.identity, name: settings.relay.name, addresses: settings.relay.advertise.map(\.description),
                on: loop, texts: operatorTexts)
            return keep(name, paired)
        } catch {
            throw ControlRefusal.refused(error.description)
        }
    }

    /// A name that no endpoint or peer has.
    private func freeName(_ name: String) throws -> String {
        guard isShortName(name) else { throw ControlRefusal.usage(operatorTexts.expectedName(name)) }
        if settings.peers[name] != nil || settings.endpoints[name] != nil {
            throw ControlRefusal.refused(operatorTexts.nameIsTaken(name))
        }
        return name
    }

    /// Writes what a pairing came to as a file of its own beside the configuration, and takes it up. What can't be written is told.
    @discardableResult
    func keep(_ name: String, _ paired: Paired) -> PairedReport {
        let addresses = paired.addresses.filter { HostPort($0) != nil }.map { "\"\($0)\"" }.joined(separator: ", ")
        let text = """
            # Written when the two relays were paired, \(loop.time.text).
            [peer.\(name)]
            id = "\(paired.relay)"
            \(addresses.isEmpty ? "" : "address = [\(addresses)]\n")
            """
        let file = "\(SettingsReader.partsFolder(of: path))/peer-\(name).toml"
        do {
            try Files.makeFolder(SettingsReader.partsFolder(of: path), mode: 0o755)
            try Files.create(file, [UInt8](text.utf8), mode: 0o644)
            log.notice("paired", ["peer": name, "relay": paired.relay.description, "file": file])
            tell(.reload)
            return PairedReport(name: name, relay: paired.relay.description, file: file, text: nil)
        } catch {
            log.error("paired, but the file can't be written; put it there yourself", ["file": file, "reason": "\(error)", "text": text])
            return PairedReport(name: name, relay: paired.relay.description, file: nil, text: text)
        }
    }

    private func setRevoked(_ isRevoked: Bool, _ name: String, _ running: RunningParts) async throws {
        guard let peer = settings.peers[name] else {
            throw ControlRefusal.usage(operatorTexts.noPeer(name, near: nearest(to: name, among: settings.peers.keys)))
        }
        // Before anything can flow again.
        if !isRevoked, await running.links.isRevoked(peer.id) { try await running.engine.shareAnew(with: name) }
        try await running.engine.keep(isRevoked ? [1] : [], as: DaemonLinks.revokedNote + hex(peer.id.bytes))
        await running.links.setRevoked(peer.id, isRevoked)
        await running.links.serve(settings.peers)
        log.notice(isRevoked ? "link revoked" : "link resumed", ["peer": name])
    }
}

/// `fairlead link invite`
package struct InviteReport: Codable, Hashable, Sendable {
    package var code: String
    package var expires: String
}

/// `fairlead link accept`
package struct PairedReport: Codable, Hashable, Sendable {
    package var name: String
    package var relay: String
    /// The file that was written; else what is to be written by hand.
    package var file: String?
    package var text: String?
}

/// One line of `fairlead link offers`
package struct OfferReport: Codable, Hashable, Sendable {
    package var peer: String
    package var channel: String
    /// `shared`, `opening`, `waits for the peer`, `waits for us`; of a link that is shut out `revoked`
    package var state: String
}
