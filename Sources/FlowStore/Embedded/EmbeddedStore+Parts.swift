import FlowSchema

/// What retention needs of the store: to see its parts, to drop them, and to bound their size.
extension EmbeddedStore {
    private static let rawTables: Set = [ClickHouse.flowsTable, ClickHouse.interfaceCountersTable]

    /// Everything that takes room; who asks adds the disk.
    func usage() async throws -> StoreUsage {
        try await upkeep { connection throws(StoreError) in
            let database = "database = '\(ClickHouse.database)'"
            let parts = try connection.query(
                """
                SELECT table, name, toUInt8(active) AS active, toUInt64(rows) AS rows,
                    toUInt64(bytes_on_disk) AS bytes, toUInt64(toUnixTimestamp(min_time)) AS oldest,
                    toUInt64(toUnixTimestamp(max_time)) AS newest
                FROM system.parts WHERE \(database)
                """,
                limit: 1_000_000
            )
            // What a running merge writes is in no part yet; it is hardly more than what it reads.
            let merging = try connection.query(
                "SELECT toUInt64(sum(total_size_bytes_compressed)) AS bytes FROM system.merges WHERE \(database)",
                limit: 1
            )
            var usage = StoreUsage()
            usage.otherBytes = Int(merging["bytes"]?.values.first?.unsigned ?? 0)
            for row in 0..<parts.rowCount {
                func text(_ name: String) -> String {
                    guard case .string(let text)? = parts[name]?.values[row] else { return "" }
                    return text
                }
                func number(_ name: String) -> Int { Int(parts[name]?.values[row].unsigned ?? 0) }
                guard number("active") == 1, number("newest") > 0 else {
                    usage.otherBytes += number("bytes")
                    continue
                }
                let table = text("table")
                usage.parts.append(
                    StoredPart(
                        table: table,
                        name: text("name"),
                        isRaw: Self.rawTables.contains(table),
                        rows: number("rows"),
                        bytes: number("bytes"),
                        times: min(number("oldest"), number("newest"))...number("newest")
                    )
                )
            }
            return usage
        }
    }

    /// Drops a part with its rows. One that a merge has taken in meanwhile is
    /// an error, as is whatever the engine says; the next look sees what is there then.
    func drop(_ part: StoredPart) async throws {
        try await upkeep { connection throws(StoreError) in
            // The engine's own names, which have no other characters.
            let name = part.name.filter { $0.isLetter || $0.isNumber || "_-".contains($0) }
            let table = part.table.filter { $0 != "`" && $0 != "\\" }
            try connection.execute("ALTER TABLE \(ClickHouse.database).`\(table)` DROP PART '\(name)'")
        }
    }

    /// Bounds the parts that merges make, in all tables with rows of a time; those that are larger already stay.
    ///
    /// - Parameter oldSeconds: how long parts stay that a merge has replaced.
    /// - Throws: ``StoreError`` also when the disk is nearly full, see ``checkRoom(rows:)``.
    func limitParts(bytes: Int, oldSeconds: Int) async throws {
        try checkRoom(rows: 0)
        try await upkeep { connection throws(StoreError) in
            let settings = ["max_bytes_to_merge_at_max_space_in_pool = \(bytes)", "old_parts_lifetime = \(oldSeconds)"]
            let tables = try connection.query(
                """
                SELECT name, create_table_query AS text FROM system.tables
                WHERE database = '\(ClickHouse.database)' AND engine LIKE '%MergeTree' AND partition_key != ''
                """,
                limit: 1000
            )
            for row in 0..<tables.rowCount {
                guard case .string(let name)? = tables["name"]?.values[row],
                    case .string(let text)? = tables["text"]?.values[row]
                else { continue }
                // Each change is written down by the engine, so only where it is one.
                guard !settings.allSatisfy({ text.contains("\($0),") || text.hasSuffix($0) }) else { continue }
                try self.checkRoom(rows: 0)
                try connection.execute(
                    "ALTER TABLE \(ClickHouse.database).`\(name)` MODIFY SETTING \(settings.joined(separator: ", "))"
                )
            }
        }
        rememberDefinitions()
    }
}
