public import FlowSchema
public import NetTypes

/// By what rows are told apart when something is explained: a dimension, with what gives its values their meaning.
///
/// The number of an interface means something with its exporter only. A port
/// is told with its protocol and, in another subject, of all protocols: HTTPS
/// that doubled did so over TCP and UDP at once, and that is one change. So
/// addresses stand for themselves and for the network that they are in.
public struct ExplainSubject: Hashable, Sendable {
    /// The dimensions of its key, the one that it is about last.
    public let dimensions: [Dimension]
    /// Whether addresses stand for their networks.
    public let isNetwork: Bool

    /// The column that it is about.
    public var column: FlowColumn { dimensions[dimensions.count - 1].column }

    /// Leading bits, of the 16 bytes, of an IPv4 network: what is announced and attacked as one is a /24 at the least.
    private static let bitsV4 = 120
    /// Of an IPv6 network: a site's /48.
    private static let bitsV6 = 48

    /// Every dimension that rows hold, the networks of both addresses, and ports of all protocols.
    static let stored: [ExplainSubject] = FlowColumn.allCases.compactMap { of($0) } + networks + ports

    /// Every dimension that a dictionary tells of other columns.
    static let derived: [ExplainSubject] = FlowColumn.derived.compactMap { of($0) }

    private static let networks: [ExplainSubject] = [FlowColumn.srcAddr, .dstAddr].compactMap { column in
        Dimension(column).map { ExplainSubject(dimensions: [$0], isNetwork: true) }
    }

    private static let ports: [ExplainSubject] = FlowColumn.allCases.filter { $0.field.kind == .port }
        .compactMap { Dimension($0) }.map { ExplainSubject(dimensions: [$0], isNetwork: false) }

    private static func of(_ column: FlowColumn) -> ExplainSubject? {
        guard let dimension = Dimension(column) else { return nil }
        let companion: FlowColumn? =
            switch column.field.kind {
            case .interface: .samplerAddress
            case .port: [.srcPortEncap, .dstPortEncap].contains(column) ? .protoEncap : .proto
            default: nil
            }
        let dimensions = [companion.flatMap { Dimension($0) }, dimension].compactMap { $0 }
        return ExplainSubject(dimensions: dimensions, isNetwork: false)
    }

    /// Columns that differ in any traffic, and are not tried first.
    private static let always: Set<FlowColumn> = [
        .samplerAddress, .srcAddr, .dstAddr, .proto, .srcPort, .dstPort, .inIf, .outIf, .srcAS, .dstAS,
    ]

    /// The columns of which it must be asked whether they differ at all: most exporters leave most of them empty.
    static let doubtful = FlowColumn.allCases.filter { column in
        !always.contains(column) && stored.contains { $0.column == column }
    }

    /// The parts of the key.
    var atoms: [Atom] { dimensions.map { Atom(dimension: $0, isNetwork: isNetwork && $0.column == column) } }

    /// One column of a key.
    struct Atom: Hashable {
        var dimension: Dimension
        var isNetwork: Bool

        /// The key in SQL.
        var expression: SQLText {
            guard isNetwork else { return dimension.keyExpression }
            let column = dimension.column
            return """
                IPv6CIDRToRange(\(column), if(\(column) BETWEEN \(IPAddress(v4: 0)) AND \(IPAddress(v4: .max)), \
                toUInt8(\(ExplainSubject.bitsV4)), toUInt8(\(ExplainSubject.bitsV6)))).1
                """
        }
    }

    /// The prefix that an address of a network's key stands for.
    public static func prefix(of address: IPAddress) -> Prefix {
        Prefix(address, bits: address.isV4 ? bitsV4 : bitsV6)
    }

    /// The subject of the other end: that of `DstAddr` is `SrcAddr`'s.
    var mirror: ExplainSubject? {
        column.field.mirror.flatMap { other in
            (Self.stored + Self.derived).first {
                $0.column == other && $0.isNetwork == isNetwork && $0.dimensions.count == dimensions.count
            }
        }
    }

