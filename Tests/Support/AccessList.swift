import CUV
import Glibc

/// Gives a file an access control list as systemd gives one to a credential: the owner and `user` may read, the group as said.
/// False where the file system keeps no lists.
package func setAccessList(_ path: String, user: UInt32, groupMayRead: Bool = false) -> Bool {
    var bytes: [UInt8] = [2, 0, 0, 0]
    let nobody = UInt32.max
    let entries: [(tag: UInt8, permissions: UInt8, id: UInt32)] = [
        (0x01, 4, nobody), (0x02, 4, user), (0x04, groupMayRead ? 4 : 0, nobody), (0x10, 4, nobody), (0x20, 0, nobody),
    ]
    for (tag, permissions, id) in entries {
        bytes += [tag, 0, permissions, 0] + (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
    }
    return setxattr(path, "system.posix_acl_access", bytes, bytes.count, 0) == 0
}
