/// THE field table. A new column is one case, one row below, its decoder's
/// row and a fixture (Docs/add-a-column.md).
///
/// Names, numbers and order are published: SQL, dashboards and protobuf
/// producers of NetMeta and goflow2 rely on them. A test pins them.
public enum FlowColumn: UInt8, CaseIterable, Sendable {
    case timeReceived
    case flowType
    case sequenceNum
    case samplingRate
    case samplingRateSource
    case flowDirection
    case samplerAddress
    case timeFlowStart
    case timeFlowStartNs
    case timeFlowEnd
    case timeFlowEndNs
    case bytes
    case packets
    case srcAddr
    case dstAddr
    case eType
    case proto
    case srcPort
    case dstPort
    case inIf
    case outIf
    case srcMac
    case dstMac
    case srcVlan
    case dstVlan
    case vlanId
    case ingressVrfId
    case egressVrfId
    case ipTos
    case forwardingStatus
    case ipTTL
    case tcpFlags
    case icmpType
    case icmpCode
    case ipv6FlowLabel
    case fragmentId
    case fragmentOffset
    case biFlowDirection
    case srcAS
    case dstAS
    case nextHop
    case nextHopAS
    case srcNet
    case dstNet

    /// The facts about this column.
    public var field: Field { Self.table[Int(rawValue)] }

    /// The column's name in ClickHouse.
    public var name: String { field.name }

    /// How many columns there are.
    public static let count = allCases.count

