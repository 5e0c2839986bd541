import Base
import Glibc

/// The room of the file system that a folder is in (statvfs(3)).
package struct FileSystemGauge: DiskGauge {
    private let folder: String

    package init(of folder: String) { self.folder = folder }

    package func room() -> DiskRoom? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let unit = UInt64(status.f_frsize)
        func bytes(_ blocks: UInt64) -> Int64 { Int64(clamping: blocks.multipliedReportingOverflow(by: unit).partialValue) }
        return DiskRoom(free: bytes(UInt64(status.f_bavail)), size: bytes(UInt64(status.f_blocks)))
    }
}
