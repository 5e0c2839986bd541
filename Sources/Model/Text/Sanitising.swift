import Base
import CUTF8Proc

/// The one place where text from outside is made harmless. Run at intake on what networks send; a record that
/// bears text which did not pass here is refused (decision 0002).
///
/// Text keeps LF and TAB of the control characters, loses U+2028 and U+2029, and of the bidirectional controls keeps
/// those that are balanced within their line. Names lose all of them, are NFC, and have no zero-width characters.
package enum Sanitiser {
    /// Makes a message's text harmless. CR LF becomes LF; invalid UTF-8 becomes U+FFFD.
    package static func text(_ bytes: [UInt8]) -> String {
        text(String(decoding: bytes, as: UTF8.self))
    }

    package static func text(_ source: String) -> String {
        if isSanitary(source) { return source }
        var lines: [String.UnicodeScalarView] = []
        var line = String.UnicodeScalarView()
        for scalar in source.unicodeScalars {
            if scalar == "\n" {
                lines.append(line)
                line = String.UnicodeScalarView()
            } else if !isControl(scalar) || scalar == "\t" {
                line.append(scalar)
            }
        }
        lines.append(line)
        return lines.map { String(balanced($0)) }.joined(separator: "\n")
    }

    /// Makes an author's or a channel's name harmless: one line, trimmed, at most `ModelLimits.name` bytes; may be empty.
    package static func name(_ source: String) -> String {
        if isPlainName(source) { return source }
        var visible = String.UnicodeScalarView()
        for scalar in source.unicodeScalars {
            if scalar == "\n" || scalar == "\t" {
                visible.append(" ")
            } else if !isControl(scalar) && !isInvisible(scalar) {
                visible.append(scalar)
            }
        }
        // Only now: what was taken out may have kept two characters from composing.
        let limited = limitingMarks(normalised(String(visible)))
        return trimmed(trimmed(limited).cut(toBytes: ModelLimits.name))
    }

    /// Letters, digits and signs of ASCII: nothing in them is hidden, composed or to be trimmed.
    private static func isPlainName(_ source: String) -> Bool {
        let bytes = source.utf8
        return bytes.count <= ModelLimits.name && bytes.first != 0x20 && bytes.last != 0x20
            && bytes.allSatisfy { (0x20..<0x7F).contains($0) }
    }

    /// Two combining marks a base are what living scripts use; more is a way to write over other lines.
    private static func limitingMarks(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        var marks = 0
        for scalar in text.unicodeScalars {
            let category = scalar.properties.generalCategory
            marks = category == .nonspacingMark || category == .enclosingMark ? marks + 1 : 0
            if marks > 2 || (marks > 0 && kept.isEmpty) { continue }
            kept.append(scalar)
        }
        return String(kept)
    }

    private static func trimmed(_ text: String) -> String {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }), let last = text.lastIndex(where: { !$0.isWhitespace }) else {
            return ""
        }
        return String(text[first...last])
    }

    /// Whether `text` would leave this text as it is.
    package static func isSanitary(_ text: String) -> Bool { isSanitary(text.utf8Span.span) }

    /// Whether `text` would leave these bytes as they are. False for invalid UTF-8.
    package static func isSanitary(_ bytes: Swift.Span<UInt8>) -> Bool {
        var suspicious = false
        var highest: UInt8 = 0
        for index in bytes.indices {
            let byte = bytes[unchecked: index]
            highest |= byte
            if byte < 0x20 {
                if byte != 0x0A && byte != 0x09 { return false }
            } else if byte == 0x7F {
                return false
            } else if byte == 0xC2 || byte == 0xE2 {
                suspicious = true
            }
        }
        if highest < 0x80 { return true }
        guard let valid = try? UTF8Span(validating: bytes) else { return false }
        return !suspicious || isSanitary(scalars: valid)
    }

    /// The rare case: something that may be a C1 control, a line separator or a bidirectional control.
    private static func isSanitary(scalars text: UTF8Span) -> Bool {
        var line = String.UnicodeScalarView()
        var iterator = text.makeUnicodeScalarIterator()
        while let scalar = iterator.next() {
            if scalar == "\n" {
                if balanced(line).count != line.count { return false }
                line = String.UnicodeScalarView()
                continue
            }
            if isControl(scalar) && scalar != "\t" { return false }
            if bidi(scalar) != nil { line.append(scalar) }
        }
        return balanced(line).count == line.count
    }

    /// The line without the bidirectional controls that have no partner in it.
    private static func balanced(_ line: String.UnicodeScalarView) -> String.UnicodeScalarView {
        var open: [(kind: Bidi, at: Int)] = []
        var unpaired: Set<Int> = []
        for (index, scalar) in line.enumerated() {
            guard let kind = bidi(scalar) else { continue }
            switch kind {
            case .embedding, .isolate:
                open.append((kind, index))
            case .popEmbedding, .popIsolate:
                let opener: Bidi = kind == .popIsolate ? .isolate : .embedding
                if let last = open.last, last.kind == opener {
                    open.removeLast()
                } else {
                    unpaired.insert(index)
                }
            }
        }
        unpaired.formUnion(open.map(\.at))
        if unpaired.isEmpty { return line }
        var kept = String.UnicodeScalarView()
        for (index, scalar) in line.enumerated() where !unpaired.contains(index) { kept.append(scalar) }
        return kept
    }

    private enum Bidi { case embedding, isolate, popEmbedding, popIsolate }

    /// Unicode Standard Annex 9, section 2: the explicit directional controls.
    private static func bidi(_ scalar: Unicode.Scalar) -> Bidi? {
        switch scalar.value {
        case 0x202A, 0x202B, 0x202D, 0x202E: .embedding
        case 0x202C: .popEmbedding
        case 0x2066...0x2068: .isolate
        case 0x2069: .popIsolate
        default: nil
        }
    }

    /// C0 but LF, DEL, C1, LINE SEPARATOR, PARAGRAPH SEPARATOR.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A: false
        case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029: true
        default: false
        }
    }

    /// What would let two different names look alike: zero-width characters, marks of direction, tags, variation selectors.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .format
    }

    /// Normalisation Form C (Unicode Standard Annex 15).
    private static func normalised(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var result: UnsafeMutablePointer<UInt8>?
        let bytes = [UInt8](text.utf8)
        let length = bytes.withUnsafeBufferPointer { buffer in
            utf8proc_map(
                buffer.baseAddress, buffer.count, &result, utf8proc_option_t(rawValue: UTF8PROC_STABLE.rawValue | UTF8PROC_COMPOSE.rawValue)
            )
        }
        defer { free(result) }
        guard length >= 0, let result else { return text }
        return String(decoding: UnsafeBufferPointer(start: result, count: length), as: UTF8.self)
    }
}

extension String {
    /// The longest beginning that has at most `limit` bytes and ends between two graphemes.
    package func cut(toBytes limit: Int) -> String {
        if utf8.count <= limit { return self }
        var length = 0
        var end = startIndex
        for index in indices {
            length += self[index].utf8.count
            if length > limit { break }
            end = self.index(after: index)
        }
        return String(self[..<end])
    }
}
