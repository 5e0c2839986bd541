/// Metrics as Prometheus reads them: its text format, version 0.0.4.
package struct MetricsText {
    /// Of an HTTP answer.
    package static let type = "text/plain; version=0.0.4; charset=utf-8"

    private var metrics: [String: Metric] = [:]

    package init() {}

    /// Adds samples. Those of metrics with the same name stand together.
    package mutating func add(_ more: [Metric]) {
        for metric in more {
            if let known = metrics[metric.name] {
                precondition(known.kind == metric.kind && known.help == metric.help, "two metrics are called \(metric.name)")
                metrics[metric.name]!.add(metric.samples)
            } else {
                metrics[metric.name] = metric
            }
        }
    }

    /// In the order of the names; what has no sample is named all the same.
    package var text: String {
        var text = ""
        for metric in metrics.values.sorted(by: { $0.name < $1.name }) {
            text += "# HELP \(metric.name) \(MetricsText.escaped(metric.help, quotes: false))\n"
            text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            for sample in metric.samples { MetricsText.write(sample, of: metric.name, to: &text) }
        }
        return text
    }

    private static func write(_ sample: Metric.Sample, of name: String, to text: inout String) {
        switch sample.value {
        case .count(let count): text += "\(name)\(labels(sample.labels)) \(count)\n"
        case .number(let number): text += "\(name)\(labels(sample.labels)) \(number)\n"
        case .histogram(let histogram):
            var total: UInt64 = 0
            for (index, count) in histogram.counts.enumerated() {
                total += count
                let bound = index < histogram.bounds.count ? "\(histogram.bounds[index])" : "+Inf"
                text += "\(name)_bucket\(labels(sample.labels + [Metric.Label("le", bound)])) \(total)\n"
            }
            text += "\(name)_sum\(labels(sample.labels)) \(histogram.sum)\n\(name)_count\(labels(sample.labels)) \(total)\n"
        }
    }

    private static func labels(_ labels: [Metric.Label]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    /// A backslash and a line's end are escaped everywhere, a quotation mark in labels.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
