import FlowSchema

/// What Grafana asks ClickHouse for panels and relations.
///
/// The text has the macros of Grafana's ClickHouse data source (`$__timeFilter`, `$__timeInterval`, `$__interval_s`),
/// which the plug-in replaces, and the dashboards' variables (``Variable``), which Grafana replaces: `:sqlstring`
/// makes it write a value as a string literal. Traffic is scaled by SamplingRate; where nobody told one, it counts as 1.
public enum GrafanaSQL {
    /// Rows that show what ad-hoc filters may be on, and some values; the plug-in takes the name of the table from it.
    public static var sample: SQLText {
        let columns: [SQLText] = FlowColumn.allCases.filter { $0.isStored && $0.field.isDimension }
            .map { "\(name: $0)" }
        return "SELECT \(columns, separator: ", ") FROM flows_raw LIMIT 1000"
    }

    /// A variable of the dashboards, by which flows are chosen.
    public enum Variable: String, CaseIterable, Sendable {
        case sampler, interface, hostNames
        case source, destination, host
        case sourceNet, destinationNet, net
        case nextHop, sourceAS, destinationAS
        case custom

        /// What stands beside the field; the variable's name in addresses is the raw value.
        public var label: String {
            switch self {
            case .sampler: "Sampler"
            case .interface: "Interface"
            case .hostNames: "Host names"
            case .source: "Source IP"
            case .destination: "Destination IP"
            case .host: "Either IP"
            case .sourceNet: "Source subnet"
            case .destinationNet: "Destination subnet"
            case .net: "Either subnet"
            case .nextHop: "Next hop"
            case .sourceAS: "Source AS"
            case .destinationAS: "Destination AS"
            case .custom: "Custom SQL"
            }
        }

        /// What lists its values as `__value` and `__text`; nil for what is typed or has fixed values.
        public var list: SQLText? {
            switch self {
            case .sampler:
                """
                SELECT DISTINCT IPv6ToString(SamplerAddress) AS __value, SamplerToString(SamplerAddress) AS __text
                FROM flows_raw WHERE $__timeFilter(TimeReceived) ORDER BY __text
                """
            case .interface:
                """
                SELECT DISTINCT concat(IPv6ToString(SamplerAddress), ' ', toString(Interface)) AS __value,
                    InterfaceToString(SamplerAddress, Interface) AS __text
                FROM flows_raw ARRAY JOIN [InIf, OutIf] AS Interface
                WHERE $__timeFilter(TimeReceived) AND Interface > 0 ORDER BY __text
                """
            default: nil
            }
        }

        /// Which flows it chooses; nil for one that chooses none.
        var condition: SQLText? {
            switch self {
            case .hostNames: nil
            case .sampler:
                """
                ('all' IN (${sampler:sqlstring}) OR IPv6ToString(SamplerAddress) IN (${sampler:sqlstring}))
                """
            case .interface:
                """
                ('all' IN (${interface:sqlstring}) OR concat(IPv6ToString(SamplerAddress), ' ', toString(InIf)) IN \
                (${interface:sqlstring}) OR concat(IPv6ToString(SamplerAddress), ' ', toString(OutIf)) IN \
                (${interface:sqlstring}))
                """
            case .source: "(${source:sqlstring} = '' OR SrcAddr = toIPv6OrDefault(${source:sqlstring}))"
            case .destination: "(${destination:sqlstring} = '' OR DstAddr = toIPv6OrDefault(${destination:sqlstring}))"
            case .host:
                "(${host:sqlstring} = '' OR toIPv6OrDefault(${host:sqlstring}) IN (SrcAddr, DstAddr))"
            case .sourceNet: Self.isIn(.srcAddr, "${sourceNet:sqlstring}")
            case .destinationNet: Self.isIn(.dstAddr, "${destinationNet:sqlstring}")
            case .net:
                """
                (\(Self.isIn(.srcAddr, "${net:sqlstring}")) OR \(Self.isIn(.dstAddr, "${net:sqlstring}")))
                """
            case .nextHop: "(${nextHop:sqlstring} = '' OR NextHop = toIPv6OrDefault(${nextHop:sqlstring}))"
            case .sourceAS: "(${sourceAS:sqlstring} = '' OR SrcAS = toUInt32OrZero(${sourceAS:sqlstring}))"
            case .destinationAS:
                "(${destinationAS:sqlstring} = '' OR DstAS = toUInt32OrZero(${destinationAS:sqlstring}))"
            case .custom: "(${custom:raw})"
            }
        }

