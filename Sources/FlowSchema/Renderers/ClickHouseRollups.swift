/// The tables and views of ``Rollup``.
extension ClickHouse {
    /// The statements that make all rollups in a folder without rows.
    public static func rollupStatements(retentionDays: Int) -> [String] {
        Rollup.all.flatMap { [createRollup($0, retentionDays: retentionDays), createRollupView($0)] }
    }

    /// The table of a rollup.
    public static func createRollup(_ rollup: Rollup, retentionDays: Int) -> String {
        let lines =
            ["    TimeReceived DateTime('UTC')"]
            + rollup.dimensions.map { "    \($0.name) \($0.clickHouseType)" }
            + RollupSum.allCases.map { "    \($0.rawValue) UInt64" }
        let key = ["TimeReceived"] + rollup.dimensions.map(\.name)
        return """
            CREATE TABLE IF NOT EXISTS \(database).\(rollup.table) (
            \(lines.joined(separator: ",\n"))
            ) ENGINE = SummingMergeTree((\(RollupSum.allCases.map(\.rawValue).joined(separator: ", "))))
            PARTITION BY \(rollup.resolution < 3600 ? "toDate(TimeReceived)" : "toYYYYMM(TimeReceived)")
            ORDER BY (\(key.joined(separator: ", ")))
            TTL \(rollupTTL(rollup, retentionDays: retentionDays))
            SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = \(deduplicationWindow)
            """
    }

    /// When rows of a rollup expire: never before the raw rows do.
    public static func rollupTTL(_ rollup: Rollup, retentionDays: Int) -> String {
        ttl(days: max(rollup.days, retentionDays))
    }

    /// The view that sums what is inserted into the rollup's source.
    public static func createRollupView(_ rollup: Rollup) -> String {
        """
        CREATE MATERIALIZED VIEW IF NOT EXISTS \(database).\(rollup.view) TO \(database).\(rollup.table) AS
        \(rollupSelect(rollup, where: nil))
        """
    }

    /// The statement that takes the view away.
    public static func dropRollupView(_ rollup: Rollup) -> String {
        "DROP VIEW IF EXISTS \(database).\(rollup.view) SYNC"
    }

    /// The statement that takes the table away.
    public static func dropRollup(_ rollup: Rollup) -> String {
        "DROP TABLE IF EXISTS \(database).\(rollup.table) SYNC"
    }

    /// The statement that sums one day of what the source has already.
    ///
    /// - Parameter day: days since 1970.
    public static func fillRollup(_ rollup: Rollup, day: UInt64) -> String {
        let columns =
            ["TimeReceived"] + rollup.dimensions.map(\.name) + RollupSum.allCases.map(\.rawValue)
        let from = day * 86400
        return """
            INSERT INTO \(database).\(rollup.table) (\(columns.joined(separator: ", ")))
            \(rollupSelect(rollup, where: "source.TimeReceived >= \(from) AND source.TimeReceived < \(from + 86400)"))
            SETTINGS insert_deduplicate = 0, max_bytes_before_external_group_by = 300000000
            """
    }

    private static func rollupSelect(_ rollup: Rollup, where condition: String?) -> String {
        let time = "toStartOfInterval(source.TimeReceived, toIntervalSecond(\(rollup.resolution)))"
        let dimensions = rollup.dimensions.map { "source.\($0.name)" }
        let isFromRaw = rollup.source == flowsTable
        let sums = RollupSum.allCases.map { sum in
            "\(isFromRaw ? sum.rawSumExpression : "sum(source.\(sum.rawValue))") AS \(sum.rawValue)"
        }
        let columns =
            ["\(time) AS TimeReceived"] + zip(dimensions, rollup.dimensions).map { "\($0) AS \($1.name)" } + sums
        return """
            SELECT \(columns.joined(separator: ", "))
            FROM \(database).\(rollup.source) AS source\(condition.map { "\nWHERE \($0)" } ?? "")
            GROUP BY \(([time] + dimensions).joined(separator: ", "))
            """
    }
}
