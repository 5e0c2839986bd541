import Base
import Testing

@testable import WireLink

/// In which order two sides may offer, accept, resume and take back a channel (docs/protocol.md section 4).
@Suite struct SessionSharingTests {
    private static func resume(_ channel: UInt64) -> Frame {
        Resume(channel: channel, hasTransit: false, isPartial: false, holdings: []).frame
    }
    private static let revoke = Frame(.revoke, Varints.encode([1]))

    /// A session in which the peer has said HELLO and offered `n`.
    private static func offered() throws -> LinkSession {
        var session = LinkSession(Hello(epochOrdinal: 1, epochBits: 1))
        _ = try session.received(Hello(epochOrdinal: 2, epochBits: 2).frame)
        let offer = Offer(index: 1, name: "n", title: "")
        #expect(try session.received(offer.frame) == [.offered(offer)])
        return session
    }

    private static func code(_ body: () throws -> Void) -> CloseCode? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LinkFailure)?.code
        }
    }

    @Test func anOfferIsAcceptedWheneverTheChannelIsSharedHere() throws {
        var session = try Self.offered()
        let (index, actions) = session.offer("n", title: "")
        #expect(actions == [.send(Offer(index: index, name: "n", title: "").frame)])
        #expect(session.accept("n") == [.send(Frame(.accept, Varints.encode([1])))])
        // Once only; and nothing that was not offered.
        #expect(session.accept("n") == nil)
        #expect(session.accept("other") == nil)
        #expect(try session.received(Frame(.accept, Varints.encode([index]))) == [.accepted("n")])
        #expect(try session.received(Self.resume(1)).count == 1)
        #expect(session.isOpen(index))
        #expect(Self.code { _ = try session.received(Self.resume(1)) } == .unexpected)
    }

    @Test func whatWasTakenBackIsNotAccepted() throws {
        var session = try Self.offered()
        #expect(try session.received(Self.revoke) == [.revoked("n")])
        #expect(session.accept("n") == nil)
        _ = session.offer("n", title: "")
        #expect(Self.code { _ = try session.received(Self.resume(1)) } == .unknownChannel)
    }

    /// The peer answered our OFFER before it read our REVOKE.
    @Test func answersThatCrossARevokeAreIgnored() throws {
        var session = LinkSession(Hello(epochOrdinal: 1, epochBits: 1))
        _ = try session.received(Hello(epochOrdinal: 2, epochBits: 2).frame)
        let (index, _) = session.offer("n", title: "")
        #expect(session.revoke("n") == [.send(Frame(.revoke, Varints.encode([index])))])
        _ = try session.received(Offer(index: 1, name: "n", title: "").frame)
        #expect(try session.received(Frame(.accept, Varints.encode([index]))) == [])
        #expect(try session.received(Self.resume(1)) == [])
        #expect(!session.isOpen(index))
    }

    /// Who resumes what was never accepted breaks the protocol.
    @Test func aResumeOfWhatIsNotSharedIsRefused() throws {
        var session = try Self.offered()
        #expect(Self.code { _ = try session.received(Self.resume(1)) } == .unknownChannel)
        _ = session.offer("n", title: "")
        #expect(Self.code { _ = try session.received(Self.resume(1)) } == .unknownChannel)
        #expect(Self.code { _ = try session.received(Self.resume(2)) } == .unknownChannel)
    }
}
