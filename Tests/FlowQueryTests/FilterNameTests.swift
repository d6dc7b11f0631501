import FlowQuery
import FlowSchema
import NetTypes
import Testing

/// Names that only the server knows.
struct FilterNameTests {
    @Test(arguments: [
        (#"SrcAS = "example networks""#, #"SrcAS = "Example Networks""#, "(SrcAS IN (64500))"),
        (
            #"AS != 'Two "Systems"'"#, #"AS != "Two \"Systems\"""#,
            "(NOT (SrcAS IN (64501, 64502) OR DstAS IN (64501, 64502)))"
        ),
        (
            "If = xe-0/0/1", #"If = "xe-0/0/1""#,
            """
            ((SamplerAddress, InIf) IN ((toIPv6('::ffff:192.0.2.9'), 9), (toIPv6('::ffff:192.0.2.10'), 4)) OR \
            (SamplerAddress, OutIf) IN ((toIPv6('::ffff:192.0.2.9'), 9), (toIPv6('::ffff:192.0.2.10'), 4)))
            """
        ),
        (
            "SamplerAddress in (\"Edge Router\", 192.0.2.77)", "SamplerAddress in (\"edge router\", 192.0.2.77)",
            """
            ((SamplerAddress IN (toIPv6('::ffff:192.0.2.77')) OR SamplerAddress IN (toIPv6('::ffff:192.0.2.9'))))
            """
        ),
        ("SrcAddr = web", #"SrcAddr = "web""#, "(SrcAddr IN (toIPv6('::ffff:198.51.100.7')))"),
        (
            "VlanId = guests", #"VlanId = "guests""#,
            "((SamplerAddress, VlanId) IN ((toIPv6('::ffff:192.0.2.9'), 100)))"
        ),
        ("SrcCountry = germany", "SrcCountry = DE", "(reinterpretAsUInt16(SrcCountry) = 17732)"),
    ])
    func standForValues(text: String, printed: String, sql: String) throws {
        let filter = try #require(try Filter.parse(text, names: SomeNames()))
        #expect(filter.description == printed)
        #expect(filter.sql.text == sql)
        #expect(try Filter.parse(printed, names: SomeNames()) == filter)
    }

    /// Numbers stay numbers, whatever is called so, and what isn't known is an error with its place.
    @Test func errors() throws {
        #expect(try Filter.parse("SrcAS = 64500", names: SomeNames()) == Filter.parse("SrcAS = 64500"))
        let unknown = try #require(throws: QueryError.self) { try Filter.parse("InIf = xe-0/0/2", names: SomeNames()) }
        #expect(unknown.position == 7 && unknown.length == 8 && unknown.suggestion == "xe-0/0/1")
        let order = try #require(throws: QueryError.self) {
            try Filter.parse("SrcAS < 'Example Networks'", names: SomeNames())
        }
        #expect(order.position == 8 && order.message.contains("neither less nor greater"))
        #expect(throws: QueryError.self) { try Filter.parse("InIf = xe-0/0/1") }
        #expect(throws: QueryError.self) { try Filter.parse("OutIf = guests", names: SomeNames()) }
    }

    /// A name stands for so many values at most, that a question stays one that the engine can read.
    @Test func meanOnlySoMuch() {
        struct Many: FilterNames {
            func value(named name: String, in column: FlowColumn) -> NamedValue? {
                NamedValue(name: name, meaning: .numbers(Array(1...UInt64(name.count == 1 ? 1000 : 1001))))
            }
            func names(in column: FlowColumn, like text: String, limit: Int) -> [FilterName] { [] }
        }
        #expect(throws: Never.self) { try Filter.parse("SrcAS = x", names: Many()) }
        #expect(throws: QueryError.self) { try Filter.parse("SrcAS = xx", names: Many()) }
    }

    /// Numbers of an exporter's own are asked for together with the exporter, which not every rollup knows.
    @Test func rollupsThatLackTheExporterDontAnswer() throws {
        func table(_ text: String) throws -> String {
            let filter = try Filter.parse(text, names: SomeNames())
            let question = Question(range: try TimeRange(from: 0, to: 86400), filter: filter)
            return try TopQuery(question, dimensions: try Dimension.parse(list: "InIf")).source.table
        }
        #expect(try table("InIf = 9") == "flows_1h_interfaces")
        #expect(try table("InIf = xe-0/0/1") == "flows_1h_interfaces")
        #expect(try table("InIf = xe-0/0/1").contains("interfaces"))
        #expect(try table("VlanId = guests") == "flows_raw")
    }

    @Test func countriesHaveNames() {
        let codes = CountryCode.names.map(\.code)
        #expect(Set(codes).count == codes.count && codes.sorted() == codes)
        #expect(codes.allSatisfy { CountryCode.number($0).flatMap { CountryCode.text(UInt64($0)) } == $0 })
        for (code, name) in CountryCode.names { #expect(CountryCode.number(named: name) == CountryCode.number(code)) }
    }
}
