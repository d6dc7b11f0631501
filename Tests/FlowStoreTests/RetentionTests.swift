import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// Retention with the real engine; in the suite that has it.
extension EmbeddedStoreTests {
    /// So many that raw rows take more room than their rollups, as they do in life.
    private static let batchRows = 4000

    @Test("the oldest rows go when the budget or their time is over; what is stored and what went adds up")
    func retention() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-retention-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder, retentionDays: 30)
        defer { store.close() }
        let now = UInt32(Date().timeIntervalSince1970)
        // Random addresses: 16 bytes a row that no codec makes smaller.
        var random = SystemRandomNumberGenerator()
        func append(_ number: Int, at time: UInt32) throws {
            let batch = FlowBatch(capacity: Self.batchRows)
            let rows = batch.reserve(Self.batchRows)
            batch.fill(.timeReceived, rows, with: time)
            for row in rows {
                let address = IPAddress(high: random.next(), low: random.next())
                batch.fill(.srcAddr, row..<row + 1, with: address)
            }
            batch.seal()
            try store.append(batch, token: "life-\(number)")
        }
        func count() async throws -> (rows: Int, oldest: Int) {
            let answer = try await store.query(
                "SELECT count() AS n, toUInt64(toUnixTimestamp(min(TimeReceived))) AS t FROM flows_raw",
                limits: QueryLimits()
            )
            return (
                Int(answer["n"]?.values.first?.unsigned ?? 0), Int(answer["t"]?.values.first?.unsigned ?? 0)
            )
        }

        // A budget from the start, though a wide one: it bounds what merges make, so that there are parts to drop.
        let wide = RetentionPolicy(days: 3, size: 16_000_000, freeSpace: 0)
        let keeper = RetentionKeeper(store: store, folder: folder, policy: wide)
        #expect(try await keeper.look().isEmpty)
        // Too old for the keeper, not for the tables' TTL, so that the engine leaves it alone.
        try append(0, at: now - 5 * 86_400)
        // All of one hour, which no midnight cuts in two for long.
        for number in 1...20 { try append(number, at: now - 40 + UInt32(number)) }
        let byTime = try await keeper.look()
        #expect(byTime.map(\.reason) == [.time])
        #expect(byTime.map(\.rows) == [Self.batchRows])
        #expect(try await count().rows == 20 * Self.batchRows)
        #expect(try await keeper.look().isEmpty)

        let used = keeper.report.usedBytes
        #expect(used > 20 * Self.batchRows * 16)
        let budget = used / 2
        keeper.setPolicy(RetentionPolicy(days: 3, size: budget, freeSpace: 0))
        // A part may be merged while it is dropped; parts that merges replaced go within seconds.
        for _ in 0..<40 {
            _ = try? await keeper.look()
            if keeper.report.usedBytes <= budget, keeper.report.dropped[.size] != nil { break }
            try await Task.sleep(for: .milliseconds(250))
        }
        let report = keeper.report
        #expect(report.usedBytes <= budget)
        let bySize = try #require(report.dropped[.size])
        let left = try await count()
        #expect(left.rows + bySize.rows == 20 * Self.batchRows)
        #expect(left.rows > 0)
        // What is left are the newest: as many seconds as batches.
        #expect(left.oldest == Int(now) - 40 + 21 - left.rows / Self.batchRows)

        // Storing goes on, and settings survive in the tables.
        try append(21, at: now)
        #expect(try await count().rows == left.rows + Self.batchRows)
        let ddl = try await store.query(
            "SELECT create_table_query AS q FROM system.tables WHERE name = 'flows_raw'",
            limits: QueryLimits()
        )
        guard case .string(let text) = ddl["q"]?.values.first else { throw StoreError(message: "no DDL") }
        #expect(text.contains("max_bytes_to_merge_at_max_space_in_pool = \(max(budget / 16, 1 << 20))"))
        #expect(text.contains("old_parts_lifetime = 0"))
    }

    @Test("one question gets its part of the memory and says so when that is too little; storing goes on")
    func memory() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-memory-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        // A state that can't be written to disk in parts: one set of all values.
        let runaway = "SELECT uniqExact(number, number * 2, number * 3) AS n FROM numbers(100000000)"
        for isPersons in [false, true] {
            do {
                _ = try await store.query(runaway, limits: QueryLimits(seconds: 60, isPersons: isPersons))
                Issue.record("100 million values in 210 MB")
            } catch let error as StoreError {
                #expect(error.code == 241, "\(error.message)")
            }
        }
        // Many groups are written to disk instead.
        let spilled = try await store.query(
            "SELECT count() AS n FROM (SELECT number % 3000000 AS k, sum(number) FROM numbers(6000000) GROUP BY k)",
            limits: QueryLimits(seconds: 60)
        )
        #expect(spilled["n"]?.values == [.uint(3_000_000)])
        let batch = FlowBatch(capacity: 1000)
        batch.fill(.timeReceived, batch.reserve(1000), with: UInt32(Date().timeIntervalSince1970))
        batch.seal()
        async let first = try? store.query(runaway, limits: QueryLimits(seconds: 60))
        async let second = try? store.query(runaway, limits: QueryLimits(seconds: 60, isPersons: true))
        for number in 0..<20 { try store.append(batch, token: "life-\(number)") }
        #expect(await first == nil)
        #expect(await second == nil)
        let stored = try await store.query("SELECT count() AS n FROM flows_raw", limits: QueryLimits())
        #expect(stored["n"]?.values == [.uint(20_000)])
    }
}
