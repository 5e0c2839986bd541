import Base
import Glibc

/// What the system said when a file could not be used.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let code: Int32
    private let words: String?

    init(_ path: String, _ code: Int32 = errno) {
        self.path = path
        self.code = code
        words = nil
    }

    /// What the system would not refuse.
    init(_ path: String, _ words: String) {
        self.path = path
        code = 0
        self.words = words
    }

    /// Whether the user may not do that.
    package var isForbidden: Bool { code == EACCES || code == EPERM }
    package var isExisting: Bool { code == EEXIST }
    /// Whether nothing is there.
    package var isAbsent: Bool { code == ENOENT || code == ENOTDIR }
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
    package var description: String { "\(path): \(words ?? String(cString: strerror(code)))" }
}

/// Small files, read and written whole.
package enum Files {
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// A path as it is from anywhere.
    package static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var current = [CChar](repeating: 0, count: 4096)
        guard getcwd(&current, current.count) != nil else { return path }
        return String(decoding: current.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/" + path
    }

    /// Reads at most `limit` bytes; a longer file is an error (EFBIG), and so is what is no file: a pipe would be waited for.
    package static func read(_ path: String, atMost limit: Int) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw FileError(path) }
        defer { close(descriptor) }
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw FileError(path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileError(path, EISDIR)
        default: throw FileError(path, "expected a file, not a pipe, socket or device")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 { throw FileError(path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { throw FileError(path, EFBIG) }
        }
    }

    /// Writes a new file so that it is on the disk, whole, when the call returns, and not there at all if that fails or the process is killed
    /// before. One that exists is an error. Two that write the same file at once are not provided for.
    package static func create(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws(FileError) {
        let unfinished = path + ".unfinished"
        try remove(unfinished)
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path) }
        defer {
            close(descriptor)
            unlink(unfinished)
        }
        try write(descriptor, bytes[...], path)
        try sync(descriptor, path)
        // Unlike a renaming it replaces nothing.
        if link(unfinished, path) != 0 { throw FileError(path) }
        try syncFolder(of: path)
    }

    /// Copies a file so that the copy is on the disk when the call returns; the copy must not exist.
    package static func copy(_ source: String, to path: String) throws(FileError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw FileError(source) }
        defer { close(input) }
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw FileError(path) }
        defer { close(output) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(input, &chunk, chunk.count)
            if count < 0 { throw FileError(source) }
            if count == 0 { break }
            try write(output, chunk[..<count], path)
        }
        try sync(output, path)
        try syncFolder(of: path)
    }

    /// The names in a folder, ascending; none if it is not there.
    package static func names(in folder: String) throws(FileError) -> [String] {
        guard let directory = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw FileError(folder)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            // The end and an error differ in nothing else.
            errno = 0
            guard let entry = readdir(directory) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256, String.init(cString:))
            }
            if name != "." && name != ".." { names.append(name) }
        }
        if errno != 0 { throw FileError(folder) }
        return names.sorted()
    }

    package static func remove(_ path: String) throws(FileError) {
        if unlink(path) != 0 && errno != ENOENT { throw FileError(path) }
    }

    /// Removes a file, or a folder with everything in it, as far as that can be done. Where a symbolic link leads is left alone.
    package static func removeAll(_ path: String) {
        if unlink(path) == 0 { return }
        for name in (try? names(in: path)) ?? [] { removeAll("\(path)/\(name)") }
        rmdir(path)
    }

    /// Gives a file another name in the same folder, replacing what had it, durably.
    package static func rename(_ path: String, to other: String) throws(FileError) {
        if Glibc.rename(path, other) != 0 { throw FileError(path) }
        try syncFolder(of: other)
    }

    /// Syncs a file that somebody else wrote, and its name. Its mode is its maker's.
    package static func makeDurable(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path) }
        defer { close(descriptor) }
        try sync(descriptor, path)
        try syncFolder(of: path)
    }

    package static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(FileError) {
        if mkdir(path, mode) != 0 && errno != EEXIST { throw FileError(path) }
    }

    /// Makes the entries of a file's folder durable.
    package static func syncFolder(of path: String) throws(FileError) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let descriptor = open(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(folder) }
        defer { close(descriptor) }
        try sync(descriptor, folder)
    }

    private static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>, _ path: String) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { throw FileError(path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func sync(_ descriptor: Int32, _ path: String) throws(FileError) {
        if fsync(descriptor) != 0 { throw FileError(path) }
    }
}

/// A lock that ends with the process, however it ends (flock(2)).
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// nil if another process holds it.
    package init?(_ path: String) throws(FileError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw FileError(path, code)
        }
    }

    deinit { close(descriptor) }
}
