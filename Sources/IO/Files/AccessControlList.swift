import CUV
import Glibc

/// Who may read and write a file beyond its mode (acl(5)), as the kernel keeps it: the attribute `system.posix_acl_access`, version 2, entries of
/// tag, permissions (16 bits each) and id (32 bits), little-endian (linux/posix_acl_xattr.h).
struct AccessControlList {
    private enum Tag {
        static let user: UInt16 = 0x02
        static let owningGroup: UInt16 = 0x04
        static let group: UInt16 = 0x08
        static let mask: UInt16 = 0x10
        static let others: UInt16 = 0x20
    }

    private struct Entry {
        let tag: UInt16
        let permissions: UInt32
        let id: UInt32
    }

    /// Lists of more entries than this are taken to open a file to others.
    private static let mostEntries = 64
    private static let version: UInt32 = 2

    private let entries: [Entry]

    /// nil if the file has none, or one that is not understood.
    init?(of path: String) {
        var bytes = [UInt8](repeating: 0, count: 4 + 8 * AccessControlList.mostEntries)
        let count = getxattr(path, "system.posix_acl_access", &bytes, bytes.count)
        guard count >= 4, count % 8 == 4 else { return nil }
        func number(_ place: Int, _ size: Int) -> UInt32 { (0..<size).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * $1) } }
        guard number(0, 4) == AccessControlList.version else { return nil }
        entries = stride(from: 4, to: count, by: 8).map {
            Entry(tag: UInt16(number($0, 2)), permissions: number($0 + 2, 2), id: number($0 + 4, 4))
        }
    }

    /// Whether anybody but the owner and `user` has a permission: 4 to read, 2 to write.
    func grants(_ permission: UInt32, toOthersThan user: UInt32) -> Bool {
        let isMasked = entries.contains { $0.tag == Tag.mask && $0.permissions & permission == 0 }
        return entries.contains { entry in
            guard entry.permissions & permission != 0 else { return false }
            return switch entry.tag {
            case Tag.others: true
            case Tag.owningGroup, Tag.group: !isMasked
            case Tag.user: !isMasked && entry.id != user
            default: false
            }
        }
    }
}
