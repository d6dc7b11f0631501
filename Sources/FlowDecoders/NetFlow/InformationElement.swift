import FlowSchema

/// What the value of an information element does to a flow row.
enum ElementAction: Sendable {
    /// An unsigned number of 1 to 8 bytes (RFC 7011 section 6.2), held at the column's largest value when it is wider.
    case unsigned(FlowColumn)
    /// An unsigned number of which the column takes the low bits: flags and status bytes sent wider.
    case lowBits(FlowColumn)
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
    /// 3 bytes: label, traffic class, bottom of stack (RFC 3032).
    case mplsLabel(MPLSLevel)
}

/// A place in an MPLS label stack that has columns.
enum MPLSLevel: Sendable {
    case first
    case second
    case third

    var labelColumn: FlowColumn {
        switch self {
        case .first: .mpls1Label
        case .second: .mpls2Label
        case .third: .mpls3Label
        }
    }
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
    let id: UInt16
    let actions: [ElementAction]
    /// Of several elements in one template for one column, the lowest rank wins.
    let rank: UInt8

    init(_ id: UInt16, _ actions: ElementAction..., rank: UInt8 = 0) {
        self.id = id
        self.actions = actions
        self.rank = rank
    }
}

/// The elements that a flow row can carry, by IANA's ipfix registry; NetFlow
/// v9 has the same numbers below 128 (RFC 3954 section 8).
enum ElementRegistry {
    static let flow: [InformationElement] = [
        // Traffic
        InformationElement(1, .unsigned(.bytes)),  // octetDeltaCount
        InformationElement(2, .unsigned(.packets)),  // packetDeltaCount
        InformationElement(23, .unsigned(.bytes), rank: 1),  // postOctetDeltaCount
        InformationElement(24, .unsigned(.packets), rank: 1),  // postPacketDeltaCount
        InformationElement(85, .unsigned(.bytes), rank: 2),  // octetTotalCount
        InformationElement(86, .unsigned(.packets), rank: 2),  // packetTotalCount
        InformationElement(231, .unsigned(.bytes), rank: 1),  // initiatorOctets
        InformationElement(298, .unsigned(.packets), rank: 1),  // initiatorPackets
        InformationElement(352, .unsigned(.bytes), rank: 3),  // layer2OctetDeltaCount
        InformationElement(312, .unsigned(.bytes), rank: 4),  // dataLinkFrameSize

        // Addresses
        InformationElement(8, .ipv4(.srcAddr)),  // sourceIPv4Address
        InformationElement(12, .ipv4(.dstAddr)),  // destinationIPv4Address
        InformationElement(27, .ipv6(.srcAddr)),  // sourceIPv6Address
        InformationElement(28, .ipv6(.dstAddr)),  // destinationIPv6Address
        InformationElement(15, .ipv4(.nextHop)),  // ipNextHopIPv4Address
        InformationElement(62, .ipv6(.nextHop)),  // ipNextHopIPv6Address
        InformationElement(18, .ipv4(.nextHop), .ipv4(.bgpNextHop), rank: 1),  // bgpNextHopIPv4Address
        InformationElement(63, .ipv6(.nextHop), .ipv6(.bgpNextHop), rank: 1),  // bgpNextHopIPv6Address
        InformationElement(130, .ipv4(.samplerAddress)),  // exporterIPv4Address
        InformationElement(131, .ipv6(.samplerAddress)),  // exporterIPv6Address

        // Transport
        InformationElement(4, .unsigned(.proto)),  // protocolIdentifier
        InformationElement(7, .unsigned(.srcPort)),  // sourceTransportPort
        InformationElement(11, .unsigned(.dstPort)),  // destinationTransportPort
        InformationElement(180, .unsigned(.srcPort), rank: 1),  // udpSourcePort
        InformationElement(181, .unsigned(.dstPort), rank: 1),  // udpDestinationPort
        InformationElement(182, .unsigned(.srcPort), rank: 1),  // tcpSourcePort
        InformationElement(183, .unsigned(.dstPort), rank: 1),  // tcpDestinationPort
        InformationElement(6, .lowBits(.tcpFlags)),  // tcpControlBits, 1 or 2 bytes (RFC 7125)
        InformationElement(32, .icmpTypeAndCode),  // icmpTypeCodeIPv4
        InformationElement(139, .icmpTypeAndCode),  // icmpTypeCodeIPv6
        InformationElement(176, .unsigned(.icmpType)),  // icmpTypeIPv4
        InformationElement(177, .unsigned(.icmpCode)),  // icmpCodeIPv4
        InformationElement(178, .unsigned(.icmpType)),  // icmpTypeIPv6
        InformationElement(179, .unsigned(.icmpCode)),  // icmpCodeIPv6

        // IP
        InformationElement(5, .unsigned(.ipTos)),  // ipClassOfService
        InformationElement(60, .ipVersion),  // ipVersion
        InformationElement(192, .unsigned(.ipTTL)),  // ipTTL
        InformationElement(52, .unsigned(.ipTTL), rank: 1),  // minimumTTL
        InformationElement(53, .unsigned(.ipTTLMax)),  // maximumTTL
        InformationElement(31, .unsigned(.ipv6FlowLabel)),  // flowLabelIPv6
        InformationElement(54, .unsigned(.fragmentId)),  // fragmentIdentification
        InformationElement(88, .unsigned(.fragmentOffset)),  // fragmentOffset

        // Interfaces, direction
        InformationElement(10, .unsigned(.inIf)),  // ingressInterface
        InformationElement(14, .unsigned(.outIf)),  // egressInterface
        InformationElement(252, .unsigned(.inIf), .unsigned(.ingressPhysIf), rank: 1),  // ingressPhysicalInterface
        InformationElement(253, .unsigned(.outIf), .unsigned(.egressPhysIf), rank: 1),  // egressPhysicalInterface
        InformationElement(61, .unsigned(.flowDirection)),  // flowDirection
        InformationElement(239, .unsigned(.biFlowDirection)),  // biflowDirection
        InformationElement(89, .lowBits(.forwardingStatus)),  // forwardingStatus, 1 or 4 bytes (RFC 7270)

        // Routing
        InformationElement(16, .unsigned(.srcAS)),  // bgpSourceAsNumber
        InformationElement(17, .unsigned(.dstAS)),  // bgpDestinationAsNumber
        InformationElement(128, .unsigned(.nextHopAS)),  // bgpNextAdjacentAsNumber
        InformationElement(129, .unsigned(.prevHopAS)),  // bgpPrevAdjacentAsNumber
        InformationElement(9, .unsigned(.srcNet)),  // sourceIPv4PrefixLength
        InformationElement(13, .unsigned(.dstNet)),  // destinationIPv4PrefixLength
        InformationElement(29, .unsigned(.srcNet), rank: 1),  // sourceIPv6PrefixLength
        InformationElement(30, .unsigned(.dstNet), rank: 1),  // destinationIPv6PrefixLength
        InformationElement(234, .unsigned(.ingressVrfId)),  // ingressVRFID
        InformationElement(235, .unsigned(.egressVrfId)),  // egressVRFID

        // Layer 2
        InformationElement(56, .unsigned(.srcMac)),  // sourceMacAddress
        InformationElement(80, .unsigned(.dstMac)),  // destinationMacAddress
        InformationElement(57, .unsigned(.dstMac), rank: 1),  // postDestinationMacAddress
        InformationElement(81, .unsigned(.srcMac), rank: 1),  // postSourceMacAddress
        InformationElement(58, .unsigned(.srcVlan), .unsigned(.vlanId)),  // vlanId
        InformationElement(59, .unsigned(.dstVlan)),  // postVlanId
        InformationElement(243, .unsigned(.srcVlan), .unsigned(.vlanId), rank: 1),  // dot1qVlanId
        InformationElement(254, .unsigned(.dstVlan), rank: 1),  // postDot1qVlanId
        InformationElement(245, .unsigned(.customerVlanId)),  // dot1qCustomerVlanId
        InformationElement(256, .unsigned(.eType)),  // ethernetType

        // MPLS and overlays
        InformationElement(70, .mplsLabel(.first)),  // mplsTopLabelStackSection
        InformationElement(71, .mplsLabel(.second)),  // mplsLabelStackSection2
        InformationElement(72, .mplsLabel(.third)),  // mplsLabelStackSection3
        InformationElement(200, .unsigned(.mpls1TTL)),  // mplsTopLabelTTL
        InformationElement(351, .lowBits(.encapId)),  // layer2SegmentId

        // Address translation, firewalls, applications
        InformationElement(225, .ipv4(.srcAddrNAT)),  // postNATSourceIPv4Address
        InformationElement(226, .ipv4(.dstAddrNAT)),  // postNATDestinationIPv4Address
        InformationElement(281, .ipv6(.srcAddrNAT)),  // postNATSourceIPv6Address
        InformationElement(282, .ipv6(.dstAddrNAT)),  // postNATDestinationIPv6Address
        InformationElement(227, .unsigned(.srcPortNAT)),  // postNAPTSourceTransportPort
        InformationElement(228, .unsigned(.dstPortNAT)),  // postNAPTDestinationTransportPort
        InformationElement(230, .event),  // natEvent
        InformationElement(233, .unsigned(.firewallEvent)),  // firewallEvent
        InformationElement(95, .unsigned(.applicationId)),  // applicationId
        InformationElement(136, .unsigned(.flowEndReason)),  // flowEndReason

        // Times
        InformationElement(160, .systemInitTime),  // systemInitTimeMilliseconds
        InformationElement(161, .duration(nanoseconds: 1_000_000)),  // flowDurationMilliseconds
        InformationElement(162, .duration(nanoseconds: 1000), rank: 1),  // flowDurationMicroseconds
        InformationElement(22, .time(.uptimeMilliseconds, .start), rank: 4),  // flowStartSysUpTime
        InformationElement(21, .time(.uptimeMilliseconds, .end), rank: 4),  // flowEndSysUpTime
        InformationElement(150, .time(.seconds, .start), rank: 3),  // flowStartSeconds
        InformationElement(151, .time(.seconds, .end), rank: 3),  // flowEndSeconds
        InformationElement(152, .time(.milliseconds, .start), rank: 2),  // flowStartMilliseconds
        InformationElement(153, .time(.milliseconds, .end), rank: 2),  // flowEndMilliseconds
        InformationElement(154, .time(.ntp, .start), rank: 1),  // flowStartMicroseconds
        InformationElement(155, .time(.ntp, .end), rank: 1),  // flowEndMicroseconds
        InformationElement(156, .time(.ntp, .start)),  // flowStartNanoseconds
        InformationElement(157, .time(.ntp, .end)),  // flowEndNanoseconds
        InformationElement(158, .time(.deltaMicroseconds, .start), rank: 3),  // flowStartDeltaMicroseconds
        InformationElement(159, .time(.deltaMicroseconds, .end), rank: 3),  // flowEndDeltaMicroseconds

        // Sampling
        InformationElement(34, .samplingInterval),  // samplingInterval
        InformationElement(50, .samplingInterval, rank: 1),  // samplerRandomInterval
        InformationElement(48, .samplerID),  // samplerId
        InformationElement(302, .samplerID),  // selectorId
        InformationElement(305, .samplingPacketInterval),  // samplingPacketInterval
        InformationElement(306, .samplingPacketSpace),  // samplingPacketSpace
    ]

    /// The row of an element of IANA's or NetFlow v9's number space; nil when no column takes it.
    static func element(_ id: UInt16) -> InformationElement? {
        byID[id]
    }

    private static let byID = Dictionary(uniqueKeysWithValues: flow.map { ($0.id, $0) })
}
