import Enrichment
import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// `Incoming` and `Locality` in the real engine, and the SQL function that says the same.
extension EmbeddedStoreTests {
    @Test("a folder from before the columns opens; its rows' Incoming is what FlowDirection tells")
    func folderWithoutDirection() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-direction-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        let batch = FlowBatch(capacity: 10)
        for direction in [UInt8(0), 1, 255] {
            let row = batch.reserve(1)
            batch.fill(.timeReceived, row, with: UInt32(1_800_000_000))
            batch.fill(.flowDirection, row, with: direction)
        }
        batch.fill(.incoming, 0..<3, with: UInt8(0))
        batch.seal()
        try store.append(batch, token: "one")
        // Before the columns there were no rollups that have them, but others; these aren't fed any more.
        try await store.apply(Rollup.all.reversed().map(ClickHouse.dropRollupView))
        try await store.apply(Rollup.all.map(ClickHouse.dropRollup))
        try await store.apply([
            "ALTER TABLE netmeta.flows_raw DROP COLUMN Incoming, DROP COLUMN Locality SETTINGS mutations_sync = 2"
        ])
        store.close()
        store = try open(folder)
        defer { store.close() }
        let rows = try await store.query(
            "SELECT FlowDirection, Incoming, toString(Locality) AS l FROM flows_raw ORDER BY FlowDirection",
            limits: QueryLimits()
        )
        #expect(rows["Incoming"]?.values == [.uint(1), .uint(0), .uint(255)])
        let sums = try await store.query(
            "SELECT Incoming, sum(Flows) AS n FROM flows_1h_interfaces GROUP BY Incoming ORDER BY Incoming",
            limits: QueryLimits()
        )
        #expect(sums["Incoming"]?.values == [.uint(0), .uint(1), .uint(255)])
        #expect(rows["l"]?.values == [.string("unknown"), .string("unknown"), .string("unknown")])
        // New rows have what enrichment gave them.
        batch.fill(.incoming, 0..<3, with: UInt8(1))
        batch.fill(.locality, 0..<3, with: Locality.in.rawValue)
        try store.append(batch, token: "two")
        let new = try await store.query("SELECT countIf(Locality = 'in') AS n FROM flows_raw", limits: QueryLimits())
        #expect(new["n"]?.values == [.uint(3)])
    }

    @Test("the columns go through every way into the store", arguments: ClickHouse.InputTable.allCases)
    func waysIn(_ table: ClickHouse.InputTable) async throws {
        let folder = NSTemporaryDirectory() + "netmeta-ways-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        let batch = FlowBatch(capacity: 10)
        batch.fill(.timeReceived, batch.reserve(2), with: UInt32(1_800_000_000))
        batch.fill(.incoming, 0..<1, with: UInt8(0))
        batch.fill(.incoming, 1..<2, with: UInt8(1))
        batch.fill(.locality, 0..<2, with: Locality.transit.rawValue)
        switch table {
        case .usual: break
        case .routed: batch.fill(.prevHopAS, 0..<2, with: UInt32(1))
        case .placed: batch.fill(.srcCountry, 0..<2, with: UInt16(0x4544))
        case .routedPlaced:
            batch.fill(.prevHopAS, 0..<2, with: UInt32(1))
            batch.fill(.dstCityId, 0..<2, with: UInt64(7))
        case .detailed: batch.fill(.srcPortNAT, 0..<2, with: UInt16(1))
        case .complete:
            batch.fill(.srcPortNAT, 0..<2, with: UInt16(1))
            let path: [UInt8] = [1, 0, 0, 0]
            let fits = batch.append(.asPath, row: 0, value: path.span.bytes)
            #expect(fits)
        case .cloud:
            batch.fill(.cloudPath, 0..<2, with: UInt8(8))
            let zone = Array("euc1-az2".utf8)
            let fits = batch.append(.cloudZone, row: 1, value: zone.span.bytes)
            #expect(fits)
        }
        batch.seal()
        #expect(ClickHouse.InputTable(for: batch) == table)
        try store.append(batch, token: "one")
        let rows = try await store.query("SELECT Incoming, Locality FROM flows_raw ORDER BY 1", limits: QueryLimits())
        #expect(rows["Incoming"]?.values == [.uint(0), .uint(1)])
        #expect(rows["Locality"]?.values == [.string("transit"), .string("transit")])
    }

    @Test("isIncomingFlow says what the column says, whatever is configured")
    func incomingFunction() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-incoming-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        for (number, settings) in Self.directions.enumerated() {
            try await store.apply(["TRUNCATE TABLE netmeta.flows_raw", settings.isIncomingFlowStatement])
            let batch = Self.manyDirections()
            batch.seal()
            var enricher = Enricher(EnrichmentSource(settings))
            enricher.enrich(batch)
            try store.append(batch, token: "\(number)")
            let rows = try await store.query(
                """
                SELECT count() AS n, countIf(Incoming = 1) AS i, uniqExact(Incoming) AS u, countIf(
                    isIncomingFlow(SamplerAddress, SrcAddr, DstAddr, SrcAS, DstAS, FlowDirection) != (Incoming = 1)
                ) AS differ FROM flows_raw
                """,
                // Where people's questions run, with their limits.
                limits: QueryLimits(isPersons: true)
            )
            #expect(rows["n"]?.values == [.uint(4000)] && rows["differ"]?.values == [.uint(0)], "\(number)")
            let incoming = rows["i"]?.values.first?.unsigned ?? 0
            #expect((100...3900).contains(incoming) && rows["u"]?.values.first?.unsigned ?? 0 >= 2)
        }
    }

    private static let directions: [EnrichmentSettings] = {
        func prefix(_ text: String) -> Prefix { Prefix(text) ?? Prefix(.unspecified, bits: 0) }
        var networks = EnrichmentSettings()
        networks.localNetworks = ["10.0.0.0/29", "10.0.0.12/30", "2001:db8::/126", "10.0.0.13"].map(prefix)
        var rules = EnrichmentSettings()
        var edge = SamplerEnrichment()
        edge.isIncomingFlow = [
            IncomingRule([.number(.srcAS, 2), .address(.dstAddr, prefix("10.0.0.0/29"))]),
            IncomingRule([.address(.srcAddr, prefix("2001:db8::3")), .number(.flowDirection, 255)]),
            IncomingRule([.address(.samplerAddress, prefix("192.0.2.1")), .number(.dstAS, 0)]),
        ]
        rules.samplers = [prefix("192.0.2.0/30"): edge, prefix("192.0.2.2"): SamplerEnrichment()]
        var both = networks
        both.samplers = rules.samplers
        // As many as a large network may have.
        var many = EnrichmentSettings()
        many.localNetworks = (0..<EnrichmentSettings.mostLocalNetworks).map { number in
            let (low, isV4) = (UInt64(2 * number), number < 10)
            return isV4
                ? Prefix(IPAddress(v4: 0x0A00_0000 + UInt32(low)), bits: 128)
                : Prefix(IPAddress(high: 0x2001_0DB8_FFFF_0000 | low, low: 0), bits: 64)
        }
        many.samplers = rules.samplers
        return [EnrichmentSettings(), networks, rules, both, many]
    }()

    /// Rows of all sorts of ends, samplers and directions.
    private static func manyDirections() -> FlowBatch {
        let batch = FlowBatch(capacity: 4000)
        var state: UInt64 = 7
        func random(_ below: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % below
        }
        func address() -> IPAddress {
            switch random(9) {
            case 0: .unspecified
            case 1: IPAddress(v4: 0)
            case 2...4: IPAddress(high: 0x2001_0DB8_0000_0000, low: random(6))
            default: IPAddress(10, 0, 0, UInt8(random(18)))
            }
        }
        batch.fill(.timeReceived, batch.reserve(4000), with: UInt32(1_800_000_000))
        for row in 0..<4000 {
            let rows = row..<row + 1
            batch.fill(.samplerAddress, rows, with: IPAddress(192, 0, 2, UInt8(row / 40 % 6)))
            batch.fill(.srcAddr, rows, with: address())
            batch.fill(.dstAddr, rows, with: address())
            batch.fill(.srcAS, rows, with: UInt32(random(3)))
            batch.fill(.dstAS, rows, with: UInt32(random(3)))
            batch.fill(.flowDirection, rows, with: [UInt8(0), 1, 255][Int(random(3))])
        }
        return batch
    }
}
