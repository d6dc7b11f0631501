public import FlowSchema
public import NetTypes

/// Whoever knows names that people and exporters gave to numbers and addresses, beyond those in everybody's use.
public protocol FilterNames: Sendable {
    /// What a name stands for in a column, whatever the case of its letters; nil when nothing there is called so.
    func value(named name: String, in column: FlowColumn) -> NamedValue?

    /// Names in a column, for completion and for what was probably meant.
    ///
    /// - Parameters:
    ///   - text: a part of the name or of what it stands for; "" takes any.
    ///   - limit: how many at most.
    func names(in column: FlowColumn, like text: String, limit: Int) -> [FilterName]
}

/// A name, and the values that it stands for: several where several things are called alike.
public struct NamedValue: Hashable, Sendable {
    /// The name as whoever knows it writes it.
    public var name: String
    /// What it stands for.
    public var meaning: Meaning

    /// What a name stands for.
    public enum Meaning: Hashable, Sendable {
        /// Numbers that mean the same wherever they stand, such as AS numbers.
        case numbers([UInt64])
        /// Addresses.
        case addresses([IPAddress])
        /// Numbers that mean something with one exporter only, such as those of interfaces.
        case ofExporters([ExporterNumber])
    }

    /// A number and the exporter that knows it.
    public struct ExporterNumber: Hashable, Sendable {
        /// The exporter, as in `SamplerAddress`.
        public var exporter: IPAddress
        /// The number.
        public var number: UInt64

        /// Gathers both.
        public init(exporter: IPAddress, number: UInt64) {
            self.exporter = exporter
            self.number = number
        }
    }

    /// Gives values a name.
    public init(name: String, meaning: Meaning) {
        self.name = name
        self.meaning = meaning
    }

    /// How many values it stands for.
    var count: Int {
        switch meaning {
        case .numbers(let numbers): numbers.count
        case .addresses(let addresses): addresses.count
        case .ofExporters(let numbers): numbers.count
        }
    }
}

/// A name that is offered.
public struct FilterName: Hashable, Sendable {
    /// The text that the filter language reads, without quotes: the number where it says more than the name.
    public var text: String
    /// What stands beside it.
    public var detail: String

    /// Offers a text.
    public init(text: String, detail: String) {
        self.text = text
        self.detail = detail
    }
}