    /// Whether its values gather those of another subject: a port of all protocols those of that port with each.
    func gathers(_ other: ExplainSubject) -> Bool {
        other.column == column && !other.isNetwork && other.dimensions.count > dimensions.count
    }

    /// How much the subject tells a person: of values that account for the same, the first is named.
    var rank: Int {
        switch column {
        // Who sends is who does it, of two ends that are in it alike.
        case .srcAddr: isNetwork ? 2 : 0
        case .dstAddr: isNetwork ? 3 : 1
        case .samplerAddress: 4
        case .inIf, .outIf: 5
        case .srcPort, .dstPort: 6
        case .srcAS, .dstAS: 7
        case _ where column.isDerived: 8
        case .nextHop, .bgpNextHop, .nextHopAS, .prevHopAS: 8
        case .srcVlan, .dstVlan, .vlanId: 9
        case .srcMac, .dstMac: 10
        default: 11
        }
    }

    /// The condition that chooses the rows of a value.
    func filter(_ values: [KeyValue]) -> Filter {
        let matches = zip(dimensions, values).map { dimension, value in
            Self.match(.column(dimension.column), dimension, value, isNetwork: isNetwork && dimension.column == column)
        }
        return matches.count == 1 ? matches[0] : .and(matches)
    }

    /// The condition that chooses the rows that have the value at either end; nil for what has no name for that.
    func eitherFilter(_ values: [KeyValue]) -> Filter? {
        let ends = Set([column, column.field.mirror ?? column])
        guard let pair = Filter.Pair.allCases.first(where: { Set($0.columns) == ends }) else { return nil }
        let matches = zip(dimensions, values).map { dimension, value in
            let isOwn = dimension.column == column
            return Self.match(
                isOwn ? .either(pair) : .column(dimension.column),
                dimension,
                value,
                isNetwork: isNetwork && isOwn
            )
        }
        return matches.count == 1 ? matches[0] : .and(matches)
    }

    private static func match(
        _ subject: Filter.Subject,
        _ dimension: Dimension,
        _ value: KeyValue,
        isNetwork: Bool
    ) -> Filter {
        let wanted: Filter.Value =
            switch value {
            case _ where dimension.isUnknown(value): .unknown
            case .address(let address): .address(address)
            case .number(let number): .number(number)
            case .text(let text): .text(text)
            }
        if isNetwork, case .address(let address) = wanted {
            return .match(Filter.Match(subject, .within(prefix(of: address))))
        }
        return .match(Filter.Match(subject, .equals(wanted)))
    }
}

/// A value, or a combination of some, of a subject.
public struct ExplainValue: Hashable, Sendable {
    /// What it is a value of.
    public var subject: ExplainSubject
    /// One value a dimension of the subject.
    public var values: [KeyValue]

    /// Names a value.
    public init(_ subject: ExplainSubject, _ values: [KeyValue]) {
        self.subject = subject
        self.values = values
    }

    /// The condition that chooses its rows.
    public var filter: Filter { subject.filter(values) }

    /// The values as the filter language reads them; a network as its prefix.
    public var texts: [String] {
        zip(subject.dimensions, values).map { dimension, value in
            prefix(dimension, value)?.description ?? dimension.text(value)
        }
    }

    /// The network that it is, if it is one.
    private func prefix(_ dimension: Dimension, _ value: KeyValue) -> Prefix? {
        guard subject.isNetwork, dimension.column == subject.column, case .address(let address) = value,
            !address.isUnspecified
        else { return nil }
        return ExplainSubject.prefix(of: address)
    }

    /// Whether it is the network that an address is in, which goes without saying.
    func isNetwork(of other: ExplainValue) -> Bool {
        guard subject.isNetwork, !other.subject.isNetwork, subject.column == other.subject.column,
            case .address(let own)? = values.last, case .address(let address)? = other.values.last
        else { return false }
        return ExplainSubject.prefix(of: own).contains(address)
    }

    /// The network as text, for labels; nil for what is none.
    public var networkText: String? {
        zip(subject.dimensions, values).compactMap { prefix($0, $1)?.description }.last
    }
}
