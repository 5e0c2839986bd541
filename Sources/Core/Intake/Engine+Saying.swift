import Base
import Model

/// What an operator says in every channel of a bridge.
extension Engine {
    package enum SayAnswer: Hashable, Sendable {
        /// It is journaled.
        case said(EventID)
        /// It can't be taken in now.
        case waits(Hindrance)
        case noBridge
        /// The relay ends: nothing was taken in.
        case ending
    }

    /// Why nothing is taken in.
    package enum Hindrance: Hashable, Sendable {
        /// These peers have not said, or not given, what they hold.
        case peers([String])
        /// Less than the reserve of the disk is free.
        case reserve
        /// The disk is full.
        case full
    }

    /// Says something, unless nothing is taken in now. Whoever is told to wait asks again after `waitForChange`. `stalled` is called when the
    /// disk is found full only by these words: they have their number, and are said when there is room.
    package func say(_ text: String, in name: String, stalled: @Sendable () async throws -> Void = {}) async throws -> SayAnswer {
        guard let bridge = routing.bridge(named: name) else { return .noBridge }
        if let failure { throw failure }
        if hasEnded { return .ending }
        if let hindrance = hindrance(of: bridge.index) { return .waits(hindrance) }
        let nowhere = RoutingTable.Member(
            destination: DestinationID(0), bridge: bridge.index, settings: MemberSettings(endpoint: "", channel: ""),
            home: Home(rawValue: 0))
        let happening = Happening(
            key: nil, account: .init(id: "operator", name: "operator"), time: loop.time,
            content: .posted(mended(RichText(text)), style: .notice, reply: nil, thread: nil))
        var born = EntryBuffer()
        let id: EventID
        switch accept(happening, from: nowhere, of: bridge, into: &born) {
        case .accepted(let new), .duplicate(let new): id = new
        case .withoutTarget, .local, .notTaken: preconditionFailure("words of the operator refer to something")
        }
        measures.accepted(1, from: "")
        add(born, to: bridge.index)
        for other in routing.destinations(of: bridge.index) { try await fill(other, mayAskJournal: false) }
        let number = batch
        commitSignal.set()
        var isTold = false
        while committedBatch < number && !hasEnded {
            if isFull && !isTold {
                isTold = true
                try await stalled()
            }
            await waitForChange()
        }
        if committedBatch < number { try await waitForCommit() }
        return .said(id)
    }

    /// What keeps events from being taken in, in a bridge or anywhere.
    package func hindrance(of bridge: BridgeIndex? = nil) -> Hindrance? {
        look()
        let peers = awaitedPeers(of: bridge)
        if !peers.isEmpty { return .peers(peers) }
        if isBelowReserve { return .reserve }
        return isFull ? .full : nil
    }

    /// Returns soon: at once when something that kept events from being taken in is over, or the relay ends.
    package func waitForChange() async {
        if hasEnded { return }
        let timer = loop.schedule(at: loop.now + CoreLimits.sayingAgain) { [weak self] in self?.assumeIsolated { $0.tellOfChange() } }
        await withUnsafeContinuation { changeWaiters.append($0) }
        loop.cancel(timer)
    }

    /// Whether the relay ends.
    package var hasEnded: Bool { isStopping || isEnding || failure != nil }

    func tellOfChange() {
        let waiting = changeWaiters
        changeWaiters = []
        for waiter in waiting { waiter.resume() }
    }
}