        /// Whether an address lies in a subnet that is typed; an empty field takes all.
        private static func isIn(_ column: FlowColumn, _ net: SQLText) -> SQLText {
            "isIPAddressInRange(IPv6NumToString(\(column)), toIPv6Net(if(\(net) = '', '::/0', \(net))))"
        }
    }

    /// Throughput or packets in and out, out below zero: `time`, `series`, `value`.
    ///
    /// - Parameter unit: bit/s, packet/s or flow/s.
    public static func directions(_ unit: TrafficUnit) -> SQLText {
        """
        SELECT $__timeInterval(TimeReceived) AS time, \(direction) AS series, \(signed(unit)) AS value
        FROM flows_raw
        WHERE \(conditions([]))
        GROUP BY time, series ORDER BY time
        """
    }

    /// How many flows are chosen.
    public static let count: SQLText = "SELECT count() FROM flows_raw\nWHERE \(conditions([]))"

    /// What is asked for a panel: `time`, `series`, `value` for lines and distributions, a row a group for tables.
    public static func text(of panel: Panel) -> SQLText {
        var chosen: [SQLText] = []
        if let filter = panel.filter.flatMap({ try? Filter.parse($0) }) { chosen.append(filter.sql) }
        switch panel.direction {
        case .in: chosen.append("\(.incoming) = 1")
        case .out: chosen.append("\(.incoming) = 0")
        case nil: break
        }
        return switch panel.content {
        case .graph(let columns): graph(panel, columns, conditions(chosen))
        case .top(let columns): table(panel, columns, conditions(chosen))
        case .values(let subject): distribution(subject, conditions(chosen))
        }
    }

    /// What is asked for a relation: a column for each stage and `Bytes`, a row a path.
    public static func text(of relation: Relation) -> SQLText {
        let chosen: [SQLText] =
            switch relation.without {
            case .in: ["\(.incoming) != 1"]
            case .out: ["\(.incoming) != 0"]
            case nil: []
            }
        let names: [SQLText] = relation.stages.indices.map { "stage\($0 + 1)" }
        // A sankey can't tell a source from a destination of the same name, and would draw a ring.
        let stages = zip(relation.stages, names).enumerated().map { place, stage -> SQLText in
            let label = label(of: stage.0.columns)
            return place == relation.stages.count - 1
                ? "concat(\(label), ' ') AS \(stage.1)" : "\(label) AS \(stage.1)"
        }
        return """
            SELECT \(stages, separator: ", "), \(sum(.byteTotal)) AS Bytes
            FROM flows_raw
            WHERE \(conditions(chosen))
            GROUP BY \(names, separator: ", ") ORDER BY Bytes DESC LIMIT \(relation.limit)
            """
    }

    // MARK: - Kinds

    private static func graph(_ panel: Panel, _ columns: [FlowColumn], _ conditions: SQLText) -> SQLText {
        let unit = panel.unit ?? .bits
        let series: SQLText =
            panel.isSplit ? "concat(\(label(of: columns)), ' ', \(direction))" : label(of: columns)
        return """
            SELECT $__timeInterval(TimeReceived) AS time, \(series) AS series, \
            \(panel.isSplit ? signed(unit) : rate(unit)) AS value
            FROM flows_raw
            WHERE \(conditions) AND \(label(of: columns)) IN (
                SELECT \(label(of: columns)) AS name FROM flows_raw WHERE \(conditions)
                GROUP BY name ORDER BY \(sum(unit)) DESC LIMIT \(panel.limit ?? 10))
            GROUP BY time, series ORDER BY time
            """
    }

