import Base
import IO

/// Where a demonstration keeps its relays and its mails. One that nobody asked for goes with it; one that was named stays, and a later
/// demonstration there begins anew.
final class DemoFolder {
    private static let lockFile = "demo.lock"
    /// What a demonstration makes.
    private static let names = ["north", "south", "mail"]

    let path: String
    private let isScratch: Bool
    private var lock: FileLock?

    /// Throws if the folder can't be had, if another demonstration runs there, and if there is something in it that no demonstration made.
    init(_ given: String?) throws {
        guard let given else {
            path = try ScratchFolder(in: "/tmp").path
            isScratch = true
            return
        }
        path = given
        isScratch = false
        try Files.makeFolder(path)
        let found = try Files.names(in: path)
        if let strange = found.first, !found.contains(DemoFolder.lockFile) {
            throw DemoError("\(path) has \(strange) in it: name a folder that is empty, new, or of an earlier demo", .refused)
        }
        lock = try FileLock("\(path)/\(DemoFolder.lockFile)")
        if lock == nil { throw DemoError("another demo runs in \(path): end it, or name another folder", .refused) }
        for name in DemoFolder.names where found.contains(name) {
            Console.error("\(path)/\(name): of an earlier demo; it makes room\n")
            Files.removeAll("\(path)/\(name)")
        }
    }

    /// When everything has ended.
    func leave() {
        if isScratch {
            Files.removeAll(path)
        } else {
            Console.error("what the relays wrote stays in \(path)\n")
        }
        lock = nil
    }
}
