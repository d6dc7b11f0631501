/// Sums over the raw rows that are kept beside them, so that long ranges are
/// answered without reading every row.
///
/// A rollup holds one row for each combination of its dimensions in each step
/// of its resolution. It is fed by the very insert that stores the raw rows,
/// and never corrected afterwards: what it sums is exactly what `flows_raw`
/// took in. A rollup that isn't in ``all`` any more is left alone, and one
/// whose columns change gets another name, because older rows can't be told
/// apart afterwards.
public struct Rollup: Hashable, Sendable {
    /// What it tells apart, as a word in its name: `interfaces`.
    public let subject: String
    /// Seconds of time in one row.
    public let resolution: UInt64
    /// The columns that it can be asked by, in the order that rows are sorted by.
    public let dimensions: [FlowColumn]
    /// The table whose inserted rows it sums: the raw one, or the next finer rollup.
    public let source: String
    /// Days that rows are kept, when raw rows aren't kept longer.
    public let days: Int

    /// All rollups; of one subject the finest first, and the smaller subjects first.
    ///
    /// What is summed has to be far less than what comes in: with VLANs, which
    /// may be many on an interface, the interfaces' rollup cost as much as the raw rows.
    /// By themselves they are few, like next hops, and headers' flags and hop limits: so few that steps of five minutes
    /// do for any range. Each table takes 1 % of an insert's time. Pairs of AS tell the interfaces apart, too: a pair
    /// mostly goes one way, and "which AS, over which link" is asked as often as "which AS".
    public static let all: [Rollup] =
        subject(
            "interfaces",
            [.samplerAddress, .inIf, .outIf, .incoming, .proto, .eType],
            resolutions: [60, 300, 3600]
        )
        + subject("vlans", [.samplerAddress, .incoming, .vlanId], resolutions: [300])
        + subject("nexthops", [.samplerAddress, .incoming, .nextHop], resolutions: [300])
        + subject("headers", [.incoming, .proto, .tcpFlags, .ipTTL], resolutions: [300])
        + subject(
            "transits",
            [.samplerAddress, .inIf, .outIf, .incoming, .srcAS, .dstAS],
            resolutions: [60, 300, 3600]
        )

    /// Views of tables that were in ``all`` once. They are taken away, so that they cost nothing any more; the sums that
    /// they made are left for who asks for them by name, until they expire.
    public static let retiredViews = [
        "flows_1m_interface_view", "flows_5m_interface_view", "flows_1h_interface_view", "flows_1m_as_view",
        "flows_1h_as_view", "flows_1m_systems_view", "flows_5m_systems_view", "flows_1h_systems_view",
    ]

    /// The table's name: `flows_1m_interfaces`.
    public var table: String { "flows_\(Self.step(resolution))_\(subject)" }

    /// The name of the view that feeds it.
    public var view: String { "\(table)_view" }

    /// The step as people write it: `1m`, `1h`.
    private static func step(_ resolution: UInt64) -> String {
        resolution % 3600 == 0 ? "\(resolution / 3600)h" : "\(resolution / 60)m"
    }

    /// The rollups of one subject: each coarser one is fed from what the finer
    /// one was given, which is far less than the raw rows.
    private static func subject(_ name: String, _ dimensions: [FlowColumn], resolutions: [UInt64]) -> [Rollup] {
        resolutions.reduce(into: []) { levels, resolution in
            let level = Rollup(
                subject: name,
                resolution: resolution,
                dimensions: dimensions,
                source: levels.last?.table ?? ClickHouse.flowsTable,
                days: resolution < 3600 ? 30 : 400
            )
            levels.append(level)
        }
    }
}

/// The sums in a ``Rollup``; none of them is all zero, which a
/// SummingMergeTree would drop, because every row counts at least one flow.
public enum RollupSum: String, CaseIterable, Sendable {
    /// Bytes times SamplingRate.
    case bytes = "ScaledBytes"
    /// Packets times SamplingRate.
    case packets = "ScaledPackets"
    /// Rows.
    case flows = "Flows"
    /// Rows whose sampling rate nobody told.
    case assumed = "UnratedFlows"

    /// One sentence.
    public var documentation: String {
        switch self {
        case .bytes: "The sum of Bytes times SamplingRate."
        case .packets: "The sum of Packets times SamplingRate."
        case .flows: "How many raw rows there are."
        case .assumed: "How many of them have a sampling rate that nobody told."
        }
    }

    /// The value of one raw row.
    public var rawValueExpression: String {
        switch self {
        case .bytes: "Bytes * SamplingRate"
        case .packets: "Packets * SamplingRate"
        case .flows: "toUInt64(1)"
        case .assumed: "toUInt64(SamplingRateSource = 'unknown')"
        }
    }

    /// The sum over raw rows.
    public var rawSumExpression: String {
        switch self {
        case .bytes, .packets: "sum(\(rawValueExpression))"
        case .flows: "count()"
        case .assumed: "countIf(SamplingRateSource = 'unknown')"
        }
    }
}
