/// The statements of ``SideTable``.
extension ClickHouse {
    /// The statement that makes a table.
    public static func createSideTable(_ table: SideTable, retentionDays: Int) -> String {
        let lines = table.columns.map { "    \($0.name) \($0.clickHouseType)" }
        let engine =
            table.versions.map { "ReplacingMergeTree(\($0.version), \($0.deleted))" } ?? "MergeTree"
        return """
            CREATE TABLE IF NOT EXISTS \(database).\(table.name) (
            \(lines.joined(separator: ",\n"))
            ) ENGINE = \(engine)
            PARTITION BY toDate(\(table.time))
            ORDER BY (\(table.order.joined(separator: ", ")))
            TTL \(ttl(days: retentionDays, of: table))
            SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = \(deduplicationWindow)
            """
    }

    /// The expression that says when a row of a table expires.
    public static func ttl(days: Int, of table: SideTable) -> String {
        "\(table.time) + toIntervalDay(\(days))"
    }

    /// The statement that brings an older table one column further.
    public static func addColumn(_ column: SideTable.Column, to table: SideTable) -> String {
        "ALTER TABLE \(database).\(table.name) ADD COLUMN IF NOT EXISTS \(column.name) \(column.clickHouseType)"
    }

    /// The ways in, like those of flows (see ``inputStatements``), and the views that people ask.
    public static var sideTableInputStatements: [String] {
        SideTable.all.flatMap { table in
            let input = "\(database).\(table.inputName)"
            let inputs = table.columns.map { "\($0.name) \($0.inputType)" }
            let outputs = table.columns.map(\.inputExpression)
            var statements = [
                "DROP VIEW IF EXISTS \(input)_view SYNC",
                "DROP TABLE IF EXISTS \(input) SYNC",
                "CREATE TABLE \(input) (\(inputs.joined(separator: ", "))) ENGINE = Null",
                """
                CREATE MATERIALIZED VIEW \(input)_view TO \(database).\(table.name) AS
                SELECT \(outputs.joined(separator: ", ")) FROM \(input)
                """,
            ]
            if let versions = table.versions {
                statements += [
                    "DROP VIEW IF EXISTS \(database).\(versions.view) SYNC",
                    """
                    CREATE VIEW \(database).\(versions.view) AS
                    SELECT * EXCEPT (\(versions.version), \(versions.deleted)) FROM \(database).\(table.name) FINAL
                    """,
                ]
            }
            return statements
        }
    }
}

extension SideTable {
    /// The table that rows are appended to; it keeps nothing.
    public var inputName: String { "\(name)_in" }
}

extension SideTable.Column {
    /// The column's type.
    public var clickHouseType: String {
        switch kind {
        case .uint8: "UInt8"
        case .uint16: "UInt16"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .time: "DateTime('UTC')"
        case .address: "IPv6"
        case .text: "String"
        case .word: "LowCardinality(String)"
        case .numbers: "Array(UInt32)"
        case .texts: "Map(LowCardinality(String), String)"
        case .figures: "Map(LowCardinality(String), Float64)"
        }
    }

    /// The column's type in the input table: what Arrow can bring.
    fileprivate var inputType: String {
        switch kind {
        case .uint8, .uint16, .uint32, .uint64: clickHouseType
        case .time: "UInt32"
        case .address: "FixedString(16)"
        case .text, .word, .numbers, .texts, .figures: "String"
        }
    }

    /// How the view turns the input into the column.
    fileprivate var inputExpression: String {
        switch kind {
        case .time: "toDateTime(\(name), 'UTC') AS \(name)"
        case .address: "CAST(\(name), 'IPv6') AS \(name)"
        case .numbers:
            "arrayMap(i -> reinterpretAsUInt32(substring(\(name), 4 * i + 1, 4)), "
                + "range(intDiv(length(\(name)), 4))) AS \(name)"
        // Name and value in turn, each with a zero byte behind it, so the last part of the split is empty.
        case .texts, .figures:
            "CAST(arrayMap(i -> (splitByChar('\\0', \(name))[2 * i + 1], \(pairValue)), "
                + "range(intDiv(length(splitByChar('\\0', \(name))), 2))), '\(clickHouseType)') AS \(name)"
        default: name
        }
    }

    private var pairValue: String {
        let text = "splitByChar('\\0', \(name))[2 * i + 2]"
        return kind == .figures ? "toFloat64OrZero(\(text))" : text
    }
}
