public import FlowSchema
public import NetTypes

/// A condition on flow rows, as a typed tree: parsed from text, printed back, rendered as SQL.
///
/// The grammar is in Docs/filter.md. Every value in the tree is a number, an
/// address or a string that reaches SQL only through ``SQLText``.
public indirect enum Filter: Hashable, Sendable {
    /// All of these; two or more.
    case and([Filter])
    /// Any of these; two or more.
    case or([Filter])
    /// Not this.
    case not(Filter)
    /// One test.
    case match(Match)

    /// A test of a column, or of either end's column.
    public struct Match: Hashable, Sendable {
        /// What is tested.
        public var subject: Subject
        /// Whether the test is turned round (`!=`, `not in`, `!<<`); for either
        /// end that means that neither passes.
        public var isNegated: Bool
        /// The test.
        public var test: Test

        /// Makes a test.
        public init(_ subject: Subject, isNegated: Bool = false, _ test: Test) {
            self.subject = subject
            self.isNegated = isNegated
            self.test = test
        }
    }

    /// What a test looks at.
    public enum Subject: Hashable, Sendable {
        /// One column.
        case column(FlowColumn)
        /// A column or its mirror: `Addr` is SrcAddr or DstAddr.
        case either(Pair)

        /// The columns.
        public var columns: [FlowColumn] {
            switch self {
            case .column(let column): [column]
            case .either(let pair): pair.columns
            }
        }

        /// The field of the (first) column; both of a pair have the same kind and storage.
        public var field: Field { columns[0].field }

        /// The name in the language.
        public var name: String {
            switch self {
            case .column(let column): column.name
            case .either(let pair): pair.rawValue
            }
        }
    }

    /// Names that stand for either end.
    public enum Pair: String, CaseIterable, Sendable {
        case addr = "Addr"
        case port = "Port"
        case `as` = "AS"
        case `if` = "If"
        case mac = "Mac"
        case vlan = "Vlan"
        case net = "Net"
        case vrf = "Vrf"
        case country = "Country"
        case city = "City"
        case ifBoundary = "IfBoundary"
        case ifProvider = "IfProvider"
        case ifConnectivity = "IfConnectivity"
        case netName = "NetName"
        case netRole = "NetRole"
        case netSite = "NetSite"
        case netRegion = "NetRegion"
        case netTenant = "NetTenant"
        case addrNAT = "AddrNAT"
        case portNAT = "PortNAT"
        case addrEncap = "AddrEncap"
        case portEncap = "PortEncap"
        case physIf = "PhysIf"
        case cityId = "CityId"
        case endService = "EndService"
        case endProject = "EndProject"
        case endRegion = "EndRegion"
        case endZone = "EndZone"
        case endVpc = "EndVpc"
        case endSubnet = "EndSubnet"
        case endInstance = "EndInstance"
        case endCluster = "EndCluster"
        case endNamespace = "EndNamespace"
        case endPod = "EndPod"
        case endWorkload = "EndWorkload"

        /// Both columns.
        public var columns: [FlowColumn] {
            switch self {
            case .addr: [.srcAddr, .dstAddr]
            case .port: [.srcPort, .dstPort]
            case .as: [.srcAS, .dstAS]
            case .if: [.inIf, .outIf]
            case .mac: [.srcMac, .dstMac]
            case .vlan: [.srcVlan, .dstVlan]
            case .net: [.srcNet, .dstNet]
            case .vrf: [.ingressVrfId, .egressVrfId]
            case .country: [.srcCountry, .dstCountry]
            case .city: [.srcCity, .dstCity]
            case .ifBoundary: [.inIfBoundary, .outIfBoundary]
            case .ifProvider: [.inIfProvider, .outIfProvider]
            case .ifConnectivity: [.inIfConnectivity, .outIfConnectivity]
            case .netName: [.srcNetName, .dstNetName]
            case .netRole: [.srcNetRole, .dstNetRole]
            case .netSite: [.srcNetSite, .dstNetSite]
            case .netRegion: [.srcNetRegion, .dstNetRegion]
            case .netTenant: [.srcNetTenant, .dstNetTenant]
            case .addrNAT: [.srcAddrNAT, .dstAddrNAT]
            case .portNAT: [.srcPortNAT, .dstPortNAT]
            case .addrEncap: [.srcAddrEncap, .dstAddrEncap]
            case .portEncap: [.srcPortEncap, .dstPortEncap]
            case .physIf: [.ingressPhysIf, .egressPhysIf]
            case .cityId: [.srcCityId, .dstCityId]
            case .endService: [.srcCloudService, .dstCloudService]
            case .endProject: [.srcCloudProject, .dstCloudProject]
            case .endRegion: [.srcCloudRegion, .dstCloudRegion]
            case .endZone: [.srcCloudZone, .dstCloudZone]
            case .endVpc: [.srcCloudVpc, .dstCloudVpc]
            case .endSubnet: [.srcCloudSubnet, .dstCloudSubnet]
            case .endInstance: [.srcCloudInstance, .dstCloudInstance]
            case .endCluster: [.srcCloudCluster, .dstCloudCluster]
            case .endNamespace: [.srcCloudNamespace, .dstCloudNamespace]
            case .endPod: [.srcCloudPod, .dstCloudPod]
            case .endWorkload: [.srcCloudWorkload, .dstCloudWorkload]
            }
        }
    }

    /// What is asked of a value.
    public enum Test: Hashable, Sendable {
        case equals(Value)
        case less(UInt64)
        case atMost(UInt64)
        case greater(UInt64)
        case atLeast(UInt64)
        /// One of these; in lists of addresses a prefix stands for all that it holds.
        case oneOf([Value])
        /// Both ends included.
        case between(Value, Value)
        /// An address in the prefix.
        case within(Prefix)
        /// The value's text matches this RE2 pattern somewhere.
        case matches(String)
        /// The value's text is like this pattern of `%` and `_`.
        case like(String)
        /// All of these TCP flags are set.
        case has(UInt8)
    }

    /// A value in a test.
    public enum Value: Hashable, Sendable {
        case number(UInt64)
        case address(IPAddress)
        case text(String)
        /// Only in ``Test/oneOf(_:)``.
        case prefix(Prefix)
        /// What the column holds when nobody told.
        case unknown
        /// A name that somebody gave or told, and what it stands for.
        case named(NamedValue)
    }

    /// Bounds that keep a hostile filter small.
    public enum Limits {
        /// UTF-8 bytes of text.
        public static let textBytes = 16384
        /// Parentheses and nots within each other.
        public static let depth = 50
        /// Tests in one filter.
        public static let matches = 500
        /// Values in one list.
        public static let listValues = 1000
        /// Bytes of one pattern.
        public static let patternBytes = 500
        /// Numbers or addresses that one name may stand for.
        public static let namedValues = 1000
    }
}

