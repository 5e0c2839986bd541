import Base

/// The `time` tag (IRCv3 server-time): `2026-11-25T07:01:12.345Z`, in milliseconds since 1970-01-01 UTC.
package enum ServerTime {
    /// nil for anything but that form; a leap second counts as the second before it.
    package static func milliseconds(_ text: String) -> UInt64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            (1970...9999).contains(year), (1...12).contains(month), day >= 1, hour < 24, minute < 60, second <= 60
        else { return nil }
        let next = month == 12 ? days(year + 1, 1, 1) : days(year, month + 1, 1)
        guard day <= next - days(year, month, 1) else { return nil }
        var fraction: UInt64 = 0
        if bytes.count > 20 {
            guard bytes[19] == UInt8(ascii: "."), bytes.count <= 30 else { return nil }
            let digits = bytes[20..<bytes.count - 1]
            guard !digits.isEmpty, let value = number((Array(digits) + [0x30, 0x30, 0x30])[0..<3]), number(digits) != nil else {
                return nil
            }
            fraction = value
        }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + min(second, 59)
        return seconds * 1000 + fraction
    }

    /// The form with milliseconds.
    package static func text(_ milliseconds: UInt64) -> String {
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let plain = UnixTime(seconds: seconds).text.dropLast()
        let digits = String(fraction)
        return "\(plain).\(String(repeating: "0", count: 3 - digits.count))\(digits)Z"
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return value
    }

    /// Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
    private static func days(_ year: UInt64, _ month: UInt64, _ day: UInt64) -> UInt64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
