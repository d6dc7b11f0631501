public import FlowSchema
public import NetTypes

/// SQL that can only be made of literals in this program and of typed values.
///
/// Text that came from outside has no way in but ``StringInterpolation/appendInterpolation(string:)``,
/// which writes it as a ClickHouse string literal. Literals are `StaticString`,
/// so that not even `SQLText(stringLiteral:)` takes a string made at run time.
public struct SQLText: Hashable, Sendable {
    /// The SQL.
    public let text: String

    fileprivate init(verified text: String) {
        self.text = text
    }
}

extension SQLText: ExpressibleByStringInterpolation {
    /// Takes a literal of the program's source.
    public init(stringLiteral value: StaticString) {
        self.init(verified: value.description)
    }

    /// Takes literals and typed values.
    public init(stringInterpolation: StringInterpolation) {
        self.init(verified: stringInterpolation.text)
    }

    /// Collects literals and typed values; there is no overload for bare strings.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        /// Prepares room.
        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 8)
        }

        /// Adds a literal of the program's source.
        public mutating func appendLiteral(_ literal: StaticString) {
            text += literal.description
        }

        /// Adds SQL made before.
        public mutating func appendInterpolation(_ sql: SQLText) {
            text += sql.text
        }

        /// Adds the name of a column, or what tells one that no row holds, since rollups lack its name; both are ours
        /// and need no quotes.
        public mutating func appendInterpolation(_ column: FlowColumn) {
            text += column.derivation?.expression ?? column.name
        }

        /// Adds the name of a column, also where no row holds it.
        public mutating func appendInterpolation(name column: FlowColumn) {
            text += column.name
        }

        /// Adds the name of a rollup's sum.
        public mutating func appendInterpolation(_ sum: RollupSum) {
            text += sum.rawValue
        }

        /// Adds the expression that gives a raw row's part of a sum.
        public mutating func appendInterpolation(rawValueOf sum: RollupSum) {
            text += sum.rawValueExpression
        }

        /// Adds the expression that sums raw rows.
        public mutating func appendInterpolation(rawSumOf sum: RollupSum) {
            text += sum.rawSumExpression
        }

        /// Adds the name of a rollup's table, or of the raw one.
        public mutating func appendInterpolation(tableOf rollup: Rollup?) {
            text += rollup?.table ?? ClickHouse.flowsTable
        }

        /// Adds a number.
        public mutating func appendInterpolation(_ number: some FixedWidthInteger) {
            text += String(number)
        }

        /// Adds a number; what isn't finite is written as ClickHouse's `nan` and `inf`.
        public mutating func appendInterpolation(_ number: Double) {
            text += number.isNaN ? "nan" : number.isInfinite ? (number < 0 ? "-inf" : "inf") : "\(number)"
        }

        /// Adds an address as a value of type IPv6.
        public mutating func appendInterpolation(_ address: IPAddress) {
            text += "toIPv6('\(address.ipv6Description)')"
        }

        /// Adds any text as a string literal.
        public mutating func appendInterpolation(string: String) {
            text += ClickHouse.quoted(string)
        }

        /// Adds pieces with a separator between them.
        public mutating func appendInterpolation(_ pieces: [SQLText], separator: StaticString) {
            text += pieces.map(\.text).joined(separator: separator.description)
        }
    }
}

extension SQLText: CustomStringConvertible {
    /// The SQL.
    public var description: String { text }
}
