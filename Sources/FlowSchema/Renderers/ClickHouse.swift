/// The ClickHouse side of the schema, rendered from the field table.
public enum ClickHouse {
    /// The database of everything that is ours.
    public static let database = "netmeta"
    /// The table of raw flows.
    public static let flowsTable = "flows_raw"
    /// The tables that batches are appended to; they keep nothing, their views write ``flowsTable``.
    public enum InputTable: String, CaseIterable, Sendable {
        /// For batches without any detail, which is most of them.
        case usual = "flows_in"
        /// For batches whose only details are what routers tell of routes and applications, as those of mixed
        /// exporters: half as many columns as there are.
        case routed = "flows_in_routed"
        /// For batches whose only details are places.
        case placed = "flows_in_placed"
        /// For batches whose only details are places and those of routes.
        case routedPlaced = "flows_in_routed_placed"
        /// For batches with other details.
        case detailed = "flows_in_detailed"
        /// For batches with values of varying length as well.
        case complete = "flows_in_complete"
        /// For batches of clouds' flow logs, which have texts that no exporter sends.
        case cloud = "flows_in_cloud"

        /// The columns that it takes, in their order.
        public var columns: [FlowColumn] {
            switch self {
            case .usual: ClickHouse.columns.filter { !$0.isDetail }
            case .routed: ClickHouse.columns.filter { !$0.isDetail || Self.routeDetails.contains($0) }
            case .placed: ClickHouse.columns.filter { !$0.isDetail || $0.isPlace }
            case .routedPlaced:
                ClickHouse.columns.filter { !$0.isDetail || $0.isPlace || Self.routeDetails.contains($0) }
            case .detailed: ClickHouse.columns.filter { $0.storage != .variable && !$0.isCloud }
            case .complete: ClickHouse.columns.filter { !$0.isCloud }
            case .cloud: ClickHouse.columns
            }
        }

        private static let routeDetails: Set<FlowColumn> = [
            .applicationId, .prevHopAS, .bgpNextHop, .asPath, .bgpCommunities, .strings,
        ]

        /// The narrowest table that takes everything of a batch.
        public init(for batch: FlowBatch) {
            let all = ClickHouse.columns.filter { $0.isDetail && batch.isPresent($0) }
            let details = all.filter { !$0.isPlace }
            let hasPlaces = details.count < all.count
            self =
                if details.contains(where: \.isCloud) {
                    .cloud
                } else if details.isEmpty {
                    hasPlaces ? .placed : .usual
                } else if Self.routeDetails.isSuperset(of: details) {
                    hasPlaces ? .routedPlaced : .routed
                } else {
                    details.contains { $0.storage == .variable } ? .complete : .detailed
                }
        }
    }

    /// Acknowledged inserts that are remembered so that a retry isn't stored
    /// twice: more than the batches that can be on their way at once.
    static let deduplicationWindow = 1000

    /// How parts of the raw table are packed: a setting and its value each.
    ///
    /// Blocks of at least 256 KiB of a column hold repetitions of more than one granule, and fit the processor's cache
    /// when they are read; of 1 MiB they don't, and are no smaller on the disk (Docs/performance.md). Up to 256 MiB of
    /// rows a part has one file: batches stay below, since creating 200 files for each took longer than writing them.
    public static let packing = ["min_compress_block_size = \(256 << 10)", "min_bytes_for_wide_part = \(256 << 20)"]

    /// The stored columns, in the order of the table and of Arrow batches.
    public static let columns = FlowColumn.allCases.filter(\.isStored)

    /// All statements, in order: they make what doesn't exist yet.
    ///
    /// - Parameter retentionDays: days after which rows are dropped.
    public static func createStatements(retentionDays: Int) -> [String] {
        tableStatements(retentionDays: retentionDays) + rollupStatements(retentionDays: retentionDays)
            + inputStatements + compatibilityStatements + FlowColumn.derived.map(addColumn)
    }

    /// The statements that make what holds rows.
    public static func tableStatements(retentionDays: Int) -> [String] {
        [
            "CREATE DATABASE IF NOT EXISTS \(database)", createFlows(retentionDays: retentionDays),
            createInterfaceCounters(retentionDays: retentionDays),
        ] + SideTable.all.map { createSideTable($0, retentionDays: retentionDays) }
    }

    /// The table of raw flows.
    ///
    /// Rows of an interface pair lie together within an hour, in the order of
    /// time: they have addresses, MACs and AS in common, and questions are
    /// about exporters and interfaces more often than about all. Parts that
    /// follow each other in time merge run by run, which addresses in the key
    /// would prevent (Docs/performance.md has the figures).
    public static func createFlows(retentionDays: Int) -> String {
        let lines =
            columns.map { "    \($0.name) \($0.clickHouseType)\($0.defaultClause) CODEC(\($0.clickHouseCodec))" }
            + ["    Date Date ALIAS toDate(TimeReceived)"]
        return """
            CREATE TABLE IF NOT EXISTS \(database).\(flowsTable) (
            \(lines.joined(separator: ",\n"))
            ) ENGINE = MergeTree
            PARTITION BY toDate(TimeReceived)
            ORDER BY (toStartOfHour(TimeReceived), SamplerAddress, InIf, OutIf, TimeReceived)
            TTL \(ttl(days: retentionDays))
            SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = \(deduplicationWindow),
                \(packing.joined(separator: ", "))
            """
    }

    /// The expression that says when a row expires.
    public static func ttl(days: Int) -> String {
        "TimeReceived + toIntervalDay(\(days))"
    }

