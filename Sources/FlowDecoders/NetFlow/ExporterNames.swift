/// What a name is of.
enum NameSubject: Hashable, Sendable {
    case interface(UInt32)
    case vrf(UInt32)
    case application(UInt64)
    case sampler(UInt64)
}

/// What exporters say of themselves in options data, by IANA's element number
/// (RFC 5655 section 3, RFC 7011 section 4.1 to 4.3). Totals since the exporter started.
public enum ExporterStatistic: UInt16, CaseIterable, Sendable {
    case flowActiveTimeout = 36
    case flowIdleTimeout = 37
    case exportedOctetTotalCount = 40
    case exportedMessageTotalCount = 41
    case exportedFlowRecordTotalCount = 42
    case ignoredPacketTotalCount = 164
    case ignoredOctetTotalCount = 165
    case notSentFlowTotalCount = 166
    case notSentPacketTotalCount = 167
    case notSentOctetTotalCount = 168

    /// IANA's name.
    public var name: String { "\(self)" }

    /// Whether it is a setting in seconds and no total.
    public var isTimeout: Bool { self == .flowActiveTimeout || self == .flowIdleTimeout }
}

extension Dictionary<ExporterStatistic, UInt64> {
    /// Adds what another domain or process of the exporter says: totals add up, of timeouts the longer counts.
    public mutating func add(_ other: [ExporterStatistic: UInt64]) {
        for (statistic, value) in other {
            let own = self[statistic] ?? 0
            let (sum, isBeyond) = own.addingReportingOverflow(value)
            self[statistic] = statistic.isTimeout ? Swift.max(own, value) : isBeyond ? .max : sum
        }
    }
}

/// Names that an exporter's options data told.
public struct ExporterNames: Equatable, Sendable {
    /// Interfaces by index (elements 82, 83).
    public internal(set) var interfaces: [UInt32: String] = [:]
    /// VRFs by their id (element 236).
    public internal(set) var vrfs: [UInt32: String] = [:]
    /// Applications by ``FlowSchema/FlowColumn/applicationId`` (elements 96, 94).
    public internal(set) var applications: [UInt64: String] = [:]
    /// Samplers or selectors by id (elements 84, 335).
    public internal(set) var samplers: [UInt64: String] = [:]

    /// Names of one kind that are kept.
    static let most = 8192

    /// None.
    public init() {}

    /// Whether nothing has a name.
    public var isEmpty: Bool { interfaces.isEmpty && vrfs.isEmpty && applications.isEmpty && samplers.isEmpty }

    /// How many things have a name.
    var count: Int { interfaces.count + vrfs.count + applications.count + samplers.count }

    /// Takes in a name; beyond the bound only known ones change.
    mutating func learn(_ subject: NameSubject, _ name: String) {
        switch subject {
        case .interface(let id): Self.set(&interfaces, id, name)
        case .vrf(let id): Self.set(&vrfs, id, name)
        case .application(let id): Self.set(&applications, id, name)
        case .sampler(let id): Self.set(&samplers, id, name)
        }
    }

    /// Every name with its subject.
    var all: [(subject: NameSubject, name: String)] {
        interfaces.map { (.interface($0), $1) } + vrfs.map { (.vrf($0), $1) }
            + applications.map { (.application($0), $1) } + samplers.map { (.sampler($0), $1) }
    }

    /// Adds another's names where this has none.
    public mutating func merge(_ other: ExporterNames) {
        interfaces.merge(other.interfaces) { own, _ in own }
        vrfs.merge(other.vrfs) { own, _ in own }
        applications.merge(other.applications) { own, _ in own }
        samplers.merge(other.samplers) { own, _ in own }
    }

    private static func set<ID: Hashable>(_ names: inout [ID: String], _ id: ID, _ name: String) {
        if names.count < most || names[id] != nil { names[id] = name }
    }
}
