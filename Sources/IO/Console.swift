import Glibc

/// The terminal or whatever stands in its place.
package enum Console {
    package static func output(_ text: String) { write(text, to: 1) }
    package static func error(_ text: String) { write(text, to: 2) }

    /// Whether a person reads the output.
    package static var isTerminal: Bool { isatty(1) == 1 && isatty(0) == 1 }

    /// Ends the process.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = [UInt8](text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Nobody reads any more: there is nobody to tell.
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// The process's environment.
package enum Environment {
    package static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