    /// The ways in. Arrow can't be written into IPv6 columns, so batches go to
    /// a table with the bytes, whose view turns them into addresses. All are
    /// made anew at each start: they hold no rows.
    public static var inputStatements: [String] {
        InputTable.allCases.flatMap { input in
            let inputs = input.columns.map { "\($0.name) \($0.inputType)" }
            let outputs = input.columns.map(\.inputExpression)
            return [
                "DROP VIEW IF EXISTS \(database).\(input.rawValue)_view SYNC",
                "DROP TABLE IF EXISTS \(database).\(input.rawValue) SYNC",
                "CREATE TABLE \(database).\(input.rawValue) (\(inputs.joined(separator: ", "))) ENGINE = Null",
                """
                CREATE MATERIALIZED VIEW \(database).\(input.rawValue)_view TO \(database).\(flowsTable) AS
                SELECT \(outputs.joined(separator: ", ")) FROM \(database).\(input.rawValue)
                """,
            ]
        } + interfaceCountersInputStatements + sideTableInputStatements
    }

    /// The statement that brings an older table one column further.
    public static func addColumn(_ column: FlowColumn) -> String {
        if let derivation = column.derivation {
            return "ALTER TABLE \(database).\(flowsTable) ADD COLUMN IF NOT EXISTS \(column.name) "
                + "\(column.clickHouseType) ALIAS \(derivation.expression)"
        }
        return "ALTER TABLE \(database).\(flowsTable) ADD COLUMN IF NOT EXISTS \(definition(column))"
    }

    /// A column of rows with its place among the others.
    static func definition(_ column: FlowColumn) -> String {
        let index = columns.firstIndex(of: column) ?? 0
        let place = index == 0 ? "FIRST" : "AFTER \(columns[index - 1].name)"
        return "\(column.name) \(column.clickHouseType)\(column.defaultClause) \(place)"
    }

    /// The statement that gives a column of an older table this version's type.
    public static func modifyColumn(_ column: FlowColumn) -> String {
        "ALTER TABLE \(database).\(flowsTable) MODIFY COLUMN \(column.name) \(column.clickHouseType)"
            + (column.derivation.map { " ALIAS \($0.expression)" } ?? "")
    }

    /// The statement that has columns of an older table packed as this version does it, from the next part on.
    public static func pack(_ columns: [FlowColumn]) -> String {
        let changes = columns.map { "MODIFY COLUMN \($0.name) CODEC(\($0.clickHouseCodec))" }
        return "ALTER TABLE \(database).\(flowsTable) \(changes.joined(separator: ",\n    "))"
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
        case .locality: Self.enumType(Locality.allCases.map { ($0.name, $0.rawValue) })
        case .encapType: Self.enumType(EncapType.allCases.map { ($0.name, $0.rawValue) })
        case .country: "FixedString(2)"
        case .text: isDerived ? "String" : "LowCardinality(String)"
        case .boundary: "String"
        case .numbers: "Array(UInt32)"
        case .strings: "Map(LowCardinality(String), String)"
        default: integerType
        }
    }

    /// What rows have that came before the column did, where that is not 0.
    fileprivate var defaultClause: String {
        self == .incoming ? " DEFAULT if(FlowDirection = 255, 255, FlowDirection = 0)" : ""
    }

    /// How the column's values are packed. ZSTD(1) takes the engine no longer
    /// than its default of LZ4 first and ZSTD(3) once merged, and halves what is written before merges.
    public var clickHouseCodec: String {
        switch self {
        // In the order of time within an interface pair. DoubleDelta takes twice as long to read, and every question
        // reads the first of them; T64 needs its differences in front to be as small.
        case .timeReceived, .sequenceNum: "Delta(4), T64, ZSTD(1)"
        case .timeFlowEnd: "DoubleDelta, ZSTD(1)"
        // Their upper bits are nearly always the same.
        case .timeFlowStart, .bytes, .packets, .srcMac, .dstMac: "T64, ZSTD(1)"
        // What questions over raw rows read most: LZ4 gives it back in less than half of ZSTD's time. High compression
        // brings addresses, of which most are four bytes behind the same twelve, to a quarter more than ZSTD does.
        case .srcAddr, .dstAddr: "LZ4HC(3)"
        case .samplingRate: "LZ4"
        default: "ZSTD(1)"
        }
    }

    /// The column's type in ``ClickHouse/InputTable``: what Arrow can bring.
    public var inputType: String {
        integerType
    }

    /// How the view turns the input into the column.
    var inputExpression: String {
        switch field.kind {
        case .address: "CAST(\(name), 'IPv6') AS \(name)"
        case .flowType, .samplingSource, .encapType, .locality:
            "CAST(\(name), '\(clickHouseType.replacingQuotes)') AS \(name)"
        case .time: "toDateTime(\(name), 'UTC') AS \(name)"
        case .country: "reinterpretAsFixedString(\(name)) AS \(name)"
        case .numbers:
            "arrayMap(i -> reinterpretAsUInt32(substring(\(name), 4 * i + 1, 4)), "
                + "range(intDiv(length(\(name)), 4))) AS \(name)"
        // Name and text in turn, each with a zero byte behind it, so the last part of the split is empty.
        case .strings:
            "CAST(arrayMap(i -> (splitByChar('\\0', \(name))[2 * i + 1], splitByChar('\\0', \(name))[2 * i + 2]), "
                + "range(intDiv(length(splitByChar('\\0', \(name))), 2))), '\(clickHouseType)') AS \(name)"
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
        case .variable: "String"
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
