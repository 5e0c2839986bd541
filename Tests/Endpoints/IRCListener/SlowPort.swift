import Base
import Core
import Model
import Simulation

/// An engine that takes its time with what it is told: before it takes it over, or before it says that it has.
actor SlowPort: RelayPort {
    private let engine: Engine
    private let host: SimulatedHost
    private let before: Interval
    private let behind: Interval

    nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }

    init(_ engine: Engine, on host: SimulatedHost, before: Interval, behind: Interval) {
        self.engine = engine
        self.host = host
        self.before = before
        self.behind = behind
    }

    func accept(_ happenings: [Happening], in destination: DestinationID, source: [UInt8]?, mayBeKnown: Bool) async throws -> [Acceptance] {
        if before > .zero { await host.sleep(until: host.now + before) }
        let answers = try await engine.accept(happenings, in: destination, source: source, mayBeKnown: mayBeKnown)
        if behind > .zero { await host.sleep(until: host.now + behind) }
        return answers
    }

    func source(of destination: DestinationID) async -> [UInt8] { await engine.source(of: destination) }

    // A reader never says any of these.
    func connected(_ destination: DestinationID, _ capabilities: Capabilities) async { never() }
    func disconnected(_ destination: DestinationID) async { never() }
    func received(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, as nativeID: NativeKey?) async {
        never()
    }
    func deferred(
        _ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, after interval: Interval, reason: String
    ) async { never() }
    func bounced(_ id: EventID, at position: Position, part: UInt32, by destination: DestinationID, _ reason: BounceReason) async {
        never()
    }
    func found(_ mark: Mark, in destination: DestinationID, as nativeID: NativeKey) async { never() }
    private func never() { preconditionFailure("a reader has no outbox to speak of") }
}
