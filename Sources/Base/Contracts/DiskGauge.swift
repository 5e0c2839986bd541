/// Says how much room the disk of the journal has. A contract, so that a simulated disk can be filled.
package protocol DiskGauge: Sendable {
    /// nil if it can't be known.
    func room() -> DiskRoom?
}

/// The room of one file system, in bytes.
package struct DiskRoom: Hashable, Sendable {
    /// What this process may still fill.
    package let free: Int64
    /// All of it.
    package let size: Int64

    package init(free: Int64, size: Int64) {
        self.free = free
        self.size = size
    }
}
