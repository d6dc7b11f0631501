import FlowQuery
import FlowSchema
import NetTypes
import Testing

struct OtherDirectionTests {
    @Test(arguments: [
        ("SrcAddr = 192.0.2.1 and DstPort = 443", "DstAddr = 192.0.2.1 and SrcPort = 443"),
        ("not (InIf in (1, 2) or SrcAS = unknown)", "not (OutIf in (1, 2) or DstAS = unknown)"),
        ("Addr << 10.0.0.0/8 and Proto = TCP", "Addr << 10.0.0.0/8 and Proto = TCP"),
        (
            "Incoming = yes and FlowDirection in (egress, unknown)",
            "Incoming = no and FlowDirection in (ingress, unknown)"
        ),
        ("Locality in (in, internal)", "Locality in (out, internal)"),
        ("SrcMac != 00:11:22:aa:bb:cc", "DstMac != 00:11:22:aa:bb:cc"),
        ("SrcPort between 1 and 1", "DstPort between 1 and 1"),
    ])
    func filters(text: String, other: String) throws {
        let filter = try #require(try Filter.parse(text))
        let mirrored = try #require(try Filter.parse(other))
        #expect(filter.mirrored == mirrored)
        #expect(filter.mirrored.mirrored == filter)
    }

    @Test func graphs() throws {
        let range = try TimeRange(from: 7200, to: 10_800)
        let question = Question(range: range, filter: try Filter.parse("SrcAS = 1"), direction: .in)
        let top = try TopQuery(question, dimensions: try Dimension.parse(list: "SrcAddr,Proto,Incoming"))
        let query = GraphQuery(top: top, keys: [[.address(IPAddress(192, 0, 2, 1)), .number(6), .number(1)]])
        let other = query.reversed
        #expect(other.top.dimensions.map(\.column) == [.dstAddr, .proto, .incoming])
        #expect(other.top.question.direction == .out)
        #expect(other.top.question.filter == (try Filter.parse("DstAS = 1")))
        #expect(other.keys == [[.address(IPAddress(192, 0, 2, 1)), .number(6), .number(0)]])
        #expect(other.reversed == query)
    }

    @Test func earlierIsWholeBucketsBack() throws {
        let range = try TimeRange(from: 7210, to: 10_800)
        let top = try TopQuery(
            Question(range: range),
            dimensions: [],
            buckets: try Buckets(range: range, width: 60)
        )
        let query = GraphQuery(top: top, keys: [])
        let earlier = try #require(try query.earlier(by: 3590))
        #expect(earlier.top.question.range == (try TimeRange(from: 3610, to: 7200)))
        #expect(earlier.top.buckets.count == query.top.buckets.count)
        #expect(zip(earlier.top.buckets.starts, query.top.buckets.starts).allSatisfy { $1 - $0 == 3600 })
        #expect(try query.earlier(by: 7300) == nil)
    }

    @Test func spreadingIsChosenByTheBuckets() throws {
        let range = try TimeRange(from: 0, to: 3600)
        func spreads(_ choice: Spreading.Choice, _ width: UInt64) throws -> Bool {
            choice.spreads(try Buckets(range: range, width: width))
        }
        #expect(try [1, 59, 60, 3600].map { try spreads(.auto, $0) } == [true, true, false, false])
        #expect(try spreads(.on, 3600) && !spreads(.off, 1))
    }

    @Test func binsHaveNoGaps() throws {
        for subject in ValuesQuery.Subject.allCases {
            let bounds = subject.bounds
            #expect(bounds.first == 0 && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
            // Bins double from 1 on.
            if subject.scale == .log {
                #expect(zip(bounds.dropFirst(), bounds.dropFirst(2)).allSatisfy { $1 == 2 * $0 })
            }
        }
        let question = Question(range: try TimeRange(from: 0, to: 86_400))
        #expect(try ValuesQuery(question, of: .packetSize, unit: .bits).buckets.count <= ValuesQuery.comfortable)
        #expect(throws: QueryError.self) { try ValuesQuery(question, of: .packetSize, unit: .bits, width: 60) }
        #expect(throws: QueryError.self) { try ValuesQuery(question, of: .packetSize, unit: .packetSize) }
    }

    @Test func distributionsOfHopLimitsComeFromARollup() throws {
        let question = Question(range: try TimeRange(from: 0, to: 86_400))
        #expect(try ValuesQuery(question, of: .hopLimit, unit: .bits).source.table == "flows_5m_headers")
        #expect(try ValuesQuery(question, of: .packetSize, unit: .bits).source.table == "flows_raw")
    }
}
