import FlowQuery
import FlowSchema
import NetTypes
import Testing

struct QueryTests {
    static func question(_ filter: String = "", _ direction: DirectionChoice = .all) throws -> Question {
        Question(range: try TimeRange(from: 990, to: 1290), filter: try Filter.parse(filter), direction: direction)
    }

    static func top(_ list: String, unit: TrafficUnit = .bits, ranking: Ranking = .average) throws -> TopQuery {
        let question = try question("Proto = TCP", .in)
        let buckets = try Buckets(range: question.range, width: 60)
        let dimensions = try Dimension.parse(list: list)
        return try TopQuery(question, dimensions: dimensions, unit: unit, limit: 2, ranking: ranking, buckets: buckets)
    }

    @Test func topStatement() throws {
        #expect(
            try Self.top("SrcAS,FlowType").sql.text == """
                SELECT k0, k1, bytes, packets, flows, count() OVER () AS groups, sum(bytes) OVER () AS all_bytes, \
                sum(packets) OVER () AS all_packets, sum(flows) OVER () AS all_flows, sum(assumed) OVER () AS all_assumed
                FROM (
                SELECT SrcAS AS k0, toUInt8(FlowType) AS k1, sum(Bytes * SamplingRate) AS bytes, \
                sum(Packets * SamplingRate) AS packets, count() AS flows, \
                countIf(SamplingRateSource = 'unknown') AS assumed
                FROM netmeta.flows_raw
                WHERE indexHint(toStartOfHour(TimeReceived) BETWEEN toDateTime(0) AND toDateTime(0))
                    AND TimeReceived >= toDateTime(990)
                    AND TimeReceived < toDateTime(1290)
                    AND Incoming = 1
                    AND (Proto = 6)
                GROUP BY k0, k1
                )
                ORDER BY bytes DESC, k0, k1
                LIMIT 2
                """
        )
    }

    @Test func topByPeakStatement() throws {
        let sql = try Self.top("SrcAS", unit: .packets, ranking: .max).sql.text
        #expect(sql.contains("max(b.packets) AS peak"))
        #expect(sql.contains("toStartOfInterval(TimeReceived, INTERVAL 60 SECOND) AS t"))
        #expect(sql.contains("GROUP BY k0, t"))
        #expect(sql.contains("ORDER BY peak DESC, k0"))
    }

    @Test func limitsOfTop() throws {
        let question = try Self.question()
        #expect(throws: QueryError.self) { try TopQuery(question, dimensions: [], limit: 0) }
        #expect(throws: QueryError.self) { try TopQuery(question, dimensions: [], limit: 101) }
    }

    @Test func graphStatement() throws {
        let one = GraphQuery(top: try Self.top("SrcAS"), keys: [[.number(13335)], [.number(0)]])
        #expect(
            one.sql.text == """
                SELECT toStartOfInterval(TimeReceived, INTERVAL 60 SECOND) AS t, \
                if(SrcAS IN (13335, 0), multiIf(SrcAS = 13335, 1, SrcAS = 0, 2, 0), 0) AS r, 0 AS direction, \
                sum(Bytes * SamplingRate) AS amount, count() AS flows, countIf(SamplingRateSource = 'unknown') AS assumed
                FROM netmeta.flows_raw
                WHERE indexHint(toStartOfHour(TimeReceived) BETWEEN toDateTime(0) AND toDateTime(0))
                    AND TimeReceived >= toDateTime(990)
                    AND TimeReceived < toDateTime(1290)
                    AND Incoming = 1
                    AND (Proto = 6)
                GROUP BY t, r, direction
                """
        )
        let two = GraphQuery(
            top: try Self.top("SrcAddr,InIf", unit: .flows),
            keys: [[.address(IPAddress(192, 0, 2, 1)), .number(3)]],
            splitsDirection: true
        )
        #expect(
            two.sql.text.hasPrefix(
                """
                SELECT toStartOfInterval(TimeReceived, INTERVAL 60 SECOND) AS t, \
                if((SrcAddr, InIf) IN ((toIPv6('::ffff:192.0.2.1'), 3)), \
                multiIf(SrcAddr = toIPv6('::ffff:192.0.2.1') AND InIf = 3, 1, 0), 0) AS r, Incoming AS direction, \
                count() AS amount
                """
            )
        )
        #expect(GraphQuery(top: try Self.top(""), keys: []).sql.text.contains(" 1 AS r"))
        #expect(GraphQuery(top: try Self.top("SrcAS"), keys: []).sql.text.contains(" 0 AS r"))
    }

    @Test func groupsOfRawRowsAreReadAloneWhereARollupHasTheWhole() throws {
        let question = Question(range: try TimeRange(from: 0, to: 36_000), filter: try Filter.parse("Proto = 6"))
        let top = try TopQuery(
            question,
            dimensions: try Dimension.parse(list: "Proto,SrcPort"),
            buckets: try Buckets(range: question.range, width: 3600)
        )
        let query = GraphQuery(top: top, keys: [[.number(6), .number(443)], [.number(6), .number(53)]])
        let sql = query.sql.text
        #expect(sql.contains("    AND (Proto, SrcPort) IN ((6, 443), (6, 53))\nGROUP BY t, k0, k1, direction\n)"))
        #expect(sql.hasPrefix("SELECT t, multiIf(k0 = 6 AND k1 = 443, 1, k0 = 6 AND k1 = 53, 2, 0) AS r, direction"))
        #expect(sql.contains(" AS t, 0 AS r, 0 AS direction, sum(ScaledBytes) AS amount"))
        #expect(query.source.table == "flows_raw")
        let answer = query.answer([
            GraphRow(bucket: 3600, rank: 1, direction: 0, amount: 300, flows: 1, assumed: 1),
            GraphRow(bucket: 7200, rank: 2, direction: 0, amount: 900, flows: 3, assumed: 0),
            GraphRow(bucket: 3600, rank: 0, direction: 0, amount: 1000, flows: 5, assumed: 2),
            // A group whose rows came after the whole was read.
            GraphRow(bucket: 7200, rank: 0, direction: 0, amount: 800, flows: 3, assumed: 0),
        ])
        #expect(answer.series.map(\.key.kind) == [.value, .value, .other])
        #expect(answer.series.map(\.total) == [900, 300, 700])
        #expect(answer.flows == 8)
        #expect(answer.assumedSampling == 0.25)
        let none = query.answer([
            GraphRow(bucket: 0, rank: 1, direction: 0, amount: 300, flows: 1, assumed: 0),
            GraphRow(bucket: 0, rank: 0, direction: 0, amount: 300, flows: 1, assumed: 0),
        ])
        #expect(none.series.map(\.key.kind) == [.value])
    }

    @Test func columnsOfOneByteNeedOneScan() throws {
        let top = try Self.top("Proto")
        let scan = try #require(GraphInOneScan(top, splitsDirection: false))
        #expect(scan.sql.text.contains("if(place <= 2, place, 0) AS r"))
        #expect(scan.sql.text.split(separator: "flows_raw").count == 2)
        let query = scan.query(ranks: [2, 0, 1, 1], keys: [.number(17), .number(99), .number(6), .number(6)])
        #expect(query.keys == [[.number(6)], [.number(17)]])
        #expect(GraphInOneScan(try Self.top("SrcPort"), splitsDirection: false) == nil)
        #expect(GraphInOneScan(try Self.top("Proto,TCPFlags"), splitsDirection: false) == nil)
        #expect(GraphInOneScan(try Self.top(""), splitsDirection: false) == nil)
    }

    @Test func topAnswerAddsOther() throws {
        let whole = Traffic(bytes: 1000, packets: 10, flows: 8)
        let rows = [
            TopRow(
                values: [.number(1)],
                traffic: .init(bytes: 600, packets: 5, flows: 3),
                groups: 3,
                whole: whole,
                assumed: 2
            ),
            TopRow(
                values: [.number(0)],
                traffic: .init(bytes: 300, packets: 3, flows: 3),
                groups: 3,
                whole: whole,
                assumed: 2
            ),
        ]
        let answer = try Self.top("SrcAS").answer(rows)
        #expect(answer.rows.map(\.key.kind) == [.value, .unknown, .other])
        #expect(answer.rows.map(\.traffic.bytes) == [600, 300, 100])
        #expect(answer.rows[2].traffic == Traffic(bytes: 100, packets: 2, flows: 2))
        #expect(answer.rows[0].rate == 16)
        #expect(answer.rows[0].share == 0.6)
        #expect(answer.groups == 3 && answer.shown == 2)
        #expect(answer.assumedSampling == 0.25)
        #expect(answer.total == whole)
        let empty = try Self.top("SrcAS").answer([])
        #expect(empty.rows.isEmpty && empty.groups == 0 && empty.assumedSampling == 0)
    }

    @Test func graphAnswerHasNoGaps() throws {
        let query = GraphQuery(top: try Self.top("SrcAS"), keys: [[.number(0)], [.number(5)]])
        // The range 990..<1290 in buckets of 60 s: 960 (30 s of it), 1020 ... 1260 (30 s of it).
        let answer = query.answer([
            GraphRow(bucket: 960, rank: 1, direction: 0, amount: 300, flows: 1, assumed: 1),
            GraphRow(bucket: 1080, rank: 2, direction: 0, amount: 600, flows: 2, assumed: 0),
            GraphRow(bucket: 1260, rank: 0, direction: 0, amount: 1500, flows: 1, assumed: 0),
            GraphRow(bucket: 1320, rank: 1, direction: 0, amount: 99, flows: 9, assumed: 9),
        ])
        #expect(answer.series.map(\.key.kind) == [.value, .unknown, .other])
        #expect(answer.series[0].values == [0, 0, 80, 0, 0, 0])
        #expect(answer.series[1].values == [80, 0, 0, 0, 0, 0])
        #expect(answer.series[2].values == [0, 0, 0, 0, 0, 400])
        #expect(answer.series[2].last == 400)
        #expect(answer.series[0].total == 600)
        #expect(answer.series[0].average == 16)
        #expect(answer.series[0].peak == 80)
        #expect(answer.series[0].p95 == 80)
        #expect(answer.series.map(\.share).reduce(0, +) == 1)
        #expect(answer.flows == 4)
        #expect(answer.assumedSampling == 0.25)
    }

    @Test func p95IsTheNearestRank() throws {
        let question = Question(range: try TimeRange(from: 0, to: 100))
        let top = try TopQuery(
            question,
            dimensions: [],
            unit: .flows,
            buckets: try Buckets(range: question.range, width: 1)
        )
        let rows = (0..<100).map {
            GraphRow(bucket: UInt64($0), rank: 1, direction: 0, amount: UInt64($0 + 1), flows: 1, assumed: 0)
        }
        let series = GraphQuery(top: top, keys: []).answer(rows).series
        #expect(series.count == 1)
        #expect(series[0].p95 == 95)
        #expect(series[0].key.labels([]) == ["Total"])
    }

    @Test func directionsSplit() throws {
        let query = GraphQuery(top: try Self.top(""), keys: [], splitsDirection: true)
        let answer = query.answer(
            [0, 1, 255].map {
                GraphRow(bucket: 1020, rank: 1, direction: $0, amount: 10 + $0, flows: 1, assumed: 0)
            }
        )
        #expect(answer.series.map(\.direction) == [.unknown, .in, .out])
    }

    @Test func flowsStatement() throws {
        let first = try FlowsQuery(try Self.question("SrcAS = 1"), limit: 50)
        #expect(first.sql.text.contains("AND (SrcAS = 1)\n    AND TimeReceived >= ("))
        #expect(first.sql.text.hasSuffix("ORDER BY TimeReceived DESC, _hash DESC\nLIMIT 50 OFFSET 0"))
        let cursor = FlowCursor(second: 1200, hash: 77, shown: 2)
        let second = try FlowsQuery(try Self.question(), limit: 50, before: cursor)
        #expect(second.sql.text.contains("(TimeReceived < toDateTime(1200) OR _hash <= 77)"))
        #expect(second.sql.text.hasSuffix("LIMIT 50 OFFSET 2"))
        #expect(throws: QueryError.self) { try FlowsQuery(try Self.question(), limit: 1001) }
        #expect(throws: QueryError.self) { try FlowsQuery(try Self.question(), limit: 0) }
    }

    @Test func cursorsCountEqualRows() throws {
        let query = try FlowsQuery(try Self.question(), limit: 3)
        #expect(query.next(after: [(9, 1), (8, 2)]) == nil)
        let cursor = try #require(query.next(after: [(9, 1), (8, 2), (8, 2)]))
        #expect(cursor == FlowCursor(second: 8, hash: 2, shown: 2))
        #expect(FlowCursor(cursor.description) == cursor)
        let next = try FlowsQuery(try Self.question(), limit: 3, before: cursor)
        #expect(next.next(after: [(8, 2), (8, 2), (8, 2)])?.shown == 5)
        #expect(next.next(after: [(8, 1), (7, 2), (7, 2)])?.shown == 2)
        for text in ["", "1", "1-2", "1-g-3", "1-2-3-4", "-1-2-3", "99999999999-1-1"] {
            #expect(FlowCursor(text) == nil)
        }
    }
}
