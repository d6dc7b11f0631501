import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

extension EmbeddedStoreTests {
    @Test("rows of the other tables come back as they were written, once per token, and follow the retention")
    func sideTables() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        var rows = TableRows(.traceHops)
        let address = try #require(IPAddress("2001:db8::7"))
        for ttl in [UInt64(1), 2] {
            rows.append(
                .number(1 << 63),
                .number(1_800_000_000),
                .text("ams"),
                .address(IPAddress(192, 0, 2, 1)),
                .number(ttl),
                .number(1),
                .address(address),
                .number(1234),
                .number(250),
                .number(11),
                .number(0),
                .number(60),
                .number(56),
                .number(1),
                .numbers(ttl == 1 ? [] : [24001, 16]),
                .number(4_200_000_000)
            )
        }
        try store.append(rows, token: "hops-1")
        try store.append(rows, token: "hops-1")
        let answer = try await store.query("SELECT * FROM trace_hops ORDER BY TTL", limits: QueryLimits())
        try #require(answer.rowCount == 2)
        #expect(answer["TraceId"]?.values == [.uint(1 << 63), .uint(1 << 63)])
        #expect(answer["Time"]?.values.first == .time(1_800_000_000))
        #expect(answer["Dst"]?.values.first == .address(IPAddress(192, 0, 2, 1)))
        #expect(answer["Addr"]?.values.first == .address(address))
        #expect(answer["MPLS"]?.values == [.array([]), .array([.uint(24001), .uint(16)])])
        #expect(answer["HopAS"]?.values.first == .uint(4_200_000_000))
        #expect(answer["Monitor"]?.values.first == .string("ams"))
        store.close()

        store = try open(folder, retentionDays: 30)
        let tables = try await store.query(
            """
            SELECT name FROM system.tables WHERE position(create_table_query, 'toIntervalDay(30)') > 0
                AND name IN ('event_versions', 'traces', 'trace_hops', 'trace_links', 'pings')
            """,
            limits: QueryLimits()
        )
        #expect(tables.rowCount == 5)
        let kept = try await store.query("SELECT count() AS n FROM trace_hops", limits: QueryLimits())
        #expect(kept["n"]?.values == [.uint(2)])
        store.close()
    }

    @Test("of an event only the newest version is seen, and none when it was deleted")
    func eventVersions() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        func save(_ id: String, end: UInt64, version: UInt64, deleted: Bool = false) throws {
            var rows = TableRows(.events)
            rows.append(
                .text(id),
                .number(1_800_000_000),
                .number(end),
                .text("attack"),
                .text("192.0.2.1"),
                .text("a 'title'\\"),
                .figures([("pps", 1.5e20), ("mbps", .infinity)]),
                .texts([("direction", "in\0coming")]),
                .text("line\nline"),
                .text("test"),
                .number(1_800_000_001),
                .number(version),
                .flag(deleted)
            )
            try store.append(rows, token: "\(id)-\(version)")
        }
        try save("one", end: 0, version: 1)
        try save("two", end: 0, version: 2)
        try save("one", end: 1_800_000_060, version: 3)
        try save("two", end: 0, version: 4, deleted: true)
        let answer = try await store.query("SELECT * FROM events", limits: QueryLimits())
        try #require(answer.rowCount == 1)
        #expect(answer["Id"]?.values == [.string("one")])
        #expect(answer["TimeEnd"]?.values == [.time(1_800_000_060)])
        #expect(answer["Title"]?.values == [.string("a 'title'\\")])
        #expect(answer["Text"]?.values == [.string("line\nline")])
        #expect(answer["Figures"]?.values == [.map([.init(key: .string("pps"), value: .double(1.5e20))])])
        #expect(answer["Tags"]?.values == [.map([.init(key: .string("direction"), value: .string("incoming"))])])
        #expect(answer["Version"] == nil)
    }
}
