import Glibc
import Synchronization

/// The terminal or whatever stands in its place.
package enum Console {
    package static func output(_ text: String) {
        if let code = write(text, to: 1) { outputFault.store(code, ordering: .relaxed) }
    }
    package static func error(_ text: String) { _ = write(text, to: 2) }

    /// What the system said when the output could not be written; nil if all of it was.
    package static var outputError: String? {
        let code = outputFault.load(ordering: .relaxed)
        return code == 0 ? nil : String(cString: strerror(code))
    }

    private static let outputFault = Atomic<Int32>(0)

    /// One line of the standard input without its end, and no more of it than `limit` bytes; nil at its end.
    package static func line(atMost limit: Int) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < limit {
            let count = Glibc.read(0, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }

    /// Whether a person types the input.
    package static var isInputTyped: Bool { isatty(0) == 1 }

    /// Whether a person reads the output.
    package static var isTerminal: Bool { isatty(1) == 1 && isatty(0) == 1 }

    /// Output that nobody reads any more is dropped from now on; without this it ends the process.
    package static func outliveReaders() { signal(SIGPIPE, SIG_IGN) }

    /// Ends the process at once. What has to be done was done, and nothing is buffered: handlers of libraries would take their memory apart (OpenSSL's
    /// OPENSSL_cleanup) while threads that are just ending still use it.
    package static func exit(_ code: Int32) -> Never { _exit(code) }

    /// What begins a new page: clears a person's terminal; elsewhere an empty line.
    package static var newPage: String { isTerminal ? "\u{1B}[H\u{1B}[2J" : "\n" }

    /// The system's number where it could not be written.
    private static func write(_ text: String, to descriptor: Int32) -> Int32? {
        var rest = [UInt8](text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return errno }
            rest = rest.dropFirst(count)
        }
        return nil
    }
}

/// The process's environment.
package enum Environment {
    package static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
