import FlowDecoders
import FlowSchema
import NetTypes
import Testing

/// A whole text through the decoder, in pieces of a size.
struct DecodedLog {
    var rows: [String] = []
    var counters = CloudLogCounters()

    init(
        aws text: String,
        layout: AWSLogLayout? = nil,
        pieces: Int = .max,
        settings: CloudLogSettings = .init(),
        inflate: (@Sendable ([UInt8], Int) -> [UInt8]?)? = nil
    ) {
        var decoder = AWSFlowLogs(layout: layout, settings: settings, inflate: inflate)
        run(Array(text.utf8), pieces) { (decoder.decode($0, isLast: $1, into: $2), decoder.awaitsRoom) }
        counters = decoder.counters
    }

    mutating func run(
        _ bytes: [UInt8],
        _ pieces: Int,
        _ decode: (Span<UInt8>, Bool, FlowBatch) -> (done: Int, awaitsRoom: Bool)
    ) {
        let batch = FlowBatch(capacity: 8)
        var (start, end) = (0, 0)
        repeat {
            end = min(bytes.count, end + min(pieces, bytes.count))
            var isMore = true
            while isMore {
                let (done, awaitsRoom) = decode(bytes.span.extracting(start..<end), end == bytes.count, batch)
                start += done
                batch.seal()
                for row in 0..<batch.count { rows.append(JSONRows().object(batch, row: row, origin: nil)) }
                batch.clear()
                isMore = awaitsRoom || (done > 0 && start < end)
            }
        } while end < bytes.count
        #expect(start == bytes.count)
    }

    func has(_ row: Int, _ text: String) -> Bool { rows.indices.contains(row) && rows[row].contains(text) }
}

@Suite("AWS VPC flow logs")
struct AWSFlowLogTests {
    /// AWS's own examples of the default layout (VPC user guide, "Flow log record examples").
    static let examples = """
        2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK
        2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK
        2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA
        2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA
        2 123456789010 eni-1235b8ca123456789 2001:db8:1234:a100:8d6e:3477:df66:f105 2001:db8:1234:a102:3304:8879:34cf:4071 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK

        """

    @Test("the default layout needs no header; NODATA and SKIPDATA are kept apart", arguments: [Int.max, 1, 7, 100])
    func examples(pieces: Int) {
        let log = DecodedLog(aws: Self.examples, pieces: pieces)
        #expect(log.rows.count == 3)
        #expect(log.counters.isBalanced && log.counters.records == 5 && log.counters.lines == 5)
        #expect(log.counters.noData == 1 && log.counters.skipData == 1 && log.counters.rejected == 0)
        #expect(log.counters.skipped == ["eni-11111111aaaaaaaaa": 1])
        #expect(log.counters.bytes == UInt64(Self.examples.utf8.count))
        #expect(log.has(0, #""TimeReceived":"2014-12-14T04:07:50Z","FlowType":"AWS_VPC""#))
        #expect(log.has(0, #""SrcAddr":"172.31.16.139","DstAddr":"172.31.16.21""#))
        #expect(log.has(0, #""Bytes":4249,"Packets":20"#) && log.has(0, #""SrcPort":20641,"DstPort":22"#))
        #expect(log.has(0, #""ForwardingStatus":64"#) && log.has(1, #""ForwardingStatus":128"#))
        #expect(log.has(0, #""CloudAction":"ACCEPT""#) && log.has(1, #""CloudAction":"REJECT""#))
        #expect(log.has(0, #""CloudInterface":"eni-1235b8ca123456789""#) && log.has(0, #""FlowDirection":255"#))
        #expect(log.has(0, #""SamplerAddress":"fd61:7773::1c:be99:1a12""#))
        #expect(log.has(2, #""EType":34525"#) && log.has(2, "2001:db8:1234:a102:3304:8879:34cf:4071"))
    }

