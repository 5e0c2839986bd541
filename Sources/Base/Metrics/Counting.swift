/// Counts that are added up, shown by name, and told as metrics: each is named once, in `fields`.
package protocol Counting {
    static var fields: [CountField<Self>] { get }
}

/// One count.
package struct CountField<Counts>: Sendable {
    /// As `status` shows it.
    let name: String
    let path: any WritableKeyPath<Counts, UInt64> & Sendable
    /// As a metric and what it means; nil for one that is told otherwise.
    let metric: (name: String, help: String)?

    package init(_ name: String, _ path: any WritableKeyPath<Counts, UInt64> & Sendable, _ metric: String, _ help: String) {
        self.name = name
        self.path = path
        self.metric = (metric, help)
    }

    /// One that is no metric of its own.
    package init(_ name: String, _ path: any WritableKeyPath<Counts, UInt64> & Sendable) {
        self.name = name
        self.path = path
        metric = nil
    }
}

extension Counting {
    /// Adds another life's counts.
    package mutating func add(_ other: Self) {
        for field in Self.fields { self[keyPath: field.path] += other[keyPath: field.path] }
    }

    /// By name, as `status` shows them.
    package var byName: [String: UInt64] {
        Dictionary(uniqueKeysWithValues: Self.fields.map { ($0.name, self[keyPath: $0.path]) })
    }

    package var metrics: [Metric] {
        Self.fields.compactMap { field in field.metric.map { .counter($0.name, $0.help, self[keyPath: field.path]) } }
    }
}
