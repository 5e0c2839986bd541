import Base

/// Timers by deadline, in a binary heap. Cancelled ones are dropped when they come up.
struct TimerHeap {
    private struct Entry {
        let deadline: Instant
        let id: UInt64
    }

    private var heap: [Entry] = []
    private var bodies: [UInt64: @Sendable () -> Void] = [:]
    private var lastID: UInt64 = 0

    var isEmpty: Bool { bodies.isEmpty }

    /// The next deadline.
    var earliest: Instant? {
        mutating get {
            dropCancelled()
            return heap.first?.deadline
        }
    }

    mutating func insert(_ deadline: Instant, _ body: @escaping @Sendable () -> Void) -> (id: TimerID, isFirst: Bool) {
        lastID += 1
        bodies[lastID] = body
        heap.append(Entry(deadline: deadline, id: lastID))
        siftUp(heap.count - 1)
        return (TimerID(rawValue: lastID), heap[0].id == lastID)
    }

    mutating func remove(_ timer: TimerID) {
        bodies[timer.rawValue] = nil
        // Many that are cancelled before their time must not be kept until then.
        if heap.count > 64 && heap.count > 2 * bodies.count {
            let alive = heap.filter { bodies[$0.id] != nil }
            heap.removeAll(keepingCapacity: true)
            for entry in alive {
                heap.append(entry)
                siftUp(heap.count - 1)
            }
        }
    }

    /// Takes out the first timer that is due; of equal deadlines the one that was set first.
    mutating func takeDue(_ now: Instant) -> (@Sendable () -> Void)? {
        dropCancelled()
        guard let first = heap.first, first.deadline <= now else { return nil }
        removeFirst()
        return bodies.removeValue(forKey: first.id)
    }

    private mutating func dropCancelled() {
        while let first = heap.first, bodies[first.id] == nil { removeFirst() }
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        if heap.isEmpty { return }
        heap[0] = last
        siftDown(0)
    }

    private func isBefore(_ left: Entry, _ right: Entry) -> Bool { (left.deadline, left.id) < (right.deadline, right.id) }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(heap[child], heap[least]) { least = child }
            if least == parent { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
