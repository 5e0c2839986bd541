import Base
import Glibc

/// Files below Tests/Vectors, found by where this source file lies.
package enum Vectors {
    /// The rows of a table of tab-separated fields.
    package static func table(_ name: String, of file: String = #filePath) -> [[String]] {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let bytes = contents(of: "/\(folder)/Vectors/\(name)")
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The saved inputs of one fuzz target: Tests/Corpus/TARGET.
    package static func corpus(_ target: String, of file: String = #filePath) -> [(name: String, bytes: [UInt8])] {
        let folder = "/" + file.split(separator: "/").dropLast(2).joined(separator: "/") + "/Corpus/\(target)"
        guard let directory = opendir(folder) else { preconditionFailure("no corpus at \(folder)") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256, String.init(cString:)) })
        }
        return names.sorted().filter { !$0.hasPrefix(".") }.map { ($0, contents(of: "\(folder)/\($0)")) }
    }

    private static func contents(of path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { preconditionFailure("no vectors at \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}

/// A generator whose sequence is fixed by its seed (SplitMix64), so that a failing case can be run again.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
