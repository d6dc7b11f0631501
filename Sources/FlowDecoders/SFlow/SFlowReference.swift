import FlowSchema

/// What the decoder reads of sFlow, for the page of Docs.
enum SFlowReference {
    /// The rows of the table: format, structure, where it lands.
    static var rows: String {
        table.map { entry in
            let place =
                entry.columns.isEmpty ? entry.words : entry.columns.map { "`\($0.name)`" }.joined(separator: ", ")
            return "| \(entry.format) | \(entry.name) | \(place) |\n"
        }.joined()
    }

    /// The structures that a column is told in.
    static let origins: [FlowColumn: [FieldOrigin]] = {
        var found: [FlowColumn: [FieldOrigin]] = [:]
        let header = FieldOrigin(number: "0/1", name: "sampled_header")
        for column in FieldOrigins.ofHeaders + [.bytes] { found[column] = [header] }
        for entry in table {
            for column in entry.columns {
                found[column, default: []].append(FieldOrigin(number: entry.format, name: entry.name))
            }
            if entry.words.contains("`Strings[") {
                found[.strings, default: []].append(FieldOrigin(number: entry.format, name: entry.name))
            }
        }
        return found
    }()

    private static let table: [(format: String, name: String, columns: [FlowColumn], words: String)] = [
        ("0/1", "flow_sample", [.samplingRate, .inIf, .outIf, .flowDirection, .forwardingStatus, .dropReason], ""),
        (
            "0/3", "flow_sample_expanded",
            [.samplingRate, .inIf, .outIf, .flowDirection, .forwardingStatus, .dropReason], ""
        ),
        ("0/5", "discarded_packet", [.inIf, .outIf, .forwardingStatus, .dropReason], ""),
        ("0/2, 0/4", "counters_sample, counters_sample_expanded", [], "table `interface_counters`"),
        ("0/1", "sampled_header", [], "`Bytes` and the columns of the packet's headers, tunnels included"),
        ("0/2", "sampled_ethernet", [.bytes, .srcMac, .dstMac, .eType], ""),
        ("0/3", "sampled_ipv4", [.bytes, .srcAddr, .dstAddr, .proto, .srcPort, .dstPort, .tcpFlags, .ipTos], ""),
        ("0/4", "sampled_ipv6", [.bytes, .srcAddr, .dstAddr, .proto, .srcPort, .dstPort, .tcpFlags, .ipTos], ""),
        ("0/1001", "extended_switch", [.srcVlan, .dstVlan], ""),
        ("0/1002", "extended_router", [.nextHop, .srcNet, .dstNet], ""),
        (
            "0/1003", "extended_gateway",
            [.bgpNextHop, .srcAS, .prevHopAS, .dstAS, .nextHopAS, .asPath, .bgpCommunities], ""
        ),
        ("0/1004", "extended_user", [], "`Strings['userName']`, `Strings['destinationUserName']`"),
        ("0/1005", "extended_url", [], "`Strings['httpUrl']`, `Strings['httpHost']`"),
        ("0/1006", "extended_mpls", [.nextHop, .mplsCount, .mpls1Label, .mpls2Label, .mpls3Label, .mplsLastLabel], ""),
        ("0/1007", "extended_nat", [.srcAddrNAT, .dstAddrNAT], ""),
        ("0/1012", "extended_vlantunnel", [.vlanId, .customerVlanId], ""),
        ("0/1020", "extended_nat_port", [.srcPortNAT, .dstPortNAT], ""),
        ("0/1023 to 0/1026", "extended_ipv4_tunnel, extended_ipv6_tunnel", [.encapType], ""),
        ("0/1029, 0/1030", "extended_vni", [.encapId], ""),
        ("0/1", "if_counters", [], "table `interface_counters`"),
        ("0/2", "ethernet_counters", [], "table `interface_counters`"),
    ]
}
