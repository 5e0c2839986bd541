import Base
import IO
import Model
import WireLink

/// What both sides of a pairing know of each other afterwards.
package struct Paired: Hashable, Sendable {
    package let relay: RelayID
    /// What the peer calls itself.
    package let name: String
    package let addresses: [String]

    package init(relay: RelayID, name: String, addresses: [String]) {
        self.relay = relay
        self.name = name
        self.addresses = addresses
    }
}

/// Why an invite could not be accepted, in words for an administrator.
package struct PairingError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// Accepts an invite: dials its relay, proves that it knows the secret, and has the other side prove the same.
package enum PairingDialler {
    package static func accept(
        _ code: InviteCode, identity: IdentityKey, name: String, addresses: [String], on loop: EventLoop, texts: OperatorTexts
    ) async throws(PairingError) -> Paired {
        var last = texts.inviteHasNoAddress
        for text in code.addresses {
            guard let address = HostPort(text) else { continue }
            do {
                return try await accept(code, at: address, identity, name, addresses, loop, texts)
            } catch {
                last = "\(address): \(error)"
            }
        }
        throw PairingError(description: last)
    }

    private static func accept(
        _ code: InviteCode, at address: HostPort, _ identity: IdentityKey, _ name: String, _ addresses: [String], _ loop: EventLoop,
        _ texts: OperatorTexts
    ) async throws -> Paired {
        let deadline = loop.now + LinkDriverLimits.connecting
        let plain = try await TCPConnector(on: loop).connect(to: address, .none, from: nil, before: deadline)
        let context = try TLSContext(identity: identity, protocolName: LinkListener.protocolName, isServer: false)
        let stream = try await TLSStream.link(over: plain, context, isDialler: true, before: deadline, on: loop)
        let timer = loop.schedule(at: deadline) { stream.close() }
        defer {
            loop.cancel(timer)
            stream.close()
        }
        guard stream.peerKeyHash == code.relay, let exporter = stream.exported(Pairing.exporterLabel, Pairing.exporterLength) else {
            throw PairingError(description: texts.anotherRelayAnswers)
        }
        let proof = Pairing.proof(code.secret, .dialler, exporter: exporter, dialler: identity.hash, listener: code.relay)
        try await stream.write(Pairing(proof: proof, name: name, addresses: addresses).frame.bytes)
        var decoder = FrameDecoder()
        while let bytes = try await stream.read(atMost: LinkLimits.smallFrame) {
            decoder.feed(bytes)
            guard let frame = try decoder.next() else { continue }
            guard frame.kind == FrameKind.pair.rawValue else {
                let closing = try? Closing(body: frame.body)
                // A relay says no more than that to one it does not know (docs/protocol.md section 10).
                if closing?.code == CloseCode.unknownPeer.rawValue { throw PairingError(description: texts.inviteIsNotTaken) }
                throw PairingError(description: texts.otherRefuses(closing?.words))
            }
            let answer = try Pairing(body: frame.body)
            let expected = Pairing.proof(code.secret, .listener, exporter: exporter, dialler: identity.hash, listener: code.relay)
            guard isEqualInConstantTime(answer.proof, expected) else {
                throw PairingError(description: texts.otherLacksSecret)
            }
            return Paired(relay: RelayID(bytes: code.relay), name: answer.name, addresses: code.addresses)
        }
        throw PairingError(description: texts.otherEnded)
    }
}
