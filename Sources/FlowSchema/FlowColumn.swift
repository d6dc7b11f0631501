/// The columns of a flow. A new one is one case, one row of the table in
/// FlowColumn+Rows.swift, its decoder's row and a fixture (Docs/add-a-column.md).
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

    // What is computed at ingest, and no exporter tells.
    case incoming
    case locality

    // Details that few exporters send: batches without them are stored without them.
    case srcAddrEncap
    case dstAddrEncap
    case protoEncap
    case eTypeEncap
    case ipTosEncap
    case ipTTLEncap
    case ipv6FlowLabelEncap
    case fragmentIdEncap
    case fragmentOffsetEncap
    case srcPortEncap
    case dstPortEncap
    case encapType
    case encapId
    case mplsCount
    case mpls1TTL
    case mpls1Label
    case mpls2TTL
    case mpls2Label
    case mpls3TTL
    case mpls3Label
    case mplsLastTTL
    case mplsLastLabel
    case srcAddrNAT
    case dstAddrNAT
    case srcPortNAT
    case dstPortNAT
    case firewallEvent
    case customerVlanId
    case ipTTLMax
    case dropReason
    case flowEndReason
    case applicationId
    case prevHopAS
    case bgpNextHop
    case ingressPhysIf
    case egressPhysIf
    case mark
    case conntrackZone
    case conntrackStatus

    // Places, which are there where a source of places is configured.
    case srcCountry
    case dstCountry
    case srcCityId
    case dstCityId

    // What clouds tell of their flows.
    case cloudPath
    case roundTripTime
    case droppedBytes
    case droppedPackets

    // Values of varying length.
    case asPath
    case bgpCommunities
    case bgpLargeCommunities
    case bgpExtendedCommunities
    case strings

    // Words of clouds.
    case cloudAccount
    case cloudRegion
    case cloudZone
    case cloudVpc
    case cloudSubnet
    case cloudInterface
    case cloudInstance
    case cloudAction
    case cloudReason
    case cloudReporter
    case cloudCluster
    case cloudWorkload
    case cloudTask
    case srcCloudService
    case dstCloudService
    case srcCloudProject
    case dstCloudProject
    case srcCloudRegion
    case dstCloudRegion
    case srcCloudZone
    case dstCloudZone
    case srcCloudVpc
    case dstCloudVpc
    case srcCloudSubnet
    case dstCloudSubnet
    case srcCloudInstance
    case dstCloudInstance
    case srcCloudCluster
    case dstCloudCluster
    case srcCloudNamespace
    case dstCloudNamespace
    case srcCloudPod
    case dstCloudPod
    case srcCloudWorkload
    case dstCloudWorkload

    // Texts that no row holds: dictionaries tell them of other columns.
    case exporterGroup
    case exporterRole
    case exporterSite
    case exporterRegion
    case exporterTenant
    case inIfBoundary
    case outIfBoundary
    case inIfProvider
    case outIfProvider
    case inIfConnectivity
    case outIfConnectivity
    case srcNetName
    case dstNetName
    case srcNetRole
    case dstNetRole
    case srcNetSite
    case dstNetSite
    case srcNetRegion
    case dstNetRegion
    case srcNetTenant
    case dstNetTenant
    case srcCity
    case dstCity

    /// The columns that rows have, in the order of their numbers in memory; without ``derived``.
    public static let allCases: [FlowColumn] = (0...FlowColumn.lastStored.rawValue).compactMap(FlowColumn.init)

    /// The columns that dictionaries tell of other columns.
    public static let derived: [FlowColumn] = (FlowColumn.lastStored.rawValue + 1...FlowColumn.dstCity.rawValue)
        .compactMap(FlowColumn.init)

    /// The columns that can be asked for, in the order of documentation.
    public static let queryable = allCases.filter(\.isStored) + derived

    /// The facts about this column.
    public var field: Field { Self.table[Int(rawValue)] }

    /// The column's name in ClickHouse.
    public var name: String { field.name }

    /// How many columns rows have.
    public static let count = allCases.count

    /// The column of that name, in whatever case the letters are.
    public static func named(_ name: String) -> FlowColumn? {
        byName[name.lowercased()]
    }

    private static let byName = Dictionary(
        uniqueKeysWithValues: (allCases + derived).map { ($0.name.lowercased(), $0) }
    )
    private static let table = (allCases + derived).map { $0.row }

    /// How the column's values lie in memory.
    @inlinable
    public var storage: FieldStorage {
        switch self {
        case .flowType, .samplingRateSource, .flowDirection, .proto, .ipTos, .forwardingStatus, .ipTTL, .tcpFlags,
            .icmpType, .icmpCode, .biFlowDirection, .srcNet, .dstNet, .protoEncap, .ipTosEncap, .ipTTLEncap, .encapType,
            .mplsCount, .mpls1TTL, .mpls2TTL, .mpls3TTL, .mplsLastTTL, .firewallEvent, .ipTTLMax, .flowEndReason,
            .incoming,
            .locality, .cloudPath:
            .uint8
        case .eType, .srcPort, .dstPort, .srcVlan, .dstVlan, .vlanId, .eTypeEncap, .srcPortEncap, .dstPortEncap,
            .srcPortNAT, .dstPortNAT, .customerVlanId, .dropReason, .conntrackZone, .srcCountry, .dstCountry:
            .uint16
        case .timeReceived, .sequenceNum, .samplingRate, .timeFlowStart, .timeFlowStartNs, .timeFlowEnd,
            .timeFlowEndNs, .inIf, .outIf, .ingressVrfId, .egressVrfId, .ipv6FlowLabel, .fragmentId, .fragmentOffset,
            .srcAS, .dstAS, .nextHopAS, .ipv6FlowLabelEncap, .fragmentIdEncap, .fragmentOffsetEncap, .encapId,
            .mpls1Label, .mpls2Label, .mpls3Label, .mplsLastLabel, .prevHopAS, .ingressPhysIf, .egressPhysIf, .mark,
            .conntrackStatus, .roundTripTime:
            .uint32
        case .bytes, .packets, .srcMac, .dstMac, .applicationId, .srcCityId, .dstCityId, .droppedBytes,
            .droppedPackets:
            .uint64
        case .samplerAddress, .srcAddr, .dstAddr, .nextHop, .srcAddrEncap, .dstAddrEncap, .srcAddrNAT, .dstAddrNAT,
            .bgpNextHop:
            .bytes16
        case .asPath, .bgpCommunities, .bgpLargeCommunities, .bgpExtendedCommunities, .strings, .exporterGroup,
            .exporterRole, .exporterSite, .exporterRegion, .exporterTenant, .inIfBoundary, .outIfBoundary,
            .inIfProvider, .outIfProvider, .inIfConnectivity,
            .outIfConnectivity, .srcNetName, .dstNetName, .srcNetRole, .dstNetRole, .srcNetSite, .dstNetSite,
            .srcNetRegion, .dstNetRegion, .srcNetTenant, .dstNetTenant, .srcCity, .dstCity,
            .cloudAccount, .cloudRegion, .cloudZone, .cloudVpc, .cloudSubnet, .cloudInterface, .cloudInstance,
            .cloudAction, .cloudReason, .cloudReporter, .cloudCluster, .cloudWorkload, .cloudTask, .srcCloudService,
            .dstCloudService, .srcCloudProject, .dstCloudProject, .srcCloudRegion, .dstCloudRegion, .srcCloudZone,
            .dstCloudZone, .srcCloudVpc, .dstCloudVpc, .srcCloudSubnet, .dstCloudSubnet, .srcCloudInstance,
            .dstCloudInstance, .srcCloudCluster, .dstCloudCluster, .srcCloudNamespace, .dstCloudNamespace,
            .srcCloudPod, .dstCloudPod, .srcCloudWorkload, .dstCloudWorkload:
            .variable
        }
    }

    /// The value of a row whose decoder wrote nothing: 0, but unknown direction is 255.
    @inlinable
    public var fillByte: UInt8 { self == .flowDirection || self == .incoming ? 255 : 0 }

    /// Whether few exporters send it. Batches without any detail are stored
    /// through a narrower table, which costs the engine less.
    public var isDetail: Bool { rawValue > FlowColumn.locality.rawValue }

    /// Whether the value is computed at ingest from the row's others and the configuration; decoders never write it.
    public var isEnriched: Bool { self == .incoming || self == .locality || isPlace }

    /// Whether the value is a place that was looked up at ingest.
    public var isPlace: Bool { (FlowColumn.srcCountry.rawValue...FlowColumn.dstCityId.rawValue).contains(rawValue) }

    /// Whether no row holds it: ``derivation`` tells the value of other columns.
    public var isDerived: Bool { rawValue > FlowColumn.lastStored.rawValue }

    /// The last column that rows have.
    private static let lastStored = FlowColumn.dstCloudWorkload

    /// Whether only clouds tell it.
    public var isCloud: Bool {
        (FlowColumn.cloudPath.rawValue...FlowColumn.droppedPackets.rawValue).contains(rawValue)
            || (FlowColumn.cloudAccount.rawValue...FlowColumn.lastStored.rawValue).contains(rawValue)
    }

    /// The columns from this one on are those whose values vary in length.
    public static let firstVariable = FlowColumn.asPath

    /// Whether the column exists in ClickHouse; the others live in batches and in `decode`'s output only.
    public var isStored: Bool { field.kind != .subsecond && !isDerived }
}
