public import NetTypes

/// The rows of an answer, column by column.
public struct QueryResult: Sendable {
    /// Names and values of the columns, in the order of the query.
    public var columns: [ResultColumn]
    /// How many rows there are.
    public var rowCount: Int
    /// Seconds that the engine took.
    public var elapsed: Double

    /// Gathers columns.
    public init(columns: [ResultColumn], rowCount: Int, elapsed: Double) {
        self.columns = columns
        self.rowCount = rowCount
        self.elapsed = elapsed
    }

    /// The column of that name.
    public subscript(name: String) -> ResultColumn? {
        columns.first { $0.name == name }
    }
}

/// One column of an answer.
public struct ResultColumn: Sendable {
    /// The name in the query.
    public var name: String
    /// The type as ClickHouse writes it, as near as the transport tells.
    public var type: String
    /// A value a row.
    public var values: [ResultValue]

    /// Makes a column.
    public init(name: String, type: String, values: [ResultValue]) {
        self.name = name
        self.type = type
        self.values = values
    }
}

/// One value of an answer.
public enum ResultValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    /// An IPv6 or IPv4 column.
    case address(IPAddress)
    /// A DateTime: seconds since 1970 UTC.
    case time(UInt64)
    /// A Date: days since 1970.
    case date(UInt64)
    case array([ResultValue])
    case map([MapEntry])

    /// A key and its value.
    public struct MapEntry: Hashable, Sendable {
        /// The key.
        public var key: ResultValue
        /// The value.
        public var value: ResultValue

        /// Makes an entry.
        public init(key: ResultValue, value: ResultValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value as a number, if it is one (times and truth values included).
    public var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .uint(let value), .time(let value), .date(let value): Double(value)
        case .double(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The value as a whole number that isn't negative, if it is one.
    public var unsigned: UInt64? {
        switch self {
        case .int(let value): UInt64(exactly: value)
        case .uint(let value), .time(let value), .date(let value): value
        case .double(let value): UInt64(exactly: value)
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }
}
