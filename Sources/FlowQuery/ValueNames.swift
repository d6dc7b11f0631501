import FlowSchema

/// Names that people use for numbers, both ways.
enum ValueNames {
    /// The number behind a name in a column of that kind, in whatever case.
    static func number(_ name: String, kind: FieldKind) -> UInt64? {
        kind == .country
            ? (CountryCode.number(name) ?? CountryCode.number(named: name)).map(UInt64.init)
            : table(kind)?.numbers[name.lowercased()]
    }

    /// The name of a number in a column of that kind.
    static func name(_ number: UInt64, kind: FieldKind) -> String? {
        kind == .country ? CountryCode.text(number) : table(kind)?.names[number]
    }

    /// All names for a kind, for suggestions.
    static func all(_ kind: FieldKind) -> [String] {
        entries(kind).map(\.name) + (kind == .country ? CountryCode.names.map(\.code) : [])
    }

    /// All names for a kind with what is behind each, in a fixed order: by number, other names of a number last.
    static func entries(_ kind: FieldKind) -> [(name: String, value: String)] {
        switch kind {
        case .boundary: InterfaceBoundary.allCases.map { ($0.name, $0.name) }
        case .country: CountryCode.names.map { ($0.name, $0.code) }
        default: table(kind)?.entries.map { ($1, String($0)) } ?? []
        }
    }

    /// TCP flags from bit 0 up (RFC 9293 section 3.1).
    static let tcpFlags = WellKnown.tcpFlags.sorted { $0.id < $1.id }.map(\.name)

    /// `SYN+ACK`, or nil when no bit is set.
    static func tcpFlags(_ bits: UInt64) -> String? {
        let names = tcpFlags.indices.filter { bits >> UInt64($0) & 1 == 1 }.map { tcpFlags[$0] }
        return names.isEmpty ? nil : names.joined(separator: "+")
    }

    private struct Table {
        var names: [UInt64: String]
        var numbers: [String: UInt64]
        var entries: [(UInt64, String)]

        init(_ rows: [(UInt64, String)], aliases: [(UInt64, String)] = []) {
            names = Dictionary(rows, uniquingKeysWith: { first, _ in first })
            let all = (rows + aliases).map { ($1.lowercased(), $0) }
            numbers = Dictionary(all, uniquingKeysWith: { first, _ in first })
            entries = rows + aliases.filter { alias in !rows.contains { $0.1.lowercased() == alias.1.lowercased() } }
        }
    }

    private static func table(_ kind: FieldKind) -> Table? {
        switch kind {
        case .ipProtocol: protocols
        case .port: services
        case .etherType: etherTypes
        case .flowType: flowTypes
        case .samplingSource: samplingSources
        case .encapType: encapTypes
        case .incoming: incoming
        case .locality: localities
        case .direction: directions
        default: nil
        }
    }

    private static let flowTypes = Table(
        FlowType.allCases.map { (UInt64($0.rawValue), $0.name) },
        aliases: [(1, "sFlow"), (1, "sFlow5"), (2, "NetFlow5"), (3, "NetFlow9")]
    )
    private static let samplingSources = Table(SamplingSource.allCases.map { (UInt64($0.rawValue), $0.name) })
    private static let encapTypes = Table(EncapType.allCases.map { (UInt64($0.rawValue), $0.name) })
    private static let incoming = Table(
        [(0, "no"), (1, "yes"), (255, "unknown")],
        aliases: [(0, "false"), (1, "true")]
    )
    private static let localities = Table(Locality.allCases.map { (UInt64($0.rawValue), $0.name) })
    private static let directions = Table(
        [(0, "ingress"), (1, "egress"), (255, "unknown")],
        aliases: [(0, "in"), (1, "out")]
    )

    private static let etherTypes = Table(rows(WellKnown.etherTypes), aliases: [(0x0800, "IP"), (0x8100, "802.1Q")])
    private static let protocols = Table(
        rows(WellKnown.ipProtocols),
        aliases: [(58, "ICMPv6"), (58, "ICMP6"), (89, "OSPF")]
    )
    private static let services = Table(
        rows(WellKnown.ports),
        aliases: [(53, "dns"), (67, "dhcp"), (443, "quic"), (445, "smb"), (3389, "rdp"), (853, "dot"), (5900, "vnc")]
    )

    private static func rows(_ entries: [WellKnown.Entry]) -> [(UInt64, String)] {
        entries.map { (UInt64($0.id), $0.name) }
    }
}
