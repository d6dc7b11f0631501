import Enrichment
import FlowQuery
import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// Places, and the columns that dictionaries tell, in the real engine.
extension EmbeddedStoreTests {
    @Test("every dimension groups and every operator chooses by classes and places, in raw rows and in rollups")
    func classes() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-classes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        try await store.apply(Self.dictionaries)
        try store.append(Self.rows(), token: "one")
        func texts(_ sql: String) async throws -> [[String]] {
            let result = try await store.query(sql, limits: QueryLimits(isPersons: true))
            return (0..<result.rowCount).map { row in result.columns.map { $0.values[row].plainText { $0 } } }
        }
        // Plain SQL, unqualified, as people write it.
        #expect(
            try await texts(
                """
                SELECT ExporterGroup, ExporterRole, ExporterSite, ExporterRegion, ExporterTenant, InIfBoundary,
                    OutIfBoundary, InIfProvider, OutIfConnectivity, SrcNetName, DstNetRole, SrcNetTenant, SrcCity,
                    DstCity, toString(SrcCountry), toString(DstCountry)
                FROM flows_raw ORDER BY Bytes
                """
            ) == [
                [
                    "g", "edge", "fra1", "eu", "t", "external", "internal", "Example", "lan", "Web", "", "acme",
                    "Berlin", "", "DE", "",
                ],
                ["g", "", "", "eu", "", "undefined", "undefined", "", "", "", "customer", "", "", "", "US", "DE"],
                ["", "", "", "", "", "undefined", "undefined", "", "", "", "", "", "", "Berlin", "", "FR"],
            ]
        )
        #expect(try await texts("SELECT sum(Bytes) AS b FROM flows_raw WHERE SrcCountry = 'DE'") == [["1"]])

        let range = try TimeRange(from: 1_799_999_000, to: 1_800_003_600)
        // Each test stands beside the rows (by their bytes) that pass it.
        let filters: [(String, UInt64)] = [
            ("ExporterRole = edge", 1), ("ExporterRole != edge", 6), ("ExporterRole = unknown", 6),
            ("ExporterRegion in (eu, us)", 3), ("ExporterRegion not in (eu)", 4), ("ExporterRegion in (unknown)", 4),
            ("ExporterSite like \"fra%\"", 1), ("ExporterSite !~ \"^fra\"", 6), ("ExporterGroup ~ \"g|h\"", 3),
            ("InIfBoundary = external", 1), ("OutIfBoundary in (internal, undefined)", 7),
            ("IfBoundary = internal", 1), ("InIfBoundary = unknown", 6), ("InIfBoundary != undefined", 1),
            ("InIfProvider = \"Example\"", 1), ("IfConnectivity = lan", 1), ("NetRole = customer", 2),
            ("SrcNetTenant = acme", 1), ("NetName like \"%e%\"", 1), ("SrcCountry = de", 1), ("Country = DE", 3),
            ("SrcCountry = unknown", 4), ("SrcCountry not in (DE, US)", 4), ("DstCountry ~ \"^(F|D)\"", 6),
            ("DstCountry like \"_R\"", 4), ("City = Berlin", 5), ("DstCity = unknown", 3),
            ("SrcCity = Berlin and ExporterRole = edge and not DstCountry = US", 1),
        ]
        let sums = try filters.enumerated().map { number, filter in
            "sumIf(Bytes, \(try Filter.parse(filter.0)?.sql.text ?? "0")) AS f\(number)"
        }
        let answer = try await store.query(
            "SELECT \(sums.joined(separator: ", ")) FROM flows_raw",
            limits: QueryLimits()
        )
        for (number, (text, bytes)) in filters.enumerated() {
            #expect(answer["f\(number)"]?.values.first?.unsigned == bytes, "\(text)")
        }
        for column in FlowColumn.queryable where column.isDerived || column.isPlace {
            guard let dimension = Dimension(column) else { continue }
            let top = try TopQuery(Question(range: range), dimensions: [dimension])
            let result = try await store.query(top.sql.text, limits: QueryLimits())
            #expect(result["all_bytes"]?.values.first?.unsigned == 7, "\(column)")
            let keys = result["k0"]?.values.map(Self.key) ?? []
            let graph = GraphQuery(top: top, keys: keys.map { [$0] }, splitsDirection: true)
            let drawn = try await store.query(graph.sql.text, limits: QueryLimits())
            #expect(drawn["amount"]?.values.compactMap(\.unsigned).reduce(0, +) == 7, "\(column)")
            let ranks = Set(drawn["r"]?.values.compactMap(\.unsigned) ?? []).subtracting([0])
            #expect(ranks.count == keys.count && !keys.isEmpty, "\(column)")
        }
        // Wide keys go another way, and so do peaks.
        let dimensions = try Dimension.parse(list: "SrcAddr,DstAddr,SrcNetName,DstCountry,ExporterSite")
        let wide = try TopQuery(Question(range: range), dimensions: dimensions)
        let found = try await store.query(wide.sql.text, limits: QueryLimits())
        #expect(
            found["all_bytes"]?.values.first?.unsigned == 7 && found["k4"]?.values.contains(.string("fra1")) == true
        )
        let known = Question(range: range, filter: try Filter.parse("SrcCity != unknown"))
        let peak = try TopQuery(known, dimensions: [.srcCity].compactMap(Dimension.init), ranking: .max)
        #expect(try await store.query(peak.sql.text, limits: QueryLimits())["k0"]?.values == [.string("Berlin")])
        // Classes of exporters and interfaces are told of rollups, too.
        let rolled = try TopQuery(
            Question(range: range, filter: try Filter.parse("InIfBoundary = external")),
            dimensions: [.exporterRole, .inIfProvider].compactMap(Dimension.init)
        )
        #expect(rolled.source.table != ClickHouse.flowsTable)
        let result = try await store.query(rolled.sql.text, limits: QueryLimits())
        #expect(result["k0"]?.values == [.string("edge")] && result["k1"]?.values == [.string("Example")])
        // Pages of rows have countries as letters.
        let page = try await store.query(
            try FlowsQuery(Question(range: range, filter: try Filter.parse("DstCountry = FR"))).sql.text,
            limits: QueryLimits()
        )
        #expect(page["SrcCountry"]?.values == [.string("")] && page["DstCountry"]?.values == [.string("FR")])
    }

    @Test("a folder of an older version gets the columns, and one of another expression this version's")
    func olderFolder() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-older-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        try store.append(Self.rows(), token: "one")
        let drops = (FlowColumn.derived + [.srcCountry, .dstCountry, .srcCityId, .dstCityId]).filter {
            $0 != .exporterRole
        }
        try await store.apply(
            drops.map { "ALTER TABLE netmeta.flows_raw DROP COLUMN \($0.name) SETTINGS mutations_sync = 2" }
                + ["ALTER TABLE netmeta.flows_raw MODIFY COLUMN ExporterRole String ALIAS 'of old'"]
                + ["ExporterClasses", "InterfaceClasses", "NetworkClasses", "Cities"].flatMap { name in
                    ["DROP DICTIONARY netmeta.\(name)", "DROP TABLE netmeta.\(name)_source SYNC"]
                }
        )
        store.close()
        store = try open(folder)
        try await store.apply(Self.dictionaries)
        let sql = "SELECT ExporterRole, OutIfBoundary, SrcCity, toString(DstCountry) AS c FROM flows_raw ORDER BY Bytes"
        let rows = try await store.query(sql, limits: QueryLimits())
        #expect(rows["ExporterRole"]?.values == [.string("edge"), .string(""), .string("")])
        #expect(rows["OutIfBoundary"]?.values.first == .string("internal"))
        #expect(rows["SrcCity"]?.values == [.string(""), .string(""), .string("")])
        #expect(rows["c"]?.values == [.string(""), .string(""), .string("")])
        store.close()
        // And a third time, when there is nothing to change.
        store = try open(folder)
        defer { store.close() }
        let again = try await store.query(
            "SELECT countIf(ExporterRole = 'edge') AS n FROM flows_raw",
            limits: QueryLimits()
        )
        #expect(again["n"]?.values == [.uint(1)])
    }

    private static func key(_ value: ResultValue) -> KeyValue {
        if case .string(let text) = value { .text(text) } else { .number(value.unsigned ?? 0) }
    }

    private static let dictionaries: [String] =
        [
            """
            INSERT INTO netmeta.ExporterClasses_source VALUES ('::ffff:192.0.2.0/120', 'g', '', '', 'eu', ''),
                ('::ffff:192.0.2.1/128', 'g', 'edge', 'fra1', 'eu', 't')
            """,
            """
            INSERT INTO netmeta.InterfaceClasses_source VALUES ('::ffff:192.0.2.1', 1, 'external', 'Example', 'transit'),
                ('::ffff:192.0.2.1', 2, 'internal', '', 'lan')
            """,
            """
            INSERT INTO netmeta.NetworkClasses_source VALUES ('::ffff:198.51.100.0/120', 'Web', '', '', '', 'acme'),
                ('2001:db8::/32', '', 'customer', '', '', '')
            """,
            "INSERT INTO netmeta.Cities_source VALUES (77, 'Berlin', 'DE')",
        ]
        + ["ExporterClasses", "InterfaceClasses", "NetworkClasses", "Cities"].map {
            "SYSTEM RELOAD DICTIONARY netmeta.\($0)"
        }

    /// Three rows of 1, 2 and 4 bytes.
    private static func rows() -> FlowBatch {
        let batch = FlowBatch(capacity: 3)
        batch.fill(.timeReceived, batch.reserve(3), with: UInt32(1_800_000_000))
        batch.fill(.samplingRate, 0..<3, with: UInt32(1))
        batch.fill(.incoming, 0..<3, with: UInt8(1))
        func row<Value: BitwiseCopyable>(_ column: FlowColumn, _ values: [Value]) {
            for (row, value) in values.enumerated() { batch.fill(column, row..<row + 1, with: value) }
        }
        func addresses(_ texts: String...) -> [AddressBytes] {
            texts.map { AddressBytes(IPAddress($0) ?? .unspecified) }
        }
        row(.samplerAddress, addresses("192.0.2.1", "192.0.2.2", "2001:db8::9"))
        row(.inIf, [UInt32(1), 1, 1])
        row(.outIf, [UInt32(2), 2, 2])
        row(.srcAddr, addresses("198.51.100.1", "203.0.113.1", "203.0.113.1"))
        row(.dstAddr, addresses("203.0.113.1", "2001:db8::1", "::"))
        row(.bytes, [UInt64(1), 2, 4])
        row(.srcCountry, ["DE", "US", ""].map { CountryCode.number($0) ?? 0 })
        row(.dstCountry, ["", "DE", "FR"].map { CountryCode.number($0) ?? 0 })
        row(.srcCityId, [UInt64(77), 0, 78])
        row(.dstCityId, [UInt64(0), 0, 77])
        batch.seal()
        return batch
    }
}
