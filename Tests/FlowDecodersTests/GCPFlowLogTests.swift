import FlowDecoders
import FlowSchema
import Foundation
import NetTypes
import Testing

extension DecodedLog {
    init(gcp text: String, pieces: Int = .max, settings: CloudLogSettings = .init()) {
        self.init(aws: "")
        var decoder = GCPFlowLogs(settings: settings)
        run(Array(text.utf8), pieces) { (decoder.decode($0, isLast: $1, into: $2), false) }
        counters = decoder.counters
    }
}

@Suite("Google Cloud VPC flow logs")
struct GCPFlowLogTests {
    /// An entry of Google's record format, with what a test is about in place of `…`.
    static func entry(
        _ reporter: String = "SRC",
        _ rest: String = "",
        source: String = "10.10.0.2",
        log: String = "compute.googleapis.com%2Fvpc_flows"
    ) -> String {
        """
        {"insertId": "1", "jsonPayload": {"connection": {"src_ip": "\(source)", "dest_ip": "10.50.0.2", "protocol": 6, \
        "src_port": 49822, "dest_port": 443}, "reporter": "\(reporter)", "start_time": "2025-06-15T15:10:00.001223344Z", \
        "end_time": "2025-06-15T15:10:04.998877665Z"\(rest)}, "logName": "projects/example-prj/logs/\(log)", \
        "resource": {"type": "gce_subnetwork", "labels": {"project_id": "example-prj"}}, \
        "timestamp": "2025-06-15T15:10:11.5Z"}
        """
    }

    static let networks = """
        , "src_instance": {"project_id": "p1", "region": "europe-west1", "vm_name": "web-1", "zone": "europe-west1-b"}, \
        "dest_instance": {"project_id": "p2", "region": "us-central1", "vm_name": "db-1", "zone": "us-central1-c"}, \
        "src_vpc": {"project_id": "p1", "vpc_name": "prod", "subnetwork_name": "sub-a"}, \
        "dest_vpc": {"project_id": "p2", "vpc_name": "prod", "subnetwork_name": "sub-b"}
        """

