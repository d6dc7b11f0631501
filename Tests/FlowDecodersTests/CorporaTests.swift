import FlowDecoders
import Foundation
import NetMetaTesting
import Testing

/// Captures of real devices that are not the project's own and so not in its
/// repository: they are looked for in ../shared/corpora beside the checkout.
@Suite("Corpora", .enabled(if: Corpora.isPresent, "../shared/corpora is not beside this checkout"))
struct CorporaTests {
    /// Data and options records of each capture, as the origin's own
    /// specification counts them or, where it doesn't, as counted by hand.
    static let records: [(capture: String, count: UInt64)] = [
        ("netflow-9-cisco-asa", 14), ("netflow-9-cisco-asa-2", 19),
        ("netflow-9-cisco-asr-9000-series-template-260", 21),
        ("netflow-9-cisco-asr-9000-series-options-template-256", 19), ("netflow-9-cisco-nbar-flowset-262", 5),
        ("netflow-9-cisco-nbar-options-template-260", 15), ("netflow-9-cisco-wlc", 19), ("netflow-9-cisco-aci", 3),
        ("netflow-9-cisco-asr1001-x", 25), ("netflow-9-cisco-1941-k9-release-15-1", 29),
        ("netflow-9-fortigate-fortios-54x-appid", 17), ("netflow-9-fortigate-fortios-5-2-1", 2),
        ("netflow-9-palo-alto-pan-os-with-app-id", 8), ("netflow-9-palo-alto-1-flowset-in-large-zero-filled-packet", 1),
        ("netflow-9-h3c", 16), ("netflow-9-h3c-netstream-with-varstring", 1), ("netflow-9-huawei-netstream", 1),
        ("netflow-9-ipt_netflow-reduced-size-encoding", 12), ("netflow-9-template-with-0-length-fields", 10),
        ("netflow-9-ubiquiti-edgerouter-with-mpls-labels", 16), ("netflow-9-streamcore", 4), ("netflow-9-valid-01", 7),
        ("ipfix-mikrotik-routeros-6-39-2", 46), ("ipfix-netscaler-with-variable-length-fields", 3),
        ("ipfix-netscaler-with-variable-length-fields-missing-templates", 0), ("ipfix-procera", 8),
        ("ipfix-from-ixia-something-something", 1), ("ipfix-barracuda-extended-uniflow-template-256", 2),
        ("ipfix-nokia-bras", 1), ("ipfix-vmware-virtual-distributed-switch", 5), ("ipfix-yaf-basic-with-applabel", 3),
        ("ipfix-openbsd-pflow", 26), ("ipfix-options-template-from-juniper-mx240-junos-15-1-r6-s3", 1),
        ("netflow5-juniper-mx80", 29), ("netflow5-mikrotik", 30),
        // Of these the origin says nothing but that they are read: counted by hand from the lengths of sets and records.
        ("ipfix-barracuda-firewall", 8), ("ipfix-viptela-with-vpn-id", 1), ("ipfix", 13),
        ("juniper-srx-options-template-with-0-scope-field-length", 1), ("netflow-5-valid-01", 30),
        ("netflow-9-cisco-wlc-8500-release-8-2", 0), ("netflow-9-field-layer2segmentid", 1),
        ("netflow-9-ie150-ie151", 2), ("netflow-9-invalid-01", 3), ("netflow-9-macaddress", 30),
        ("netflow-9-multiple-netflow-exporters", 9), ("netflow-9-nprobe-dpi-l7", 1),
        ("netflow-9-options-template-with-scope-fields", 1),
        // A count that contradicts the length: rejected whole.
        ("netflow-5-invalid-01", 0), ("netflow-5-invalid-02", 0),
    ]

    @Test("gives every record", arguments: records)
    func counts(capture: String, count: UInt64) throws {
        let decoded = Decoded(try Fixture.datagrams(of: Corpora.replay.appendingPathComponent(capture + ".pcap")))
        #expect(decoded.counters.records + decoded.counters.optionsRecords == count)
        #expect(decoded.counters.isBalanced)
        if !capture.hasPrefix("netflow-5-invalid") {
            #expect(decoded.counters.bytesUnaccounted == 0 && decoded.counters.malformed.total == 0)
        }
    }

    @Test("is counted, every one")
    func all() {
        let names = Corpora.captures.map { $0.deletingPathExtension().lastPathComponent }
        #expect(names.count == 50 && Set(names) == Set(Self.records.map(\.capture)))
    }

    @Test("no prefix of a datagram and no flipped bit does harm", arguments: Corpora.captures)
    func harmless(capture: URL) throws {
        let datagrams = try Fixture.datagrams(of: capture)
        let whole = Decoded(datagrams)
        for (index, datagram) in datagrams.enumerated() {
            let cut = RecordedDatagram(
                bytes: Array(datagram.bytes.prefix(datagram.bytes.count / 2)),
                context: datagram.context
            )
            let decoded = Decoded(Array(datagrams[..<index]) + [cut])
            #expect(decoded.counters.flows <= whole.counters.flows)
        }
        var random = SystemRandomNumberGenerator()
        let flipped = datagrams.map { datagram in
            var bytes = datagram.bytes
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x80
            return RecordedDatagram(bytes: bytes, context: datagram.context)
        }
        let counters = Decoded(flipped).counters
        #expect(counters.isBalanced)
    }
}

/// Where the captures are.
enum Corpora {
    static let replay = Fixture.root.appendingPathComponent("../shared/corpora/local-lab/_replay").standardizedFileURL
    static let isPresent = FileManager.default.fileExists(atPath: replay.path)
    static let captures =
        ((try? FileManager.default.contentsOfDirectory(at: replay, includingPropertiesForKeys: nil)) ?? [])
        .filter { $0.pathExtension == "pcap" }.sorted { $0.path < $1.path }
}
