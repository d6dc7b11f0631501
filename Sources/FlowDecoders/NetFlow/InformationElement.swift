import FlowSchema

/// What the value of an information element does to a flow row.
enum ElementAction: Sendable {
    /// An unsigned number of 1 to 8 bytes (RFC 7011 section 6.2), held at the column's largest value when it is wider.
    case unsigned(FlowColumn)
    /// An unsigned number of which the column takes the low bits: flags and status bytes sent wider.
    case lowBits(FlowColumn)
    /// An unsigned number that goes on counting from one record of a flow to the next, see ``FlowTotals``.
    case total(FlowColumn)
    /// What tells flows of the same ends apart.
    case flowID
    /// 4 bytes of IPv4 address.
    case ipv4(FlowColumn)
    /// 16 bytes of IPv6 address.
    case ipv6(FlowColumn)
    /// When the flow began or ended.
    case time(TimeForm, FlowEdge)
    /// ICMP type times 256 plus code.
    case icmpTypeAndCode
    /// 4 or 6, which tells the Ethertype.
    case ipVersion
    /// One of so many packets was sampled.
    case samplingInterval
    /// Which sampler of the exporter's options data took the packets.
    case samplerID
    /// Packets sampled in a row, and skipped after them (RFC 5477 section 8.2.3 and 8.2.4).
    case samplingPacketInterval
    case samplingPacketSpace
    /// The record tells of an event at a NAT or firewall; it may carry no traffic.
    case event
    /// Milliseconds since 1970 at which the exporter's uptime began.
    case systemInitTime
    /// How long the flow lasted, in units of so many nanoseconds.
    case duration(nanoseconds: UInt64)
    /// 3 bytes: label, traffic class, bottom of stack (RFC 3032), at this depth of the stack, 1 being the top.
    case mplsLabel(depth: Int)
    /// The six bits of a differentiated services code point, which are the upper ones of the type of service.
    case codePoint(FlowColumn)
    /// What a tunnel is, as Open vSwitch numbers it: 1 VXLAN, 2 GRE, 7 Geneve.
    case tunnelType
    /// Text, which goes to `Strings` under this name.
    case text(String)
    /// The name of the interface whose number stands before it in the template.
    case interfaceName
    /// The first bytes of a packet.
    case frame(FrameSection)
    /// What the first bytes of the frame are (RFC 7133 section 3.10.4): 1 Ethernet, 2 802.11, 3 raw IP ...
    case frameType
    /// How many bytes of a packet were left out before the section.
    case sectionOffset
    /// 8 bytes of route distinguisher (RFC 4364 section 4.2), which go to `Strings` under this name.
    case routeDistinguisher(String)
}

/// What a section of a packet begins with.
enum FrameSection: Sendable {
    /// A link header, of the type that the record or else Ethernet says.
    case link
    /// An IPv4 or IPv6 header.
    case ip
    /// An MPLS label stack.
    case mpls
}

/// Which end of a flow a time belongs to.
enum FlowEdge: Sendable {
    case start
    case end
}

/// The forms that times come in.
enum TimeForm: Sendable {
    /// Milliseconds of the exporter's uptime, 32 bits that wrap (RFC 3954 section 8).
    case uptimeMilliseconds
    /// Seconds since 1970.
    case seconds
    /// Milliseconds since 1970.
    case milliseconds
    /// NTP's 64 bits: seconds since 1900 and a fraction (RFC 7011 sections 6.1.9 and 6.1.10).
    case ntp
    /// Microseconds before the export time.
    case deltaMicroseconds
}

/// One row of the registry: an element, and what it does.
struct InformationElement: Sendable {
    /// The private enterprise number; 0 for IANA's and NetFlow v9's numbers.
    let enterprise: UInt32
    let id: UInt16
    /// IANA's name.
    let name: String
    let actions: [ElementAction]
    /// Of several elements in one template for one column, the lowest rank wins.
    let rank: UInt8

    init(_ id: UInt16, _ name: String, _ actions: ElementAction..., rank: UInt8 = 0) {
        self.init(enterprise: 0, id: id, name: name, actions: actions, rank: rank)
    }

    init(enterprise: UInt32, id: UInt16, name: String, actions: [ElementAction], rank: UInt8 = 0) {
        self.enterprise = enterprise
        self.id = id
        self.name = name
        self.actions = actions
        self.rank = rank
    }
}

