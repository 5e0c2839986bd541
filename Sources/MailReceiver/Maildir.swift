import IO

/// A folder of mails as D. J. Bernstein defined it: `tmp`, `new`, `cur`. Works on a thread of its own, as the disk is waited for.
actor Maildir {
    private let thread = WorkerThread()
    private let path: String
    private var count = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Makes the folders if they are not there.
    init(_ path: String) throws(FileError) {
        self.path = path
        for folder in ["", "/tmp", "/new", "/cur"] { try Files.makeFolder(path + folder) }
    }

    /// Returns when the mail is on the disk under its name. `unique`: what no other life of this folder's writers has said.
    func add(_ mail: [UInt8], _ unique: String) throws(FileError) {
        count += 1
        let name = "\(unique).\(count).fairlead"
        try Files.create("\(path)/tmp/\(name)", mail)
        try Files.rename("\(path)/tmp/\(name)", to: "\(path)/new/\(name)")
    }
}
