import Model

/// Rich text for networks that know no links.
package enum PlainLinks {
    /// The text with the address of each link behind its words, unless the words are the address already.
    package static func spelledOut(_ rich: RichText) -> RichText {
        let links = rich.spans.filter { $0.kind == .link && !$0.argument.isEmpty }
        if links.isEmpty { return rich }
        let bytes = Array(rich.text.utf8)
        var text: [UInt8] = []
        var shifts: [(place: Int, by: Int)] = []
        var last = 0
        for link in links.sorted(by: { $0.end < $1.end }) {
            let words = bytes[link.start..<link.end]
            guard !words.elementsEqual(link.argument) else { continue }
            let address = [UInt8](" (".utf8) + link.argument + [UInt8](")".utf8)
            text += bytes[last..<link.end] + address
            shifts.append((link.end, address.count))
            last = link.end
        }
        text += bytes[last...]
        /// A span that ends with the link's words does not cover its address; one that goes on does.
        func moved(_ place: Int, isEnd: Bool) -> Int {
            shifts.reduce(place) { $1.place < place || (!isEnd && $1.place == place) ? $0 + $1.by : $0 }
        }
        var dropped = 0
        let spans = rich.spans.filter { $0.kind != .link }.map {
            RichText.Span(from: moved($0.start, isEnd: false), to: moved($0.end, isEnd: true), $0.kind, argument: $0.argument)
        }
        return RichText(String(decoding: text, as: UTF8.self), spans: spans, dropped: &dropped)
    }
}
