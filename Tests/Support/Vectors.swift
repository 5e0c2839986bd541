import Base
import IO

/// Files below Tests/Vectors, found by where this source file lies.
package enum Vectors {
    /// The rows of a table of tab-separated fields.
    package static func table(_ name: String) -> [[String]] {
        let bytes = contents(of: "\(tests)/Vectors/\(name)")
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The saved inputs of one fuzz target: Tests/Corpus/TARGET.
    package static func corpus(_ target: String) -> [(name: String, bytes: [UInt8])] {
        let folder = "\(tests)/Corpus/\(target)"
        return fileNames(in: folder).filter { !$0.hasPrefix(".") }.map { ($0, contents(of: "\(folder)/\($0)")) }
    }

    /// The folder Tests.
    private static var tests: String { "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") }

    private static func contents(of path: String) -> [UInt8] {
        guard let bytes = try? Files.read(path, atMost: 16 << 20) else { preconditionFailure("no file at \(path)") }
        return bytes
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
