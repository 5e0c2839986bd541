import IO

/// Files of this package, found by where this source file lies.
package enum Repository {
    package static func path(_ name: String) -> String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + name
    }

    /// The text of a file; of a folder that of the files in it, not of those below. Ends the tests if nothing is there.
    package static func text(_ name: String) -> String {
        let path = path(name)
        let paths = fileNames(in: path).sorted().map { "\(path)/\($0)" }
        let texts = (paths.isEmpty ? [path] : paths).compactMap { try? Files.read($0, atMost: 1 << 20) }
        guard !texts.isEmpty else { preconditionFailure("nothing at \(path)") }
        return texts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}
