import FlowQuery
import FlowSchema
import Testing

/// Which tables answer which part of a range.
struct FlowSourceTests {
    private static func parts(
        _ list: String,
        from: UInt64,
        to: UInt64,
        filter: String = "",
        bucket: UInt64 = 3600,
        direction: DirectionChoice = .all,
        detail: DetailChoice = .automatic
    ) throws -> [String] {
        let range = try TimeRange(from: from, to: to)
        let question = Question(
            range: range,
            filter: try Filter.parse(filter),
            direction: direction,
            detail: detail
        )
        let top = try TopQuery(
            question,
            dimensions: try Dimension.parse(list: list),
            buckets: try Buckets(range: range, width: bucket)
        )
        let source = GraphQuery(top: top, keys: []).source
        // Together the parts are the range, without gaps and overlaps.
        #expect(source.parts.first?.from == from && source.parts.last?.to == to)
        #expect(zip(source.parts, source.parts.dropFirst()).allSatisfy { $0.to == $1.from })
        for part in source.parts {
            let step = part.rollup?.resolution ?? 1
            #expect(part.from % step == 0 && part.to % step == 0)
        }
        return source.parts.map { "\($0.rollup?.table ?? "raw") \($0.to - $0.from)" }
    }

    private static let hour: UInt64 = 3600
    private static let day: UInt64 = 86400

    @Test func alignedRangesComeFromOneTable() throws {
        #expect(try Self.parts("InIf", from: 0, to: 7 * Self.day) == ["flows_1h_interfaces 604800"])
        #expect(try Self.parts("InIf", from: 0, to: Self.day, bucket: 300) == ["flows_5m_interfaces 86400"])
        #expect(try Self.parts("OutIf", from: 0, to: 6 * Self.hour, bucket: 120) == ["flows_1m_interfaces 21600"])
        #expect(try Self.parts("DstAS", from: 0, to: Self.day, bucket: 300) == ["flows_5m_transits 86400"])
        #expect(try Self.parts("SrcAS,OutIf", from: 0, to: Self.day) == ["flows_1h_transits 86400"])
        #expect(try Self.parts("", from: 0, to: Self.day, direction: .in) == ["flows_1h_interfaces 86400"])
    }

    @Test func edgesComeFromFinerTables() throws {
        #expect(
            try Self.parts("SrcAS", from: 1000, to: 7 * Self.day + 3599) == [
                "raw 20", "flows_1m_transits 2580", "flows_1h_transits 601200", "flows_5m_transits 3300", "raw 299",
            ]
        )
        #expect(
            try Self.parts("InIf", from: 59, to: Self.day + 61, bucket: 300)
                == ["raw 241", "flows_5m_interfaces 86100", "raw 61"]
        )
    }

    @Test(arguments: [
        ("SrcAddr", "", UInt64(3600)), ("InIf", "SrcPort = 443", 3600), ("SrcAS,VlanId", "", 3600),
        ("SrcAS", "VlanId = 3", 3600), ("InIf", "TimeReceived > 5", 3600), ("InIf", "SamplingRate = 1", 3600),
        ("InIf", "", 90), ("InIf", "", 30), ("SrcAS", "not (Proto = TCP or Addr = 192.0.2.1)", 3600),
    ])
    func whatARollupLacksIsRaw(list: String, filter: String, bucket: UInt64) throws {
        #expect(
            try Self.parts(list, from: 0, to: 5 * Self.hour, filter: filter, bucket: bucket)
                == ["raw 18000"]
        )
    }

    @Test func shortRangesAndDemandsAreRaw() throws {
        #expect(try Self.parts("InIf", from: 0, to: 540, bucket: 60) == ["raw 540"])
        #expect(try Self.parts("InIf", from: 0, to: Self.day, detail: .raw) == ["raw 86400"])
    }

    @Test func topNeedsNoBuckets() throws {
        let question = Question(range: try TimeRange(from: 0, to: Self.day))
        let top = try TopQuery(
            question,
            dimensions: try Dimension.parse(list: "SrcAS"),
            buckets: try Buckets(range: question.range, width: 45)
        )
        #expect(top.source.table == "flows_1h_transits" && top.source.resolution == 3600)
        var byPeak = top
        byPeak.ranking = .max
        #expect(byPeak.source.table == "flows_raw" && byPeak.source.resolution == 1)
    }

    @Test func rangesNameTheHoursThatRawRowsLieBy() throws {
        func sql(from: UInt64, to: UInt64) throws -> String {
            let question = Question(range: try TimeRange(from: from, to: to))
            return try TopQuery(question, dimensions: try Dimension.parse(list: "SrcAddr")).sql.text
        }
        #expect(
            try sql(from: 7100, to: 7200)
                .contains("indexHint(toStartOfHour(TimeReceived) BETWEEN toDateTime(3600) AND toDateTime(3600))\n")
        )
        #expect(
            try sql(from: 7199, to: 10801)
                .contains("indexHint(toStartOfHour(TimeReceived) BETWEEN toDateTime(3600) AND toDateTime(10800))\n")
        )
        // A day that begins at noon lies in two parts of a day each.
        #expect(
            try sql(from: 43200, to: Self.day + 43200)
                .contains("indexHint(toStartOfHour(TimeReceived) BETWEEN toDateTime(43200) AND toDateTime(126000))\n")
        )
    }

    @Test func partsAreOneStatement() throws {
        let range = try TimeRange(from: 30, to: 3690)
        let question = Question(range: range, filter: try Filter.parse("InIf = 3"), direction: .in)
        let top = try TopQuery(question, dimensions: try Dimension.parse(list: "OutIf"), unit: .flows)
        #expect(
            top.sql.text.contains(
                """
                SELECT OutIf AS k0, sum(ScaledBytes) AS bytes, sum(ScaledPackets) AS packets, sum(Flows) AS flows, \
                sum(UnratedFlows) AS assumed
                FROM (
                SELECT TimeReceived, OutIf, Bytes * SamplingRate AS ScaledBytes, Packets * SamplingRate AS ScaledPackets, \
                toUInt64(1) AS Flows, toUInt64(SamplingRateSource = 'unknown') AS UnratedFlows
                FROM netmeta.flows_raw
                WHERE indexHint(toStartOfHour(TimeReceived) BETWEEN toDateTime(0) AND toDateTime(0))
                    AND TimeReceived >= toDateTime(30)
                    AND TimeReceived < toDateTime(300)
                    AND Incoming = 1
                    AND (InIf = 3)
                UNION ALL
                SELECT TimeReceived, OutIf, ScaledBytes, ScaledPackets, Flows, UnratedFlows
                FROM netmeta.flows_5m_interfaces
                WHERE TimeReceived >= toDateTime(300)
                """
            )
        )
    }
}
