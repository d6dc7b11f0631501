public import NetTypes

/// What became of the dump of a router's own table.
public struct RouterTableReport: Hashable, Sendable {
    /// The exporter whose flows it is for.
    public var exporter: IPAddress
    /// The file.
    public var file: String
    /// When the file was last changed, in Unix seconds; nil when there is none.
    public var changed: UInt64?
    /// When the table in use was put in place, in Unix seconds; nil when there is none.
    public var loaded: UInt64?
    /// Prefixes of the table in use.
    public var prefixes: Int
    /// What was wrong the last time, for people; nil when nothing was.
    public var problem: String?

    /// Describes a table.
    public init(
        exporter: IPAddress,
        file: String,
        changed: UInt64? = nil,
        loaded: UInt64? = nil,
        prefixes: Int = 0,
        problem: String? = nil
    ) {
        self.exporter = exporter
        self.file = file
        self.changed = changed
        self.loaded = loaded
        self.prefixes = prefixes
        self.problem = problem
    }
}

extension [RouterTableReport] {
    /// The figures for Prometheus; none without tables.
    public var metrics: [MetricFamily] {
        if isEmpty { return [] }
        func samples(_ value: (RouterTableReport) -> Double) -> [MetricFamily.Sample] {
            map { .init(labels: [.init("exporter", $0.exporter.description)], value: value($0)) }
        }
        return [
            MetricFamily(
                "netmeta_router_table_prefixes",
                .gauge,
                help: "Prefixes of a router's table that is in use from a file.",
                samples: samples { Double($0.prefixes) }
            ),
            MetricFamily(
                "netmeta_router_table_changed_timestamp_seconds",
                .gauge,
                help: "When the file with a router's table was last changed, in Unix seconds; 0 when there is none.",
                samples: samples { Double($0.changed ?? 0) }
            ),
            MetricFamily(
                "netmeta_router_table_failed",
                .gauge,
                help: "1 when the file with a router's table could not be read the last time.",
                samples: samples { $0.problem == nil ? 0 : 1 }
            ),
        ]
    }
}
