import FlowQuery
import FlowSchema
import NetTypes
import Testing

struct FlowPageTests {
    static func question(_ from: UInt64 = 1000, _ to: UInt64 = 90_000) throws -> Question {
        Question(range: try TimeRange(from: from, to: to))
    }

    @Test("places, cursors and orders come back from their text, and nothing else does")
    func texts() throws {
        let keys: [KeyValue?] = [
            nil, .number(.max), .address(IPAddress(192, 0, 2, 1)), .address(try #require(IPAddress("2001:db8::1"))),
            .text(""), .text("it's - \\ é😀"),
        ]
        for key in keys {
            let cursor = FlowCursor(second: 1_800_000_000, hash: .max, shown: 3, key: key)
            #expect(FlowCursor(cursor.description) == cursor)
        }
        for text in [
            "1-2-3-", "1-2-3-n", "1-2-3-x1", "1-2-3-t4", "1-2-3-tzz", "1-2-3-ta0", "1-2-3-a1.2.3", "1-2-3-n1-4",
        ] {
            #expect(FlowCursor(text) == nil, "\(text)")
        }
        let place = FlowPlace(second: 1_800_000_000, hash: 0xFF)
        #expect(place.description == "1800000000-ff" && FlowPlace("1800000000-ff") == place)
        for text in ["", "1", "1-", "-1", "1-g", "1-2-3", "1-+2", "99999999999-1"] {
            #expect(FlowPlace(text) == nil, "\(text)")
        }
        #expect(try FlowOrder("") == .newest && FlowOrder("-timereceived") == .newest)
        #expect(try FlowOrder("Bytes") == FlowOrder(.bytes, isDescending: false))
        for text in ["ASPath", "Strings", "Byts", "--Bytes", "TimeFlowStartNs"] {
            #expect(throws: QueryError.self) { try FlowOrder(text) }
        }
        #expect(try FlowsQuery.parse(columns: "") == FlowsQuery.columns)
        #expect(try FlowsQuery.parse(columns: "srcaddr, ExporterRole") == [.srcAddr, .exporterRole])
        for text in ["SrcAdr", "Bytes,Bytes", "TimeFlowStartNs"] {
            #expect(throws: QueryError.self) { try FlowsQuery.parse(columns: text) }
        }
    }

    @Test("a cursor belongs to its order")
    func foreignCursors() throws {
        let byNumber = FlowCursor(second: 1, hash: 2, shown: 1, key: .number(3))
        let byText = FlowCursor(second: 1, hash: 2, shown: 1, key: .text("a"))
        #expect(throws: QueryError.self) { try FlowsQuery(try Self.question(), before: byNumber) }
        for (cursor, order) in [(byNumber, "SrcAddr"), (byText, "Bytes"), (byNumber, "ExporterRole")] {
            #expect(throws: QueryError.self) {
                try FlowsQuery(try Self.question(), before: cursor, order: try FlowOrder(order))
            }
        }
        let query = try FlowsQuery(try Self.question(), before: byText, order: try FlowOrder("-ExporterRole"))
        #expect(query.sql.text.contains("<= ('a', toDateTime(1))"))
    }

    /// Answers a pager from seconds at which there is one row each, and counts its questions.
    static func run(_ pager: FlowPager, rows: [UInt64]) throws -> (seconds: [UInt64], asked: Int, pager: FlowPager) {
        var (pager, seconds, asked) = (pager, [UInt64](), 0)
        while let query = try pager.next() {
            asked += 1
            try #require(asked < 1000)
            let range = query.question.range
            let inRange = rows.filter { range.from <= $0 && $0 < range.to }
            let sorted = inRange.sorted { query.order.isDescending ? $0 > $1 : $0 < $1 }
            let behind = sorted.filter { second in
                guard let before = query.before else { return true }
                return query.order.isDescending ? second < before.second : second > before.second
            }
            let page = Array(behind.prefix(query.limit))
            let key: KeyValue? = query.order == .newest || query.order.column == .timeReceived ? nil : .number(1)
            seconds += page.prefix(pager.take(page.map { ($0, $0) }, key: key))
        }
        return (seconds, asked, pager)
    }

    @Test(
        "all rows of a long range come once and in order, however they lie",
        arguments: ["", "TimeReceived", "-Bytes"]
    )
    func pager(order: String) throws {
        let order = try FlowOrder(order)
        // Dense at one end, with a gap of a day, and a few at the other.
        let rows = Array(UInt64(1_800_000_000)..<1_800_002_000) + [1_800_100_000, 1_800_100_001, 1_800_259_199]
        let question = try Self.question(1_800_000_000, 1_800_259_200)
        let pager = FlowPager(question, order: order, limit: 10_000, pageRows: 100)
        let (seconds, asked, done) = try Self.run(pager, rows: rows)
        #expect(seconds == (order.isDescending ? rows.reversed() : rows))
        #expect(!done.isCut && done.given == rows.count)
        #expect(asked < 60)
        let few = try Self.run(FlowPager(question, order: order, limit: 150, pageRows: 100), rows: rows)
        #expect(few.seconds == Array((order.isDescending ? rows.reversed() : rows).prefix(150)))
        #expect(few.pager.isCut)
        let exact = try Self.run(FlowPager(question, order: order, limit: rows.count, pageRows: 100), rows: rows)
        #expect(exact.seconds.count == rows.count && !exact.pager.isCut)
    }
}
