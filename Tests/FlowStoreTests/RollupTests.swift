import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import NetTypes
import Synchronization
import Testing

/// The same questions to the rollups and to the raw rows, over the real engine.
extension EmbeddedStoreTests {
    /// A question, and the table that its answer has to come from.
    struct Asked: Sendable {
        var dimensions: String
        var filter = ""
        var direction = DirectionChoice.all
        /// Seconds cut off at both ends of the range of 26 hours.
        var cut: UInt64 = 0
        var bucket: UInt64 = 3600
        var unit = TrafficUnit.bits
        var ranking = Ranking.average
        var splits = false
        var top: String
        var graph: String
        /// The column of a top's answer that has the number of groups.
        var groups: Int { dimensions.split(separator: ",").count + 3 }
    }

    static let asked = [
        Asked(dimensions: "", top: "flows_1h_interfaces", graph: "flows_1h_interfaces"),
        Asked(
            dimensions: "",
            cut: 1234,
            bucket: 300,
            splits: true,
            top: "flows_1h_interfaces",
            graph: "flows_5m_interfaces"
        ),
        Asked(dimensions: "InIf", direction: .in, cut: 17, top: "flows_1h_interfaces", graph: "flows_1h_interfaces"),
        Asked(
            dimensions: "SamplerAddress,OutIf",
            filter: "Proto in (TCP, UDP) and not EType = IPv6",
            cut: 59,
            bucket: 60,
            unit: .packets,
            ranking: .max,
            top: "flows_1m_interfaces",
            graph: "flows_1m_interfaces"
        ),
        Asked(dimensions: "SrcAS", direction: .in, cut: 61, top: "flows_1h_transits", graph: "flows_1h_transits"),
        Asked(
            dimensions: "SrcAS,DstAS",
            filter: "SamplerAddress << 192.0.2.0/31",
            cut: 4000,
            bucket: 120,
            unit: .flows,
            splits: true,
            top: "flows_1h_transits",
            graph: "flows_1m_transits"
        ),
        Asked(
            dimensions: "DstAS",
            filter: "AS = 3",
            cut: 1,
            ranking: .max,
            top: "flows_1h_transits",
            graph: "flows_1h_transits"
        ),
        Asked(dimensions: "EType", filter: "Bytes > 1000", top: "flows_raw", graph: "flows_raw"),
        Asked(dimensions: "SrcAS,Proto", top: "flows_raw", graph: "flows_raw"),
        Asked(dimensions: "DstAddr", filter: "Bytes > 1000", unit: .packets, top: "flows_raw", graph: "flows_raw"),
        // The lines from raw rows, what is left of the whole from a rollup.
        Asked(dimensions: "SrcAddr", cut: 30, bucket: 300, splits: true, top: "flows_raw", graph: "flows_raw"),
        Asked(
            dimensions: "SrcAddr,VlanId",
            filter: "Proto = TCP",
            direction: .out,
            bucket: 60,
            unit: .packets,
            top: "flows_raw",
            graph: "flows_raw"
        ),
        // One scan.
        Asked(dimensions: "IPTos", bucket: 60, unit: .flows, splits: true, top: "flows_raw", graph: "flows_raw"),
        Asked(dimensions: "IPTTL", cut: 7, bucket: 60, splits: true, top: "flows_5m_headers", graph: "flows_raw"),
        Asked(
            dimensions: "TCPFlags",
            filter: "Proto = TCP",
            cut: 7,
            bucket: 300,
            top: "flows_5m_headers",
            graph: "flows_5m_headers"
        ),
        Asked(
            dimensions: "SamplerAddress,VlanId",
            direction: .in,
            bucket: 600,
            top: "flows_5m_vlans",
            graph: "flows_5m_vlans"
        ),
        Asked(dimensions: "NextHop", cut: 9, unit: .flows, top: "flows_5m_nexthops", graph: "flows_5m_nexthops"),
        Asked(dimensions: "Proto", bucket: 45, top: "flows_1h_interfaces", graph: "flows_raw"),
    ]

    @Test("rollups and raw rows give the same figures, to the last unit")
    func rollups() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-rollups-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var store = try open(folder)
        let batch = FlowBatch(capacity: 1000)
        var random = SeededRandom(state: 7)
        for number in 0..<20 {
            Self.write(1000, into: batch, with: &random)
            batch.seal()
            // Every third batch is told twice, as after a lost acknowledgement.
            for _ in 0...(number % 3 == 0 ? 1 : 0) { try store.append(batch, token: "life-\(number)") }
            batch.clear()
        }
        try await compare(store)
        try await compareWideKeys(store)
        try await compareAddresses(store)
        let sums = try await store.query(
            """
            SELECT sum(Flows) AS a, (SELECT sum(Flows) FROM flows_1h_transits) AS b, sum(UnratedFlows) AS u
            FROM flows_5m_interfaces
            """,
            limits: QueryLimits(isPersons: true)
        )
        #expect(sums["a"]?.values == [.uint(20_000)])
        #expect(sums["b"]?.values == [.uint(20_000)])
        #expect((sums["u"]?.values.first?.unsigned ?? 0) > 1000)

