import Base

/// Looks, before the library reads a document, whether it is UTF-8, how deep it nests and how many parts its keys have. The library reads
/// beyond the end of what is no UTF-8, goes one call deeper for each level, and takes longer by more than the square of a key's parts: some
/// thousand of either end the process, or the loop for minutes.
///
/// Only the shape is looked at: what is no TOML passes here, and the library says where. It stops at the first fault, so what stands behind
/// one need not be understood.
struct TOMLShape {
    private let bytes: [UInt8]
    private let file: String
    private var index = 0
    private var line: UInt32 = 1
    private var lineStart = 0
    private var depth = 0
    /// Dots since the key began. Values have dots too, but one.
    private var dots = 0

    static func check(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
        var shape = TOMLShape(bytes: bytes, file: file)
        try shape.checkEncoding()
        try shape.run()
    }

    private init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// TOML v1.0.0, "Spec": a document is UTF-8.
    private func checkEncoding() throws(ConfigurationError) {
        do { _ = try UTF8Span(validating: bytes.span) } catch {
            var shape = self
            while shape.index < error.byteOffsets.lowerBound { shape.step() }
            throw shape.error("these bytes are no UTF-8; expected a text in UTF-8")
        }
    }

    private mutating func run() throws(ConfigurationError) {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                skipText(bytes[index])
                continue
            case UInt8(ascii: "#"):
                while index < bytes.count && !isLineEnd { index += 1 }
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                dots = 0
                if depth > DaemonLimits.configurationNesting {
                    throw error("nested too deep; expected at most \(DaemonLimits.configurationNesting) levels of [ and {")
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth = max(0, depth - 1)
                dots = 0
            case UInt8(ascii: "="), UInt8(ascii: ","):
                dots = 0
            case UInt8(ascii: "."):
                dots += 1
                if dots >= DaemonLimits.configurationKeyParts {
                    throw error("a key of too many parts; expected at most \(DaemonLimits.configurationKeyParts) with dots between")
                }
            case UInt8(ascii: "\n"):
                dots = 0
            default: break
            }
            step()
        }
    }

    /// A text in quotes, on one line or, with three of them, on several. Only one in double quotes knows `\`.
    private mutating func skipText(_ quote: UInt8) {
        let isLong = isAt(quote, times: 3)
        index += isLong ? 3 : 1
        while index < bytes.count {
            if isLong && isAt(quote, times: 3) {
                index += 3
                // Two more belong to the text.
                for _ in 0..<2 where isAt(quote, times: 1) { index += 1 }
                return
            }
            if !isLong && (bytes[index] == quote || isLineEnd) {
                // A line end is a fault of the text; what stands behind it is looked at.
                if !isLineEnd { index += 1 }
                return
            }
            // Whatever is behind the `\` does not end the text, but where a line ends it must be seen.
            if quote == UInt8(ascii: "\"") && bytes[index] == UInt8(ascii: "\\") { index += 1 }
            if index < bytes.count && (isLong || !isLineEnd) { step() }
        }
    }

    private var isLineEnd: Bool { bytes[index] == UInt8(ascii: "\n") }

    private func isAt(_ byte: UInt8, times: Int) -> Bool {
        index + times <= bytes.count && bytes[index..<index + times].allSatisfy { $0 == byte }
    }

    private mutating func step() {
        if isLineEnd {
            line += 1
            lineStart = index + 1
        }
        index += 1
    }

    private func error(_ words: String) -> ConfigurationError {
        ConfigurationError(ConfigurationPlace(file: file, line: line, column: UInt32(index - lineStart + 1)), words)
    }
}
