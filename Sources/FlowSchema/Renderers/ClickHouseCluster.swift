/// The schema of a cluster of ClickHouse servers: the statements of one server, with what a cluster needs added.
extension ClickHouse {
    /// How the servers stand to each other.
    public struct Cluster: Sendable {
        /// The cluster's name in the servers' `remote_servers`.
        public var name: String
        /// Whether servers hold copies of each other's rows: Replicated engines, by the macros `{shard}` and `{replica}`.
        public var isReplicated: Bool
        /// Whether each shard holds a part of the rows: local tables, and Distributed ones of the usual names over them.
        public var isSharded: Bool
        /// Where the servers take flows from themselves; nil where somebody inserts.
        public var kafka: Kafka?

        /// Describes a cluster; the name has letters, digits, `_`, `-` and `.`.
        public init?(name: String, isReplicated: Bool, isSharded: Bool, kafka: Kafka? = nil) {
            guard !name.isEmpty, name.utf8.count <= 64,
                name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) })
            else { return nil }
            self.name = name
            self.isReplicated = isReplicated
            self.isSharded = isSharded
            self.kafka = kafka
        }
    }

    /// A Kafka topic with FlowMessages, one length-delimited behind the other.
    public struct Kafka: Sendable {
        /// `broker1:9092,broker2:9092`.
        public var brokers: String
        /// The topic.
        public var topic: String

        /// Names a topic; letters, digits and `.:,_-[]` only.
        public init?(brokers: String, topic: String) {
            for text in [brokers, topic] {
                guard !text.isEmpty, text.utf8.count <= 1000,
                    text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".:,_-[]".contains($0)) })
                else { return nil }
            }
            self.brokers = brokers
            self.topic = topic
        }
    }

    /// All statements for a cluster, in order; they are run on one server and reach all.
    ///
    /// They make what isn't there, and bring what an older version's statements made to this version: tables get the
    /// columns and names of enums that they lack and pack new parts as this version does, ways in and lookups are made
    /// anew, views of rollups that are no more go. No table that holds rows is dropped; a new rollup begins with what
    /// comes in from then on.
    public static func clusterStatements(_ cluster: Cluster, retentionDays: Int) -> [String] {
        let tables = tableStatements(retentionDays: retentionDays) + completions + [pack(columns)]
        var statements = tables.map { onCluster($0, cluster) }
        statements += Rollup.retiredViews.map { placed("DROP VIEW IF EXISTS \(database).\($0) SYNC", on: cluster.name) }
        let others = rollupStatements(retentionDays: retentionDays) + inputStatements + compatibilityStatements
        // What people ask of all rows reads the Distributed tables, so that these must be there.
        let views = others.filter { $0.hasPrefix("CREATE VIEW ") }
        statements += others.filter { !$0.hasPrefix("CREATE VIEW ") }.map { onCluster($0, cluster) }
        let derived = FlowColumn.derived.map(addColumn)
        statements += derived.map { onCluster($0, cluster) }
        if cluster.isSharded {
            statements += rowTables.map { table in
                """
                CREATE TABLE IF NOT EXISTS \(database).\(table) ON CLUSTER '\(cluster.name)' AS \(database).\(table)_local
                ENGINE = Distributed('\(cluster.name)', '\(database)', '\(table)_local', rand())
                """
            }
            statements += (completions + derived).map { placed($0, on: cluster.name) }
        }
        statements += views.map { placed($0, on: cluster.name) }
        if let kafka = cluster.kafka { statements += kafkaStatements(kafka).map { onCluster($0, cluster) } }
        return statements
    }

    /// What tables of an older version lack, a statement a table; nothing to tables of this version.
    private static var completions: [String] {
        let enums = columns.filter { $0.clickHouseType.hasPrefix("Enum8(") }
        let flows = columns.map { "ADD COLUMN IF NOT EXISTS " + definition($0) }
        return [
            "ALTER TABLE \(database).\(flowsTable) \(flows.joined(separator: ",\n    "))",
            "ALTER TABLE \(database).\(flowsTable) "
                + enums.map { "MODIFY COLUMN \($0.name) \($0.clickHouseType)" }.joined(separator: ",\n    "),
        ]
            + SideTable.all.map { table in
                let added = table.columns.map { "ADD COLUMN IF NOT EXISTS \($0.name) \($0.clickHouseType)" }
                return "ALTER TABLE \(database).\(table.name) \(added.joined(separator: ",\n    "))"
            }
    }

    /// The tables whose rows are spread over shards.
    private static var rowTables: [String] {
        [flowsTable, interfaceCountersTable] + Rollup.all.map(\.table) + SideTable.all.map(\.name)
    }

    private static func onCluster(_ statement: String, _ cluster: Cluster) -> String {
        var text = statement
        if cluster.isSharded {
            for table in rowTables { text = renamed(text, table, to: table + "_local") }
        }
        if cluster.isReplicated { text = replicated(text) }
        return placed(text, on: cluster.name)
    }

    /// `ON CLUSTER` behind the name of what a statement makes, changes or drops.
    private static func placed(_ statement: String, on cluster: String) -> String {
        let heads = [
            "CREATE DATABASE IF NOT EXISTS ", "CREATE TABLE IF NOT EXISTS ", "CREATE TABLE ",
            "CREATE MATERIALIZED VIEW IF NOT EXISTS ", "CREATE MATERIALIZED VIEW ", "CREATE VIEW ",
            "CREATE OR REPLACE DICTIONARY ",
            "CREATE OR REPLACE FUNCTION ", "CREATE FUNCTION IF NOT EXISTS ", "DROP VIEW IF EXISTS ",
            "DROP TABLE IF EXISTS ", "ALTER TABLE ",
        ]
        guard let head = heads.first(where: statement.hasPrefix) else { return statement }
        let rest = statement.dropFirst(head.count)
        let name = rest.prefix { $0 != " " && $0 != "\n" }
        return head + name + " ON CLUSTER '\(cluster)'" + rest.dropFirst(name.count)
    }

    /// A table's name where it stands whole.
    private static func renamed(_ statement: String, _ table: String, to new: String) -> String {
        var result = ""
        var rest = statement[...]
        let old = "\(database).\(table)"
        while let found = rest.firstRange(of: old) {
            result += rest[..<found.lowerBound]
            let next = found.upperBound < rest.endIndex ? rest[found.upperBound] : " "
            result += next.isLetter || next.isNumber || next == "_" ? old : "\(database).\(new)"
            rest = rest[found.upperBound...]
        }
        return result + rest
    }

    /// Replicated engines. Names and the like are the same on all servers, whatever their shard.
    private static func replicated(_ statement: String) -> String {
        guard statement.hasPrefix("CREATE TABLE"), let engine = statement.firstRange(of: "ENGINE = ") else {
            return statement
        }
        let isLookup = statement[..<engine.lowerBound].contains("_source ")
        let place =
            isLookup
            ? "'/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}'"
            : "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
        let rest = statement[engine.upperBound...]
        let kind = rest.prefix { $0.isLetter }
        guard kind.hasSuffix("MergeTree") else { return statement }
        var behind = rest.dropFirst(kind.count)
        var arguments = ""
        if behind.first == "(" {
            var depth = 0
            let end = behind.firstIndex { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth == 0
            }
            guard let end else { return statement }
            arguments = ", " + behind[behind.index(after: behind.startIndex)..<end]
            behind = behind[behind.index(after: end)...]
        }
        let settings = String(behind).replacing(
            "non_replicated_deduplication_window",
            with: "replicated_deduplication_window"
        )
        return statement[..<engine.upperBound] + "Replicated\(kind)(\(place)\(arguments))" + settings
    }

    /// The servers read the topic themselves, each its part of it; the .proto lies in their `format_schema_path`.
    private static func kafkaStatements(_ kafka: Kafka) -> [String] {
        let columns = InputTable.usual.columns
        let inputs = columns.map { "\($0.name) \($0.inputType)" }
        let outputs = columns.map { column in
            // An address comes in 4 bytes or in 16.
            column.field.kind == .address
                ? "ParseGoFlowAddress(\(column.name)) AS \(column.name)" : column.inputExpression
        }
        return [
            """
            CREATE OR REPLACE FUNCTION ParseGoFlowAddress AS (Address) -> if(substring(Address, 5) = repeat('\\0', 12), \
            toIPv6(IPv4NumToString(reinterpretAsUInt32(reverse(substring(Address, 1, 4))))), CAST(Address, 'IPv6'))
            """,
            // Made anew with the columns of this version: it holds no rows, and how far it has read stands with the group.
            "DROP VIEW IF EXISTS \(database).flows_kafka_view SYNC",
            "DROP TABLE IF EXISTS \(database).flows_kafka SYNC",
            """
            CREATE TABLE \(database).flows_kafka (\(inputs.joined(separator: ", "))) ENGINE = Kafka
            SETTINGS kafka_broker_list = '\(kafka.brokers)', kafka_topic_list = '\(kafka.topic)',
                kafka_group_name = 'netmeta', kafka_format = 'Protobuf', kafka_schema = 'flow.proto:FlowMessage'
            """,
            """
            CREATE MATERIALIZED VIEW \(database).flows_kafka_view TO \(database).\(flowsTable) AS
            SELECT \(outputs.joined(separator: ", ")) FROM \(database).flows_kafka
            """,
        ]
    }
}
