public import FlowSchema

extension FieldOrigins {
    /// The fields that the decoders read, from the tables that they run by.
    public static let decoders: FieldOrigins = {
        let templates = origins(of: ElementRegistry.all)
        var fields: [FlowType: [FlowColumn: [FieldOrigin]]] = [
            .ipfix: templates, .netflowV9: templates, .sflow5: SFlowReference.origins,
        ]
        for (type, layout) in [
            (FlowType.netflowV1, FixedLayout.version1), (.netflowV5, FixedLayout.version5),
            (.netflowV7, FixedLayout.version7),
        ] {
            fields[type] = origins(of: layout.fields.compactMap { ElementRegistry.element($0.id) })
            // Other than in templates, it is known what the addresses are.
            fields[type]?[.eType] = [FieldOrigin(number: "header", name: "IPv4 only")]
        }
        fields[.netflowV5]?[.samplingRate] = [FieldOrigin(number: "header", name: "sampling_interval")]
        fields.merge(ofHost) { $1 }
        return FieldOrigins(fields)
    }()

    /// The columns of a packet's headers, tunnels included.
    static let ofHeaders: [FlowColumn] =
        [
            .srcAddr, .dstAddr, .srcMac, .dstMac, .eType, .proto, .srcPort, .dstPort, .vlanId, .customerVlanId, .ipTos,
            .ipTTL, .tcpFlags, .icmpType, .icmpCode, .ipv6FlowLabel, .fragmentId, .fragmentOffset,
        ] + FlowColumn.allCases.filter { [.tunnel, .mpls].contains($0.field.group) }

    private static func origins(of elements: [InformationElement]) -> [FlowColumn: [FieldOrigin]] {
        var found: [FlowColumn: [(rank: UInt8, origin: FieldOrigin)]] = [:]
        for element in elements {
            let number = element.enterprise == 0 ? "\(element.id)" : "\(element.enterprise)/\(element.id)"
            for action in element.actions {
                let origin = FieldOrigin(number: number, name: element.name, ipVersion: action.ipVersion)
                for column in action.columns { found[column, default: []].append((element.rank, origin)) }
            }
        }
        return found.mapValues {
            $0.enumerated().sorted { ($0.1.rank, $0.0) < ($1.1.rank, $1.0) }.map(\.element.origin)
        }
    }
}

extension ElementAction {
    /// The stored columns that an element with this action lands in.
    fileprivate var columns: [FlowColumn] {
        switch self {
        case .unsigned(let column), .lowBits(let column), .ipv4(let column), .ipv6(let column), .codePoint(let column),
            .total(let column):
            [column]
        case .time(_, .start): [.timeFlowStart]
        case .time(_, .end): [.timeFlowEnd]
        case .duration: [.timeFlowStart, .timeFlowEnd]
        case .tunnelType: [.encapType]
        case .icmpTypeAndCode: [.icmpType, .icmpCode]
        case .ipVersion: [.eType]
        case .samplingInterval, .samplingPacketInterval, .samplingPacketSpace, .samplerID: [.samplingRate]
        case .mplsLabel(let depth):
            switch depth {
            case 1: [.mpls1Label, .mplsCount, .mplsLastLabel]
            case 2: [.mpls2Label, .mplsCount, .mplsLastLabel]
            case 3: [.mpls3Label, .mplsCount, .mplsLastLabel]
            default: [.mplsCount, .mplsLastLabel]
            }
        case .text, .routeDistinguisher: [.strings]
        case .frame: FieldOrigins.ofHeaders
        case .event, .systemInitTime, .flowID, .interfaceName, .frameType, .sectionOffset: []
        }
    }

    fileprivate var ipVersion: UInt8? {
        switch self {
        case .ipv4: 4
        case .ipv6: 6
        default: nil
        }
    }
}