/// The elements that a flow row can carry, by IANA's ipfix registry; NetFlow
/// v9 has the same numbers below 128 (RFC 3954 section 8).
enum ElementRegistry {
    static let flow: [InformationElement] = [
        // Traffic
        InformationElement(1, "octetDeltaCount", .unsigned(.bytes)),
        InformationElement(2, "packetDeltaCount", .unsigned(.packets)),
        InformationElement(23, "postOctetDeltaCount", .unsigned(.bytes), rank: 1),
        InformationElement(24, "postPacketDeltaCount", .unsigned(.packets), rank: 1),
        InformationElement(85, "octetTotalCount", .total(.bytes), rank: 2),
        InformationElement(86, "packetTotalCount", .total(.packets), rank: 2),
        InformationElement(148, "flowId", .flowID),
        InformationElement(231, "initiatorOctets", .unsigned(.bytes), rank: 1),
        InformationElement(298, "initiatorPackets", .unsigned(.packets), rank: 1),
        InformationElement(352, "layer2OctetDeltaCount", .unsigned(.bytes), rank: 3),
        InformationElement(312, "dataLinkFrameSize", .unsigned(.bytes), rank: 4),
        InformationElement(103, "layer2packetSectionSize", .unsigned(.bytes), rank: 5),
        InformationElement(224, "ipTotalLength", .unsigned(.bytes), rank: 3),
        InformationElement(190, "totalLengthIPv4", .unsigned(.bytes), rank: 3),

        // Addresses
        InformationElement(8, "sourceIPv4Address", .ipv4(.srcAddr)),
        InformationElement(12, "destinationIPv4Address", .ipv4(.dstAddr)),
        InformationElement(27, "sourceIPv6Address", .ipv6(.srcAddr)),
        InformationElement(28, "destinationIPv6Address", .ipv6(.dstAddr)),
        // Flows that were aggregated have prefixes for ends.
        InformationElement(44, "sourceIPv4Prefix", .ipv4(.srcAddr), rank: 1),
        InformationElement(45, "destinationIPv4Prefix", .ipv4(.dstAddr), rank: 1),
        InformationElement(170, "sourceIPv6Prefix", .ipv6(.srcAddr), rank: 1),
        InformationElement(169, "destinationIPv6Prefix", .ipv6(.dstAddr), rank: 1),
        InformationElement(15, "ipNextHopIPv4Address", .ipv4(.nextHop)),
        InformationElement(62, "ipNextHopIPv6Address", .ipv6(.nextHop)),
        InformationElement(18, "bgpNextHopIPv4Address", .ipv4(.nextHop), .ipv4(.bgpNextHop), rank: 1),
        InformationElement(63, "bgpNextHopIPv6Address", .ipv6(.nextHop), .ipv6(.bgpNextHop), rank: 1),
        InformationElement(130, "exporterIPv4Address", .ipv4(.samplerAddress)),
        InformationElement(131, "exporterIPv6Address", .ipv6(.samplerAddress)),

        // Transport
        InformationElement(4, "protocolIdentifier", .unsigned(.proto)),
        InformationElement(193, "nextHeaderIPv6", .unsigned(.proto), rank: 1),
        InformationElement(7, "sourceTransportPort", .unsigned(.srcPort)),
        InformationElement(11, "destinationTransportPort", .unsigned(.dstPort)),
        InformationElement(180, "udpSourcePort", .unsigned(.srcPort), rank: 1),
        InformationElement(181, "udpDestinationPort", .unsigned(.dstPort), rank: 1),
        InformationElement(182, "tcpSourcePort", .unsigned(.srcPort), rank: 1),
        InformationElement(183, "tcpDestinationPort", .unsigned(.dstPort), rank: 1),
        // 1 or 2 bytes (RFC 7125)
        InformationElement(6, "tcpControlBits", .lowBits(.tcpFlags)),
        InformationElement(32, "icmpTypeCodeIPv4", .icmpTypeAndCode),
        InformationElement(139, "icmpTypeCodeIPv6", .icmpTypeAndCode),
        InformationElement(176, "icmpTypeIPv4", .unsigned(.icmpType)),
        InformationElement(177, "icmpCodeIPv4", .unsigned(.icmpCode)),
        InformationElement(178, "icmpTypeIPv6", .unsigned(.icmpType)),
        InformationElement(179, "icmpCodeIPv6", .unsigned(.icmpCode)),

        // IP
        InformationElement(5, "ipClassOfService", .unsigned(.ipTos)),
        InformationElement(195, "ipDiffServCodePoint", .codePoint(.ipTos), rank: 1),
        InformationElement(60, "ipVersion", .ipVersion),
        InformationElement(192, "ipTTL", .unsigned(.ipTTL)),
        InformationElement(52, "minimumTTL", .unsigned(.ipTTL), rank: 1),
        InformationElement(53, "maximumTTL", .unsigned(.ipTTLMax)),
        InformationElement(31, "flowLabelIPv6", .unsigned(.ipv6FlowLabel)),
        InformationElement(54, "fragmentIdentification", .unsigned(.fragmentId)),
        InformationElement(88, "fragmentOffset", .unsigned(.fragmentOffset)),

        // Interfaces, direction
        InformationElement(10, "ingressInterface", .unsigned(.inIf)),
        InformationElement(14, "egressInterface", .unsigned(.outIf)),
        InformationElement(252, "ingressPhysicalInterface", .unsigned(.inIf), .unsigned(.ingressPhysIf), rank: 1),
        InformationElement(253, "egressPhysicalInterface", .unsigned(.outIf), .unsigned(.egressPhysIf), rank: 1),
        // Learnt, as from options data: one name for each number, not one for each row.
        InformationElement(82, "interfaceName", .interfaceName),
        InformationElement(83, "interfaceDescription", .interfaceName, rank: 1),
        InformationElement(61, "flowDirection", .unsigned(.flowDirection)),
        InformationElement(239, "biflowDirection", .unsigned(.biFlowDirection)),
        // 1 or 4 bytes (RFC 7270)
        InformationElement(89, "forwardingStatus", .lowBits(.forwardingStatus)),

        // Routing
        InformationElement(16, "bgpSourceAsNumber", .unsigned(.srcAS)),
        InformationElement(17, "bgpDestinationAsNumber", .unsigned(.dstAS)),
        InformationElement(128, "bgpNextAdjacentAsNumber", .unsigned(.nextHopAS)),
        InformationElement(129, "bgpPrevAdjacentAsNumber", .unsigned(.prevHopAS)),
        InformationElement(9, "sourceIPv4PrefixLength", .unsigned(.srcNet)),
        InformationElement(13, "destinationIPv4PrefixLength", .unsigned(.dstNet)),
        InformationElement(29, "sourceIPv6PrefixLength", .unsigned(.srcNet), rank: 1),
        InformationElement(30, "destinationIPv6PrefixLength", .unsigned(.dstNet), rank: 1),
        InformationElement(234, "ingressVRFID", .unsigned(.ingressVrfId)),
        InformationElement(235, "egressVRFID", .unsigned(.egressVrfId)),

        // Layer 2
        InformationElement(56, "sourceMacAddress", .unsigned(.srcMac)),
        InformationElement(80, "destinationMacAddress", .unsigned(.dstMac)),
        InformationElement(57, "postDestinationMacAddress", .unsigned(.dstMac), rank: 1),
        InformationElement(81, "postSourceMacAddress", .unsigned(.srcMac), rank: 1),
        InformationElement(58, "vlanId", .unsigned(.srcVlan), .unsigned(.vlanId)),
        InformationElement(59, "postVlanId", .unsigned(.dstVlan)),
        InformationElement(243, "dot1qVlanId", .unsigned(.srcVlan), .unsigned(.vlanId), rank: 1),
        InformationElement(254, "postDot1qVlanId", .unsigned(.dstVlan), rank: 1),
        InformationElement(245, "dot1qCustomerVlanId", .unsigned(.customerVlanId)),
        InformationElement(256, "ethernetType", .unsigned(.eType)),

        // MPLS and overlays
        InformationElement(70, "mplsTopLabelStackSection", .mplsLabel(depth: 1)),
        InformationElement(71, "mplsLabelStackSection2", .mplsLabel(depth: 2)),
        InformationElement(72, "mplsLabelStackSection3", .mplsLabel(depth: 3)),
        InformationElement(73, "mplsLabelStackSection4", .mplsLabel(depth: 4)),
        InformationElement(74, "mplsLabelStackSection5", .mplsLabel(depth: 5)),
        InformationElement(75, "mplsLabelStackSection6", .mplsLabel(depth: 6)),
        InformationElement(76, "mplsLabelStackSection7", .mplsLabel(depth: 7)),
        InformationElement(77, "mplsLabelStackSection8", .mplsLabel(depth: 8)),
        InformationElement(78, "mplsLabelStackSection9", .mplsLabel(depth: 9)),
        InformationElement(79, "mplsLabelStackSection10", .mplsLabel(depth: 10)),
        InformationElement(90, "mplsVpnRouteDistinguisher", .routeDistinguisher("routeDistinguisher")),
        InformationElement(200, "mplsTopLabelTTL", .unsigned(.mpls1TTL)),
        InformationElement(351, "layer2SegmentId", .lowBits(.encapId)),
        // Open vSwitch: the flow is that inside of the tunnel, 3, 4 or 8 bytes of key.
        InformationElement(enterprise: 6876, id: 891, name: "tunnelType", actions: [.tunnelType]),
        InformationElement(enterprise: 6876, id: 892, name: "tunnelKey", actions: [.lowBits(.encapId)], rank: 1),

        // Address translation, firewalls, applications
        InformationElement(225, "postNATSourceIPv4Address", .ipv4(.srcAddrNAT)),
        InformationElement(226, "postNATDestinationIPv4Address", .ipv4(.dstAddrNAT)),
        InformationElement(281, "postNATSourceIPv6Address", .ipv6(.srcAddrNAT)),
        InformationElement(282, "postNATDestinationIPv6Address", .ipv6(.dstAddrNAT)),
        InformationElement(227, "postNAPTSourceTransportPort", .unsigned(.srcPortNAT)),
        InformationElement(228, "postNAPTDestinationTransportPort", .unsigned(.dstPortNAT)),
        // What Cisco's ASA sent before it had IANA's numbers (NetFlow v9 alone: IPFIX has no such numbers).
        InformationElement(40001, "NF_F_XLATE_SRC_ADDR_IPV4", .ipv4(.srcAddrNAT), rank: 1),
        InformationElement(40002, "NF_F_XLATE_DST_ADDR_IPV4", .ipv4(.dstAddrNAT), rank: 1),
        InformationElement(40003, "NF_F_XLATE_SRC_PORT", .unsigned(.srcPortNAT), rank: 1),
        InformationElement(40004, "NF_F_XLATE_DST_PORT", .unsigned(.dstPortNAT), rank: 1),
        InformationElement(40005, "NF_F_FW_EVENT", .unsigned(.firewallEvent), rank: 1),
        InformationElement(230, "natEvent", .event),
        InformationElement(233, "firewallEvent", .unsigned(.firewallEvent)),
        InformationElement(95, "applicationId", .unsigned(.applicationId)),
        InformationElement(136, "flowEndReason", .unsigned(.flowEndReason)),

        // Times
        InformationElement(160, "systemInitTimeMilliseconds", .systemInitTime),
        InformationElement(161, "flowDurationMilliseconds", .duration(nanoseconds: 1_000_000)),
        InformationElement(162, "flowDurationMicroseconds", .duration(nanoseconds: 1000), rank: 1),
        InformationElement(22, "flowStartSysUpTime", .time(.uptimeMilliseconds, .start), rank: 4),
        InformationElement(21, "flowEndSysUpTime", .time(.uptimeMilliseconds, .end), rank: 4),
        InformationElement(150, "flowStartSeconds", .time(.seconds, .start), rank: 3),
        InformationElement(151, "flowEndSeconds", .time(.seconds, .end), rank: 3),
        InformationElement(152, "flowStartMilliseconds", .time(.milliseconds, .start), rank: 2),
        InformationElement(153, "flowEndMilliseconds", .time(.milliseconds, .end), rank: 2),
        InformationElement(154, "flowStartMicroseconds", .time(.ntp, .start), rank: 1),
        InformationElement(155, "flowEndMicroseconds", .time(.ntp, .end), rank: 1),
        InformationElement(156, "flowStartNanoseconds", .time(.ntp, .start)),
        InformationElement(157, "flowEndNanoseconds", .time(.ntp, .end)),
        InformationElement(158, "flowStartDeltaMicroseconds", .time(.deltaMicroseconds, .start), rank: 3),
        InformationElement(159, "flowEndDeltaMicroseconds", .time(.deltaMicroseconds, .end), rank: 3),

        // Sections of packets (RFC 5477 section 8.5, RFC 7133 section 3.10)
        InformationElement(315, "dataLinkFrameSection", .frame(.link)),
        InformationElement(104, "layer2packetSectionData", .frame(.link), rank: 1),
        InformationElement(313, "ipHeaderPacketSection", .frame(.ip), rank: 2),
        InformationElement(316, "mplsLabelStackSection", .frame(.mpls), rank: 3),
        InformationElement(408, "dataLinkFrameType", .frameType),
        InformationElement(409, "sectionOffset", .sectionOffset),
        InformationElement(102, "layer2packetSectionOffset", .sectionOffset, rank: 1),

        // Sampling
        InformationElement(34, "samplingInterval", .samplingInterval),
        InformationElement(50, "samplerRandomInterval", .samplingInterval, rank: 1),
        InformationElement(48, "samplerId", .samplerID),
        InformationElement(302, "selectorId", .samplerID),
        InformationElement(305, "samplingPacketInterval", .samplingPacketInterval),
        InformationElement(306, "samplingPacketSpace", .samplingPacketSpace),
    ]

    /// The row of an element; nil when no column takes it.
    static func element(_ id: UInt16, enterprise: UInt32 = 0) -> InformationElement? {
        byID[Key(enterprise: enterprise, id: id)]
    }

    /// Every row.
    static let all = flow + texts

    private struct Key: Hashable {
        var enterprise: UInt32
        var id: UInt16
    }

    private static let byID = Dictionary(
        uniqueKeysWithValues: all.map { (Key(enterprise: $0.enterprise, id: $0.id), $0) }
    )
}