        // A folder of a version without rollups, and one whose filling was broken off.
        _ = try await store.query("DROP VIEW flows_1h_transits_view", limits: QueryLimits())
        _ = try await store.query("DROP VIEW flows_1m_interfaces_view", limits: QueryLimits())
        _ = try await store.query("ALTER TABLE flows_1h_transits DROP PARTITION ID '202701'", limits: QueryLimits())
        _ = try await store.query("TRUNCATE TABLE flows_1m_interfaces", limits: QueryLimits())
        _ = try await store.query(
            """
            CREATE MATERIALIZED VIEW flows_1h_as_view ENGINE = SummingMergeTree ORDER BY SrcAS AS
            SELECT SrcAS, count() AS n FROM flows_raw GROUP BY SrcAS
            """,
            limits: QueryLimits()
        )
        store.close()
        let told = Mutex<[String]>([])
        store = try open(folder) { text in told.withLock { $0.append(text) } }
        let retired = try await store.query(
            "SELECT name FROM system.tables WHERE name LIKE 'flows%as_view'",
            limits: QueryLimits()
        )
        #expect(retired.rowCount == 0)
        #expect(told.withLock { $0 }.contains("summing stored rows for the new flows_1h_transits, day 1 of 2"))
        Self.write(1000, into: batch, with: &random)
        batch.seal()
        try store.append(batch, token: "next-1")
        try await compare(store)
        let kept = try await store.query(
            "SELECT name, create_table_query AS q FROM system.tables WHERE name = 'flows_1h_transits'",
            limits: QueryLimits()
        )
        guard case .string(let text) = kept["q"]?.values.first else { throw StoreError(message: "no DDL") }
        #expect(text.contains("toIntervalDay(3650)"))
        // Raw rows of the first day are gone, their sums aren't: what is no group of raw rows isn't theirs either.
        _ = try await store.query("ALTER TABLE flows_raw DROP PARTITION ID '20270115'", limits: QueryLimits())
        try await compareWholes(store)
        store.close()
    }

    private func compare(_ store: EmbeddedStore) async throws {
        for asked in Self.asked {
            let range = try TimeRange(from: Self.start + asked.cut, to: Self.start + 26 * 3600 - asked.cut)
            var question = Question(
                range: range,
                filter: try Filter.parse(asked.filter),
                direction: asked.direction
            )
            func top() throws -> TopQuery {
                try TopQuery(
                    question,
                    dimensions: try Dimension.parse(list: asked.dimensions),
                    unit: asked.unit,
                    limit: 5,
                    ranking: asked.ranking,
                    buckets: try Buckets(range: range, width: asked.bucket)
                )
            }
            let summed = try top()
            question.detail = .raw
            let raw = try top()
            #expect(summed.source.table == asked.top, "\(asked)")
            #expect(raw.source.table == "flows_raw")
            let ranked = try await rows(store, raw.sql)
            #expect(!ranked.isEmpty, "\(asked)")
            #expect(try await rows(store, summed.sql) == ranked, "\(asked)")

            if !asked.dimensions.isEmpty {
                let best = try await rows(store, summed.rankingSQL)
                let count = summed.dimensions.count
                #expect(best.map { $0.prefix(count) } == ranked.map { $0.prefix(count) }, "\(asked)")
            }

            let keys = ranked.map { row in
                row.prefix(summed.dimensions.count).map { value -> KeyValue in
                    if case .address(let address) = value { return .address(address) }
                    return .number(value.unsigned ?? 0)
                }
            }
            let chart = GraphQuery(top: summed, keys: keys, splitsDirection: asked.splits)
            let rawChart = GraphQuery(top: raw, keys: keys, splitsDirection: asked.splits)
            #expect(chart.source.table == asked.graph, "\(asked)")
            let drawn = rawChart.answer(try await lines(store, rawChart.sql).rows)
            #expect(drawn.flows > 20)
            #expect(chart.answer(try await lines(store, chart.sql).rows) == drawn, "\(asked)")
            if let scan = GraphInOneScan(summed, splitsDirection: asked.splits) {
                let (lines, result) = try await lines(store, scan.sql)
                let keys = result["k0"]?.values.map { KeyValue.number($0.unsigned ?? 0) } ?? []
                #expect(scan.query(ranks: lines.map(\.rank), keys: keys).answer(lines) == drawn, "\(asked)")
                #expect(result["groups"]?.values.first == ranked[0][asked.groups], "\(asked)")
            }
        }
    }

    /// Sums of all groups that come from a rollup beside groups of raw rows are about the time of these.
    private func compareWholes(_ store: EmbeddedStore) async throws {
        var question = Question(range: try TimeRange(from: Self.start, to: Self.start + 26 * 3600))
        func top() throws -> TopQuery {
            try TopQuery(question, dimensions: try Dimension.parse(list: "SrcAS,Proto"), limit: 3)
        }
        let summed = try top()
        question.detail = .raw
        let raw = try top()
        #expect(summed.sql.text.contains("everything.1 AS all_bytes"))
        let expected = try await rows(store, raw.sql)
        #expect(expected.count == 3)
        #expect(try await rows(store, summed.sql) == expected)
    }

    /// Groups of addresses are told by numbers; the figures are those of a plain statement.
    private func compareAddresses(_ store: EmbeddedStore) async throws {
        var question = Question(range: try TimeRange(from: Self.start, to: Self.start + 7 * 3600))
        for (unit, ranked) in [(TrafficUnit.bits, "b"), (.packets, "p"), (.flows, "f")] {
            for detail in DetailChoice.allCases {
                question.detail = detail
                let dimensions = try Dimension.parse(list: "SrcAddr")
                let top = try TopQuery(question, dimensions: dimensions, unit: unit, limit: 7)
                let plain = try await store.query(
                    """
                    SELECT * EXCEPT a, count() OVER (), sum(b) OVER (), sum(p) OVER (), sum(f) OVER (), sum(a) OVER () FROM (
                        SELECT SrcAddr, sum(Bytes * SamplingRate) AS b, sum(Packets * SamplingRate) AS p, count() AS f,
                            countIf(SamplingRateSource = 'unknown') AS a
                        FROM flows_raw
                        WHERE TimeReceived >= \(Self.start) AND TimeReceived < \(Self.start + 7 * 3600) GROUP BY ALL)
                    ORDER BY \(ranked) DESC, SrcAddr LIMIT 7
                    """,
                    limits: QueryLimits()
                )
                #expect(plain.rowCount == 7)
                let expected = (0..<7).map { row in plain.columns.map { $0.values[row] } }
                #expect(try await rows(store, top.sql) == expected)
                #expect(try await rows(store, top.rankingSQL).map { $0[0] } == expected.map { $0[0] })
                try await compareShards(store, top, with: expected)
            }
        }
    }

    /// The best of many addresses are those of all, where there is a proof for it.
    private func compareShards(_ store: EmbeddedStore, _ top: TopQuery, with expected: [[ResultValue]]) async throws {
        let many = try #require(TopOfMany(top))
        let amount = try #require(["bytes": 1, "packets": 2, "flows": 3][top.sumColumn])
        func compare(_ found: QueryResult, amounts name: String, columns: Int) throws {
            let amounts = found[name]?.values.compactMap(\.unsigned) ?? []
            // There are fewer addresses here than shards that are grouped: nothing is left for others.
            #expect(many.isProven(amounts, bound: found["bound"]?.values.first?.unsigned))
            let rows = (0..<found.rowCount).map { row in found.columns.prefix(columns).map { $0.values[row] } }
            #expect(rows == expected.map { Array($0.prefix(columns)) })
            #expect(amounts == expected.compactMap { $0[amount].unsigned })
        }
        let limits = QueryLimits(tellsTypes: false)
        try compare(try await store.query(many.sql.text, limits: limits), amounts: top.sumColumn, columns: 4)
        try compare(try await store.query(many.rankingSQL.text, limits: limits), amounts: "amount", columns: 1)
        guard let survey = AddressSurvey(top, rows: 100_000_000) else {
            #expect(top.question.detail == .raw)
            return
        }
        let told = try await rows(store, survey.sql)
        #expect(told.map { $0.prefix(4) } == [expected[0].suffix(4)])
        #expect(told[0].count == 5)
    }

    /// Groups with wide keys are found by their hashes; the figures are those of a plain statement.
    private func compareWideKeys(_ store: EmbeddedStore) async throws {
        var question = Question(range: try TimeRange(from: Self.start, to: Self.start + 7 * 3600))
        let keys = "SamplerAddress,SrcAddr,DstAddr"
        // With the sums of all groups from a rollup, and without.
        for (limit, detail) in [(3, DetailChoice.automatic), (50, .automatic), (3, .raw), (50, .raw)] {
            question.detail = detail
            let top = try TopQuery(question, dimensions: try Dimension.parse(list: keys), unit: .packets, limit: limit)
            #expect(top.sql.text.contains("cityHash64(SamplerAddress, SrcAddr, DstAddr) IN (SELECT arrayJoin(best.1))"))
            #expect(top.sql.text.contains("AS everything") == (detail == .automatic))
            let plain = try await store.query(
                """
                SELECT * EXCEPT a, count() OVER (), sum(b) OVER (), sum(p) OVER (), sum(f) OVER (), sum(a) OVER () FROM (
                    SELECT \(keys), sum(Bytes * SamplingRate) AS b, sum(Packets * SamplingRate) AS p, count() AS f,
                        countIf(SamplingRateSource = 'unknown') AS a
                    FROM flows_raw
                    WHERE TimeReceived >= \(Self.start) AND TimeReceived < \(Self.start + 7 * 3600) GROUP BY ALL)
                ORDER BY p DESC LIMIT \(limit)
                """,
                limits: QueryLimits()
            )
            #expect(plain.rowCount == limit)
            let expected = (0..<limit).map { row in plain.columns.map { $0.values[row] } }
            #expect(try await rows(store, top.sql) == expected)
        }
    }

    private func lines(
        _ store: EmbeddedStore,
        _ sql: SQLText
    ) async throws -> (rows: [GraphRow], result: QueryResult) {
        let result = try await store.query(sql.text, limits: QueryLimits())
        func number(_ name: String, _ row: Int) -> UInt64 { result[name]?.values[row].unsigned ?? .max }
        let rows = (0..<result.rowCount).map { row in
            GraphRow(
                bucket: number("t", row),
                rank: Int(clamping: number("r", row)),
                direction: number("direction", row),
                amount: number("amount", row),
                flows: number("flows", row),
                assumed: number("assumed", row)
            )
        }
        return (rows, result)
    }

    private func rows(_ store: EmbeddedStore, _ sql: SQLText) async throws -> [[ResultValue]] {
        let result = try await store.query(sql.text, limits: QueryLimits())
        return (0..<result.rowCount).map { row in result.columns.map { $0.values[row] } }
    }

    /// An hour's start in January 2027.
    private static let start: UInt64 = 1_800_000_000

    /// Rows of 26 hours, in no order of time, and some before and after.
    private static func write(_ count: Int, into batch: FlowBatch, with random: inout SeededRandom) {
        for _ in 0..<count {
            let row = batch.reserve(1)
            batch.fill(.timeReceived, row, with: UInt32(start - 3600 + random.next() % (28 * 3600)))
            batch.fill(.samplerAddress, row, with: IPAddress(192, 0, 2, UInt8(random.next() % 3)))
            batch.fill(.samplingRate, row, with: UInt32(1 + random.next() % 2000))
            batch.fill(.samplingRateSource, row, with: UInt8(random.next() % 4))
            batch.fill(.incoming, row, with: [UInt8(0), 1, 255][Int(random.next() % 3)])
            batch.fill(.bytes, row, with: random.next() >> (20 + random.next() % 40))
            batch.fill(.packets, row, with: random.next() % 1000)
            batch.fill(.srcAddr, row, with: IPAddress(198, 51, 100, UInt8(random.next() % 20)))
            batch.fill(.dstAddr, row, with: IPAddress(203, 0, 113, UInt8(random.next() % 20)))
            batch.fill(.inIf, row, with: UInt32(random.next() % 5))
            batch.fill(.outIf, row, with: UInt32(random.next() % 7))
            batch.fill(.proto, row, with: [UInt8(1), 6, 17][Int(random.next() % 3)])
            batch.fill(.eType, row, with: [UInt16(0x0800), 0x86DD][Int(random.next() % 2)])
            batch.fill(.ipTTL, row, with: UInt8(random.next() % 40))
            batch.fill(.ipTos, row, with: UInt8(random.next() % 6))
            batch.fill(.tcpFlags, row, with: UInt8(random.next() % 30))
            batch.fill(.nextHop, row, with: IPAddress(192, 0, 2, UInt8(random.next() % 9)))
            batch.fill(.vlanId, row, with: UInt16(random.next() % 4))
            batch.fill(.srcAS, row, with: UInt32(random.next() % 20))
            batch.fill(.dstAS, row, with: UInt32(random.next() % 20))
        }
    }

    /// SplitMix64: the same rows in every run.
    private struct SeededRandom {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