    /// The column of that name, in whatever case the letters are.
    public static func named(_ name: String) -> FlowColumn? {
        byName[name.lowercased()]
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name.lowercased(), $0) })
    private static let table = allCases.map { $0.row }

    /// How the column's values lie in memory.
    @inlinable
    public var storage: FieldStorage {
        switch self {
        case .flowType, .samplingRateSource, .flowDirection, .proto, .ipTos, .forwardingStatus, .ipTTL, .tcpFlags,
            .icmpType, .icmpCode, .biFlowDirection, .srcNet, .dstNet:
            .uint8
        case .eType, .srcPort, .dstPort, .srcVlan, .dstVlan, .vlanId:
            .uint16
        case .timeReceived, .sequenceNum, .samplingRate, .timeFlowStart, .timeFlowStartNs, .timeFlowEnd,
            .timeFlowEndNs, .inIf, .outIf, .ingressVrfId, .egressVrfId, .ipv6FlowLabel, .fragmentId, .fragmentOffset,
            .srcAS, .dstAS, .nextHopAS:
            .uint32
        case .bytes, .packets, .srcMac, .dstMac:
            .uint64
        case .samplerAddress, .srcAddr, .dstAddr, .nextHop:
            .bytes16
        }
    }

    /// The value of a row whose decoder wrote nothing: 0, but unknown direction is 255.
    @inlinable
    public var fillByte: UInt8 { self == .flowDirection ? 255 : 0 }

    /// Whether the column exists in ClickHouse; the others live in batches and in `decode`'s output only.
    public var isStored: Bool { field.kind != .subsecond }

    // One entry is two lines: what it is and what it means.
    // swift-format-ignore
    private var row: Field {
        switch self {
        case .timeReceived:
            Field(self, 2, "TimeReceived", .observation, .time, unit: "s", dimension: false,
                "When the collector received the datagram, in seconds since 1970 UTC.")
        case .flowType:
            Field(self, 1, "FlowType", .observation, .flowType,
                "The protocol that the flow was reported in.")
        case .sequenceNum:
            Field(self, 4, "SequenceNum", .observation, .number, dimension: false,
                "The sequence number in the header of the datagram.")
        case .samplingRate:
            Field(self, 3, "SamplingRate", .observation, .number, unit: "packets",
                "One of so many packets was observed; Bytes and Packets times this is the traffic.")
        case .samplingRateSource:
            Field(self, 1000, "SamplingRateSource", .observation, .samplingSource,
                "Who told SamplingRate: the record, options data, the configuration, or nobody (then it is 1).")
        case .flowDirection:
            Field(self, 42, "FlowDirection", .observation, .direction,
                "Where the flow was observed: 0 ingress, 1 egress, 255 unknown.")
        case .samplerAddress:
            Field(self, 11, "SamplerAddress", .observation, .address,
                "The exporter: the datagram's source, or the agent address in sFlow.")
        case .timeFlowStart:
            Field(self, 38, "TimeFlowStart", .observation, .time, unit: "s", dimension: false,
                "When the first packet of the flow was seen, in seconds since 1970 UTC.")
        case .timeFlowStartNs:
            Field(self, 1001, "TimeFlowStartNs", .observation, .subsecond, unit: "ns", dimension: false,
                "The part of TimeFlowStart below the second, 0 when the exporter doesn't tell.")
        case .timeFlowEnd:
            Field(self, 5, "TimeFlowEnd", .observation, .time, unit: "s", dimension: false,
                "When the last packet of the flow was seen, in seconds since 1970 UTC.")
        case .timeFlowEndNs:
            Field(self, 1002, "TimeFlowEndNs", .observation, .subsecond, unit: "ns", dimension: false,
                "The part of TimeFlowEnd below the second, 0 when the exporter doesn't tell.")
        case .bytes:
            Field(self, 9, "Bytes", .traffic, .counter, unit: "bytes", dimension: false,
                "Bytes as reported; sFlow counts the frame, NetFlow and IPFIX the IP packet.")
        case .packets:
            Field(self, 10, "Packets", .traffic, .counter, unit: "packets", dimension: false,
                "Packets as reported.")
        case .srcAddr:
            Field(self, 6, "SrcAddr", .addresses, .address, mirror: .dstAddr,
                "The source address.")
        case .dstAddr:
            Field(self, 7, "DstAddr", .addresses, .address, mirror: .srcAddr,
                "The destination address.")
        case .eType:
            Field(self, 30, "EType", proto: "Etype", .layer2, .etherType,
                "The Ethertype: 0x0800 IPv4, 0x86DD IPv6.")
        case .proto:
            Field(self, 20, "Proto", .transport, .ipProtocol,
                "The IP protocol: 6 TCP, 17 UDP.")
        case .srcPort:
            Field(self, 21, "SrcPort", .transport, .port, mirror: .dstPort,
                "The source port.")
        case .dstPort:
            Field(self, 22, "DstPort", .transport, .port, mirror: .srcPort,
                "The destination port.")
        case .inIf:
            Field(self, 18, "InIf", .interfaces, .interface, mirror: .outIf,
                "The SNMP index of the ingress interface.")
        case .outIf:
            Field(self, 19, "OutIf", .interfaces, .interface, mirror: .inIf,
                "The SNMP index of the egress interface.")
        case .srcMac:
            Field(self, 27, "SrcMac", .layer2, .mac, mirror: .dstMac,
                "The source MAC address.")
        case .dstMac:
            Field(self, 28, "DstMac", .layer2, .mac, mirror: .srcMac,
                "The destination MAC address.")
        case .srcVlan:
            Field(self, 33, "SrcVlan", .layer2, .number, mirror: .dstVlan,
                "The VLAN on the way in.")
        case .dstVlan:
            Field(self, 34, "DstVlan", .layer2, .number, mirror: .srcVlan,
                "The VLAN on the way out.")
        case .vlanId:
            Field(self, 29, "VlanId", .layer2, .number,
                "The VLAN in the observed frame, or the ingress VLAN.")
        case .ingressVrfId:
            Field(self, 39, "IngressVrfId", proto: "IngressVrfID", .routing, .number, mirror: .egressVrfId,
                "The VRF on the way in.")
        case .egressVrfId:
            Field(self, 40, "EgressVrfId", proto: "EgressVrfID", .routing, .number, mirror: .ingressVrfId,
                "The VRF on the way out.")
        case .ipTos:
            Field(self, 23, "IPTos", .ip, .number,
                "The IPv4 type of service or IPv6 traffic class byte.")
        case .forwardingStatus:
            Field(self, 24, "ForwardingStatus", .routing, .number,
                "The forwarding status of RFC 7270 section 4.12: 64 to 127 forwarded, 128 to 191 dropped, 192 to 255 consumed.")
        case .ipTTL:
            Field(self, 25, "IPTTL", .ip, .number,
                "The IPv4 time to live or IPv6 hop limit.")
        case .tcpFlags:
            Field(self, 26, "TCPFlags", .transport, .tcpFlags,
                "The TCP flags of all packets of the flow, or-ed.")
        case .icmpType:
            Field(self, 31, "IcmpType", .transport, .number,
                "The ICMP type.")
        case .icmpCode:
            Field(self, 32, "IcmpCode", .transport, .number,
                "The ICMP code.")
        case .ipv6FlowLabel:
            Field(self, 37, "IPv6FlowLabel", .ip, .number,
                "The IPv6 flow label.")
        case .fragmentId:
            Field(self, 35, "FragmentId", .ip, .number,
                "The identification of the fragmented packet.")
        case .fragmentOffset:
            Field(self, 36, "FragmentOffset", .ip, .number, unit: "8 bytes",
                "The fragment offset.")
        case .biFlowDirection:
            Field(self, 41, "BiFlowDirection", .observation, .number,
                "How the direction of a biflow was assigned (RFC 5103 section 6.3).")
        case .srcAS:
            Field(self, 14, "SrcAS", .routing, .asn, mirror: .dstAS,
                "The source's autonomous system, 0 unknown.")
        case .dstAS:
            Field(self, 15, "DstAS", .routing, .asn, mirror: .srcAS,
                "The destination's autonomous system, 0 unknown.")
        case .nextHop:
            Field(self, 12, "NextHop", .routing, .address,
                "The address of the next hop.")
        case .nextHopAS:
            Field(self, 13, "NextHopAS", .routing, .asn,
                "The next autonomous system on the way to the destination.")
        case .srcNet:
            Field(self, 16, "SrcNet", .routing, .number, unit: "bits", mirror: .dstNet,
                "The length of the source prefix.")
        case .dstNet:
            Field(self, 17, "DstNet", .routing, .number, unit: "bits", mirror: .srcNet,
                "The length of the destination prefix.")
        }
    }
}
