import FlowDecoders
import FlowSchema
import NetTypes
import Testing

extension DecodedLog {
    init(azure text: String, pieces: Int = .max, settings: CloudLogSettings = .init()) {
        self.init(aws: "")
        var decoder = AzureFlowLogs(settings: settings)
        run(Array(text.utf8), pieces) { (decoder.decode($0, isLast: $1, into: $2), decoder.awaitsRoom) }
        counters = decoder.counters
    }
}

/// Logs in the form of Microsoft's documentation ("Virtual network flow logs", "Flow logging for network security
/// groups"), with names and addresses of our own.
@Suite("Azure flow logs")
struct AzureFlowLogTests {
    static let network = """
        /subscriptions/ABCDEF01-2345-6789-0abc-def012345678/resourceGroups/shop/providers/Microsoft.Network/\
        virtualNetworks/front
        """

    /// A record of a virtual network, with groups of tuples by their rules.
    static func record(_ groups: [(rule: String, tuples: [String])], target: String = network) -> String {
        let groups = groups.map { group in
            let tuples = group.tuples.map { "\"\($0)\"" }.joined(separator: ",")
            // The rule behind its tuples: names may come in any order.
            return #"{"flowTuples":[\#(tuples)],"rule":"\#(group.rule)"}"#
        }
        return """
            {"time":"2022-09-14T09:00:52.5625085Z","flowLogVersion":4,"flowLogGUID":"g","macAddress":"00224871C205",
            "category":"FlowLogFlowEvent","targetResourceID":"\(target)","operationName":"FlowLogFlowEvent",
            "flowRecords":{"flows":[{"aclID":"acl-1","flowGroups":[\(groups.joined(separator: ","))]}]}}
            """
    }

    static let mixed = record([
        (
            "allow-web",
            [
                "1663146003599,10.0.0.6,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0",
                "1663146003606,10.0.0.6,192.0.2.180,23956,443,6,O,E,X,3,767,2,1580",
                "1663146003,198.51.100.7,10.0.0.6,4000,53,17,I,C,NX,5,500,,",
                "1663146003606,10.0.0.6,2001:db8::1,23956,443,6,O,E,NX,,,4,4569",
            ]
        ), ("block-ssh", ["1663145998065,203.0.113.153,10.0.0.6,55188,22,6,I,D,NX,0,0,0,0"]),
        ("unspecified", ["1663145998065,203.0.113.153,10.0.0.6,55188,22,6,I,D,NX_NOT_ACCEPTED,0,0,0,0"]),
    ])

