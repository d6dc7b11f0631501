import FlowQuery
import FlowSchema
import NetTypes
import Testing

struct FilterTests {
    @Test(arguments: [
        (
            #"SrcAS = 13335 and (DstPort in (80, 443) or Proto = "ICMP") and not SrcAddr << 10.0.0.0/8"#,
            """
            ((SrcAS = 13335) AND (((DstPort IN (80, 443))) OR (Proto = 1)) AND NOT (SrcAddr BETWEEN \
            toIPv6('::ffff:10.0.0.0') AND toIPv6('::ffff:10.255.255.255')))
            """
        ),
        ("dstport=https", "(DstPort = 443)"),
        ("SrcAS = unknown", "(SrcAS = 0)"),
        ("SrcAddr = unknown", "(SrcAddr IN (toIPv6('::'), toIPv6('::ffff:0.0.0.0')))"),
        ("FlowDirection = unknown", "(FlowDirection = 255)"),
        ("FlowDirection = egress", "(FlowDirection = 1)"),
        ("FlowType = ipfix", "(toUInt8(FlowType) = 4)"),
        ("SamplingRateSource = unknown", "(toUInt8(SamplingRateSource) = 0)"),
        ("EType = IPv6", "(EType = 34525)"),
        ("AS != AS64500", "(NOT (SrcAS = 64500 OR DstAS = 64500))"),
        ("Port = 53", "(SrcPort = 53 OR DstPort = 53)"),
        ("If = 3", "(InIf = 3 OR OutIf = 3)"),
        (
            "Addr in (192.0.2.1, 2001:db8::/32)",
            """
            ((SrcAddr IN (toIPv6('::ffff:192.0.2.1')) OR SrcAddr BETWEEN toIPv6('2001:db8::') AND \
            toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff')) OR (DstAddr IN (toIPv6('::ffff:192.0.2.1')) OR DstAddr \
            BETWEEN toIPv6('2001:db8::') AND toIPv6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff')))
            """
        ),
        ("SrcMac = 00:11:22:AA:bb:cc", "(SrcMac = 73596058572)"),
        ("TCPFlags has SYN", "(bitAnd(TCPFlags, 2) = 2)"),
        ("TCPFlags not has (syn, ACK)", "(NOT (bitAnd(TCPFlags, 18) = 18))"),
        ("TCPFlags has SYN+ACK", "(bitAnd(TCPFlags, 18) = 18)"),
        ("Bytes between 64 and 128", "(Bytes BETWEEN 64 AND 128)"),
        ("Bytes >= 0x40 -- big\n # all\n /* of */", "(Bytes >= 64)"),
        (#"SrcPort ~ "^80\d""#, #"(match(toString(SrcPort), '^80\\d'))"#),
        (#"FlowType not like 'NETFLOW%'"#, "(NOT (toString(FlowType) LIKE 'NETFLOW%'))"),
        (
            #"DstAddr ~ "^192\.0""#,
            """
            (match(if(DstAddr BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'), \
            substring(toString(DstAddr), 8), toString(DstAddr)), '^192\\\\.0'))
            """
        ),
        (#"TimeReceived > "2026-11-23T06:00:00Z""#, "(TimeReceived > toDateTime(1795413600))"),
        ("not not SrcVlan = 7", "NOT NOT (SrcVlan = 7)"),
        (
            "DstAddr !<< 0.0.0.0/0",
            "(NOT (DstAddr BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255')))"
        ),
    ])
    func rendersSQL(text: String, sql: String) throws {
        #expect(try Filter.parse(text)?.sql.text == sql)
    }

    @Test(arguments: ["", "   ", "-- nothing\n", "/* nothing */"])
    func nothingIsNoFilter(text: String) throws {
        #expect(try Filter.parse(text) == nil)
    }

    @Test func andBindsTighterThanOr() throws {
        let filter = try #require(try Filter.parse("Proto = 6 OR Proto = 17 AND SrcPort = 53"))
        guard case .or(let parts) = filter, case .and = parts[1] else {
            Issue.record("wrong tree: \(filter)")
            return
        }
        #expect(try Filter.parse("Proto = 6 or (Proto = 17 and SrcPort = 53)") == filter)
    }

    @Test(arguments: [
        ("SrcAZ = 1", 0, 5, "SrcAS"),
        ("SrcAS = 1 adn DstAS = 2", 10, 3, "and"),
        ("DstPort = htps", 10, 4, "https"),
        ("Proto = TPC", 8, 3, "TCP"),
        ("SrcAS 13335", 6, 5, nil),
        ("SrcAS =", 7, 0, nil),
        ("(SrcAS = 1", 10, 0, nil),
        ("SrcAS = 1)", 9, 1, nil),
        ("SrcPort = 70000", 10, 5, nil),
        ("Bytes = 99999999999999999999", 8, 20, nil),
        ("SrcAddr = 10.0.0.0/8", 10, 10, nil),
        ("SrcAddr < 10.0.0.0", 8, 1, nil),
        ("Proto << 10.0.0.0/8", 6, 2, nil),
        ("SrcAddr << ten", 11, 3, nil),
        ("Bytes between 9 and 3", 14, 1, nil),
        ("SrcAS < unknown", 8, 7, nil),
        ("Bytes = unknown", 8, 7, nil),
        ("TCPFlags has SNY", 13, 3, "SYN"),
        ("SrcAS = 1 ; drop", 10, 1, nil),
        ("SrcAS in ()", 10, 1, nil),
        (#"SrcPort ~ "a"#, 10, 2, nil),
        ("/* ä 🙂 */ SrcAZ = 1", 11, 5, "SrcAS"),
        ("/* no end", 0, 2, nil),
        ("TimeFlowStartNs = 1", 0, 15, "TimeFlowStart"),
        ("Date = 1", 0, 4, nil),
    ])
    func errorsHaveAPlace(text: String, position: Int, length: Int, suggestion: String?) throws {
        let error = try #require(throws: QueryError.self) { try Filter.parse(text) }
        #expect(error.parameter == "filter")
        #expect(error.position == position)
        #expect(error.length == length)
        #expect(error.suggestion == suggestion)
    }

    @Test func printedFiltersParseToTheSameTree() throws {
        var source = RandomFilter(random: SeededRandom(seed: 3))
        for _ in 0..<5000 {
            let filter = source.filter()
            #expect(try Filter.parse(filter.description, names: SomeNames()) == filter, "\(filter)")
        }
    }

    @Test func hostileFiltersAreSmall() {
        func nested(_ count: Int) -> String {
            String(repeating: "(", count: count) + "SrcAS = 1" + String(repeating: ")", count: count)
        }
        #expect(throws: Never.self) { try Filter.parse(nested(Filter.Limits.depth - 1)) }
        #expect(throws: QueryError.self) { try Filter.parse(nested(Filter.Limits.depth)) }
        #expect(throws: QueryError.self) { try Filter.parse(String(repeating: "not ", count: 3000) + "SrcAS = 1") }
        #expect(throws: QueryError.self) {
            try Filter.parse(Array(repeating: "AS=1", count: Filter.Limits.matches + 1).joined(separator: " or "))
        }
        #expect(throws: QueryError.self) {
            try Filter.parse("AS in (" + Array(repeating: "1", count: 1001).joined(separator: ",") + ")")
        }
        #expect(throws: QueryError.self) { try Filter.parse("SrcPort ~ '" + String(repeating: "a", count: 501) + "'") }
        #expect(throws: QueryError.self) { try Filter.parse(String(repeating: " ", count: 16385)) }
    }

    /// Random pieces of the language in random order: every text gets an answer.
    @Test func noTextTraps() {
        var random = SeededRandom(seed: 4)
        let pieces = [
            "SrcAS", "Addr", "=", "!=", "<<", "(", ")", "in", "and", "not", "between", "10.0.0.0/8", "::", "\"", "'",
            "\\",
            "--", "/*", "*/", "unknown", "has", "SYN", "+", "99999999999999999999", "0x", "ä", "🙂", "\n", "#", ",", "~",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined(separator: Bool.random(using: &random) ? " " : "")
            _ = try? Filter.parse(text)
        }
    }
}
