import FlowQuery
import FlowSchema
import NetTypes
import Testing

struct DimensionTests {
    @Test(arguments: [
        (FlowColumn.srcAS, KeyValue.number(13335), "13335", "AS13335"),
        (.srcAS, .number(0), "0", "unknown"),
        (.dstPort, .number(443), "443", "443 https"),
        (.dstPort, .number(4444), "4444", "4444"),
        (.proto, .number(6), "6", "TCP"),
        (.proto, .number(253), "253", "253"),
        (.eType, .number(0x0800), "2048", "IPv4"),
        (.eType, .number(0x88B5), "34997", "0x88B5"),
        (.inIf, .number(3), "3", "if 3"),
        (.outIf, .number(0), "0", "unknown"),
        (.flowDirection, .number(0), "0", "ingress"),
        (.flowDirection, .number(255), "255", "unknown"),
        (.flowType, .number(4), "4", "IPFIX"),
        (.samplingRateSource, .number(2), "2", "options"),
        (.srcMac, .number(0x0011_22AA_BBCC), "00:11:22:aa:bb:cc", "00:11:22:aa:bb:cc"),
        (.srcAddr, .address(IPAddress(192, 0, 2, 1)), "192.0.2.1", "192.0.2.1"),
        (.nextHop, .address(.unspecified), "::", "unknown"),
        (.tcpFlags, .number(18), "18", "SYN+ACK"),
        (.tcpFlags, .number(0), "0", "none"),
        (.ipTos, .number(0), "0", "0"),
        (.srcCountry, .number(0x4544), "DE", "DE"),
        (.dstCountry, .number(0), "0", "unknown"),
        (.exporterRole, .text("edge"), "edge", "edge"),
        (.srcCity, .text(""), "", "unknown"),
        (.inIfBoundary, .text("undefined"), "undefined", "unknown"),
    ])
    func labels(column: FlowColumn, value: KeyValue, text: String, label: String) throws {
        let dimension = try #require(Dimension(column))
        #expect(dimension.text(value) == text)
        #expect(dimension.label(value) == label)
    }

    /// What a click in the console writes into the filter selects that value.
    @Test func everyKeyIsAFilter() throws {
        for column in FlowColumn.queryable {
            guard let dimension = Dimension(column) else { continue }
            let value: KeyValue =
                switch column.field.kind {
                case .address: .address(IPAddress(192, 0, 2, 1))
                case .text: .text("Example")
                case .boundary: .text("external")
                case .country: .number(0x4544)
                default: .number(7)
                }
            #expect(throws: Never.self) { try Filter.parse("\(column.name) = \(dimension.text(value))") }
        }
    }

    @Test func readsLists() throws {
        #expect(try Dimension.parse(list: "").isEmpty)
        #expect(try Dimension.parse(list: "srcas, InIf").map(\.column) == [.srcAS, .inIf])
        for list in [
            "Bytes", "SrcAS,SrcAS", "SrcAZ", "TimeReceived", "SrcAS,DstAS,InIf,OutIf,Proto,EType,IPTTL", "a;b",
        ] {
            let error = try #require(throws: QueryError.self) { try Dimension.parse(list: list) }
            #expect(error.parameter == "dimensions")
        }
        #expect(throws: QueryError("SrcAZ is no dimension", parameter: "dimensions", suggestion: "SrcAS")) {
            try Dimension.parse(list: "SrcAZ")
        }
    }
}