    @Test("counters as text and as numbers, round trip time, ends and places", arguments: [Int.max, 1, 37])
    func entries(pieces: Int) {
        let first = Self.entry(
            "SRC",
            #", "bytes_sent": "99887766554433", "packets_sent": 31, "rtt_msec": "24", "round_trip_time": {"median_msec": 24.31}"#
                + Self.networks + #", "network_service": {"dscp": 10}"#
        )
        let log = DecodedLog(gcp: first + "\n" + Self.entry("DEST_GATEWAY") + "\n", pieces: pieces)
        #expect(log.counters.isBalanced && log.counters.flows == 2 && log.counters.lines == 2)
        for text in [
            #""TimeReceived":"2025-06-15T15:10:04Z","FlowType":"GCP_VPC""#, #""SamplingRateSource":"unknown""#,
            #""FlowDirection":1"#, #""TimeFlowStart":"2025-06-15T15:10:00.001223344Z""#,
            #""Bytes":99887766554433,"Packets":31"#, #""SrcAddr":"10.10.0.2""#, #""DstPort":443"#, #""IPTos":40"#,
            #""RoundTripTime":24310"#, #""CloudAccount":"example-prj""#, #""CloudReporter":"SRC""#,
            #""CloudInstance":"web-1""#, #""SrcCloudInstance":"web-1","DstCloudInstance":"db-1""#,
            #""SrcCloudProject":"p1","DstCloudProject":"p2""#, #""DstCloudZone":"us-central1-c""#,
            #""CloudSubnet":"sub-a""#, #""CloudAction":"ACCEPT""#,
        ] { #expect(log.has(0, text), "\(text) in \(log.rows)") }
        #expect(log.has(1, #""FlowDirection":0"#) && log.has(1, #""CloudReporter":"DEST_GATEWAY""#))
    }

    @Test("of two entries for one flow the policy's stays, where both ends are in networks")
    func reporters() {
        let text = [
            Self.entry("SRC", Self.networks), Self.entry("DEST", Self.networks),
            // From outside: nobody else reports it.
            Self.entry("DEST", #", "src_location": {"asn": 64500, "country": "usa"}"#, source: "203.0.113.5"),
        ].joined(separator: "\n")
        let ends = [CloudLogSettings.Reporter.source, .destination, .both].map { reporter in
            DecodedLog(gcp: text, settings: CloudLogSettings(samplingRate: 2, reporter: reporter))
        }
        #expect(ends.map(\.rows.count) == [2, 2, 3] && ends.map(\.counters.duplicates) == [1, 1, 0])
        #expect(ends[0].has(0, #""CloudReporter":"SRC""#) && ends[1].has(0, #""CloudReporter":"DEST""#))
        #expect(ends[0].has(1, #""SrcAS":64500"#) && ends[0].has(1, #""srcCountry3":"usa""#))
        #expect(ends[0].has(0, #""SamplingRate":2,"SamplingRateSource":"configuration""#))
    }

    @Test("what was dropped is no traffic; GKE, gateways, AS path and escapes")
    func groups() {
        let dropped = Self.entry(
            "DEST",
            #", "disposition": "DROPPED", "drop_reason": "FIREWALL_DENY", "bytes_sent": "9", "bytes_dropped": "180", "packets_dropped": 3"#
        )
        let gke = Self.entry(
            "SRC",
            #", "src_gke_details": {"cluster": {"cluster_name": "c\u0031"}, "pod": {"pod_name": "api-5d", "pod_namespace": "default", "workload": {"workload_name": "api"}}, "service": [{"service_name": "MANY_SERVICES"}]}, "dest_gateway": {"name": "tun1", "type": "VPN_TUNNEL", "project_id": "p3"}, "internet_routing_details": {"egress_as_path": [{"as_details": [{"asn": 3356}, {"asn": 64500}]}]}"#
        )
        let log = DecodedLog(gcp: "[\(dropped),\n\(gke)]")
        #expect(log.counters.flows == 2 && log.counters.isBalanced && log.counters.rejected == 0)
        for text in [
            #""Bytes":0,"Packets":0"#, #""ForwardingStatus":128"#, #""DroppedBytes":180,"DroppedPackets":3"#,
            #""CloudAction":"DROPPED","CloudReason":"FIREWALL_DENY""#,
        ] { #expect(log.has(0, text), "\(text) in \(log.rows)") }
        for text in [
            #""CloudCluster":"c1""#, #""CloudTask":"api-5d""#, #""SrcCloudNamespace":"default""#,
            #""SrcCloudWorkload":"api""#, #""DstCloudProject":"p3""#, #""dstGatewayType":"VPN_TUNNEL""#,
            #""ASPath":[3356,64500]"#, #""NextHopAS":3356"#, #""srcGkeService":"MANY_SERVICES""#,
        ] { #expect(log.has(1, text), "\(text) in \(log.rows)") }
    }

    @Test(
        "a broken entry is counted with its reason and line, the next one is read",
        arguments: [
            (#"{"jsonPayload": {"connection": {"src_ip": "10.0.0.1"}}}"#, CloudLogError.notAFlow),
            (#"{"jsonPayload": {"connection": {"src_ip": "10.0.0"}}}"#, .badAddress),
            (#"{"jsonPayload": {"bytes_sent": "-1"}}"#, .badNumber),
            (
                #"{"jsonPayload": {"connection": {"src_port": 65536, "src_ip": "::1", "dest_ip": "::1"}, "end_time": "2025-06-15T15:10:04Z"}}"#,
                .badNumber
            ),
            (#"{"jsonPayload": {"end_time": "2025-13-15T15:10:04Z"}}"#, .badTime),
            (#"{"jsonPayload" {}}"#, .badJSON), ("junk", .badJSON),
        ]
    )
    func broken(text: String, error: CloudLogError) {
        let log = DecodedLog(gcp: Self.entry() + "\n" + text + "\n" + Self.entry(log: "other") + "\n" + Self.entry())
        #expect(log.rows.count == 2 && log.counters.isBalanced && log.counters.ignored == 1)
        #expect(log.counters.problems == [CloudLogProblem(line: 2, error: error)])
    }

    @Test("every prefix and every changed byte decodes or is counted", arguments: [false, true])
    func hostile(isAWS: Bool) {
        let text = Array(
            (isAWS ? AWSFlowLogTests.examples : Self.entry("SRC", Self.networks) + "\n" + Self.entry("DEST")).utf8
        )
        var generator = SystemRandomNumberGenerator()
        for round in 0..<400 {
            var changed = Array(text.prefix(round % 2 == 0 ? .random(in: 0...text.count) : text.count))
            for _ in 0..<(round % 8) where !changed.isEmpty {
                changed[.random(in: 0..<changed.count)] = .random(in: 0...255, using: &generator)
            }
            let string = String(decoding: changed, as: UTF8.self)
            let log = isAWS ? DecodedLog(aws: string, pieces: 50) : DecodedLog(gcp: string, pieces: 50)
            #expect(log.counters.isBalanced && log.counters.flows == UInt64(log.rows.count))
        }
    }

    @Test("an entry without end doesn't hide what is on later lines")
    func endless() {
        let text = #"{"jsonPayload": ""# + String(repeating: "x", count: 2 << 20) + "\n" + Self.entry() + "\n"
        let log = DecodedLog(gcp: text, pieces: 1 << 18)
        #expect(log.rows.count == 1 && log.counters[.tooLong] == 1 && log.counters.isBalanced)
    }
}