    @Test("each way with traffic is a row, what is denied too", arguments: [Int.max, 1, 37])
    func ways(pieces: Int) {
        let log = DecodedLog(azure: #"{"records":[\#(Self.mixed)]}"#, pieces: pieces)
        #expect(log.counters.isBalanced && log.counters.flows == 6 && log.counters.noData == 1, "\(log.counters)")
        #expect(log.counters.rejected == 0 && log.counters.lines == 2)
        for text in [
            #""TimeReceived":"2022-09-14T09:00:03Z","FlowType":"AZURE_VNET""#, #""FlowDirection":1"#,
            #""TimeFlowStart":"2022-09-14T09:00:03.606"#, #""Bytes":767,"Packets":3"#,
            #""SrcAddr":"10.0.0.6","DstAddr":"192.0.2.180""#, #""SrcPort":23956,"DstPort":443"#, #""Proto":6"#,
            #""CloudAccount":"abcdef01-2345-6789-0abc-def012345678""#, #""CloudVpc":"front""#,
            #""CloudInterface":"00224871C205""#, #""CloudAction":"ACCEPT""#, #""ForwardingStatus":64"#,
            "azureFlowState", "allow-web", "acl-1", "shop",
        ] { #expect(log.has(0, text), "\(text) in \(log.rows)") }
        for text in [
            #""FlowDirection":0"#, #""Bytes":1580,"Packets":2"#, #""SrcAddr":"192.0.2.180","DstAddr":"10.0.0.6""#,
            #""SrcPort":443,"DstPort":23956"#,
        ] { #expect(log.has(1, text), "\(text) in \(log.rows)") }
        #expect(log.has(2, #""Bytes":500"#) && log.has(2, #""FlowDirection":0"#) && log.has(2, #""Proto":17"#))
        #expect(log.has(2, #""TimeReceived":"2022-09-14T09:00:03Z""#))
        // Only what came back.
        #expect(log.has(3, #""Bytes":4569"#) && log.has(3, #""SrcAddr":"2001:db8::1""#))
        #expect(log.has(4, #""CloudAction":"DENY","CloudReason":"block-ssh""#))
        #expect(log.has(4, #""ForwardingStatus":128"#))
        #expect(log.has(5, #""CloudReason":"NX_NOT_ACCEPTED""#))
    }

    @Test("security groups, version 1 and 2, as they have them")
    func securityGroups() {
        let resource = """
            /SUBSCRIPTIONS/ABCDEF01-2345-6789-0ABC-DEF012345678/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.NETWORK/\
            NETWORKSECURITYGROUPS/WEB
            """
        let record = """
            {"time":"2018-11-13T12:00:35.3899262Z","systemId":"s","category":"NetworkSecurityGroupFlowEvent",\
            "resourceId":"\(resource)","operationName":"NetworkSecurityGroupFlowEvents","properties":{"Version":2,"flows":\
            [{"rule":"allow","flows":[{"mac":"000D3AF87856","flowTuples":\
            ["1542110402,203.0.113.82,10.5.16.4,28776,5358,T,I,D,B,,,,",\
            "1542110437,10.5.16.4,192.0.2.118,44931,443,U,O,A,C,30,16978,24,14008",\
            "1542110438,10.5.16.4,192.0.2.118,44931,443,T,O,A"]}]}]}}
            """
        let log = DecodedLog(azure: #"{"records":[\#(record)]}"#)
        #expect(log.counters.isBalanced && log.counters.flows == 3 && log.counters.noData == 1, "\(log.counters)")
        #expect(log.has(0, #""CloudAction":"DENY","CloudReason":"allow""#) && log.has(0, #""Proto":6"#))
        #expect(log.has(1, #""Bytes":16978,"Packets":30"#) && log.has(1, #""Proto":17"#))
        #expect(log.has(1, #""CloudInterface":"000D3AF87856""#) && log.has(1, "azureSecurityGroup"))
        #expect(log.has(2, #""Bytes":14008,"Packets":24"#))
    }

    @Test("names of a subnet's and of an interface's log")
    func targets() {
        let tuples = [("r", ["1663146003606,10.0.0.6,192.0.2.1,1,2,6,O,E,NX,1,1,0,0"])]
        let subnet = DecodedLog(azure: Self.record(tuples, target: Self.network + "/subnets/web"))
        #expect(subnet.has(0, #""CloudVpc":"front","CloudSubnet":"web""#), "\(subnet.rows)")
        let path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/nic-1"
        #expect(DecodedLog(azure: Self.record(tuples, target: path)).has(0, #""CloudInterface":"nic-1""#))
    }

    /// An hour that lasts has no end of its array yet, and may end within a record.
    @Test("what is there of a blob that grows is read", arguments: [Int.max, 5])
    func growing(pieces: Int) {
        let open = DecodedLog(azure: #"{"records":[\#(Self.mixed),\#(Self.mixed)"#, pieces: pieces)
        #expect(open.counters.isBalanced && open.counters.flows == 12 && open.counters.rejected == 0)
        let cut = DecodedLog(azure: #"{"records":[\#(Self.mixed),\#(Self.mixed.dropLast(10))"#, pieces: pieces)
        #expect(cut.counters.isBalanced && cut.counters.flows == 6 && cut.counters[.cutShort] == 1)
    }

    /// One a line, as event hubs and log shippers hand them on.
    @Test("records without their envelope, and others between them")
    func lines() {
        let log = DecodedLog(azure: "\(Self.mixed)\n{\"category\":\"other\"}\nno JSON\n\(Self.mixed)\n")
        #expect(log.counters.isBalanced && log.counters.flows == 12)
        #expect(log.counters.ignored == 1 && log.counters[.badJSON] == 1)
    }

    @Test(
        "a tuple that can't be read leaves the others",
        arguments: [
            ("1663146003606,10.0.0.6,192.0.2.1,1,2,6,O,E,NX,1,1,0", CloudLogError.fieldCount),
            ("1663146003606,10.0.0.6,192.0.2.1,1,2,6,O,E,NX,1,1,0,0,0", .fieldCount),
            ("x,10.0.0.6,192.0.2.1,1,2,6,O,E,NX,1,1,0,0", .badTime),
            ("1663146003606,10.0.0.266,192.0.2.1,1,2,6,O,E,NX,1,1,0,0", .badAddress),
            ("1663146003606,10.0.0.6,192.0.2.1,65536,2,6,O,E,NX,1,1,0,0", .badNumber),
            ("1663146003606,10.0.0.6,192.0.2.1,1,2,6,O,E,NX,-1,1,0,0", .badNumber),
            ("1663146003606,10.0.0.6,192.0.2.1,1,2,6,X,E,NX,1,1,0,0", .notAFlow),
            ("1663146003606,10.0.0.6,192.0.2.1,1,2,6,O,Q,NX,1,1,0,0", .notAFlow), ("", .fieldCount),
        ]
    )
    func broken(tuple: String, error: CloudLogError) {
        let good = "1663146003606,10.0.0.6,192.0.2.1,1,2,6,O,E,NX,1,1,0,0"
        let log = DecodedLog(azure: Self.record([("r", [good, tuple, good])]))
        #expect(log.counters.isBalanced && log.counters.flows == 2 && log.counters[error] == 1, "\(log.counters)")
    }

    @Test("files are known by what they begin like")
    func recognized() {
        #expect(CloudLogKind(recognizing: Array(#"{"records":[\#(Self.mixed)]}"#.utf8)) == .azure)
    }
}
