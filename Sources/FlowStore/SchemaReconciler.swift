import FlowSchema

/// Brings the tables of a data folder, new or of an older version, to the schema of this version.
///
/// Only adds columns and names of enums: columns that this version doesn't know stay as they are.
struct SchemaReconciler {
    let connection: EngineConnection

    func reconcile(retentionDays: Int?, fsync: Bool? = nil) throws(StoreError) {
        let days = retentionDays ?? 7
        for statement in ClickHouse.tableStatements(retentionDays: days) { try execute(statement) }
        let present = try strings("SELECT concat(name, ' ', type) FROM system.columns WHERE \(flows)")
        for column in ClickHouse.columns {
            guard let known = present.first(where: { $0.hasPrefix("\(column.name) ") }) else {
                try execute(ClickHouse.addColumn(column))
                continue
            }
            // Enums get new names; no other type ever changes.
            let type = known.dropFirst(column.name.count + 1)
            if type != column.clickHouseType, type.hasPrefix("Enum8(") { try execute(ClickHouse.modifyColumn(column)) }
        }
        for statement in ClickHouse.inputStatements + ClickHouse.compatibilityStatements { try execute(statement) }
        if let retentionDays { try setRetention(days: retentionDays) }
        if let fsync { try setFsync(fsync) }
    }

    private var flows: String {
        "database = '\(ClickHouse.database)' AND table = '\(ClickHouse.flowsTable)'"
    }

    /// Changes the TTL only where it differs: the change rewrites parts' metadata.
    func setRetention(days: Int) throws(StoreError) {
        for table in [ClickHouse.flowsTable, ClickHouse.interfaceCountersTable] {
            try setRetention(days: days, of: table)
        }
    }

    private func setRetention(days: Int, of table: String) throws(StoreError) {
        let wanted = ClickHouse.ttl(days: days)
        let current = try strings(
            "SELECT create_table_query FROM system.tables WHERE database = '\(ClickHouse.database)' "
                + "AND name = '\(table)'"
        )
        guard current.first?.contains(wanted) != true else { return }
        try execute("ALTER TABLE \(ClickHouse.database).\(table) MODIFY TTL \(wanted)")
    }

    /// Says for all tables that take batches whether an insert waits for the disk.
    private func setFsync(_ isOn: Bool) throws(StoreError) {
        let others = try strings(
            """
            SELECT name FROM system.tables WHERE database = '\(ClickHouse.database)'
                AND position(create_table_query, 'non_replicated_deduplication_window') > 0
                AND (position(create_table_query, 'fsync_after_insert = 1') > 0) != \(isOn)
            """
        )
        let change =
            isOn
            ? "MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1"
            : "RESET SETTING fsync_after_insert, fsync_part_directory"
        for table in others { try execute("ALTER TABLE \(ClickHouse.database).\(table) \(change)") }
    }

    private func execute(_ statement: String) throws(StoreError) {
        do throws(StoreError) {
            try connection.execute(statement)
        } catch {
            let head = statement.prefix(80).split(whereSeparator: \.isNewline).first ?? ""
            throw StoreError(code: error.code, message: "schema, at \(head): \(error.message)")
        }
    }

    private func strings(_ sql: String) throws(StoreError) -> [String] {
        let result = try connection.query(sql, limit: 10_000)
        return result.columns.first?.values.map { value in
            if case .string(let text) = value { text } else { "" }
        } ?? []
    }
}
