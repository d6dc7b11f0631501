import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import Testing

/// The best of 300,000 addresses in the real engine.
extension EmbeddedStoreTests {
    private static let manyStart: UInt64 = 1_800_000_000
    private static let manyAddresses: UInt64 = 300_000

    @Test("two scans find the best of many addresses, and know when they don't")
    func bestOfMany() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-many-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try EmbeddedStore(
            EmbeddedStore.Options(
                folder: folder,
                library: try EngineLibrary.locate(configured: nil),
                memory: 4_000_000_000,
                batchRows: 1000,
                inserts: 1,
                retentionDays: 0
            ),
            lock: try FolderLock(folder: folder)
        )
        // In SrcAddr a few have most of the traffic, as is usual; in DstAddr all have the same.
        _ = try await store.query(
            """
            INSERT INTO netmeta.flows_raw (TimeReceived, SamplerAddress, SamplingRate, SrcAddr, DstAddr, Bytes, Packets)
            SELECT toDateTime(\(Self.manyStart) + number % 3000), toIPv6('192.0.2.1'), 10,
                toIPv6(toUInt128(sipHash64(number))), toIPv6(toUInt128(sipHash64(number, 1))),
                intDiv(1000000000000, number + 1), number % 7 FROM numbers(\(Self.manyAddresses))
            """,
            limits: QueryLimits()
        )
        let range = try TimeRange(from: Self.manyStart, to: Self.manyStart + 3600)
        func top(_ column: String, _ unit: TrafficUnit, limit: Int = 50) throws -> TopQuery {
            try TopQuery(
                Question(range: range),
                dimensions: try Dimension.parse(list: column),
                unit: unit,
                limit: limit
            )
        }
        let skewed = try top("SrcAddr", .bits)
        let many = try #require(TopOfMany(skewed))
        let found = try await store.query(many.sql.text, limits: QueryLimits(tellsTypes: false))
        #expect(many.isProven(try numbers(found, "bytes"), bound: try numbers(found, "bound").first))
        let plain = try await store.query(skewed.sql.text, limits: QueryLimits(tellsTypes: false))
        for name in ["k0", "bytes", "packets", "flows"] {
            #expect(found[name]?.values == plain[name]?.values)
            #expect(found[name]?.values.count == 50)
        }
        let ranked = try await store.query(many.rankingSQL.text, limits: QueryLimits(tellsTypes: false))
        #expect(ranked["k0"]?.values == plain["k0"]?.values)
        #expect(try numbers(ranked, "amount") == numbers(plain, "bytes"))
        // The estimate of how many there are, and the count.
        let about = try #require(try numbers(found, "groups").first)
        #expect(try numbers(plain, "groups").first == Self.manyAddresses)
        #expect((Self.manyAddresses * 95 / 100...Self.manyAddresses * 105 / 100).contains(about))
        #expect(about != Self.manyAddresses)

        // Where all have as much there is nothing to prove, and the second scan is left out.
        let even = try top("DstAddr", .flows)
        let none = try await store.query(try #require(TopOfMany(even)).sql.text, limits: QueryLimits())
        #expect(none.rowCount == 0)
        #expect(!many.isProven([], bound: nil))

        // The last of so many has less than a shard that wasn't grouped may have.
        let more = try #require(TopOfMany(try top("SrcAddr", .packets, limit: 100)))
        let unproven = try await store.query(more.sql.text, limits: QueryLimits())
        #expect(!more.isProven(try numbers(unproven, "packets"), bound: try numbers(unproven, "bound").first))
        store.close()
    }

    private func numbers(_ result: QueryResult, _ name: String) throws -> [UInt64] {
        guard result.rowCount > 0 else { return [] }
        return try #require(result[name]).values.compactMap(\.unsigned)
    }
}
