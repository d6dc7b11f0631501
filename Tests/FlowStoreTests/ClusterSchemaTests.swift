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
}
