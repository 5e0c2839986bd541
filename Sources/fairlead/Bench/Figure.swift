/// One measured figure: the median of its runs, and their spread.
struct Figure {
    let name: String
    let unit: String
    let values: [Double]
    let target: Double?
    let isHigherBetter: Bool

    init(_ name: String, _ unit: String, _ values: [Double], target: Double? = nil, isHigherBetter: Bool) {
        self.name = name
        self.unit = unit
        self.values = values.sorted()
        self.target = target
        self.isHigherBetter = isHigherBetter
    }

    var median: Double { values[values.count / 2] }

    /// One JSON object (docs/operations.md, "bench").
    var json: String {
        let goal = target.map { ",\"target\":\(Figure.number($0))" } ?? ""
        return "{\"figure\":\"\(name)\",\"value\":\(Figure.number(median)),\"unit\":\"\(unit)\",\"runs\":\(values.count),"
            + "\"min\":\(Figure.number(values[0])),\"max\":\(Figure.number(values[values.count - 1]))\(goal),"
            + "\"better\":\"\(isHigherBetter ? "higher" : "lower")\"}"
    }

    /// One line for people.
    var line: String {
        let goal = target.map { "  target \(Figure.number($0))" } ?? ""
        let padding = String(repeating: " ", count: max(1, 38 - name.count))
        return "\(name)\(padding)\(Figure.number(median)) \(unit)  (\(Figure.number(values[0])) to "
            + "\(Figure.number(values[values.count - 1])), \(values.count) runs)\(goal)"
    }

    /// Three digits behind the point for small numbers, none for large ones.
    static func number(_ value: Double) -> String {
        if value.magnitude >= 1000 { return String(Int64(value.rounded())) }
        let thousandths = Int64((value * 1000).rounded())
        let fraction = String(thousandths.magnitude % 1000)
        let sign = thousandths < 0 ? "-" : ""
        return "\(sign)\(thousandths.magnitude / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
