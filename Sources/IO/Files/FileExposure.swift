import Glibc

/// Why a file or folder is not its owner's alone.
package enum FileExposure: Hashable, Sendable {
    /// It belongs to somebody who is neither root nor the user who asks, given by number.
    case foreign(UInt32)
    case writable
    case readable

    /// What others than its owner, root and `user` may do with a file: the group, everybody, and whom an access control list names. The
    /// worst comes first; nil if they may do nothing.
    package static func of(_ path: String, to user: UInt32 = geteuid()) throws(FileError) -> FileExposure? {
        var status = stat()
        if stat(path, &status) != 0 { throw FileError(path) }
        // Root looks at what belongs to the relay's user: `fairlead check`.
        if status.st_uid != user && status.st_uid != 0 && user != 0 { return .foreign(status.st_uid) }
        if isOpen(path, status.st_mode, 2, user) { return .writable }
        return isOpen(path, status.st_mode, 4, user) ? .readable : nil
    }

    private static func isOpen(_ path: String, _ mode: mode_t, _ permission: UInt32, _ user: UInt32) -> Bool {
        if mode & permission != 0 { return true }
        if mode & (permission << 3) == 0 { return false }
        // What stands for the group is the list's mask where there is a list, as systemd sets one for credentials.
        return AccessControlList(of: path)?.grants(permission, toOthersThan: user) ?? true
    }

    /// What is wrong with the file, and the command that mends it.
    package func remedy(_ path: String, mode: String) -> String {
        switch self {
        case .foreign(let owner): "\(path) belongs to user \(owner); run: chown \(geteuid()) \(path)"
        case .writable: "\(path) can be written by others; run: chmod \(mode) \(path)"
        case .readable: "\(path) can be read by others; run: chmod \(mode) \(path)"
        }
    }
}
