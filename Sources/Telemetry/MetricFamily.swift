/// A metric with its samples, in the terms of Prometheus' text format.
public struct MetricFamily: Hashable, Sendable {
    /// The name: `netmeta_rows_received_total`.
    public var name: String
    /// One sentence.
    public var help: String
    /// How it moves.
    public var kind: Kind
    /// The values.
    public var samples: [Sample]

    /// How a metric moves.
    public enum Kind: String, Sendable {
        /// Only up, from 0 at the start of the process.
        case counter
        /// Up and down.
        case gauge
    }

    /// One value with its labels.
    public struct Sample: Hashable, Sendable {
        /// Names and values, in order.
        public var labels: [Label]
        /// The value.
        public var value: Double

        /// Makes a sample.
        public init(labels: [Label] = [], value: Double) {
            self.labels = labels
            self.value = value
        }
    }

    /// A label of a sample.
    public struct Label: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The value; any text.
        public var value: String

        /// Makes a label.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Makes a family.
    public init(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }

    /// Makes a family of one value without labels.
    public init(_ name: String, _ kind: Kind, help: String, value: Double) {
        self.init(name, kind, help: help, samples: [Sample(value: value)])
    }
}
