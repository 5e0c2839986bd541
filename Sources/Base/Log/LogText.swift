// How one line of the log is written: for people, as JSON, for journald. Values may come from anybody.

extension Log.Entry {
    /// `words key=value key="two words"` on one line and without anything that moves a terminal's cursor or turns its text around.
    package var text: String {
        fields.reduce("\(words)") { $0 + " \($1.key)=\(Log.Entry.quoted($1.value))" }
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.unicodeScalars.allSatisfy { !isUnseen($0) && $0 != " " && $0 != "\"" && $0 != "\\" }
        if isPlain { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(isUnseen(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return text + "\""
    }

    /// One object on one line: `time`, `level`, `message`, and `fields` with what the message speaks of (RFC 8259).
    package func json(at time: UnixTime) -> String {
        let fields = fields.map { "\(Log.Entry.spelled($0.key)):\(Log.Entry.spelled($0.value))" }.joined(separator: ",")
        return
            "{\"time\":\"\(time.text)\",\"level\":\"\(level)\",\"message\":\(Log.Entry.spelled("\(words)")),\"fields\":{\(fields)}}"
    }

    /// A JSON string whose unseen characters are escapes, so that a line can be shown as it is (RFC 8259 section 7).
    private static func spelled(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if isUnseen(scalar) {
                    // All of them are of the first plane: one escape of four digits each.
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + "\""
    }

    /// Control characters, line and paragraph separators, and what turns the direction of writing (UAX #9).
    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// A datagram of journald's native protocol: `MESSAGE`, `PRIORITY`, `SYSLOG_IDENTIFIER`, and a field `FAIRLEAD_KEY` for each value
    /// (systemd's "Native Journal Protocol"; systemd.journal-fields(7)). A value with a line end goes with its length before it. At most
    /// `LogLimits.datagram` bytes.
    package var journalDatagram: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ name: String, _ value: String) {
            let value = [UInt8](value.utf8)
            // Name, line end, length and line end besides the value.
            guard bytes.count + name.utf8.count + value.count + 10 <= LogLimits.datagram else { return }
            bytes += name.utf8
            if value.contains(0x0A) {
                bytes.append(0x0A)
                for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: UInt64(value.count) >> shift)) }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += value
            bytes.append(0x0A)
        }
        add("MESSAGE", text.cut(toBytes: LogLimits.message, ending: "…"))
        add("PRIORITY", String(level.rawValue))
        add("SYSLOG_IDENTIFIER", "fairlead")
        for (key, value) in fields { add(Log.Entry.fieldName(key), value) }
        return bytes
    }

    /// Upper-case letters, digits and underscores only; journald drops fields of any other name.
    private static func fieldName(_ key: String) -> String {
        let name = key.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x20
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        return String(("FAIRLEAD_" + String(decoding: name, as: UTF8.self)).prefix(LogLimits.fieldName))
    }
}
