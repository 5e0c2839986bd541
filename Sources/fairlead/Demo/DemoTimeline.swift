/// What stood at both sides and in the mailbox, side by side.
struct DemoTimeline {
    private static let width = 46
    /// So many rows at the beginning and at the end; those between are counted.
    private static let head = 14
    private static let tail = 8

    let north: [DemoClient.Line]
    let south: [DemoClient.Line]
    let mails: [DemoMailbox.Mail]

    var text: String {
        let columns = [
            north.map { "\($0.nick): \(DemoTimeline.plain($0.text))" }, south.map { "\($0.nick): \(DemoTimeline.plain($0.text))" },
            mails.map { "\($0.from.prefix { $0 != "<" })\($0.subject)" },
        ]
        let count = columns.map(\.count).max() ?? 0
        var text = row(["NORTH, as anna sees it", "SOUTH, as bob sees it", "SOUTH's mailbox"])
        for index in 0..<count {
            if index == DemoTimeline.head && count > DemoTimeline.head + DemoTimeline.tail {
                text += "   … \(count - DemoTimeline.head - DemoTimeline.tail) more …\n"
            }
            if index >= DemoTimeline.head && index < count - DemoTimeline.tail { continue }
            text += row(columns.map { index < $0.count ? $0[index] : "" })
        }
        return text
    }

    private func row(_ cells: [String]) -> String {
        cells.map { cell in
            let short = cell.count > DemoTimeline.width ? cell.prefix(DemoTimeline.width - 1) + "…" : cell[...]
            return short + String(repeating: " ", count: DemoTimeline.width - short.count)
        }.joined(separator: " | ") + "\n"
    }

    /// A line without its formatting codes.
    static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 }))
    }
}
