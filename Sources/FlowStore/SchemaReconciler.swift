import FlowSchema

/// Brings the tables of a data folder, new or of an older version, to the schema of this version.
///
/// Only adds columns and names of enums, and changes how columns are packed: columns that this version doesn't know stay
/// as they are.
struct SchemaReconciler {
    let connection: any SchemaConnection
    /// Is told how far the filling of new rollups has come.
    let onProgress: (@Sendable (String) -> Void)?

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
        let packed = try codecs()
        let others = ClickHouse.columns.filter { !packed.contains(Self.codec(of: $0)) }
        if !others.isEmpty { try execute(ClickHouse.pack(others)) }
        try completeSideTables()
        try makeRollups(retentionDays: days)
        for statement in ClickHouse.inputStatements + ClickHouse.compatibilityStatements { try execute(statement) }
        try makeDerivedColumns()
        if let retentionDays { try setRetention(days: retentionDays) }
        if let fsync { try setFsync(fsync) }
        try setPacking()
    }

    /// Gives the table the columns that dictionaries tell, by this version's expressions.
    private func makeDerivedColumns() throws(StoreError) {
        let present = try strings("SELECT concat(name, ' ', default_expression) FROM system.columns WHERE \(flows)")
        for column in FlowColumn.derived {
            guard let known = present.first(where: { $0.hasPrefix("\(column.name) ") }) else {
                try execute(ClickHouse.addColumn(column))
                continue
            }
            if known != "\(column.name) \(column.derivation?.expression ?? "")" {
                try execute(ClickHouse.modifyColumn(column))
            }
        }
    }

    /// Gives the tables beside that of flows the columns that an older version didn't know.
    private func completeSideTables() throws(StoreError) {
        for table in SideTable.all {
            let present = try strings(
                "SELECT name FROM system.columns WHERE database = '\(ClickHouse.database)' AND table = '\(table.name)'"
            )
            for column in table.columns where !present.contains(column.name) {
                try execute(ClickHouse.addColumn(column, to: table))
            }
        }
    }

    /// `NAME CODEC(...)` of the columns whose codec is told.
    func codecs() throws(StoreError) -> Set<String> {
        Set(try strings("SELECT concat(name, ' ', compression_codec) FROM system.columns WHERE \(flows)"))
    }

    /// The same of a column in this version.
    static func codec(of column: FlowColumn) -> String { "\(column.name) CODEC(\(column.clickHouseCodec))" }

    private var flows: String {
        "database = '\(ClickHouse.database)' AND table = '\(ClickHouse.flowsTable)'"
    }

    /// Changes the TTL only where it differs: the change rewrites parts' metadata.
    func setRetention(days: Int) throws(StoreError) {
        for table in [ClickHouse.flowsTable, ClickHouse.interfaceCountersTable] {
            try setExpiry(ClickHouse.ttl(days: days), of: table)
        }
        for table in SideTable.all { try setExpiry(ClickHouse.ttl(days: days, of: table), of: table.name) }
        for rollup in Rollup.all {
            try setExpiry(ClickHouse.rollupTTL(rollup, retentionDays: days), of: rollup.table)
        }
    }

    private func setExpiry(_ wanted: String, of table: String) throws(StoreError) {
        guard try !definition(of: table).contains(wanted) else { return }
        try execute("ALTER TABLE \(ClickHouse.database).\(table) MODIFY TTL \(wanted)")
    }

    private func definition(of table: String) throws(StoreError) -> String {
        try strings(
            "SELECT create_table_query FROM system.tables WHERE database = '\(ClickHouse.database)' "
                + "AND name = '\(table)'"
        ).first ?? ""
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

    /// Packs the parts to come as those of a new table.
    private func setPacking() throws(StoreError) {
        let text = try definition(of: ClickHouse.flowsTable)
        let changes = ClickHouse.packing.filter { !text.contains("\($0),") && !text.hasSuffix($0) }
        guard !changes.isEmpty else { return }
        try execute(
            "ALTER TABLE \(ClickHouse.database).\(ClickHouse.flowsTable) MODIFY SETTING \(changes.joined(separator: ", "))"
        )
    }

    // MARK: - Rollups

    /// Makes the rollups that the folder lacks, and fills them from the rows that it has.
    ///
    /// Nothing else writes meanwhile, so a rollup holds exactly what its source
    /// does when its view starts to feed it. The view is made last: a rollup
    /// without one was left half made, and it and the coarser ones that are
    /// fed from it are made anew.
    private func makeRollups(retentionDays: Int) throws(StoreError) {
        let views = try strings(
            "SELECT name FROM system.tables WHERE database = '\(ClickHouse.database)' AND engine = 'MaterializedView'"
        )
        for view in Rollup.retiredViews where views.contains(view) {
            try execute("DROP VIEW \(ClickHouse.database).\(view) SYNC")
        }
        var madeAnew: Set<String> = []
        for rollup in Rollup.all where !views.contains(rollup.view) || madeAnew.contains(rollup.source) {
            madeAnew.insert(rollup.table)
            // The coarser ones first: while this one is filled, none may be fed.
            for coarser in Rollup.all.reversed() where coarser.subject == rollup.subject {
                if coarser.resolution >= rollup.resolution { try execute(ClickHouse.dropRollupView(coarser)) }
            }
            try execute(ClickHouse.dropRollup(rollup))
            try execute(ClickHouse.createRollup(rollup, retentionDays: retentionDays))
            let days = try days(of: rollup.source)
            for (number, day) in days.enumerated() {
                onProgress?("summing stored rows for the new \(rollup.table), day \(number + 1) of \(days.count)")
                try execute(ClickHouse.fillRollup(rollup, day: day))
            }
            try execute(ClickHouse.createRollupView(rollup))
        }
    }

    /// The days, since 1970, that a table has rows of.
    private func days(of table: String) throws(StoreError) -> [UInt64] {
        let sql = """
            SELECT DISTINCT intDiv(toUInt32(TimeReceived), 86400) AS day FROM \(ClickHouse.database).\(table) ORDER BY day
            """
        let result = try connection.query(sql, limit: 100_000)
        return result.columns.first?.values.compactMap(\.unsigned) ?? []
    }

    private func execute(_ statement: String) throws(StoreError) {
        do throws(StoreError) {
            try connection.execute(statement)
        } catch {
            let head = statement.prefix(80).split(whereSeparator: \.isNewline).first ?? ""
            throw StoreError(code: error.code, message: "schema, at \(head): \(error.message)")
        }
    }

    func strings(_ sql: String) throws(StoreError) -> [String] {
        let result = try connection.query(sql, limit: 10_000)
        return result.columns.first?.values.map { value in
            if case .string(let text) = value { text } else { "" }
        } ?? []
    }
}
