/// The ClickHouse side of the schema, rendered from the field table.
public enum ClickHouse {
    /// The database of everything that is ours.
    public static let database = "netmeta"
    /// The table of raw flows.
    public static let flowsTable = "flows_raw"
    /// The table that batches are appended to; keeps nothing, its view writes ``flowsTable``.
    public static let inputTable = "flows_in"

    /// Acknowledged inserts that are remembered so that a retry isn't stored
    /// twice: more than the batches that can be on their way at once.
    static let deduplicationWindow = 1000

    /// The stored columns, in the order of the table and of Arrow batches.
    public static let columns = FlowColumn.allCases.filter(\.isStored)

    /// The statements that make the tables and views where they don't exist, in order.
    ///
    /// - Parameter retentionDays: days after which rows are dropped.
    public static func createStatements(retentionDays: Int) -> [String] {
        ["CREATE DATABASE IF NOT EXISTS \(database)", createFlows(retentionDays: retentionDays)]
            + inputStatements + compatibilityStatements
    }

    /// The table of raw flows.
    public static func createFlows(retentionDays: Int) -> String {
        let lines = columns.map { "    \($0.name) \($0.clickHouseType)" } + ["    Date Date ALIAS toDate(TimeReceived)"]
        return """
            CREATE TABLE IF NOT EXISTS \(database).\(flowsTable) (
            \(lines.joined(separator: ",\n"))
            ) ENGINE = MergeTree
            PARTITION BY toDate(TimeReceived)
            ORDER BY TimeReceived
            TTL \(ttl(days: retentionDays))
            SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = \(deduplicationWindow)
            """
    }

    /// The expression that says when a row expires.
    public static func ttl(days: Int) -> String {
        "TimeReceived + toIntervalDay(\(days))"
    }

    /// The way in. Arrow can't be written into IPv6 columns, so batches go to
    /// a table with the bytes, whose view turns them into addresses. Both are
    /// made anew at each start: they hold no rows.
    public static var inputStatements: [String] {
        let inputs = columns.map { "\($0.name) \($0.inputType)" }
        let outputs = columns.map { $0.inputExpression }
        return [
            "DROP VIEW IF EXISTS \(database).\(inputTable)_view SYNC",
            "DROP TABLE IF EXISTS \(database).\(inputTable) SYNC",
            "CREATE TABLE \(database).\(inputTable) (\(inputs.joined(separator: ", "))) ENGINE = Null",
            """
            CREATE MATERIALIZED VIEW \(database).\(inputTable)_view TO \(database).\(flowsTable) AS
            SELECT \(outputs.joined(separator: ", ")) FROM \(database).\(inputTable)
            """,
        ]
    }

    /// The statement that brings an older table one column further.
    public static func addColumn(_ column: FlowColumn) -> String {
        let index = columns.firstIndex(of: column) ?? 0
        let place = index == 0 ? "FIRST" : "AFTER \(columns[index - 1].name)"
        return """
            ALTER TABLE \(database).\(flowsTable) ADD COLUMN IF NOT EXISTS \
            \(column.name) \(column.clickHouseType) \(place)
            """
    }
}

extension FlowColumn {
    /// The column's type in ``ClickHouse/flowsTable``.
    public var clickHouseType: String {
        switch field.kind {
        case .time: "DateTime('UTC')"
        case .address: "IPv6"
        case .flowType: Self.enumType(FlowType.allCases.map { ($0.name, $0.rawValue) })
        case .samplingSource: Self.enumType(SamplingSource.allCases.map { ($0.name, $0.rawValue) })
        default: integerType
        }
    }

    /// The column's type in ``ClickHouse/inputTable``: what Arrow can bring.
    var inputType: String {
        storage == .bytes16 ? "FixedString(16)" : integerType
    }

    /// How the view turns the input into the column.
    var inputExpression: String {
        switch field.kind {
        case .address: "CAST(\(name), 'IPv6') AS \(name)"
        case .flowType, .samplingSource: "CAST(\(name), '\(clickHouseType.replacingQuotes)') AS \(name)"
        case .time: "toDateTime(\(name), 'UTC') AS \(name)"
        default: name
        }
    }

    private var integerType: String {
        switch storage {
        case .uint8: "UInt8"
        case .uint16: "UInt16"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .bytes16: "FixedString(16)"
        }
    }

    private static func enumType(_ cases: [(name: String, value: UInt8)]) -> String {
        "Enum8(" + cases.map { "'\($0.name)' = \($0.value)" }.joined(separator: ", ") + ")"
    }
}

extension String {
    fileprivate var replacingQuotes: String {
        String(flatMap { $0 == "'" ? "\\'" : String($0) })
    }
}
