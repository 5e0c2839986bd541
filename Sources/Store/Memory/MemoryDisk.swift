import Base
import Core
import Model

/// What a simulated disk holds: a journal as the list of what was done to it, and how much of that is safe.
///
/// A crash loses what is behind `synced`, or any end of it; a copied disk is a cloned machine.
package struct MemoryDisk: Sendable {
    enum Operation: Sendable {
        case commit(JournalBatch)
        case retire(before: Position, slice: Int)
        case forgetIDs(before: UInt32)
    }

    var operations: [Operation] = []
    var synced = 0

    package init() {}

    /// How many operations a crash may still lose.
    package var unsynced: Int { operations.count - synced }

    /// The disk after a crash that saved `kept` of the unsynced operations.
    package func afterCrash(keeping kept: Int) -> MemoryDisk {
        precondition(kept >= 0 && kept <= unsynced)
        var disk = self
        disk.operations.removeLast(unsynced - kept)
        disk.synced = disk.operations.count
        return disk
    }

    /// How much was done to it.
    package var operationCount: Int { operations.count }
}
