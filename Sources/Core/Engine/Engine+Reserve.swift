import Base

/// The reserve of the disk: intake waits while less is free (semantics 3).
extension Engine {
    /// How the disk stands, for an operator.
    package struct DiskStatus: Hashable, Sendable {
        /// Bytes, a second ago at most.
        package let free: Int64
        package let size: Int64
        /// What is to stay free.
        package let reserve: Int64
        /// Whether intake waits for room.
        package let isBelow: Bool
    }

    /// nil if it can't be known.
    package func diskStatus() -> DiskStatus? {
        look()
        return room.map { DiskStatus(free: $0.free, size: $0.size, reserve: limits.reserve(of: $0), isBelow: isBelowReserve) }
    }

    /// Looks how much room there is, unless that was done within a second.
    func look() {
        if let lastLook, lastLook.distance(to: loop.now) < CoreLimits.look { return }
        lastLook = loop.now
        // Where it can't be known a full disk is still known by the commit that does not fit.
        room = disk?.room()
        guard let room else { return goOnAboveReserve() }
        let reserve = limits.reserve(of: room)
        if room.free < reserve, !isBelowReserve {
            isBelowReserve = true
            counters.belowReserve += 1
            log.error("the disk is nearly full; nothing is taken in", ["free": String(room.free), "reserve": String(reserve)])
        } else if room.free >= reserve + reserve / CoreLimits.reserveMargin {
            goOnAboveReserve()
        }
    }

    private func goOnAboveReserve() {
        guard isBelowReserve else { return }
        isBelowReserve = false
        log.notice("the disk has room again", ["free": room.map { String($0.free) } ?? "unknown"])
        goOnWithRoom()
    }

    /// Whoever waits for room goes on: there is some, or the engine ends.
    func goOnWithRoom() {
        let waiting = roomWaiters
        roomWaiters = []
        for waiter in waiting { waiter.resume() }
        tellOfChange()
    }

    /// Returns when the reserve is free. What was read before a stop is still taken in: it is little, and may not be had again.
    func waitForReserve() async {
        look()
        while isBelowReserve && !isStopping && !isEnding && failure == nil {
            if roomWaiters.isEmpty { lookAgain() }
            await withUnsafeContinuation { roomWaiters.append($0) }
        }
    }

    /// While somebody waits it is looked every second.
    private func lookAgain() {
        _ = loop.schedule(at: loop.now + CoreLimits.look) { [weak self] in
            self?.assumeIsolated { engine in
                engine.look()
                if !engine.roomWaiters.isEmpty { engine.lookAgain() }
            }
        }
    }
}
