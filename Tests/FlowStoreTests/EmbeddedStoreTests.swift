import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// The real engine over a folder of its own. One process opens one folder,
/// so everything that needs the engine is one suite, in order.
@Suite(.serialized)
struct EmbeddedStoreTests {
    @Test("a batch with more rows than usual, as one from the spool may have, is stored whole, in the table's order")
    func largeBatch() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        let batch = FlowBatch(capacity: 10_000)
        for interface in [UInt32(7), 3] {
            let rows = batch.reserve(5000)
            batch.fill(.timeReceived, rows, with: UInt32(1_800_000_000))
            batch.fill(.inIf, rows, with: interface)
            batch.fill(.bytes, rows, with: UInt64(interface))
        }
        batch.seal()
        try store.append(batch, token: "large")
        let answer = try await store.query(
            "SELECT InIf, count() AS n, sum(Bytes) AS b FROM flows_raw GROUP BY InIf ORDER BY InIf",
            limits: QueryLimits()
        )
        #expect(answer["InIf"]?.values == [.uint(3), .uint(7)])
        #expect(answer["n"]?.values == [.uint(5000), .uint(5000)])
        #expect(answer["b"]?.values == [.uint(15_000), .uint(35_000)])
        #expect(batch.number(.inIf, row: 0) == 3 && batch.number(.inIf, row: 9999) == 7)
    }

    @Test("a batch comes back as it was written, once per token, and survives a restart")
    func roundTrip() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)

        let batch = FlowBatch(capacity: 1000)
        let first = batch.reserve(10)
        batch.fill(.timeReceived, first, with: UInt32(1_800_000_000))
        batch.fill(.flowType, first, with: FlowType.ipfix.rawValue)
        batch.fill(.bytes, first, with: UInt64(1) << 40)
        batch.fill(.packets, first, with: UInt64(3))
        batch.fill(.samplingRate, first, with: UInt32(100))
        batch.fill(.samplingRateSource, first, with: SamplingSource.options.rawValue)
        batch.fill(.srcAddr, first, with: IPAddress(192, 0, 2, 1))
        let second = batch.reserve(5)
        batch.fill(.timeReceived, second, with: UInt32(1_800_000_001))
        batch.fill(.flowDirection, second, with: UInt8(1))
        batch.fill(.dstAddr, second, with: try #require(IPAddress("2001:db8::1")))
        batch.seal()
        try store.append(batch, token: "one")
        try store.append(batch, token: "one")
        try store.append(batch, token: "two")

        let sums = try await store.query(
            """
            SELECT FlowType, FlowDirection, SrcAddr, DstAddr, TimeReceived, count() AS n, sum(Bytes) AS b,
                any(SamplingRateSource) AS s FROM flows_raw GROUP BY ALL ORDER BY TimeReceived
            """,
            limits: QueryLimits()
        )
        try #require(sums.rowCount == 2)
        #expect(sums["n"]?.values == [.uint(20), .uint(10)])
        #expect(sums["b"]?.values == [.uint(20 << 40), .uint(0)])
        #expect(sums["FlowDirection"]?.values == [.uint(255), .uint(1)])
        #expect(sums["SrcAddr"]?.values == [.address(IPAddress(192, 0, 2, 1)), .address(.unspecified)])
        #expect(sums["DstAddr"]?.values[1] == IPAddress("2001:db8::1").map(ResultValue.address))
        #expect(sums["TimeReceived"]?.values == [.time(1_800_000_000), .time(1_800_000_001)])
        #expect(sums["FlowType"]?.values == [.string("IPFIX"), .string("FLOWUNKNOWN")])

        let upstream = try await store.query(
            """
            SELECT SamplerToString(SamplerAddress) AS s, InterfaceToString(SamplerAddress, InIf) AS i,
                ASNToString(SrcAS) AS a, HostToString(SamplerAddress, SrcAddr) AS h, VLANToString(SamplerAddress, VlanId) AS v,
                any(VRFToString(SamplerAddress, IngressVrfId)) AS vrf,
                sum(Bytes * SamplingRate) AS b, max(Date) AS d, dictGetOrDefault('IPProtocols', 'Name', toUInt64(6), '?') AS p
            FROM flows_raw
            WHERE TimeReceived >= toDateTime(1800000000) AND TimeReceived >= 1800000000 AND TimeReceived >= '1800000000'
                AND isIncomingFlow(SamplerAddress, SrcAddr, DstAddr, SrcAS, DstAS, FlowDirection) = 0
                AND isIPAddressInRange(toString(SrcAddr), toIPv6Net('192.0.2.0/24'))
            GROUP BY s, i, a, h, v
            """,
            limits: QueryLimits()
        )
        #expect(upstream["b"]?.values == [.uint((20 << 40) * 100)])
        #expect(upstream["vrf"]?.values == [.string("0")])
        // 2027-01-15, as a Date of ClickHouse.
        #expect(upstream["d"]?.values == [.date(20833)])
        #expect(
            ResultFormat.tsv.text(of: QueryResult(columns: [try #require(upstream["d"])], rowCount: 1, elapsed: 0))
                == "2027-01-15\n"
        )
        #expect(upstream["h"]?.values == [.string("192.0.2.1")])
        #expect(upstream["p"]?.values == [.string("TCP")])

        await #expect(throws: StoreError.self) {
            _ = try await store.query("SELECT * FROM nowhere", limits: QueryLimits())
        }
        await #expect(throws: StoreError.self) {
            _ = try await store.query("DROP TABLE flows_raw", limits: QueryLimits(isPersons: true))
        }
        #expect(throws: StoreError.self) { _ = try FolderLock(folder: folder) }

        // Values that no other try will cure are told from a store that is in trouble.
        let strange = FlowBatch(capacity: 10)
        strange.fill(.flowType, strange.reserve(1), with: UInt8(99))
        strange.seal()
        do throws(StoreError) {
            try store.append(strange, token: "three")
            Issue.record("a flow type that doesn't exist was stored")
        } catch {
            #expect(error.code == 691 && error.isAboutTheBatch)
        }
        store.close()
        store = try open(folder, retentionDays: 30, fsync: true)
        // The token is known to another life of the process as well.
        try store.append(batch, token: "two")
        let after = try await store.query("SELECT count() AS n FROM flows_raw", limits: QueryLimits())
        #expect(after["n"]?.values == [.uint(30)])
        let ddl = try await store.query(
            "SELECT create_table_query AS q FROM system.tables WHERE name = 'flows_raw'",
            limits: QueryLimits()
        )
        guard case .string(let text) = ddl["q"]?.values.first else { throw StoreError(message: "no DDL") }
        #expect(text.contains("toIntervalDay(30)"))
        #expect(text.contains("fsync_after_insert = 1"))
        // The memory limit is the engine's, not only ours.
        let limit = try await store.query(
            "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'",
            limits: QueryLimits()
        )
        #expect(limit["value"]?.values == [.string("1000000000")])
        store.close()

        // However the folder is spelled, and whatever the settings, the rows are the same.
        store = try open(folder + "/../" + (folder as NSString).lastPathComponent, memory: 1_100_000_000)
        let again = try await store.query("SELECT count() AS n FROM flows_raw", limits: QueryLimits())
        #expect(again["n"]?.values == [.uint(30)])
        let settings = try await store.query(
            "SELECT create_table_query AS q FROM system.tables WHERE name = 'flows_raw'",
            limits: QueryLimits()
        )
        guard case .string(let plain) = settings["q"]?.values.first else { throw StoreError(message: "no DDL") }
        #expect(!plain.contains("fsync_after_insert = 1"))
        store.close()
    }

    @Test("a table whose definition a full disk left empty is what it was before, with its rows")
    func emptyDefinition() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder, retentionDays: 5)
        #expect(store.repairedTables.isEmpty)
        let batch = FlowBatch(capacity: 1000)
        batch.fill(.timeReceived, batch.reserve(10), with: UInt32(1_800_000_000))
        batch.seal()
        try store.append(batch, token: "one")
        store.close()
        let engine = URL(fileURLWithPath: folder + "/engine/clickhouse/store", isDirectory: true)
        let files = try #require(FileManager.default.enumerator(at: engine, includingPropertiesForKeys: nil))
        let emptied = ["flows_raw.sql", "flows_1h_transits.sql"]
        for case let file as URL in files where emptied.contains(file.lastPathComponent) {
            try Data().write(to: file)
        }
        store = try open(folder, retentionDays: 5)
        #expect(store.repairedTables.sorted() == ["flows_1h_transits", "flows_raw"])
        for table in ["flows_raw", "flows_1h_transits"] {
            let answer = try await store.query("SELECT count() > 0 AS some FROM \(table)", limits: QueryLimits())
            #expect(answer["some"]?.values == [.uint(1)], "\(table)")
        }
        store.close()
    }

    @Test("a part whose files are damaged costs its rows and no others, and is told")
    func brokenPart() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        #expect(store.brokenParts.isEmpty)
        let batch = FlowBatch(capacity: 1000)
        for day in 0..<2 {
            batch.fill(.timeReceived, batch.reserve(10), with: UInt32(1_800_000_000 + day * 86400))
            batch.seal()
            try store.append(batch, token: "day-\(day)")
            batch.clear()
        }
        let parts = try await store.query(
            "SELECT path FROM system.parts WHERE database = 'netmeta' AND table = 'flows_raw' AND active ORDER BY name",
            limits: QueryLimits()
        )
        guard case .string(let path) = parts["path"]?.values.first else { throw StoreError(message: "no part") }
        store.close()
        // What a full disk may leave: a file that ends early.
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/data.bin"))
        try file.truncate(atOffset: 10)
        try file.close()
        store = try open(folder)
        #expect(store.brokenParts == ["flows_raw": 1])
        let left = try await store.query("SELECT count() AS n FROM flows_raw", limits: QueryLimits())
        #expect(left["n"]?.values == [.uint(10)])
        store.close()
    }

    @Test("sources of a merged part without files are taken back, in the raw table and in rollups")
    func damagedMerge() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        for number in 0..<3 { try store.append(Self.rows(10), token: "life-\(number)") }
        let tables = ["flows_raw", "flows_1m_interfaces"]
        for table in tables { try await store.apply(["OPTIMIZE TABLE netmeta.\(table) FINAL"]) }
        #expect(try await store.mendMerges().isEmpty)
        for number in 3..<6 { try store.append(Self.rows(10), token: "life-\(number)") }
        for table in tables {
            try await store.apply(["OPTIMIZE TABLE netmeta.\(table) FINAL"])
            for file in try await Self.files(of: table, store) { try Data().write(to: file) }
        }
        let outcome = try await store.mendMerges()
        #expect(Set(outcome.map(\.part.table)) == Set(tables) && outcome.allSatisfy(\.isMended))
        try await Self.expectRows(60, store)
        #expect(try await store.mendMerges().isEmpty)
        // Tables that were loaded anew take rows, and tell doubles, as before.
        try store.append(Self.rows(10), token: "life-5")
        try store.append(Self.rows(10), token: "life-6")
        try await Self.expectRows(70, store)
        store.close()
        store = try open(folder)
        #expect(store.brokenParts.isEmpty)
        try await Self.expectRows(70, store)
        store.close()
    }

    @Test("an inserted part without files is dropped, and its batch is stored when it is offered again")
    func damagedInsert() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        try store.append(Self.rows(10), token: "life-0")
        for (number, table) in ["flows_raw", "flows_1m_interfaces", "flows_1h_interfaces"].enumerated() {
            try await store.apply(["SYSTEM STOP MERGES netmeta.\(table)"])
            let before = try await Set(Self.files(of: table, store))
            try store.append(Self.rows(10), token: "damaged-\(number)")
            for file in try await Self.files(of: table, store) where !before.contains(file) {
                try Data().write(to: file)
            }
            store.suspectDamage()
            try store.append(Self.rows(10), token: "damaged-\(number)")
            try store.append(Self.rows(10), token: "damaged-\(number)")
            try await Self.expectRows(UInt64(20 + 10 * number), store)
        }
    }

    /// A sealed batch.
    private static func rows(_ count: Int) -> FlowBatch {
        let batch = FlowBatch(capacity: count)
        let range = batch.reserve(count)
        batch.fill(.timeReceived, range, with: UInt32(1_800_000_000))
        batch.fill(.inIf, range, with: UInt32(7))
        batch.seal()
        return batch
    }

    private static func files(of table: String, _ store: EmbeddedStore) async throws -> [URL] {
        let parts = try await store.query(
            "SELECT path FROM system.parts WHERE database = 'netmeta' AND table = '\(table)' AND active",
            limits: QueryLimits()
        )
        return try parts["path"]?.values.flatMap { path -> [URL] in
            guard case .string(let path) = path else { return [] }
            return try FileManager.default.contentsOfDirectory(
                at: URL(fileURLWithPath: path, isDirectory: true),
                includingPropertiesForKeys: nil
            )
        } ?? []
    }

    /// The table and what is summed of it hold so many rows.
    private static func expectRows(_ count: UInt64, _ store: EmbeddedStore) async throws {
        let rollups = ["1m", "5m", "1h"].map { "sum(Flows) AS n FROM flows_\($0)_interfaces" }
        for source in ["count() AS n FROM flows_raw"] + rollups {
            let answer = try await store.query("SELECT \(source)", limits: QueryLimits())
            #expect(answer["n"]?.values == [.uint(count)], "\(source)")
        }
    }

    @Test("interfaces' counters are stored beside the rows, and without any")
    func interfaceCounters() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-counters-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        let batch = FlowBatch(capacity: 100)
        var counters = InterfaceCounters()
        counters.timeReceived = 1_800_000_000
        counters.samplerAddress = IPAddress(192, 0, 2, 1)
        counters[.ifIndex] = 7
        counters[.ifSpeed] = 400_000_000_000
        counters[.inOctets] = 1 << 63
        counters[.outErrors] = 4_294_967_295
        counters[.symbolErrors] = 35
        #expect(batch.appendInterfaceCounters(counters))
        counters[.ifIndex] = 8
        #expect(batch.appendInterfaceCounters(counters))
        batch.seal()
        try store.append(batch, token: "life-1")
        try store.append(batch, token: "life-1")
        batch.fill(.timeReceived, batch.reserve(3), with: UInt32(1_800_000_000))
        batch.seal()
        try store.append(batch, token: "life-2")

        let rows = try await store.query(
            "SELECT *, (SELECT count() FROM flows_raw) AS flows FROM interface_counters ORDER BY IfIndex",
            limits: QueryLimits()
        )
        try #require(rows.rowCount == 4)
        #expect(rows["IfIndex"]?.values == [.uint(7), .uint(7), .uint(8), .uint(8)])
        #expect(rows["TimeReceived"]?.values.first == .time(1_800_000_000))
        #expect(rows["SamplerAddress"]?.values.first == .address(IPAddress(192, 0, 2, 1)))
        #expect(rows["IfSpeed"]?.values.first == .uint(400_000_000_000))
        #expect(rows["InOctets"]?.values.first == .uint(1 << 63))
        #expect(rows["OutErrors"]?.values.first == .uint(4_294_967_295))
        #expect(rows["SymbolErrors"]?.values.first == .uint(35))
        #expect(rows["InUcastPkts"]?.values.first == .uint(0))
        #expect(rows["flows"]?.values.first == .uint(3))
        store.close()

        store = try open(folder, retentionDays: 30)
        let ddl = try await store.query(
            "SELECT create_table_query AS q FROM system.tables WHERE name = 'interface_counters'",
            limits: QueryLimits()
        )
        guard case .string(let text) = ddl["q"]?.values.first else { throw StoreError(message: "no DDL") }
        #expect(text.contains("toIntervalDay(30)"))
        store.close()
    }

    /// Rows of tests have dates of their own, which mustn't be too old some day.
    func open(
        _ folder: String,
        retentionDays: Int = 3650,
        memory: Int = 1_000_000_000,
        fsync: Bool = false,
        onProgress: (@Sendable (String) -> Void)? = nil
    ) throws -> EmbeddedStore {
        let options = EmbeddedStore.Options(
            folder: folder,
            library: try EngineLibrary.locate(configured: nil),
            memory: memory,
            batchRows: 4000,
            retentionDays: retentionDays,
            fsync: fsync,
            onProgress: onProgress
        )
        return try EmbeddedStore(options, lock: try FolderLock(folder: folder))
    }
}