extension Filter {
    /// Whether all rows that pass have the same value of a column.
    public func fixes(_ column: FlowColumn) -> Bool {
        switch self {
        case .and(let parts): return parts.contains { $0.fixes(column) }
        case .match(let match):
            guard case .equals = match.test else { return false }
            return match.subject == .column(column) && !match.isNegated
        case .or, .not: return false
        }
    }
}

extension FlowColumn {
    /// Whether filters know the column: it has single values to compare. Lists and texts by name are for SQL.
    public var isComparable: Bool { isDerived || isStored && (storage != .variable || field.kind == .text) }
}

extension FieldKind {
    /// Which tests columns of this kind know.
    var ordered: Bool {
        switch self {
        case .time, .subsecond, .counter, .number, .asn, .port, .interface: true
        case .address, .mac, .ipProtocol, .etherType, .direction, .flowType, .samplingSource, .encapType,
            .incoming, .locality, .tcpFlags, .country, .text, .boundary, .numbers, .strings:
            false
        }
    }

    /// Whether `between` makes sense: what is ordered, and addresses.
    var hasRanges: Bool { ordered || self == .address }

    /// Whether the value has a text that people would write a pattern for.
    var hasText: Bool {
        switch self {
        case .time, .subsecond, .direction, .incoming, .tcpFlags, .numbers, .strings: false
        default: true
        }
    }
}