    @Test("every field through version 11 has its place; the packets' addresses are the flow's")
    func allFields() {
        let header =
            "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
            + "log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id "
            + "sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path "
            + "ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id "
            + "ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id reject-reason "
            + "resource-id encryption-status instance-tag instance-tag-2 interface-tag interface-tag-2 asg-tag "
            + "asg-tag-2 interface-type next-hop-interface-id next-hop-subnet-id next-hop-az-id next-hop-vpc-id "
            + "next-hop-interface-type\n"
        let line =
            "11 123456789012 eni-1 10.0.0.9 198.51.100.7 443 50000 6 10 2000 1750000000 1750000059 ACCEPT OK vpc-1 "
            + "subnet-1 i-1 18 IPv4 10.0.0.77 198.51.100.7 eu-central-1 euc1-az2 wavelength zone-1 - S3 egress 8 - "
            + "cluster-1 - - - - service-1 - - task-1 BPA - 3 web%20tier - caf%C3%A9 - - - nat eni-2 subnet-2 euc1-az3 "
            + "vpc-2 -\n"
        let log = DecodedLog(aws: header + line)
        #expect(log.counters.headers == 1 && log.counters.flows == 1 && log.counters.lostTexts == 0)
        for text in [
            #""SrcAddr":"10.0.0.77","DstAddr":"198.51.100.7""#, #""SrcAddrNAT":"10.0.0.9""#, #""TCPFlags":18"#,
            #""FlowDirection":1"#, #""CloudPath":8"#, #""CloudAccount":"123456789012""#,
            #""CloudRegion":"eu-central-1""#,
            #""CloudZone":"euc1-az2""#, #""CloudVpc":"vpc-1""#, #""CloudSubnet":"subnet-1""#, #""CloudInstance":"i-1""#,
            #""CloudReason":"BPA""#, #""DstCloudService":"S3""#, #""CloudCluster":"cluster-1""#,
            #""CloudWorkload":"service-1""#, #""CloudTask":"task-1""#, #""awsInstanceTag":"web tier""#,
            #""awsInterfaceTag":"café""#, #""awsEncryptionStatus":"3""#, #""awsNextHopZone":"euc1-az3""#,
            #""awsSublocation":"zone-1""#,
        ] { #expect(log.has(0, text), "\(text) in \(log.rows)") }
        for text in ["DstAddrNAT", "SrcCloudService", "asgTag", "awsResource"] { #expect(!log.has(0, text)) }
    }

    @Test("a field of a later version keeps its place")
    func laterVersion() throws {
        let layout = try AWSLogLayout(reading: "${srcaddr} ${brand-new} ${dstaddr} ${end} ${bytes} ${packets}")
        let log = DecodedLog(aws: "192.0.2.1 whatever 192.0.2.2 1750000000 7 1", layout: layout)
        #expect(log.has(0, #""DstAddr":"192.0.2.2""#) && log.has(0, #""Bytes":7,"Packets":1"#))
        #expect(log.counters.withoutCounts == 0)
    }

    @Test("milliseconds are told from seconds, missing counts are counted")
    func times() throws {
        let layout = try AWSLogLayout(reading: "srcaddr dstaddr start end")
        let log = DecodedLog(aws: "192.0.2.1 192.0.2.2 1750000000250 1750000001500\n", layout: layout)
        #expect(log.has(0, #""TimeReceived":"2025-06-15T15:06:41Z""#) && log.counters.withoutCounts == 1)
        #expect(log.has(0, #""TimeFlowStart":"2025-06-15T15:06:40.25Z""#) || log.has(0, "15:06:40.250"))
    }

    @Test(
        "a broken line is counted with its reason and number, the next one is read",
        arguments: [
            ("2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1750000000 1750000001 ACCEPT", CloudLogError.fieldCount),
            ("2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1750000000 1750000001 ACCEPT OK more", .fieldCount),
            ("2 1 eni-1 10.0.0.256 10.0.0.2 1 2 6 1 1 1750000000 1750000001 ACCEPT OK", .badAddress),
            ("2 1 eni-1 10.0.0.1 2001:db8:::1 1 2 6 1 1 1750000000 1750000001 ACCEPT OK", .badAddress),
            ("2 1 eni-1 - 10.0.0.2 1 2 6 1 1 1750000000 1750000001 ACCEPT OK", .badAddress),
            ("2 1 eni-1 10.0.0.1 10.0.0.2 65536 2 6 1 1 1750000000 1750000001 ACCEPT OK", .badNumber),
            ("2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 18446744073709551616 1750000000 1750000001 ACCEPT OK", .badNumber),
            ("2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 x 1 1750000000 1750000001 ACCEPT OK", .badNumber),
            ("2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 - - ACCEPT OK", .badTime),
            ("2 1 eni-\u{1} 10.0.0.1 10.0.0.2 1 2 6 1 1 1750000000 1750000001 ACCEPT OK", .badText),
        ]
    )
    func broken(line: String, error: CloudLogError) {
        let header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
        let good = "2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1750000000 1750000001 ACCEPT OK\r\n"
        let log = DecodedLog(aws: header + "action log-status\n" + line + "\n\n" + good)
        #expect(log.rows.count == 1 && log.counters.isBalanced && log.counters.rejected == 1)
        #expect(log.counters.problems == [CloudLogProblem(line: 2, error: error)])
    }

    @Test("text that says nothing of its fields, and other services' logs, are refused line by line")
    func refused() {
        #expect(DecodedLog(aws: "10.0.0.1 10.0.0.2 7\n").counters[.unknownLayout] == 1)
        let transit = DecodedLog(
            aws: "version resource-type account-id tgw-id tgw-attachment-id\n6 a b c d\n6 a b c d\n"
        )
        #expect(transit.counters[.transitGateway] == 2 && transit.counters.isBalanced && transit.rows.isEmpty)
        #expect(DecodedLog(aws: "version srcaddr srcport\n2 10.0.0.1 7\n").counters[.notAFlow] == 1)
    }

    @Test("files that were put together have headers in the middle")
    func headers() {
        let text =
            "srcaddr dstaddr end\n10.0.0.1 10.0.0.2 1750000000\nend dstaddr srcaddr\n1750000001 10.0.0.4 10.0.0.3"
        let log = DecodedLog(aws: text, pieces: 10)
        #expect(log.counters.headers == 2 && log.rows.count == 2 && log.has(1, #""SrcAddr":"10.0.0.3""#))
    }

    @Test("a line without end is given up, what is behind it is read", arguments: [1 << 16, 1 << 20])
    func tooLong(pieces: Int) {
        let long = String(repeating: "x", count: 200_000)
        let log = DecodedLog(aws: "srcaddr dstaddr end\n\(long)\n10.0.0.1 10.0.0.2 1750000000\n", pieces: pieces)
        #expect(log.rows.count == 1 && log.counters[.tooLong] == 1 && log.counters.isBalanced)
    }

    @Test("lines in the JSON of a subscription and of Firehose", arguments: [Int.max, 11])
    func wrapped(pieces: Int) {
        let line = "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
        let text = """
            {"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}
            {"messageType": "DATA_MESSAGE", "owner": "123456789012", "logEvents": [
              {"id": "1", "timestamp": 1, "message": "\(line)"}, {"id": "2", "message": "\(line)\\n", "x": [{"y": "}"}]}]}
            {"message": "\(line)"}{"message":"\\u0032 broken"}
            {"other": 1} junk
            """
        let log = DecodedLog(aws: text, pieces: pieces)
        #expect(log.rows.count == 3 && log.counters.isBalanced && log.counters.ignored == 1)
        #expect(log.counters[.unknownLayout] == 1 && log.counters[.notAFlow] == 1 && log.counters[.badJSON] == 1)
        #expect(log.counters.problems.map(\.line) == [4, 5, 5])
    }

    private static func base64(_ text: String) -> String { packed(Array(text.utf8)) }

    private static func packed(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let some = bytes[start..<min(start + 3, bytes.count)]
            let bits = (some + [0, 0]).prefix(3).reduce(0) { $0 << 8 | Int($1) }
            for place in 0...some.count { text.append(digits[bits >> (18 - 6 * place) & 63]) }
            text += String(repeating: "=", count: 3 - some.count)
        }
        return text
    }

    @Test("lines packed in records of Firehose and Kinesis, also within each other", arguments: [Int.max, 13])
    func packed(pieces: Int) {
        let line = "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
        let events = #"{"messageType":"DATA_MESSAGE","logEvents":[{"message":"\#(line)"},{"message":"\#(line)"}]}"#
        let health = #"{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"x"}]}"#
        let kinesis = #"{"Records":[{"kinesis":{"data":"\#(Self.base64(events))"},"awsRegion":"x"}]}"#
        let data = [
            #"{"message":"\#(line)"}"#, line, "\(line)\n\(line)\n", events + events, health, kinesis,
        ].map { #"{"data":"\#(Self.base64($0))"}"# }.joined(separator: ",")
        let text = """
            {"requestId": "1", "timestamp": 1, "records": [\(data)]}
            {"awslogs": {"data": "\(Self.base64(events))"}}
            {"ShardId": "s", "Records": [{"SequenceNumber": "1", "Data": "\(Self.base64(line))"}]}
            """
        let log = DecodedLog(aws: text, pieces: pieces)
        #expect(log.rows.count == 13 && log.counters.isBalanced && log.counters.ignored == 1)
        #expect(log.counters.rejected == 0 && log.counters.lines == 2)
        #expect(Set(log.rows).count == 1)
    }

    @Test("of packed records those that are damaged are rejected, and no others")
    func damaged() {
        let line = "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
        let gzip = Self.packed([0x1F, 0x8B, 1])
        let records = ["=", "A", "%%%%", gzip, Self.base64(#"{"message": "#), Self.base64("{}"), Self.base64(line)]
        let data = records.map { #"{"data":"\#($0)"}"# }.joined(separator: ",")
        let log = DecodedLog(aws: #"{"records":[\#(data)]}"#) { _, most in most > 0 ? nil : [] }
        #expect(log.rows.count == 1 && log.counters.isBalanced)
        #expect(log.counters[.damagedRecord] == 4 && log.counters[.badJSON] == 1 && log.counters[.notAFlow] == 1)
        let inflated = DecodedLog(aws: #"{"records":[{"data":"\#(gzip)"}]}"#) { _, _ in Array(line.utf8) }
        #expect(inflated.rows.count == 1 && inflated.counters.rejected == 0)
        // A record within a record within a record, and so on.
        var deep = line
        for _ in 0..<8 { deep = #"{"records":[{"data":"\#(Self.base64(deep))"}]}"# }
        let refused = DecodedLog(aws: deep)
        #expect(refused.rows.isEmpty && refused.counters[.damagedRecord] == 1 && refused.counters.isBalanced)
    }
}
