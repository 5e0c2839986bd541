/// One measured thing as it stands now, with a value for each combination of labels. Made when somebody asks; what is counted on the hot
/// path are plain numbers and `Histogram`s.
///
/// Names are `fairlead_<part>_<thing>_<unit>`; those of counters end in `_total`. A label has few values, all of which an administrator
/// chose or this program knows: never what a network says.
package struct Metric: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case counter, gauge, histogram }

    package enum Value: Hashable, Sendable {
        case count(UInt64)
        case number(Double)
        case histogram(Histogram)
    }

    package struct Label: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package struct Sample: Hashable, Sendable {
        package var labels: [Label]
        package let value: Value
    }

    package let name: String
    package let kind: Kind
    /// What it means, in one sentence.
    package let help: String
    package private(set) var samples: [Sample] = []

    /// One without a sample yet.
    package init(_ kind: Kind, _ name: String, _ help: String) {
        self.kind = kind
        self.name = name
        self.help = help
    }

    package static func counter(_ name: String, _ help: String, _ count: UInt64) -> Metric {
        var metric = Metric(.counter, name, help)
        metric.add(.count(count))
        return metric
    }

    package static func gauge(_ name: String, _ help: String, _ number: Double) -> Metric {
        var metric = Metric(.gauge, name, help)
        metric.add(.number(number))
        return metric
    }

    package static func histogram(_ name: String, _ help: String, _ histogram: Histogram) -> Metric {
        var metric = Metric(.histogram, name, help)
        metric.add(.histogram(histogram))
        return metric
    }

    package mutating func add(_ value: Value, _ labels: Label...) { samples.append(Sample(labels: labels, value: value)) }

    /// The same with one more label on each sample.
    package func with(_ label: Label) -> Metric {
        var metric = self
        for index in samples.indices { metric.samples[index].labels.insert(label, at: 0) }
        return metric
    }

    mutating func add(_ other: [Sample]) { samples += other }
}
