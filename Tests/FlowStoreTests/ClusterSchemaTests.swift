import FlowSchema
import Foundation
import Testing

@testable import FlowStore

/// What `netmeta schema --as sql --cluster` prints, by the engine's own parser.
extension EmbeddedStoreTests {
    @Test("every statement for clusters parses, in all combinations, and names what it should")
    func clusterSchema() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        for (isReplicated, isSharded) in [(false, false), (true, false), (false, true), (true, true)] {
            let kafka = ClickHouse.Kafka(brokers: "broker1:9092,broker2:9092", topic: "flow-messages")
            let cluster = try #require(
                ClickHouse.Cluster(name: "net-1", isReplicated: isReplicated, isSharded: isSharded, kafka: kafka)
            )
            let statements = ClickHouse.clusterStatements(cluster, retentionDays: 7)
            for statement in statements {
                #expect(statement.contains("ON CLUSTER 'net-1'"), "\(statement.prefix(80))")
                await #expect(throws: Never.self, "\(statement)") {
                    _ = try await store.query("EXPLAIN AST " + statement, limits: QueryLimits())
                }
            }
            let whole = statements.joined(separator: ";\n")
            #expect(whole.contains("ReplicatedSummingMergeTree('/clickhouse/tables/{shard}") == isReplicated)
            #expect(whole.contains(" non_replicated_deduplication_window") != isReplicated)
            #expect(whole.contains("ENGINE = Distributed('net-1', 'netmeta', 'flows_raw_local', rand())") == isSharded)
            #expect(whole.contains("TO netmeta.flows_raw_local AS") == isSharded)
            #expect(whole.contains("FROM netmeta.flows_raw_local AS source") == isSharded)
            #expect(whole.contains("ENGINE = Kafka"))
        }
        #expect(ClickHouse.Cluster(name: "a' b", isReplicated: true, isSharded: true) == nil)
        #expect(ClickHouse.Kafka(brokers: "x", topic: "a'b") == nil)
    }

    @Test("run over what an older version's statements made, a cluster's statements leave nothing of it behind")
    func olderClusters() throws {
        let cluster = try #require(
            ClickHouse.Cluster(
                name: "net",
                isReplicated: true,
                isSharded: true,
                kafka: ClickHouse.Kafka(brokers: "broker1:9092,broker2:9092", topic: "flow-messages")
            )
        )
        let now = ClickHouse.clusterStatements(cluster, retentionDays: 7)
        let tables = ClusterTable.all(of: now)
        let recordings = try SchemaRecording.clusters()
        #expect(!recordings.isEmpty, "Tests/Fixtures/schema has no recordings of clusters")
        for recording in recordings {
            for old in ClusterTable.all(of: recording.statements) {
                guard let new = tables.first(where: { $0.name == old.name }) else {
                    // Nothing drops it, and nothing feeds it.
                    #expect(!now.contains { $0.hasPrefix("DROP TABLE") && $0.contains(" netmeta.\(old.name) ") })
                    let view = "DROP VIEW IF EXISTS netmeta.\(old.name.replacing("_local", with: ""))_view ON CLUSTER"
                    #expect(now.contains { $0.hasPrefix(view) }, "\(recording.name): a view still feeds \(old.name)")
                    continue
                }
                // IF NOT EXISTS leaves the table: what differs has to be brought to it by statements of their own.
                #expect(new.engine == old.engine, "\(recording.name): \(old.name)")
                let added = now.filter { $0.hasPrefix("ALTER TABLE netmeta.\(old.name) ON CLUSTER 'net'") }.joined()
                for column in new.columns where !old.columns.contains(column) {
                    let name = column.prefix { $0 != " " }
                    let isThere =
                        old.columns.contains { $0.hasPrefix(name + " ") }
                        ? added.contains("MODIFY COLUMN \(name) ") : added.contains("ADD COLUMN IF NOT EXISTS \(name) ")
                    #expect(isThere, "\(recording.name): \(old.name).\(column)")
                }
            }
        }
    }
}

/// A table with rows as a statement makes it if it isn't there.
private struct ClusterTable {
    let name: String
    /// `NAME TYPE ...`, without codecs, which older rows keep.
    let columns: [String]
    /// Engine and order, without what `retention` and settings say.
    let engine: String

    static func all(of statements: [String]) -> [ClusterTable] {
        statements.compactMap { statement in
            let head = "CREATE TABLE IF NOT EXISTS netmeta."
            guard statement.hasPrefix(head), !statement.contains("flows_kafka"),
                let open = statement.firstRange(of: " (\n"), let close = statement.firstRange(of: "\n) ENGINE = ")
            else { return nil }
            let columns = statement[open.upperBound..<close.lowerBound].components(separatedBy: ",\n").map {
                $0.trimmingCharacters(in: .whitespaces).components(separatedBy: " CODEC(")[0]
            }
            let engine = statement[close.upperBound...].components(separatedBy: "\nTTL ")[0]
            return ClusterTable(
                name: String(statement.dropFirst(head.count).prefix { $0 != " " }),
                columns: columns,
                engine: engine
            )
        }
    }
}
