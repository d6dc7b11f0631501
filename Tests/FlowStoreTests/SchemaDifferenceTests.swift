import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// `netmeta migrate` on the real engine.
extension EmbeddedStoreTests {
    @Test("what differs is told, made and then told no more; rows and columns of others stay")
    func differences() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        let batch = FlowBatch(capacity: 100)
        batch.fill(.timeReceived, batch.reserve(100), with: UInt32(clamping: Int(Date().timeIntervalSince1970)))
        batch.seal()
        try store.append(batch, token: "rows")
        #expect(try await store.differences().isEmpty, "a store that was just made has no difference")

        // An older version's, with something of a newer one's or of the operator's.
        let column = try #require(FlowColumn.derived.first)
        try await store.apply([
            "ALTER TABLE netmeta.flows_raw DROP COLUMN \(column.name)",
            "ALTER TABLE netmeta.flows_raw ADD COLUMN Ours UInt8 DEFAULT 7",
            "CREATE TABLE netmeta.ours (x UInt8) ENGINE = MergeTree ORDER BY x",
            "INSERT INTO netmeta.ours VALUES (1)",
            "DROP VIEW netmeta.flows_5m_vlans_view SYNC",
            "DROP FUNCTION SamplerToString",
            "CREATE OR REPLACE FUNCTION IPv6ToString AS (a) -> toString(a)",
            "DROP DICTIONARY netmeta.IPProtocols SYNC",
            "DROP VIEW netmeta.flows_in_view SYNC",
            "DROP TABLE netmeta.flows_in SYNC",
            "CREATE TABLE netmeta.flows_in (Bytes UInt64) ENGINE = Null",
        ])
        let found = Set(try await store.differences().map { "\($0.change.rawValue) \($0.kind.rawValue) \($0.name)" })
        #expect(
            found == [
                "+ column flows_raw.\(column.name)", "~ table flows_5m_vlans", "+ view flows_5m_vlans_view",
                "+ function SamplerToString", "~ function IPv6ToString", "+ dictionary IPProtocols", "~ table flows_in",
                "+ view flows_in_view",
            ]
        )
        store.close()

        store = try open(folder)
        defer { store.close() }
        #expect(try await store.differences().isEmpty)
        let kept = try await store.query(
            "SELECT count() AS n, sum(Ours) AS o, (SELECT count() FROM ours) AS t FROM flows_raw",
            limits: QueryLimits()
        )
        #expect(kept["n"]?.values == [.uint(100)] && kept["o"]?.values == [.uint(700)])
        #expect(kept["t"]?.values == [.uint(1)])
    }
}

extension EmbeddedStore {
    fileprivate func differences() async throws -> [SchemaDifference] {
        try await upkeep { connection throws(StoreError) in
            try SchemaReconciler(connection: connection, onProgress: nil).differences()
        }
    }
}
