import FlowSchema

/// The panels and relations that NetMeta's dashboards have.
public enum PanelTable {
    /// Overview's panels below Throughput and Packets.
    public static let groups = [
        PanelGroup(
            title: "Traffic",
            panels: [
                Panel("proto", "IP protocols", .graph([.proto]), limit: 8, isSplit: true),
                Panel("etype", "Ethernet types", .graph([.eType]), limit: 8, isSplit: true),
                Panel("exporters", "Flows of each exporter", .graph([.samplerAddress]), limit: 20, unit: .flows),
                Panel("nexthops", "Next hops", .top([.nextHop]), limit: 100),
                Panel("ingress", "Ingress interfaces", .graph([.inIf, .samplerAddress]), limit: 10, isSplit: true),
                Panel("egress", "Egress interfaces", .graph([.outIf, .samplerAddress]), limit: 10, isSplit: true),
            ]
        ),
        PanelGroup(
            title: "Autonomous systems",
            panels: [
                Panel("source-as", "Source AS of what comes in", .top([.srcAS]), limit: 100, direction: .in),
                Panel("destination-as", "Destination AS of what goes out", .top([.dstAS]), limit: 100, direction: .out),
                Panel(
                    "source-as-time",
                    "Source AS of what comes in, over time",
                    .graph([.srcAS]),
                    limit: 10,
                    direction: .in
                ),
                Panel(
                    "destination-as-time",
                    "Destination AS of what goes out, over time",
                    .graph([.dstAS]),
                    limit: 10,
                    direction: .out
                ),
            ]
        ),
        PanelGroup(
            title: "Details",
            panels: [
                Panel("flags", "TCP flags", .graph([.tcpFlags]), limit: 10, filter: "Proto = TCP", isSplit: true),
                Panel("vlans", "VLANs", .graph([.vlanId, .samplerAddress]), limit: 10, isSplit: true),
                Panel("source-ports", "Source ports", .graph([.srcPort, .proto]), limit: 10, isSplit: true),
                Panel("destination-ports", "Destination ports", .graph([.dstPort, .proto]), limit: 10, isSplit: true),
            ]
        ),
        PanelGroup(
            title: "Hosts and flows",
            panels: [
                Panel("sources", "Source addresses", .graph([.srcAddr]), limit: 10, isSplit: true),
                Panel("destinations", "Destination addresses", .graph([.dstAddr]), limit: 10, isSplit: true),
                Panel(
                    "tcp-sources",
                    "Source addresses of TCP, by exporter",
                    .top([.srcAddr, .samplerAddress]),
                    limit: 100,
                    filter: "Proto = TCP"
                ),
                Panel(
                    "tcp-destinations",
                    "Destination addresses of TCP, by exporter",
                    .top([.dstAddr, .samplerAddress]),
                    limit: 100,
                    filter: "Proto = TCP"
                ),
                Panel(
                    "flows",
                    "Largest flows",
                    .top([.srcAddr, .srcPort, .dstAddr, .dstPort, .proto, .samplerAddress]),
                    limit: 100,
                    isWide: true
                ),
            ]
        ),
        PanelGroup(
            title: "Distributions",
            panels: [
                Panel("ttl", "TTL", .values(.hopLimit), unit: .flows),
                Panel("size", "Packet size", .values(.packetSize), unit: .flows),
                Panel("source-port", "Source port", .values(.sourcePort), unit: .flows),
                Panel("destination-port", "Destination port", .values(.destinationPort), unit: .flows),
            ]
        ),
    ]

    /// The eight relations.
    public static let relations = [
        Relation(id: "as-in", title: "AS to AS, inbound", without: .out, limit: 20, stages: systems),
        Relation(id: "as-out", title: "AS to AS, outbound", without: .in, limit: 20, stages: systems),
        Relation(
            id: "if-in",
            title: "AS to AS by egress interface, inbound",
            without: .out,
            limit: 30,
            stages: interfaces
        ),
        Relation(
            id: "if-out",
            title: "AS to AS by egress interface, outbound",
            without: .in,
            limit: 30,
            stages: interfaces
        ),
        Relation(
            id: "hosts",
            title: "Host to host",
            limit: 30,
            stages: [.init(head: "Source", columns: [.srcAddr]), .init(head: "Destination", columns: [.dstAddr])]
        ),
        Relation(
            id: "ports",
            title: "Host and port to host and port",
            limit: 30,
            stages: [
                .init(head: "Source", columns: [.srcAddr, .proto, .srcPort]),
                .init(head: "Destination", columns: [.dstAddr, .proto, .dstPort]),
            ]
        ),
        Relation(id: "service-in", title: "AS to service, inbound", without: .out, limit: 30, stages: services),
        Relation(id: "service-out", title: "AS to service, outbound", without: .in, limit: 30, stages: services),
    ]

    private static let sourceAS = Relation.Stage(head: "Source AS", columns: [.srcAS])
    private static let destinationAS = Relation.Stage(head: "Destination AS", columns: [.dstAS])
    private static let systems = [sourceAS, destinationAS]
    private static let interfaces = [
        sourceAS, .init(head: "Egress interface", columns: [.outIf, .samplerAddress]), destinationAS,
    ]
    private static let services = [sourceAS, .init(head: "Service", columns: [.dstAddr, .proto, .dstPort])]
}
