/// A source of this host (connection tracking, logged packets, captured frames), of a cloud (flow logs), or of
/// scamper's measurements.
public struct SourceReport: Hashable, Sendable {
    /// `conntrack`, `nflog`, `mirror`; `aws`, `firehose`, `gcs`, `pubsub`; `scamper`.
    public var kind: String
    /// What the configuration calls it.
    public var name: String
    /// Events, packets, frames, records or measurements that were read.
    public var read: UInt64
    /// Rows that became of them.
    public var rows: UInt64
    /// What the kernel had no room for, by how that is known: `buffer_full`, `sequence_gap`, `ring_full`; of the
    /// others the records and measurements that gave no row, by what was wrong with them.
    public var lost: [String: UInt64]
    /// What else was counted.
    public var figures: [String: UInt64]
    /// Seconds since the end of a cloud's newest record, or the start of the newest measurement; nil before the first,
    /// and of this host's sources.
    public var lag: Int64?
    /// Why it can tell nothing as things are, with what to do; nil when it can.
    public var problem: String?
    /// What keeps it from telling more, with what to do, one line each; ``problem`` is the first of them.
    public var advice: [String]
    /// Why it stopped, if it did; of clouds and scamper why nothing can be had now, which is tried again.
    public var failure: String?

    /// Describes a source.
    public init(
        kind: String,
        name: String,
        read: UInt64 = 0,
        rows: UInt64 = 0,
        lost: [String: UInt64] = [:],
        figures: [String: UInt64] = [:],
        problem: String? = nil,
        advice: [String] = [],
        failure: String? = nil
    ) {
        self.kind = kind
        self.name = name
        self.read = read
        self.rows = rows
        self.lost = lost
        self.figures = figures
        self.problem = problem
        self.advice = advice
        self.failure = failure
    }
}

extension [SourceReport] {
    /// The figures for Prometheus; none without sources.
    public var metrics: [MetricFamily] {
        guard !isEmpty else { return [] }
        func labels(_ source: SourceReport, _ more: MetricFamily.Label...) -> [MetricFamily.Label] {
            [.init("source", source.kind), .init("name", source.name)] + more
        }
        return [
            MetricFamily(
                "netmeta_source_read_total",
                .counter,
                help: "Events, packets or frames that were read of a source of this host.",
                samples: map { .init(labels: labels($0), value: Double($0.read)) }
            ),
            MetricFamily(
                "netmeta_source_rows_total",
                .counter,
                help: "Rows that became of them.",
                samples: map { .init(labels: labels($0), value: Double($0.rows)) }
            ),
            MetricFamily(
                "netmeta_source_lost_total",
                .counter,
                help: "Events, packets or frames that the kernel had no room for, by how that is known.",
                samples: flatMap { source in
                    source.lost.sorted { $0.key < $1.key }.map {
                        .init(labels: labels(source, .init("reason", $0.key)), value: Double($0.value))
                    }
                }
            ),
            MetricFamily(
                "netmeta_source_up",
                .gauge,
                help: "1 when a source of this host can tell flows, 0 when it stopped or something is off.",
                samples: map { .init(labels: labels($0), value: $0.failure ?? $0.problem == nil ? 1 : 0) }
            ),
            MetricFamily(
                "netmeta_source_figures",
                .gauge,
                help: "What else a source of this host counts.",
                samples: flatMap { source in
                    source.figures.sorted { $0.key < $1.key }.map {
                        .init(labels: labels(source, .init("figure", $0.key)), value: Double($0.value))
                    }
                }
            ),
        ]
    }
}
