import Base
import Core
import IO
import Links
import Model
import WireLink

/// The open invites of a relay, and what an administrator has revoked. Both are facts: they are kept in the journal.
actor Invites: PairingDesk {
    static let inviteNote = "invite "

    private struct Invite {
        let secret: [UInt8]
        let expires: UnixTime
    }

    private let loop: EventLoop
    private let engine: Engine
    private let ownName: String
    private let advertise: [String]
    private let log: Log
    private var invites: [String: Invite] = [:]
    private var wrong = WrongWords()
    /// Wrong words since the relay began.
    private(set) var failed: UInt64 = 0
    /// Told of a pairing under the name that the invite gave.
    private let paired: @Sendable (String, Paired) async -> Void

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ notes: [String: [UInt8]], engine: Engine, ownName: String, advertise: [String], on loop: EventLoop, log: Log,
        paired: @escaping @Sendable (String, Paired) async -> Void
    ) {
        self.engine = engine
        self.ownName = ownName
        self.advertise = advertise
        self.loop = loop
        self.log = log
        self.paired = paired
        for (note, value) in notes where note.hasPrefix(Invites.inviteNote) && value.count == 24 {
            invites[String(note.dropFirst(Invites.inviteNote.count))] = Invite(
                secret: Array(value[..<16]), expires: UnixTime(seconds: value[16...].firstUInt64))
        }
    }

    /// Makes an invite for a peer that is to be called `name`. One that was open under the name is void.
    func make(_ name: String, identity: IdentityKey, addresses: [String], seconds: UInt64, entropy: any Entropy, texts: OperatorTexts)
        async throws -> InviteCode
    {
        await forgetExpired()
        guard invites.count < DaemonLimits.invites || invites[name] != nil else {
            throw ControlRefusal.refused(texts.tooManyInvites(DaemonLimits.invites))
        }
        guard ownName.utf8.count <= InviteCode.longest, addresses.joined(separator: " ").utf8.count <= InviteCode.longest else {
            throw ControlRefusal.refused(texts.tooManyAddresses(InviteCode.longest))
        }
        let secret = entropy.bytes(InviteCode.secretLength)
        let expires = UnixTime(seconds: loop.time.seconds + seconds)
        var writer = ByteWriter()
        writer.append(secret)
        writer.uint64(expires.seconds)
        try await engine.keep(writer.bytes, as: Invites.inviteNote + name)
        invites[name] = Invite(secret: secret, expires: expires)
        return InviteCode(relay: identity.hash, secret: secret, expires: expires, name: ownName, addresses: addresses)
    }

    private func forgetExpired() async {
        for (name, invite) in invites where invite.expires <= loop.time { await void(name) }
    }

    private func void(_ name: String) async {
        invites[name] = nil
        try? await engine.keep([], as: Invites.inviteNote + name)
    }

    // MARK: PairingDesk

    func isOpen(to address: String) -> Bool {
        wrong.mayTry(address, at: loop.now) && invites.values.contains { $0.expires > loop.time }
    }

    func pair(_ pairing: Pairing, dialler: RelayID, at address: String, listener: [UInt8], exporter: [UInt8]) async -> Pairing? {
        var found: String?
        // Every invite is looked at, so that time tells nothing.
        for (name, invite) in invites {
            let proof = Pairing.proof(invite.secret, .dialler, exporter: exporter, dialler: dialler.bytes, listener: listener)
            if isEqualInConstantTime(proof, pairing.proof) && invite.expires > loop.time { found = name }
        }
        guard let name = found, let invite = invites[name] else {
            failed += 1
            log.warning("a pairing failed", ["relay": dialler.description, "address": address])
            if wrong.add(from: address, at: loop.now) {
                log.warning("too many pairings failed; the address is not listened to for a minute", ["address": address])
            }
            return nil
        }
        await void(name)
        await paired(name, Paired(relay: dialler, name: pairing.name, addresses: pairing.addresses))
        let proof = Pairing.proof(invite.secret, .listener, exporter: exporter, dialler: dialler.bytes, listener: listener)
        return Pairing(proof: proof, name: ownName, addresses: advertise)
    }
}