    private static func table(_ panel: Panel, _ columns: [FlowColumn], _ conditions: SQLText) -> SQLText {
        let labels: [SQLText] = columns.map { "\(label(of: [$0])) AS \(name: $0)Text" }
        let names: [SQLText] = columns.map { "\(name: $0)Text" }
        return """
            SELECT \(labels, separator: ", "), \(sum(.byteTotal)) AS Traffic, \(sum(.packetTotal)) AS PacketCount, \
            count() AS Flows
            FROM flows_raw
            WHERE \(conditions)
            GROUP BY \(names, separator: ", ") ORDER BY Traffic DESC LIMIT \(panel.limit ?? 100)
            """
    }

    /// Rows of text sort as text, so numbers are filled up: a heatmap has its values from the bottom to the top.
    private static func distribution(_ subject: ValuesQuery.Subject, _ conditions: SQLText) -> SQLText {
        let bounds: [SQLText] = subject.bounds.map { "\($0)" }
        return """
            SELECT $__timeInterval(TimeReceived) AS time, \
            leftPad(toString(roundDown(\(subject.value), [\(bounds, separator: ", ")])), 5, '0') AS series, \
            \(rate(.flows)) AS value
            FROM flows_raw
            WHERE \(conditions) AND \(subject.isKnown)
            GROUP BY time, series ORDER BY time, series
            """
    }

    // MARK: - Pieces

    private static func conditions(_ chosen: [SQLText]) -> SQLText {
        let all = ["$__timeFilter(TimeReceived)"] + Variable.allCases.compactMap(\.condition) + chosen
        return "\(all, separator: "\n    AND ")"
    }

    private static let direction: SQLText =
        "multiIf(\(.incoming) = 1, 'in', \(.incoming) = 0, 'out', 'direction unknown')"

    private static func sum(_ unit: TrafficUnit) -> SQLText { "sum(\(amount(unit)))" }

    private static func rate(_ unit: TrafficUnit) -> SQLText {
        "sum(\(amount(unit))) * \(UInt64(unit.factor)) / $__interval_s"
    }

    private static func signed(_ unit: TrafficUnit) -> SQLText {
        "sum(if(\(.incoming) = 0, -1, 1) * toFloat64(\(amount(unit)))) * \(UInt64(unit.factor)) / $__interval_s"
    }

    private static func amount(_ unit: TrafficUnit) -> SQLText {
        switch unit {
        case .bits, .byteTotal, .packetSize: "Bytes * greatest(SamplingRate, 1)"
        case .packets, .packetTotal: "Packets * greatest(SamplingRate, 1)"
        case .flows, .flowTotal: "1"
        }
    }

    /// What people call a group, with the names that the dictionaries have.
    private static func label(of columns: [FlowColumn]) -> SQLText {
        // An interface's or a VLAN's text has its exporter in it.
        let told = columns.contains { $0.field.kind == .interface }
        let parts = columns.filter { !(told && $0 == .samplerAddress) }.map(label)
        return parts.count == 1 ? parts[0] : "concat(\(parts, separator: ", ' ', "))"
    }

    private static func label(_ column: FlowColumn) -> SQLText {
        switch column {
        case .samplerAddress: "SamplerToString(SamplerAddress)"
        case .srcAddr, .dstAddr:
            """
            if(${hostNames:sqlstring} = 'yes', HostToString(SamplerAddress, \(column)), IPv6ToString(\(column)))
            """
        case .inIf, .outIf: "InterfaceToString(SamplerAddress, \(column))"
        case .vlanId: "VLANToString(SamplerAddress, \(column))"
        case .proto:
            "dictGetOrDefault('netmeta.IPProtocols', 'Name', toUInt64(Proto), toString(Proto))"
        case .eType: "dictGetOrDefault('netmeta.EtherTypes', 'Name', toUInt64(EType), toString(EType))"
        case .tcpFlags:
            """
            arrayStringConcat(arrayMap(bit -> dictGetOrDefault('netmeta.TCPFlags', 'Name', toUInt64(bit), \
            toString(bit)), bitmaskToArray(TCPFlags)), ' ')
            """
        default:
            switch column.field.kind {
            case .asn: "ASNToString(\(column))"
            case .address: "IPv6ToString(\(column))"
            default: "toString(\(column))"
            }
        }
    }
}
