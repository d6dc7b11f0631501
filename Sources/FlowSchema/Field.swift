/// One column of a flow row, with the facts that every consumer needs.
///
/// The ClickHouse DDL, the published `.proto`, the Arrow layout, JSON, the
/// TypeScript types and the reference in Docs are all rendered from these.
public struct Field: Sendable {
    /// Which column this is; also its place in a ``FlowBatch``.
    public let column: FlowColumn
    /// The field number in FlowMessage: NetMeta's and goflow2's, ours from 1000; 0 for what isn't in it.
    public let number: Int
    /// The ClickHouse column, fixed for good.
    public let name: String
    /// The name in FlowMessage where it differs from the column's.
    public let protoName: String
    /// The topic it belongs to.
    public let group: FieldGroup
    /// What its values mean; decides how they are printed and compared.
    public let kind: FieldKind
    /// The unit in words, "" when there is none.
    public let unit: String
    /// Whether people can group by it.
    public let isDimension: Bool
    /// The other end's column: SrcAddr's is DstAddr, InIf's is OutIf.
    public let mirror: FlowColumn?
    /// One sentence.
    public let documentation: String

    init(
        _ column: FlowColumn,
        _ number: Int,
        _ name: String,
        proto: String? = nil,
        _ group: FieldGroup,
        _ kind: FieldKind,
        unit: String = "",
        dimension: Bool = true,
        mirror: FlowColumn? = nil,
        _ documentation: String
    ) {
        self.column = column
        self.number = number
        self.name = name
        self.protoName = proto ?? name
        self.group = group
        self.kind = kind
        self.unit = unit
        self.isDimension = dimension
        self.mirror = mirror
        self.documentation = documentation
    }
}

/// The topics that fields are listed under.
public enum FieldGroup: String, CaseIterable, Sendable {
    case observation
    case traffic
    case addresses
    case transport
    case interfaces
    case routing
    case layer2
    case ip
    case tunnel
    case mpls
    case nat
    case application
    case places
    case cloud
    case classes
}

/// What a field's values mean.
public enum FieldKind: String, Sendable {
    /// Unix seconds.
    case time
    /// Nanoseconds within the second of the field before it.
    case subsecond
    /// A number to be summed.
    case counter
    /// A number without further meaning.
    case number
    /// 16 bytes, IPv4 as `::ffff:a.b.c.d`.
    case address
    /// An autonomous system number, 0 = unknown.
    case asn
    /// An IEEE 802 address in the low 48 bits.
    case mac
    /// A TCP, UDP or SCTP port.
    case port
    /// An IP protocol number.
    case ipProtocol
    /// An Ethertype.
    case etherType
    /// An SNMP interface index, 0 = unknown.
    case interface
    /// 0 ingress, 1 egress, 255 unknown (IPFIX element 61).
    case direction
    /// 1 into the network, 0 not, 255 unknown.
    case incoming
    /// ``Locality``.
    case locality
    /// ``FlowType``.
    case flowType
    /// ``SamplingSource``.
    case samplingSource
    /// TCP flag bits.
    case tcpFlags
    /// ``EncapType``.
    case encapType
    /// Two letters in a number of 16 bits, the first in the low byte; 0 = unknown.
    case country
    /// Words; nothing = unknown.
    case text
    /// The name of an ``InterfaceBoundary``.
    case boundary
    /// A list of numbers of 32 bits.
    case numbers
    /// Texts by name.
    case strings
}

/// How a value lies in memory, in Arrow and in ClickHouse.
public enum FieldStorage: Int, Sendable {
    case uint8 = 1
    case uint16 = 2
    case uint32 = 4
    case uint64 = 8
    case bytes16 = 16
    /// As many bytes as the value needs, see ``VariableColumn``.
    case variable = 0

    /// Bytes per value; 0 when that varies.
    @inlinable
    public var width: Int { rawValue }
}

/// Where a flow row came from; the values are stored and published, never renumbered.
public enum FlowType: UInt8, CaseIterable, Sendable {
    case unknown = 0
    case sflow5 = 1
    case netflowV5 = 2
    case netflowV9 = 3
    case ipfix = 4
    case portMirror = 5
    case nflog = 6
    case conntrack = 7
    case awsVPC = 8
    case gcpVPC = 9
    case fastNetMon = 10
    case netflowV1 = 11
    case netflowV7 = 12
    case azureVNet = 13

    /// NetMeta's name, as in the ClickHouse Enum8 and in FlowMessage.
    public var name: String {
        switch self {
        case .unknown: "FLOWUNKNOWN"
        case .sflow5: "SFLOW_5"
        case .netflowV5: "NETFLOW_V5"
        case .netflowV9: "NETFLOW_V9"
        case .ipfix: "IPFIX"
        case .portMirror: "PORTMIRROR"
        case .nflog: "NFLOG"
        case .conntrack: "CONNTRACK"
        case .awsVPC: "AWS_VPC"
        case .gcpVPC: "GCP_VPC"
        case .fastNetMon: "FASTNETMON"
        case .netflowV1: "NETFLOW_V1"
        case .netflowV7: "NETFLOW_V7"
        case .azureVNet: "AZURE_VNET"
        }
    }
}

/// Who told the sampling rate of a row.
public enum SamplingSource: UInt8, CaseIterable, Sendable {
    /// Nobody: the rate is 1 because nothing better is known.
    case unknown = 0
    /// The record or its datagram's header.
    case record = 1
    /// Options data of the exporter.
    case options = 2
    /// The configuration.
    case configuration = 3

    /// The name in ClickHouse's Enum8 and in JSON.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .record: "record"
        case .options: "options"
        case .configuration: "configuration"
        }
    }
}

/// Which ends of a flow are local; the values are stored and published, never renumbered.
public enum Locality: UInt8, CaseIterable, Sendable {
    /// No networks are said to be local, or an address isn't known.
    case unknown = 0
    /// From elsewhere to a local address.
    case `in` = 1
    /// From a local address to elsewhere.
    case out = 2
    /// Between local addresses.
    case `internal` = 3
    /// Between others.
    case transit = 4

    /// The name in ClickHouse's Enum8 and in JSON.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .in: "in"
        case .out: "out"
        case .internal: "internal"
        case .transit: "transit"
        }
    }
}

/// Where an interface leads.
public enum InterfaceBoundary: UInt8, CaseIterable, Sendable {
    /// Nothing is said.
    case undefined = 0
    /// Out of the network.
    case external = 1
    /// Into the network.
    case `internal` = 2

    /// The name in SQL.
    public var name: String {
        switch self {
        case .undefined: "undefined"
        case .external: "external"
        case .internal: "internal"
        }
    }
}

/// What a packet was wrapped in.
public enum EncapType: UInt8, CaseIterable, Sendable {
    case none = 0
    case vxlan = 1
    case geneve = 2
    case gre = 3
    case erspan = 4
    case ipip = 5
    case sixInFour = 6
    case gtpU = 7
    case srv6 = 8
    case l2tp = 9
    case pppoe = 10

    /// The name in ClickHouse's Enum8 and in JSON.
    public var name: String {
        switch self {
        case .none: "none"
        case .vxlan: "VXLAN"
        case .geneve: "Geneve"
        case .gre: "GRE"
        case .erspan: "ERSPAN"
        case .ipip: "IPIP"
        case .sixInFour: "6in4"
        case .gtpU: "GTP-U"
        case .srv6: "SRv6"
        case .l2tp: "L2TP"
        case .pppoe: "PPPoE"
        }
    }
}
